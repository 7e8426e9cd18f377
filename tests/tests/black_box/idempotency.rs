//! The same request twice is done once.

use http::Method;
use serde_json::{Value, json};
use tidings_tests::{Answer, Api, Scene, channel, text};

/// Posts under an idempotency key.
async fn post(api: &mut Api, path: &str, key: &str, body: &Value) -> Answer {
    api.call(Method::POST, path, Some(body), &[("idempotency-key", key)]).await.expect("the server answers")
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_also_after_a_kill() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = json!({ "url": scene.receiver.url("/all") });
    let first = post(&mut scene.api, "/v1/endpoints", "key-1", &endpoint).await;
    assert_eq!(first.status, 201);
    assert!(!replayed(&first));
    let second = post(&mut scene.api, "/v1/endpoints", "key-1", &endpoint).await;
    assert!(replayed(&second));
    assert_eq!((second.status, &second.body), (first.status, &first.body), "with the secret, to the byte");
    text(&second.json, "/secret");

    scene.server.kill().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([]).unwrap();
    let third = post(&mut scene.api, "/v1/endpoints", "key-1", &endpoint).await;
    assert!(replayed(&third));
    assert_eq!(third.body, first.body);
    let listed = scene.api.get("/v1/endpoints").await.unwrap().ok().unwrap();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_key_for_something_else_is_refused() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = json!({ "url": scene.receiver.url("/all") });
    post(&mut scene.api, "/v1/endpoints", "key-1", &endpoint).await.ok().unwrap();
    let other = json!({ "url": scene.receiver.url("/other") });
    let answer = post(&mut scene.api, "/v1/endpoints", "key-1", &other).await;
    answer.problem(422, "idempotency_conflict").unwrap();
    let answer = post(&mut scene.api, "/v1/channels", "key-1", &endpoint).await;
    answer.problem(422, "idempotency_conflict").unwrap();
    let answer = post(&mut scene.api, "/v1/endpoints", "key-1", &endpoint).await;
    assert!(replayed(&answer));
    let longest = "k".repeat(255);
    assert_eq!(post(&mut scene.api, "/v1/endpoints", &longest, &other).await.status, 201);
    let answer = post(&mut scene.api, "/v1/endpoints", &format!("{longest}k"), &other).await;
    answer.problem(422, "validation_failed").unwrap();
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again_under_its_key() {
    let mut scene = Scene::start().await.unwrap();
    let mut wrong = channel("1001");
    wrong["credentials"] = json!({});
    post(&mut scene.api, "/v1/channels", "key-1", &wrong).await.problem(422, "validation_failed").unwrap();
    let made = post(&mut scene.api, "/v1/channels", "key-1", &channel("1001")).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert!(!replayed(&made));
}

#[tokio::test]
async fn a_key_is_a_workspace_s_own() {
    let mut scene = Scene::start().await.unwrap();
    let other = scene.api.post("/v1/workspaces", &json!({ "name": "Other" })).await.unwrap().ok().unwrap();
    let body = json!({ "name": "A key" });
    let first = post(&mut scene.api, "/v1/keys", "key-1", &body).await.ok().unwrap();
    let headers = [("idempotency-key", "key-1"), ("tidings-workspace", text(&other, "/id"))];
    let theirs = scene.api.call(Method::POST, "/v1/keys", Some(&body), &headers).await.unwrap();
    assert!(!replayed(&theirs));
    assert_ne!(theirs.ok().unwrap()["secret"], first["secret"]);
}

#[tokio::test]
async fn many_at_once_are_one() {
    let scene = Scene::start().await.unwrap();
    let endpoint = json!({ "url": scene.receiver.url("/all") });
    let calls = (0..8).map(|_| {
        let (mut api, endpoint) = (scene.server.api().unwrap(), endpoint.clone());
        tokio::spawn(async move { post(&mut api, "/v1/endpoints", "key-1", &endpoint).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| !replayed(answer)).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    let listed = scene.server.api().unwrap().get("/v1/endpoints").await.unwrap().ok().unwrap();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rotation_is_done_once() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let path = format!("/v1/endpoints/{}/secret/rotate", text(&endpoint, "/id"));
    let first = post(&mut scene.api, &path, "key-1", &json!({ "overlap_seconds": 60 })).await;
    let second = post(&mut scene.api, &path, "key-1", &json!({ "overlap_seconds": 60 })).await;
    assert!(!replayed(&first) && replayed(&second));
    assert_eq!(first.body, second.body);
}
