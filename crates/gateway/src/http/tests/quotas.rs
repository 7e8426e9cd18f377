//! What the operator allows a workspace, and what it uses.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{ADMIN, Call, Reply, Server, text_message, whatsapp};

/// A workspace with these quotas, and a key that may do everything in it.
struct Tenant {
    server: Server,
    id: String,
    key: String,
}

impl Tenant {
    async fn new(quotas: Value) -> Self {
        let server = Server::start().await;
        let made = server.post("/v1/workspaces", &json!({"name": "tenant"})).await;
        let id = made.text("id");
        let there = |call: Call| call.key(ADMIN).header("tidings-workspace", &id);
        let key = server.call(there(Call::new("POST", "/v1/keys")).json(&json!({"name": "all"}))).await.text("secret");
        let tenant = Self { server, id, key };
        assert_eq!(tenant.allow(quotas.clone()).await, quotas);
        tenant
    }

    /// Changes quotas. Answers those that were named, as they are now.
    async fn allow(&self, quotas: Value) -> Value {
        let path = format!("/v1/workspaces/{}", self.id);
        let changed = self.server.patch(&path, &json!({"quotas": quotas})).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let named = quotas.as_object().unwrap().keys();
        named.map(|name| (name.clone(), changed.body["quotas"][name].clone())).collect()
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let call = Call::new(method.as_str(), path).key(&self.key);
        self.server
            .call(match body {
                Some(body) => call.json(&body),
                None => call,
            })
            .await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, None).await
    }

    /// A channel that somebody has written to.
    async fn channel(&self) -> String {
        let channel = self.post("/v1/channels", whatsapp("100")).await.text("id");
        assert_eq!(self.server.deliver(&channel, &text_message("100", 1, "Hello?")).await.status, 200);
        channel
    }
}

fn template(channel: &str) -> Value {
    json!({"channel_id": channel, "to": "5511900000002", "template": {"name": "hello", "language": "en"}})
}

#[tokio::test]
async fn quotas_are_set_shown_and_taken_back() {
    let server = Server::start().await;
    let none = json!({"messages_per_day": null, "endpoints": null, "channels": null, "keys": null,
        "media_bytes": null, "requests_per_second": null});
    let made = server.post("/v1/workspaces", &json!({"name": "one", "quotas": {"keys": 3}})).await;
    assert_eq!(made.body["quotas"]["keys"], 3);
    let path = format!("/v1/workspaces/{}", made.text("id"));
    let patched = async |body: Value| server.patch(&path, &body).await;
    let more = patched(json!({"quotas": {"endpoints": 2, "keys": null}})).await;
    assert_eq!((&more.body["quotas"]["endpoints"], &more.body["quotas"]["keys"]), (&json!(2), &Value::Null));
    assert_eq!(patched(json!({"name": "two"})).await.body["quotas"]["endpoints"], 2, "it stays");
    assert_eq!(server.get(&path).await.body["name"], "two");
    let server = server.restart().await;
    let patched = async |body: Value| server.patch(&path, &body).await;
    assert_eq!(server.get(&path).await.body["quotas"]["endpoints"], 2);
    assert_eq!(patched(json!({"quotas": null})).await.body["quotas"], none);
    for (wrong, pointer) in [
        (json!({"quotas": {"endpoints": -1}}), "/quotas/endpoints"),
        (json!({"quotas": {"requests_per_second": 0}}), "/quotas/requests_per_second"),
        (json!({"quotas": {"friends": 1}}), "/quotas/friends"),
        (json!({"name": null}), "/name"),
    ] {
        let refused = patched(wrong.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec![pointer]), "{wrong}");
    }
}

#[tokio::test]
async fn there_are_no_more_things_than_there_may_be() {
    let tenant = Tenant::new(json!({"endpoints": 1, "channels": 1, "keys": 2})).await;
    let hook = json!({"url": "http://127.0.0.1:9/hook"});
    for (path, body) in
        [("/v1/endpoints", hook.clone()), ("/v1/channels", whatsapp("100")), ("/v1/keys", json!({"name": "k"}))]
    {
        assert_eq!(tenant.post(path, body).await.status, 201, "{path}");
    }
    for (path, body, what) in [
        ("/v1/endpoints", hook.clone(), "the workspace has 1 of at most 1 endpoints"),
        ("/v1/channels", whatsapp("200"), "the workspace has 1 of at most 1 channels"),
        ("/v1/keys", json!({"name": "k"}), "the workspace has 2 of at most 2 keys"),
    ] {
        let refused = tenant.post(path, body).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"), "{path}");
        assert!(refused.text("detail").starts_with(what), "{}", refused.body);
    }
    // Others are not concerned, and more may be allowed.
    assert_eq!(tenant.server.post("/v1/endpoints", &hook).await.status, 201);
    tenant.allow(json!({"endpoints": 2})).await;
    let second = tenant.post("/v1/endpoints", hook.clone()).await;
    assert_eq!(second.status, 201);
    let path = format!("/v1/endpoints/{}", second.text("id"));
    assert_eq!(tenant.ask(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(tenant.post("/v1/endpoints", hook).await.status, 201, "what is deleted does not count");
}

#[tokio::test]
async fn a_day_s_messages_are_limited_and_what_comes_in_is_not() {
    let tenant = Tenant::new(json!({"messages_per_day": 2})).await;
    let channel = tenant.channel().await;
    for _ in 0..2 {
        assert_eq!(tenant.post("/v1/messages", template(&channel)).await.status, 202);
    }
    let refused = tenant.post("/v1/messages", template(&channel)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
    let until_midnight = 9 * 3600 + 1800 + 1;
    assert_eq!(refused.headers["retry-after"], until_midnight.to_string().as_str());
    assert!(refused.text("detail").contains("2026-04-20T00:00:00.000Z"), "{}", refused.body);
    assert_eq!(tenant.server.deliver(&channel, &text_message("100", 2, "Still here")).await.status, 200);
    let received = tenant.get("/v1/messages?direction=inbound").await;
    assert_eq!(received.body["data"][0]["text"], "Still here");
    assert_eq!(tenant.get("/v1/messages?direction=outbound").await.body["data"].as_array().unwrap().len(), 2);
    tenant.server.clock.advance(Duration::from_secs(until_midnight));
    assert_eq!(tenant.post("/v1/messages", template(&channel)).await.status, 202, "the next day");
}

#[tokio::test]
async fn a_repeated_request_is_one_message() {
    let tenant = Tenant::new(json!({"messages_per_day": 1})).await;
    let channel = tenant.channel().await;
    for _ in 0..2 {
        let call = Call::new("POST", "/v1/messages").key(&tenant.key).header("idempotency-key", "k");
        assert_eq!(tenant.server.call(call.json(&template(&channel))).await.status, 202);
    }
}

#[tokio::test]
async fn the_keys_of_a_workspace_share_what_it_may_ask() {
    let tenant = Tenant::new(json!({"requests_per_second": 2})).await;
    let second = tenant.post("/v1/keys", json!({"name": "second"})).await;
    assert_eq!(second.headers["ratelimit-limit"], "2", "what is left of less");
    let second = second.text("secret");
    let list = |key: &str| Call::new("GET", "/v1/keys").key(key);
    assert_eq!(tenant.server.call(list(&second)).await.status, 200);
    for key in [&second, &tenant.key] {
        let refused = tenant.server.call(list(key)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
        assert_eq!(
            (&refused.headers["retry-after"], &refused.headers["ratelimit-remaining"]),
            (&"1".parse().unwrap(), &"0".parse().unwrap())
        );
    }
    assert_eq!(tenant.server.get("/v1/keys").await.status, 200, "the operator is not limited");
    let elsewhere = tenant.server.key(&["keys:read"]).await;
    assert_eq!(tenant.server.call(list(&elsewhere)).await.status, 200, "nor is another workspace");
    tenant.server.clock.advance(Duration::from_millis(500));
    assert_eq!(tenant.server.call(list(&second)).await.status, 200);
}

#[tokio::test]
async fn files_have_so_much_room() {
    let tenant = Tenant::new(json!({"media_bytes": 10})).await;
    let upload = async |bytes: &str| {
        let form = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{bytes}\r\n--x--\r\n"
        );
        let call =
            Call::new("POST", "/v1/media").key(&tenant.key).header("content-type", "multipart/form-data; boundary=x");
        tenant.server.call(call.bytes(form)).await
    };
    assert_eq!(upload("123456789").await.status, 201);
    let refused = upload("12").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"));
    assert_eq!(upload("1").await.status, 201);
    let usage = tenant.get("/v1/usage").await.body;
    assert_eq!((&usage["has"]["media_files"], &usage["has"]["media_bytes"]), (&json!(2), &json!(10)));
    assert_eq!(usage["total"]["media_bytes"], 10);
}

#[tokio::test]
async fn usage_is_told_by_day_and_month() {
    let tenant = Tenant::new(json!({"endpoints": 5})).await;
    let channel = tenant.channel().await;
    tenant.post("/v1/endpoints", json!({"url": "http://127.0.0.1:9/hook", "enabled": false})).await;
    tenant.post("/v1/messages", template(&channel)).await;
    tenant.server.clock.advance(Duration::from_hours(24 * 20));
    tenant.server.deliver(&channel, &text_message("100", 2, "Much later")).await;
    let usage = tenant.get("/v1/usage").await.body;
    assert_eq!((&usage["since"], &usage["until"]), (&json!("2026-04-10"), &json!("2026-05-10")));
    let days = usage["data"].as_array().unwrap();
    let told: Vec<_> =
        days.iter().map(|day| (day["period"].as_str().unwrap(), &day["messages_in"], &day["messages_out"])).collect();
    assert_eq!(told, [("2026-04-19", &json!(1), &json!(1)), ("2026-05-09", &json!(1), &json!(0))]);
    assert_eq!((&usage["total"]["messages_in"], &usage["total"]["webhooks_failed"]), (&json!(2), &json!(0)));
    let has = json!({"contacts": 2, "channels": 1, "endpoints": 1, "keys": 1, "media_files": 0, "media_bytes": 0});
    assert_eq!(usage["has"], has);
    assert_eq!((&usage["quotas"]["endpoints"], &usage["workspace_id"]), (&json!(5), &json!(tenant.id)));
    let of_months = tenant.get("/v1/usage?by=month&since=2026-04-01&until=2026-05-01").await.body["data"].clone();
    assert_eq!((&of_months[0]["period"], of_months.as_array().unwrap().len()), (&json!("2026-04"), 1));
    let operator = tenant.server.get(&format!("/v1/workspaces/{}/usage", tenant.id)).await.body;
    assert_eq!(operator, usage);
    assert_eq!(tenant.server.get("/v1/usage").await.body["data"], json!([]), "another workspace's");
    for wrong in [
        "by=year",
        "since=april",
        "since=2026-04-19T00:00:00Z",
        "since=2024-01-01",
        "until=2026-01-01&since=2026-01-01",
    ] {
        assert_eq!(tenant.get(&format!("/v1/usage?{wrong}")).await.status, 422, "{wrong}");
    }
}
