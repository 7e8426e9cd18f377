//! `/v1/endpoints`

use serde_json::{Value, json};

use super::{ADMIN, Call, Server};

fn hook() -> Value {
    json!({"url": "http://127.0.0.1:9/hook"})
}

#[tokio::test]
async fn an_endpoint_has_defaults_and_shows_its_secret_once() {
    let server = Server::start().await;
    let made = server.post("/v1/endpoints", &hook()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made.text("secret");
    assert!(secret.starts_with("whsec_"), "{secret}");
    assert_eq!(made.body["format"], "lifecycle");
    let five = ["message.received", "message.sent", "message.delivered", "message.read", "message.failed"];
    assert_eq!(made.body["events"], json!(five));
    assert_eq!(made.body["ordering"], "conversation");
    assert_eq!(made.body["enabled"], true);
    assert_eq!(made.body["status"], "healthy");
    assert_eq!(made.body["timeout_ms"], 15_000);
    assert_eq!(made.body["order_hold_max_seconds"], 900);

    let shown = server.get(&format!("/v1/endpoints/{}", made.text("id"))).await;
    assert!(shown.body.get("secret").is_none());
    assert!(!server.get("/v1/endpoints").await.body.to_string().contains(&secret));

    let object = server.post("/v1/endpoints", &json!({"url": "http://127.0.0.1:9/", "format": "object"})).await;
    assert_eq!(object.body["events"], json!(["message.received", "message.sent", "message.updated"]));
}

#[tokio::test]
async fn what_cannot_be_an_endpoint_is_refused_by_field() {
    let server = Server::start().await;
    let refused = async |change: Value| {
        let mut body = hook();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = server.post("/v1/endpoints", &body).await;
        assert_eq!(reply.status, 422, "{change}: {}", reply.body);
        (reply.code().to_owned(), reply.pointers().join(" "))
    };
    for (change, code, pointers) in [
        (json!({"url": 5}), "validation_failed", "/url"),
        (json!({"url": "no address"}), "validation_failed", "/url"),
        (json!({"url": format!("https://example.com/{}", "a".repeat(2048))}), "validation_failed", "/url"),
        (json!({"colour": 1, "format": "xml"}), "validation_failed", "/colour /format"),
        (json!({"events": ["message.*", "nothing.*"]}), "validation_failed", "/events/1"),
        (json!({"events": []}), "validation_failed", "/events"),
        (json!({"channels": ["chan_00000000000000000000000001"]}), "validation_failed", "/channels/0"),
        (json!({"headers": {"webhook-id": "x"}}), "validation_failed", "/headers/webhook-id"),
        (json!({"headers": {"a b": "x", "ok": "y\n"}}), "validation_failed", "/headers/a b /headers/ok"),
        (json!({"timeout_ms": 5, "order_hold_max": -1}), "validation_failed", ""),
        (json!({"timeout_ms": 5}), "validation_failed", "/timeout_ms"),
        (
            json!({"legacy_signature": {"header": "Host", "signed": "body", "encoding": "hex"}}),
            "validation_failed",
            "/legacy_signature/header",
        ),
        (
            json!({"legacy_signature": {"header": "X-Sig", "signed": "body", "encoding": "hex", "x": 1}}),
            "validation_failed",
            "/legacy_signature/x",
        ),
        (json!({"filter": {"$a": 1}, "rate_limit": 0}), "validation_failed", "/filter/$a /rate_limit"),
        (json!({"filter": {}}), "validation_failed", "/filter"),
        (json!({"concurrency": 0, "rate_limit": 1e9}), "validation_failed", "/concurrency /rate_limit"),
        (json!({"url": "http://10.0.0.1/"}), "address_not_allowed", "/url"),
        (json!({"url": "http://[::ffff:192.168.0.1]/"}), "address_not_allowed", "/url"),
        (json!({"url": "http://0x0a000001/"}), "address_not_allowed", "/url"),
        (json!({"url": "ftp://example.com/"}), "address_not_allowed", "/url"),
        (json!({"url": "https://example.com:0/"}), "address_not_allowed", "/url"),
    ] {
        let (found_code, found) = refused(change.clone()).await;
        assert_eq!(found_code, code, "{change}");
        assert!(pointers.is_empty() || found == pointers, "{change}: {found}");
    }
    let none = server.call(Call::new("POST", "/v1/endpoints").key(ADMIN)).await;
    assert_eq!(none.pointers(), ["/url"]);
    let broken = server.call(Call::new("POST", "/v1/endpoints").key(ADMIN).bytes("{\"url\":")).await;
    assert_eq!((broken.status.as_u16(), broken.code()), (422, "validation_failed"));
    let huge = server.call(Call::new("POST", "/v1/endpoints").key(ADMIN).bytes(vec![b' '; (1 << 20) + 1])).await;
    assert_eq!((huge.status.as_u16(), huge.code()), (413, "too_large"));
}

#[tokio::test]
async fn a_patch_leaves_what_it_does_not_name() {
    let server = Server::start().await;
    let mut body = hook();
    body["headers"] = json!({"authorization": "Bearer secret", "x-team": "blue"});
    body["metadata"] = json!({"a": 1});
    body["description"] = json!("first");
    let made = server.post("/v1/endpoints", &body).await;
    let path = format!("/v1/endpoints/{}", made.text("id"));
    assert_eq!(made.body["headers"], json!({"authorization": "[redacted]", "x-team": "[redacted]"}));

    let changed = server.patch(&path, &json!({"events": ["*"], "metadata": {"b": 2}, "description": null})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["events"], json!(["*"]));
    assert_eq!(changed.body["metadata"], json!({"a": 1, "b": 2}));
    assert_eq!(changed.body["description"], Value::Null);
    assert_eq!(changed.body["url"], made.body["url"]);

    let headers = json!({"headers": {"authorization": "[redacted]", "x-team": null, "x-new": "1"}});
    let changed = server.patch(&path, &headers).await;
    assert_eq!(changed.body["headers"], json!({"authorization": "[redacted]", "x-new": "[redacted]"}));
    let id = made.text("id").parse().unwrap();
    let live = server.gateway.registry.endpoints.get(server.gateway.default_workspace, id).unwrap();
    assert_eq!(live.endpoint.headers["authorization"], "Bearer secret");

    let hold = server.patch(&path, &json!({"order_hold_max_seconds": null})).await;
    assert_eq!(hold.body["order_hold_max_seconds"], Value::Null);
    let hold = server.patch(&path, &json!({"description": "second"})).await;
    assert_eq!(hold.body["order_hold_max_seconds"], Value::Null);
    let events = server.patch(&path, &json!({"events": null})).await;
    assert_eq!(events.body["events"].as_array().unwrap().len(), 5);
    assert_eq!(server.patch(&path, &json!({"url": null})).await.pointers(), ["/url"]);
    assert_eq!(server.patch(&path, &json!({"url": "http://10.0.0.1"})).await.code(), "address_not_allowed");
    assert_eq!(server.patch(&path, &json!({"resume_from": "then"})).await.pointers(), ["/resume_from"]);
}

#[tokio::test]
async fn an_endpoint_is_paused_and_goes_on() {
    let server = Server::start().await;
    let path = format!("/v1/endpoints/{}", server.endpoint().await);
    let paused = server.patch(&path, &json!({"enabled": false})).await;
    assert_eq!((&paused.body["enabled"], &paused.body["status"]), (&json!(false), &json!("paused")));
    let goes_on = server.patch(&path, &json!({"enabled": true, "resume_from": "now"})).await;
    assert_eq!((&goes_on.body["enabled"], &goes_on.body["status"]), (&json!(true), &json!("healthy")));
    server.patch(&path, &json!({"enabled": false})).await;
    let server = server.restart().await;
    assert_eq!(server.get(&path).await.body["status"], "paused");
}

#[tokio::test]
async fn a_rotation_gives_a_new_secret() {
    let server = Server::start().await;
    let made = server.post("/v1/endpoints", &hook()).await;
    let path = format!("/v1/endpoints/{}/secret/rotate", made.text("id"));
    let rotated = server.post(&path, &json!({"overlap_seconds": 60})).await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    assert!(rotated.text("secret").starts_with("whsec_"));
    assert_ne!(rotated.text("secret"), made.text("secret"));
    assert_eq!(rotated.body["previous_valid_until"], "2026-04-19T14:31:00.000Z");
    assert_eq!(server.post(&path, &json!({})).await.body["previous_valid_until"], "2026-04-20T14:30:00.000Z");
    assert_eq!(server.post(&path, &json!({"overlap_seconds": "x"})).await.pointers(), ["/overlap_seconds"]);
    assert_eq!(server.call(Call::new("POST", &path).key(ADMIN)).await.status, 200);
}

#[tokio::test]
async fn a_test_tells_what_came_of_it() {
    let server = Server::start().await;
    let path = format!("/v1/endpoints/{}/test", server.endpoint().await);
    let tested = server.call(Call::new("POST", &path).key(ADMIN)).await;
    assert_eq!(tested.status, 200, "{}", tested.body);
    assert_eq!(tested.body["status_code"], Value::Null);
    assert!(tested.body["error"].is_string() && tested.body["duration_ms"].is_u64(), "{}", tested.body);
    assert_eq!(server.get("/v1/events").await.body["data"], json!([]), "a test never goes into the log");
    assert_eq!(server.post(&path, &json!({})).await.status, 200);
    assert_eq!(server.post(&path, &json!({"event": "message.received"})).await.pointers(), ["/event"]);
}

#[tokio::test]
async fn a_deleted_endpoint_is_gone() {
    let server = Server::start().await;
    let path = format!("/v1/endpoints/{}", server.endpoint().await);
    assert_eq!(server.call(Call::new("DELETE", &path).key(ADMIN)).await.status, 204);
    assert_eq!(server.get(&path).await.status, 404);
    assert_eq!(server.restart().await.get(&path).await.status, 404);
}
