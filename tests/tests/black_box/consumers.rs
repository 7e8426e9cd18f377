//! Reading the log with a place that the server keeps.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_tests::{Scene, assert_holds, pointers, text};

async fn fetch(scene: &mut Scene, query: &str) -> Value {
    scene.api.get(&format!("/v1/consumers/till/events?types=message.received&{query}")).await.unwrap().ok().unwrap()
}

fn words(batch: &Value) -> Vec<&str> {
    batch["data"].as_array().unwrap().iter().map(|event| text(event, "/data/content")).collect()
}

#[tokio::test]
async fn nothing_is_missed_and_nothing_acknowledged_comes_again() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..5, 1).await.unwrap();
    let first = fetch(&mut scene, "limit=2").await;
    assert_eq!((words(&first), &first["has_more"]), (vec!["Text 0", "Text 1"], &json!(true)));
    assert_eq!(fetch(&mut scene, "limit=2").await, first, "until it is acknowledged");
    let ack = json!({ "up_to": first["up_to"] });
    let consumer = scene.api.post("/v1/consumers/till/ack", &ack).await.unwrap().ok().unwrap();
    assert_holds(&consumer, &json!({ "name": "till", "backlog": 3 }));

    scene.server.kill().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    let second = fetch(&mut scene, "").await;
    assert_eq!((words(&second), &second["has_more"]), (vec!["Text 2", "Text 3", "Text 4"], &json!(false)));
    let ack = json!({ "up_to": second["up_to"] });
    scene.api.post("/v1/consumers/till/ack", &ack).await.unwrap().ok().unwrap();
    // Acknowledging what was acknowledged before does not lead back.
    scene.api.post("/v1/consumers/till/ack", &json!({ "up_to": first["up_to"] })).await.unwrap().ok().unwrap();
    assert_eq!(fetch(&mut scene, "").await, json!({ "data": [], "up_to": null, "has_more": false }));

    // Who waits is told as soon as there is something.
    let mut waiting = scene.server.api().unwrap();
    let waits =
        tokio::spawn(async move { waiting.get("/v1/consumers/till/events?types=message.received&wait=30").await });
    line.hear(5..6, 1).await.unwrap();
    let told = waits.await.unwrap().unwrap().ok().unwrap();
    assert_eq!(words(&told), ["Text 5"]);

    line.hear(6..8, 1).await.unwrap();
    let skipped = scene.api.post("/v1/consumers/till/ack", &json!({ "up_to": "latest" })).await.unwrap().ok().unwrap();
    assert_eq!(skipped["backlog"], 0);
    let list = scene.api.get("/v1/consumers").await.unwrap().ok().unwrap();
    assert_eq!(list["data"], json!([skipped]));
    scene.api.delete("/v1/consumers/till").await.unwrap().ok().unwrap();
    assert_eq!(words(&fetch(&mut scene, "").await).len(), 8, "one of the same name begins anew");
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_field() {
    let (mut scene, _line) = Scene::with_line().await.unwrap();
    for (path, pointer) in [
        ("/v1/consumers/a%20b/events", "/name"),
        ("/v1/consumers/till/events?wait=31", "/wait"),
        ("/v1/consumers/till/events?limit=0", "/limit"),
        ("/v1/consumers/till/events?types=nothing.*", "/types"),
    ] {
        let answer = scene.api.get(path).await.unwrap();
        assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), [pointer], "{path}");
    }
    let unknown = json!({ "up_to": format!("evt_{}", "0".repeat(26)) });
    let answer = scene.api.post("/v1/consumers/till/ack", &unknown).await.unwrap();
    assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), ["/up_to"]);
    let missing = scene.api.get("/v1/consumers/till").await.unwrap();
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}
