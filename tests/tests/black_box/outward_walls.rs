//! What sending must not do: hold up a neighbour, show a secret, or reach into another workspace.

use http::Method;
use serde_json::{Value, json};
use tidings_simulator::whatsapp::graph::{Behaviour, Ladder};
use tidings_tests::{ACCESS_TOKEN, Api, Scene, Server, eventually, text, webhooks::customer};

#[tokio::test]
async fn a_vendor_that_hangs_holds_up_its_own_channel_alone() {
    let (mut scene, hanging, ana) = Scene::in_conversation().await.unwrap();
    let mut other = scene.outlet("2002").await.unwrap();
    other.hears(&ana, "wamid.other").await.unwrap();
    hanging.behaves(Behaviour::Hang { accepted: false, ladder: Ladder::none() });
    // More than may be under way at once.
    for number in 0..80 {
        let message = json!({ "template": { "name": "hello", "language": "en" } });
        scene.send(&hanging.to(&customer(number), message)).await.unwrap();
    }
    hanging.graph.reached(60).await;
    let message = scene.send(&other.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    scene.until(text(&message, "/id"), "sent").await.unwrap();
    assert_eq!(hanging.graph.accepted_count(), 0);
}

#[tokio::test]
async fn neither_tokens_nor_what_is_said_is_logged_and_sensitive_bodies_are_not_shown() {
    let server = Server::start_with(&[("TIDINGS_LOG", "trace")]).await.unwrap();
    let mut scene = Scene::around(server).await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    let ana = customer(1);
    outlet.hears(&ana, "wamid.first").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({ "events": ["message.sent"] })).await.unwrap();
    for behaviour in [
        Behaviour::refuse(http::StatusCode::BAD_REQUEST, 131_026),
        Behaviour::LoseAnswer { ladder: Ladder::none() },
        Behaviour::accept(),
    ] {
        outlet.graph.next(behaviour);
        let message = json!({ "text": "my-secret-words", "is_sensitive": true });
        scene.send(&outlet.to(&ana, message)).await.unwrap();
    }
    scene.arrival().await.unwrap();
    outlet.graph.revoke_token();
    let check = format!("/v1/channels/{}/check", outlet.id());
    scene.api.post(&check, &json!({})).await.unwrap().ok().unwrap();
    let log = scene.server.output();
    assert!(log.contains("outcome"), "sends are logged");
    for secret in [ACCESS_TOKEN, "my-secret-words"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let path = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    let attempt = eventually("the attempt is written down", async || {
        let attempts = scene.api.get(&path).await?.ok()?;
        Ok(attempts.pointer("/data/0/id").and_then(Value::as_str).map(|id| format!("/v1/attempts/{id}")))
    });
    let attempt = attempt.await.unwrap();
    let shown = scene.api.get(&attempt).await.unwrap();
    assert!(!String::from_utf8_lossy(&shown.body).contains("my-secret-words"));
}

#[tokio::test]
async fn another_workspace_can_neither_see_nor_send_nor_change() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let far = outlet.to(&ana, json!({ "text": "Later", "scheduled_at": "2099-01-01T00:00:00Z" }));
    let message = scene.send(&far).await.unwrap();
    let media = scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    let other = scene.api.post("/v1/workspaces", &json!({ "name": "bee" })).await.unwrap().ok().unwrap();
    let endpoint = scene.subscribe("/all", json!({ "enabled": false })).await.unwrap();
    let endpoint = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    let since = json!({ "since": "2020-01-01T00:00:00Z", "only": "missing" });
    let job = scene.api.post(&format!("{endpoint}/replay"), &since).await.unwrap().ok().unwrap();
    let job = format!("/v1/jobs/{}", text(&job, "/id"));
    scene.api.post("/v1/consumers/till/ack", &json!({ "up_to": "latest" })).await.unwrap().ok().unwrap();
    let scopes: Vec<String> = ["messages", "conversations", "channels", "media", "endpoints", "events"]
        .into_iter()
        .flat_map(|area| [format!("{area}:read"), format!("{area}:write")])
        .collect();
    let key = json!({ "name": "bee", "scopes": scopes });
    let headers = [("tidings-workspace", text(&other, "/id"))];
    let key = scene.api.call(Method::POST, "/v1/keys", Some(&key), &headers).await.unwrap().ok().unwrap();
    let mut bee = Api::new(&scene.server.base(), text(&key, "/secret")).unwrap();
    let (id, conversation) = (text(&message, "/id"), text(&message, "/conversation_id"));
    let channel = outlet.id();
    let schedule = json!({ "scheduled_at": "2098-01-01T00:00:00Z" });
    let to = |content: Value| outlet.to(&ana, content);
    let calls = [
        (Method::GET, format!("/v1/messages/{id}"), None),
        (Method::PATCH, format!("/v1/messages/{id}"), Some(schedule)),
        (Method::DELETE, format!("/v1/messages/{id}"), None),
        (Method::POST, format!("/v1/messages/{id}/retry"), Some(json!({}))),
        (Method::POST, format!("/v1/conversations/{conversation}/read"), Some(json!({}))),
        (Method::POST, format!("/v1/conversations/{conversation}/typing"), Some(json!({}))),
        (Method::POST, format!("/v1/channels/{channel}/check"), Some(json!({}))),
        (Method::GET, format!("/v1/channels/{channel}/templates"), None),
        (Method::POST, format!("/v1/channels/{channel}/templates/sync"), Some(json!({}))),
        (Method::GET, format!("/v1/media/{}", text(&media, "/id")), None),
        (Method::GET, format!("/v1/messages/{id}/trace"), None),
        (Method::GET, format!("{endpoint}/stats"), None),
        (Method::POST, format!("{endpoint}/replay"), Some(since)),
        (Method::GET, job.clone(), None),
        (Method::POST, format!("{job}/cancel"), Some(json!({}))),
        (Method::GET, "/v1/consumers/till".to_owned(), None),
        (Method::DELETE, "/v1/consumers/till".to_owned(), None),
        (Method::POST, "/v1/messages".to_owned(), Some(to(json!({ "text": "Hi" })))),
        (Method::POST, "/v1/messages".to_owned(), Some(json!({ "conversation_id": conversation, "text": "Hi" }))),
    ];
    for (method, path, body) in calls {
        let answer = bee.call(method.clone(), &path, body.as_ref(), &[]).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.json["code"]), (404, &json!("not_found")), "{method} {path}");
    }
    for list in ["/v1/jobs", "/v1/consumers"] {
        assert_eq!(bee.get(list).await.unwrap().ok().unwrap()["data"], json!([]), "{list}");
    }
    assert_eq!(scene.api.get(&job).await.unwrap().ok().unwrap()["status"], "running");
    assert_eq!(scene.api.get("/v1/consumers/till").await.unwrap().ok().unwrap()["backlog"], 0);
    assert_eq!(scene.message(id).await.unwrap(), message, "nothing has changed");
    assert_eq!(outlet.graph.count(), 0);
}
