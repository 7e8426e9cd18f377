//! What is on its way out when the server or its channel is to end.

use serde_json::json;
use tidings_simulator::whatsapp::{
    Customer,
    graph::{Behaviour, Ladder},
};
use tidings_tests::{Outlet, Scene, assert_holds, text};

/// A scene with a message that the vendor has begun to answer, slowly. Answers the message's id.
async fn under_way() -> (Scene, Outlet, Customer, String) {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    outlet.behaves(Behaviour::SlowDrip { ladder: Ladder::none(), millis_per_byte: 5 });
    let message = scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    outlet.graph.reached(1).await;
    let id = text(&message, "/id").to_owned();
    (scene, outlet, ana, id)
}

#[tokio::test]
async fn a_stop_waits_for_the_vendors_answer_and_writes_it_down() {
    let (mut scene, mut outlet, ana, id) = under_way().await;
    let waiting = scene.send(&outlet.to(&ana, json!({ "text": "You there?" }))).await.unwrap();
    scene.server.stop().await.unwrap();
    assert_eq!(outlet.sent().len(), 1, "nothing new is begun");
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut outlet.line]).unwrap();
    scene.until(&id, "sent").await.unwrap();
    scene.until(text(&waiting, "/id"), "sent").await.unwrap();
    assert_eq!(outlet.sent().len(), 2, "each is sent once");
}

#[tokio::test]
async fn a_channel_is_deleted_when_the_vendor_has_answered() {
    let (mut scene, outlet, ana, id) = under_way().await;
    let waiting = scene.send(&outlet.to(&ana, json!({ "text": "You there?" }))).await.unwrap();
    scene.api.delete(&format!("/v1/channels/{}", outlet.id())).await.unwrap().ok().unwrap();
    assert_eq!(scene.message(&id).await.unwrap()["status"], "sent");
    let failed = scene.message(text(&waiting, "/id")).await.unwrap();
    assert_holds(&failed, &json!({ "status": "failed", "error": { "code": "channel_deleted" } }));
}
