//! What is wrong with a request is said in one shape, everywhere.

use http::Method;
use serde_json::json;
use tidings_tests::{Scene, channel, pointers, raw_exchange};

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let mut scene = Scene::start().await.unwrap();
    let body = json!({ "type": "whatsapp", "name": 7, "credentials": { "access_token": "t" }, "colour": "red",
                       "settings": { "phone_number_id": 1001 } });
    let problem = scene.api.post("/v1/channels", &body).await.unwrap().problem(422, "validation_failed").unwrap();
    let mut found = pointers(&problem);
    found.sort_unstable();
    assert_eq!(found, ["/colour", "/name"]);
    assert_eq!(problem["type"], "urn:tidings:problem:validation_failed");

    let mut body = channel("1001");
    body["settings"] = json!({ "phone_number": "1", "api_version": "latest", "api_base": "nowhere" });
    body["credentials"] = json!({ "app_secret": "" , "bot_token": "t" });
    let problem = scene.api.post("/v1/channels", &body).await.unwrap().problem(422, "validation_failed").unwrap();
    let mut found = pointers(&problem);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "/credentials/access_token",
            "/credentials/app_secret",
            "/credentials/bot_token",
            "/settings/api_base",
            "/settings/api_version",
            "/settings/phone_number",
            "/settings/phone_number_id",
        ]
    );
}

#[tokio::test]
async fn unknown_fields_are_refused_by_name_wherever_one_is_taken() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let line = scene.line("1001").await.unwrap();
    let endpoint = format!("/v1/endpoints/{}", tidings_tests::text(&endpoint, "/id"));
    for (method, path) in [
        (Method::POST, "/v1/workspaces".to_owned()),
        (Method::POST, "/v1/keys".to_owned()),
        (Method::POST, "/v1/channels".to_owned()),
        (Method::PATCH, format!("/v1/channels/{}", line.id)),
        (Method::POST, "/v1/endpoints".to_owned()),
        (Method::PATCH, endpoint.clone()),
        (Method::POST, format!("{endpoint}/secret/rotate")),
    ] {
        let answer = scene.api.call(method.clone(), &path, Some(&json!({ "colour": "red" })), &[]).await.unwrap();
        let problem = answer.problem(422, "validation_failed").unwrap();
        assert!(pointers(&problem).contains(&"/colour"), "{method} {path}: {problem:#}");
    }
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let scene = Scene::start().await.unwrap();
    let mut connection = tidings_simulator::Connection::to(&scene.server.base()).unwrap();
    for body in ["{\"url\":", "[]", "7", "\"text\"", "null", "{\"url\": \"\u{0}\"}", "\u{1f44b}"] {
        let request = http::Request::post("/v1/endpoints")
            .header("authorization", format!("Bearer {}", tidings_tests::ADMIN_KEY))
            .body(http_body_util::Full::from(body))
            .unwrap();
        let answer = connection.send(request).await.unwrap();
        assert_eq!(answer.status(), 422, "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{body}");
    }
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_too_large() {
    const LIMIT: usize = 1 << 20;
    let mut scene = Scene::start().await.unwrap();
    let mut body = json!({ "url": scene.receiver.url("/all"), "description": "" });
    body["description"] = json!("x".repeat(LIMIT - body.to_string().len()));
    let answer = scene.api.post("/v1/endpoints", &body).await.unwrap();
    assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), ["/description"]);
    let larger = format!("{body} ");
    let head = format!(
        "POST /v1/endpoints HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        tidings_tests::ADMIN_KEY,
        larger.len()
    );
    let answer = raw_exchange(&scene.server.base(), (head + &larger).into_bytes()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"too_large\""), "{answer}");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_wrong_method_405() {
    let mut scene = Scene::start().await.unwrap();
    for path in [
        "/",
        "/v1",
        "/v1/nonsense",
        "/v2/messages",
        "/v1/messages/nonsense",
        "/v1/messages/msg_00000000000000000000000000",
        "/v1/messages/conv_00000000000000000000000000",
        "/v1/conversations/conv_00000000000000000000000000",
        "/v1/channels/chan_00000000000000000000000000",
        "/v1/endpoints/ep_00000000000000000000000000/attempts",
        "/v1/attempts/nonsense",
        "/v1/workspaces/ws_00000000000000000000000000",
    ] {
        scene.api.get(path).await.unwrap().problem(404, "not_found").unwrap();
    }
    for (method, path) in [
        (Method::PUT, "/v1/endpoints"),
        (Method::DELETE, "/v1/messages"),
        (Method::POST, "/v1/events"),
        (Method::POST, "/healthz"),
        (Method::PUT, "/in/chan_00000000000000000000000000"),
    ] {
        let answer = scene.api.call(method.clone(), path, None, &[]).await.unwrap();
        let allowed = answer.header("allow").map(str::to_owned);
        answer.problem(405, "method_not_allowed").unwrap();
        assert!(allowed.is_some_and(|allowed| !allowed.is_empty()), "{method} {path} says what is allowed");
    }
}

#[tokio::test]
async fn what_comes_later_says_so() {
    let mut scene = Scene::start().await.unwrap();
    let id = "00000000000000000000000000";
    let handoff = scene.api.post(&format!("/v1/conversations/conv_{id}/handoff"), &json!({})).await.unwrap();
    handoff.problem(422, "not_available").unwrap();
    let telegram = json!({ "type": "telegram", "name": "Bot", "credentials": { "bot_token": "1:x" } });
    let problem = scene.api.post("/v1/channels", &telegram).await.unwrap().problem(422, "not_available").unwrap();
    assert_eq!(pointers(&problem), ["/type"]);
    let nonsense = json!({ "type": "pigeon", "name": "Post" });
    let problem = scene.api.post("/v1/channels", &nonsense).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&problem), ["/type"]);
}
