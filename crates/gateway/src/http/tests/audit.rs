//! `/v1/audit`: everything that sets something up is written down, without secrets, and found again.

use serde_json::{Value, json};

use super::{ADMIN, APP_SECRET, Call, Server, whatsapp};

/// The acts of the default workspace, the oldest first: what was done, and what changed.
async fn acts(server: &Server) -> Vec<(String, Value)> {
    let listed = server.get("/v1/audit?limit=200").await;
    let acts = listed.body["data"].as_array().unwrap().iter().rev();
    acts.map(|act| (act["action"].as_str().unwrap().to_owned(), act["changes"].clone())).collect()
}

async fn done(server: &Server, method: &str, path: &str, body: Value) -> Value {
    let call = Call::new(method, path).key(ADMIN);
    let reply = server.call(if body.is_null() { call } else { call.json(&body) }).await;
    assert!(reply.status.is_success(), "{method} {path}: {} {}", reply.status, reply.body);
    reply.body
}

fn before_and_after(before: impl Into<Value>, after: impl Into<Value>) -> Value {
    json!({"before": before.into(), "after": after.into()})
}

#[tokio::test]
async fn what_is_set_up_is_written_down_with_what_changed() {
    let server = Server::start().await;
    let key = done(&server, "POST", "/v1/keys", json!({"name": "till", "scopes": ["messages:read"]})).await;
    done(&server, "DELETE", &format!("/v1/keys/{}", key["id"].as_str().unwrap()), Value::Null).await;
    let channel = server.channel("100").await;
    let path = format!("/v1/channels/{channel}");
    let credentials = json!({"access_token": "another-token"});
    done(&server, "PATCH", &path, json!({"name": "Till", "credentials": credentials})).await;
    done(&server, "DELETE", &path, Value::Null).await;
    let hook = json!({"url": "http://127.0.0.1:9/hook", "headers": {"x-token": "a-password"}});
    let endpoint = done(&server, "POST", "/v1/endpoints", hook).await;
    let path = format!("/v1/endpoints/{}", endpoint["id"].as_str().unwrap());
    done(&server, "PATCH", &path, json!({"headers": {"x-token": "another-password"}})).await;
    done(&server, "PATCH", &path, json!({"enabled": false})).await;
    done(&server, "PATCH", &path, json!({"enabled": true, "resume_from": "now"})).await;
    done(&server, "PATCH", &path, json!({"enabled": true})).await;
    let rotated = done(&server, "POST", &format!("{path}/secret/rotate"), json!({"overlap_seconds": 0})).await;
    let replay = json!({"since": "2026-01-01T00:00:00Z", "only": "all"});
    let job = done(&server, "POST", &format!("{path}/replay"), replay).await;
    let cancel = format!("/v1/jobs/{}/cancel", job["id"].as_str().unwrap());
    let cancelled = server.call(Call::new("POST", &cancel).key(ADMIN)).await.status == 200;
    done(&server, "DELETE", &path, Value::Null).await;
    done(&server, "POST", "/v1/consumers/till/ack", json!({"up_to": "latest"})).await;
    done(&server, "DELETE", "/v1/consumers/till", Value::Null).await;

    let acts = acts(&server).await;
    let mut expected = vec![
        "key.created",
        "key.deleted",
        "channel.created",
        "channel.updated",
        "channel.deleted",
        "endpoint.created",
        "endpoint.updated",
        "endpoint.updated",
        "endpoint.updated",
        "secret.rotated",
        "replay.created",
        "endpoint.deleted",
        "consumer.deleted",
    ];
    if cancelled {
        // One that was about nothing may have been done already.
        expected.insert(11, "replay.cancelled");
    }
    assert_eq!(acts.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), expected);
    let redacted = before_and_after("[redacted]", "[redacted]");
    let changes = |number: usize| &acts[number].1;
    assert_eq!(changes(0)["name"], before_and_after(Value::Null, "till"));
    assert_eq!(changes(1)["scopes"], before_and_after(json!(["messages:read"]), Value::Null));
    assert_eq!(changes(2)["type"], before_and_after(Value::Null, "whatsapp"));
    assert_eq!(*changes(3), json!({"name": before_and_after("Shop", "Till"), "credentials": redacted}));
    assert_eq!(changes(5)["url"], before_and_after(Value::Null, "http://127.0.0.1:9/hook"));
    assert_eq!(*changes(6), json!({"headers": redacted}));
    assert_eq!(*changes(7), json!({"enabled": before_and_after(true, false)}));
    let resumed =
        json!({"enabled": before_and_after(false, true), "resume_from": before_and_after(Value::Null, "now")});
    assert_eq!(*changes(8), resumed);
    let until = before_and_after(Value::Null, rotated["previous_valid_until"].clone());
    assert_eq!(*changes(9), json!({"previous_valid_until": until}));
    assert_eq!(changes(10)["only"], before_and_after(Value::Null, "all"));
    let told = server.get("/v1/audit?limit=200").await.body.to_string();
    let secrets = [&key["secret"], &endpoint["secret"], &rotated["secret"]].map(|secret| secret.as_str().unwrap());
    for secret in secrets.into_iter().chain([APP_SECRET, "another-token", "a-password", "another-password"]) {
        assert!(!told.contains(secret), "{secret} is told");
    }
}

#[tokio::test]
async fn it_is_told_who_did_it_and_in_which_workspace() {
    let server = Server::start().await;
    let made = server.post("/v1/keys", &json!({"name": "till", "scopes": ["keys:write", "keys:read"]})).await;
    let (id, key) = (made.text("id"), made.text("secret"));
    let ask = Call::new("POST", "/v1/keys").key(&key).header("x-forwarded-for", "198.51.100.7");
    assert_eq!(server.call(ask.json(&json!({"name": "more"}))).await.status, 201);
    let workspace = server.post("/v1/workspaces", &json!({"name": "other"})).await.text("id");
    let path = format!("/v1/workspaces/{workspace}");
    assert_eq!(server.patch(&path, &json!({"name": "another"})).await.status, 200);
    assert_eq!(server.patch(&path, &json!({"name": "another"})).await.status, 200, "which changes nothing");

    let of = async |query: &str| server.get(&format!("/v1/audit{query}")).await.body["data"].clone();
    let by_key = of(&format!("?actor={id}")).await;
    assert_eq!(by_key[0]["actor"], json!({"key_id": id, "name": "till"}));
    assert_eq!((&by_key[0]["forwarded_for"], &by_key[0]["address"]), (&json!("198.51.100.7"), &Value::Null));
    assert_eq!(by_key.as_array().unwrap().len(), 1);
    let by_operator = of("?actor=operator").await;
    assert_eq!(by_operator[0]["actor"], json!({"key_id": null, "name": "operator"}));
    assert_eq!((by_operator.as_array().unwrap().len(), &by_operator[0]["object"]), (1, &json!(id)));
    let there = Call::new("GET", "/v1/audit").key(ADMIN).header("tidings-workspace", &workspace);
    let there = server.call(there).await.body["data"].clone();
    let actions: Vec<_> = there.as_array().unwrap().iter().map(|act| act["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["workspace.updated", "workspace.created"]);
    assert_eq!(there[0]["changes"], json!({"name": before_and_after("other", "another")}));

    let more = [
        ("?action=key.created".to_owned(), 2),
        ("?action=key.deleted".to_owned(), 0),
        (format!("?object={id}"), 1),
        ("?since=2026-04-19T14:30:00Z".to_owned(), 2),
        ("?until=2026-04-19T14:30:00Z".to_owned(), 0),
        ("?limit=1".to_owned(), 1),
    ];
    for (query, number) in more {
        assert_eq!(of(&query).await.as_array().unwrap().len(), number, "{query}");
    }
    for wrong in ["actor=nobody", "action=key.stolen", "since=yesterday", "who=me"] {
        assert_eq!(server.get(&format!("/v1/audit?{wrong}")).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_refused_or_repeated_is_not_written_down() {
    let server = Server::start().await;
    server.channel("100").await;
    assert_eq!(server.post("/v1/channels", &whatsapp("100")).await.status, 409);
    assert_eq!(server.post("/v1/keys", &json!({"name": " "})).await.status, 422);
    let once = || Call::new("POST", "/v1/keys").key(ADMIN).header("idempotency-key", "k").json(&json!({"name": "one"}));
    for _ in 0..2 {
        assert_eq!(server.call(once()).await.status, 201);
    }
    let actions: Vec<String> = acts(&server).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["channel.created", "key.created"]);
    // And it is there after a restart.
    let server = server.restart().await;
    assert_eq!(acts(&server).await.len(), 2);
}
