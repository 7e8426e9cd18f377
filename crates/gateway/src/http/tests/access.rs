//! Who may call what: every route is asked without a key, and with a key that lacks the right.

use serde_json::json;

use super::{ADMIN, Call, Server};
use crate::{http::api::later::LATER, openapi};

/// What anybody may call.
const OPEN: [&str; 9] = [
    "/in/{channel_id}",
    "/jwks/{id}",
    "/schemas/{format}/{event}",
    "/healthz",
    "/readyz",
    "/m/{token}",
    "/metrics",
    "/openapi.json",
    "/docs",
];
/// What only the operator may call.
const OPERATOR: &str = "/v1/workspaces";

/// Every route, with a path that leads to it.
fn routes() -> Vec<(String, String, String)> {
    let document = openapi();
    let documented = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    let later = LATER.iter().map(|call| (call.method.to_owned(), format!("/v1{}", call.path)));
    documented.chain(later).map(|(method, path)| (method, concrete(&path), path)).collect()
}

fn concrete(path: &str) -> String {
    let prefix = match path.split('/').nth(2) {
        Some("workspaces") => "ws",
        Some("keys") => "key",
        Some("channels") => "chan",
        Some("endpoints") => "ep",
        Some("attempts") => "atm",
        Some("events") => "evt",
        Some("messages") => "msg",
        Some("jobs") => "job",
        _ => "conv",
    };
    path.replace("{id}", &format!("{prefix}_00000000000000000000000001")).replace("{name}", "till")
}

#[tokio::test]
async fn nothing_but_what_is_open_answers_without_a_key() {
    let server = Server::start().await;
    let mut asked = 0;
    for (method, path, pattern) in routes() {
        if OPEN.contains(&pattern.as_str()) {
            continue;
        }
        for call in [Call::new(&method, &path), Call::new(&method, &path).key("tid_wrong")] {
            let reply = server.call(call).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"), "{method} {path}");
            assert_eq!(reply.headers["www-authenticate"], "Bearer");
            asked += 1;
        }
    }
    assert!(asked > 60, "only {asked} calls were tried");
}

#[tokio::test]
async fn a_key_without_the_right_is_refused() {
    let server = Server::start_with(|settings| settings.requests_per_minute = None).await;
    let key = server.key(&[]).await;
    for (method, path, pattern) in routes() {
        if OPEN.contains(&pattern.as_str()) {
            continue;
        }
        let reply = server.call(Call::new(&method, &path).key(&key)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "forbidden"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_key_acts_in_its_own_workspace_alone() {
    let server = Server::start().await;
    let key = server.key(&["events:read"]).await;
    let own = server.get("/v1/workspaces").await.body["data"][0]["id"].as_str().unwrap().to_owned();
    let call = |workspace: &str| Call::new("GET", "/v1/events").key(&key).header("tidings-workspace", workspace);
    assert_eq!(server.call(call(&own)).await.status, 200);
    let other = server.post("/v1/workspaces", &json!({"name": "other"})).await.text("id");
    for workspace in [other.as_str(), "default", ""] {
        let reply = server.call(call(workspace)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "forbidden"), "{workspace}");
    }
}

#[tokio::test]
async fn a_key_with_every_right_is_refused_only_what_is_the_operators() {
    let server = Server::start_with(|settings| settings.requests_per_minute = None).await;
    let made = server.post("/v1/keys", &json!({"name": "all"})).await;
    let key = made.text("secret");
    for (method, path, pattern) in routes() {
        if OPEN.contains(&pattern.as_str()) || pattern == "/v1/events/stream" {
            continue;
        }
        let status = server.call(Call::new(&method, &path).key(&key)).await.status;
        assert_eq!(status == 403, pattern.starts_with(OPERATOR), "{method} {path}: {status}");
        assert!(!status.is_server_error(), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn what_comes_later_says_so() {
    let server = Server::start().await;
    for call in LATER {
        let path = concrete(&format!("/v1{}", call.path));
        let reply = server.call(Call::new(call.method, &path).key(ADMIN)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "not_available"), "{} {path}", call.method);
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let server = Server::start().await;
    for (method, path, status, code) in [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("PUT", "/v1/channels", 405, "method_not_allowed"),
        ("DELETE", "/v1/events", 405, "method_not_allowed"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
    ] {
        let reply = server.call(Call::new(method, path).key(ADMIN)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{method} {path}");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let endpoint = server.endpoint().await;
    let workspace = server.post("/v1/workspaces", &json!({"name": "other"})).await.text("id");
    let other = |method: &str, path: &str| Call::new(method, path).key(ADMIN).header("tidings-workspace", &workspace);
    let made = server.call(other("POST", "/v1/keys").json(&json!({"name": "theirs"}))).await;
    let key = made.text("secret");
    for (method, path) in [
        ("GET", format!("/v1/channels/{channel}")),
        ("PATCH", format!("/v1/channels/{channel}")),
        ("DELETE", format!("/v1/channels/{channel}")),
        ("GET", format!("/v1/endpoints/{endpoint}")),
        ("POST", format!("/v1/endpoints/{endpoint}/test")),
        ("POST", format!("/v1/endpoints/{endpoint}/secret/rotate")),
        ("GET", format!("/v1/endpoints/{endpoint}/attempts")),
    ] {
        for call in [other(method, &path), Call::new(method, &path).key(&key)] {
            assert_eq!(server.call(call).await.status, 404, "{method} {path}");
        }
    }
    for path in ["/v1/channels", "/v1/endpoints"] {
        let list = server.call(Call::new("GET", path).key(&key)).await;
        assert_eq!(list.body["data"], json!([]), "{path}");
        assert_eq!(server.get(path).await.body["data"].as_array().unwrap().len(), 1, "{path}");
    }
    // The same account may be in two workspaces.
    assert_eq!(server.call(other("POST", "/v1/channels").json(&super::whatsapp("100"))).await.status, 201);
    let nowhere = Call::new("GET", "/v1/channels").key(ADMIN).header("tidings-workspace", "ws_nowhere");
    assert_eq!(server.call(nowhere).await.status, 404);
}

#[tokio::test]
async fn keys_end_and_give_away_only_what_they_have() {
    let server = Server::start().await;
    let made = server.post("/v1/keys", &json!({"name": "k", "scopes": ["keys:write", "keys:read"]})).await;
    let (id, secret) = (made.text("id"), made.text("secret"));
    let ask = |scopes| Call::new("POST", "/v1/keys").key(&secret).json(&json!({"name": "more", "scopes": scopes}));
    assert_eq!(server.call(ask(json!(["keys:read"]))).await.status, 201);
    assert_eq!(server.call(ask(json!(["channels:read"]))).await.status, 403);
    let wrong = server.call(ask(json!(["keys:read", "keys:all"]))).await;
    assert_eq!(wrong.pointers(), ["/scopes/1"]);
    let list = server.get("/v1/keys").await;
    assert!(!list.body.to_string().contains(&secret[8..]), "a secret is shown again");
    let delete = |id: &str| Call::new("DELETE", &format!("/v1/keys/{id}")).key(ADMIN);
    assert_eq!(server.call(delete(&id)).await.status, 204);
    assert_eq!(server.call(delete(&id)).await.status, 404);
    assert_eq!(server.call(Call::new("GET", "/v1/keys").key(&secret)).await.status, 401);
}

#[tokio::test]
async fn a_key_has_an_allowance_and_the_operator_has_none() {
    let server = Server::start_with(|settings| settings.requests_per_minute = std::num::NonZeroU32::new(2)).await;
    let key = server.key(&["channels:read"]).await;
    let list = || Call::new("GET", "/v1/channels").key(&key);
    let first = server.call(list()).await;
    assert_eq!((first.status.as_u16(), &first.headers["ratelimit-remaining"]), (200, &"1".parse().unwrap()));
    assert_eq!(server.call(list()).await.status, 200);
    let refused = server.call(list()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
    assert_eq!(refused.headers["retry-after"], "30");
    assert_eq!(refused.headers["ratelimit-limit"], "2");
    for _ in 0..5 {
        let operator = server.get("/v1/channels").await;
        assert_eq!(operator.status, 200);
        assert!(!operator.headers.contains_key("ratelimit-limit"));
    }
    server.clock.advance(std::time::Duration::from_secs(30));
    assert_eq!(server.call(list()).await.status, 200);
}

#[tokio::test]
async fn the_default_workspace_is_there_and_keeps_its_name() {
    let server = Server::start().await;
    let list = server.get("/v1/workspaces").await;
    assert_eq!(list.body["data"][0]["name"], "default");
    let id = list.body["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.patch(&format!("/v1/workspaces/{id}"), &json!({"name": "x"})).await.status, 409);
    let other = server.post("/v1/workspaces", &json!({"name": "other"})).await.text("id");
    let renamed = server.patch(&format!("/v1/workspaces/{other}"), &json!({"name": "another"})).await;
    assert_eq!(renamed.body["name"], "another");
    assert_eq!(server.post("/v1/workspaces", &json!({"name": "another"})).await.status, 409);
    assert_eq!(server.post("/v1/workspaces", &json!({"name": " "})).await.pointers(), ["/name"]);
}
