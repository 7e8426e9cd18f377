//! What a workspace uses is counted, and outlives the process.

use serde_json::json;
use tidings_tests::{Scene, eventually, webhooks::customer};

#[tokio::test]
async fn what_is_used_is_counted_and_survives_a_kill() {
    let (mut scene, mut outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/all", json!({ "events": ["message.received"] })).await.unwrap();
    outlet.hears(&customer(2), "wamid.second").await.unwrap();
    scene.arrival().await.unwrap();
    scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    let counted = eventually("all of it is counted", async || {
        let usage = scene.api.get("/v1/usage").await?.ok()?;
        let is_all = usage["total"]["webhooks_delivered"] == 1 && usage["total"]["messages_out"] == 1;
        Ok(is_all.then_some(usage))
    });
    let counted = counted.await.unwrap();
    assert_eq!(counted["total"]["messages_in"], 2);
    assert_eq!((&counted["has"]["contacts"], &counted["has"]["channels"]), (&json!(2), &json!(1)));
    scene.server.kill().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([]).unwrap();
    let again = scene.api.get("/v1/usage").await.unwrap().ok().unwrap();
    for field in ["messages_in", "messages_out", "webhooks_delivered"] {
        assert_eq!(again["total"][field], counted["total"][field], "{field}");
    }
    assert_eq!(again["has"], counted["has"]);
}
