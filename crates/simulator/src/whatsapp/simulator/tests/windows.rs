//! The day within which the business may send anything.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{NOW, Scene, text};

const DAY: i64 = 24 * 60 * 60;

fn hello_world() -> Value {
    json!({ "type": "template", "template": { "name": "hello_world", "language": { "code": "en_US" } } })
}

#[tokio::test]
async fn later_than_a_day_only_templates_reach_a_customer() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({ "answers": [{ "contains": "you?", "reply": "Yes" }] })).await;
    scene.clock.store(NOW + DAY - 1, Ordering::Relaxed);
    scene.send("15550100001", text("Hi")).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);

    scene.clock.store(NOW + DAY, Ordering::Relaxed);
    scene.send("15550100001", text("Are you there? Are you?")).await;
    let told = scene.told().await;
    assert_eq!(told.len(), 1, "nobody answers what was not delivered: {told:?}");
    let error = &told[0]["errors"][0];
    assert_eq!((&told[0]["status"], &error["code"]), (&json!("failed"), &json!(131_047)));
    assert!(error["error_data"]["details"].as_str().unwrap().contains("24 hours"), "{error}");
    scene.send("15550100001", hello_world()).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);

    scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "text": "Oh" })).await;
    scene.send("15550100001", text("There")).await;
    assert_eq!(scene.words().await, ["text", "sent", "delivered", "read"]);
}

#[tokio::test]
async fn the_window_is_opened_and_closed_by_hand() {
    let mut scene = Scene::start().await;
    let ana = scene.ask("POST", "/simulator/customers", json!({ "phone": "15550100001", "delay_ms": 0 })).await;
    assert_eq!(ana["wrote_at"], Value::Null);
    scene.send("15550100001", text("Hi")).await;
    assert_eq!(scene.words().await, ["failed"]);
    for (wrote_at, words) in [(NOW, &["sent", "delivered", "read"][..]), (NOW - DAY, &["failed"])] {
        scene.ask("PATCH", "/simulator/customers/15550100001", json!({ "wrote_at": wrote_at })).await;
        scene.send("15550100001", text("Hi")).await;
        assert_eq!(scene.words().await, words);
    }
    // What failed does not come later, either.
    scene.ask("PATCH", "/simulator/customers/15550100001", json!({ "online": false })).await;
    scene.send("15550100001", text("Hi")).await;
    scene.ask("PATCH", "/simulator/customers/15550100001", json!({ "online": true })).await;
    assert_eq!(scene.words().await, ["failed"]);
}

#[tokio::test]
async fn whoever_wrote_in_a_crowd_can_be_answered() {
    let mut scene = Scene::start().await;
    scene.ask("POST", "/simulator/faults", json!({ "batch_messages": 3 })).await;
    let crowd = scene.told().await;
    scene.send(crowd[2]["from"].as_str().unwrap(), text("Hi")).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn of_a_reaction_nothing_is_told_but_that_it_was_sent() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({})).await;
    let written = scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "text": "Oi" })).await;
    scene.told().await;
    let reaction = json!({ "message_id": written["id"], "emoji": "👍" });
    scene.send("15550100001", json!({ "type": "reaction", "reaction": reaction })).await;
    assert_eq!(scene.words().await, ["sent"]);
    assert_eq!(scene.chat(&ana).await[0]["business_reaction"], "👍");
    scene.ask("PATCH", "/simulator/customers/15550100001", json!({ "online": false })).await;
    scene.send("15550100001", json!({ "type": "reaction", "reaction": reaction })).await;
    scene.ask("PATCH", "/simulator/customers/15550100001", json!({ "online": true })).await;
    assert_eq!(scene.words().await, ["sent"]);
}
