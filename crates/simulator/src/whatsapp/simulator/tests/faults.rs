//! Trouble with webhooks, token, media and throughput.

use serde_json::{Value, json};

use super::{MESSAGES, Scene, text};

impl Scene {
    async fn fault(&mut self, fault: Value) -> u64 {
        self.ask("POST", "/simulator/faults", fault).await["webhooks_posted"].as_u64().unwrap()
    }

    async fn sends(&mut self) -> u16 {
        let message = json!({ "messaging_product": "whatsapp", "to": "15550100001", "text": { "body": "x" } });
        self.call("POST", MESSAGES, &message).await.status().as_u16()
    }
}

#[tokio::test]
async fn webhooks_come_again_out_of_order_and_in_crowds() {
    let mut scene = Scene::start().await;
    scene.customer("15550100001", json!({})).await;
    scene.send("15550100001", text("x")).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);
    assert_eq!(scene.fault(json!({ "repeat_webhooks": 2 })).await, 2);
    assert_eq!(scene.words().await, ["delivered", "read"]);

    scene.fault(json!({ "hold_webhooks": true })).await;
    scene.send("15550100001", text("x")).await;
    assert!(scene.words().await.is_empty());
    assert_eq!(scene.fault(json!({ "release_webhooks": "reversed" })).await, 3);
    assert_eq!(scene.words().await, ["read", "delivered", "sent"]);

    assert_eq!(scene.fault(json!({ "batch_messages": 1000 })).await, 1);
    let crowd = scene.told().await;
    let mut ids: Vec<&str> = crowd.iter().map(|item| item["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1000);
}

#[tokio::test]
async fn token_media_and_throughput_fail_and_recover() {
    let mut scene = Scene::start().await;
    scene.fault(json!({ "revoke_token": true })).await;
    assert_eq!(scene.sends().await, 401);
    scene.fault(json!({ "revoke_token": false })).await;
    assert_eq!(scene.sends().await, 200);

    let ana = scene.customer("15550100002", json!({})).await;
    scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "image": {} })).await;
    scene.told().await;
    let media = scene.chat(&ana).await[0]["media_id"].as_str().unwrap().to_owned();
    let described = scene.ask("GET", &format!("/v26.0/{media}"), Value::Null).await;
    let link = described["url"].as_str().unwrap().strip_prefix(scene.simulator.base()).unwrap().to_owned();
    scene.fault(json!({ "dead_media_links": true })).await;
    assert_eq!(scene.call("GET", &link, &Value::Null).await.status(), 404);
    scene.fault(json!({ "dead_media_links": false, "throttle": 1 })).await;
    assert_eq!(scene.call("GET", &link, &Value::Null).await.status(), 200);

    scene.fault(json!({ "throttle": 0 })).await;
    assert_eq!(scene.sends().await, 200);
    scene.fault(json!({ "throttle": 1 })).await;
    let mut answers = Vec::new();
    // However slow the machine is, some two of them fall into one second.
    while !answers.contains(&429) && answers.len() < 100 {
        answers.push(scene.sends().await);
    }
    assert!(answers.contains(&429), "{answers:?}");
}

#[tokio::test]
async fn what_posts_webhooks_is_refused_while_nobody_would_get_them() {
    let mut scene = Scene::start().await;
    scene.ask("DELETE", "/simulator/callback", Value::Null).await;
    for (at, fault) in [
        ("batch_messages", json!({ "batch_messages": 5 })),
        ("repeat_webhooks", json!({ "repeat_webhooks": 5, "dead_media_links": true })),
        ("release_webhooks", json!({ "release_webhooks": "in_order" })),
    ] {
        let (status, told) = scene.refused("POST", "/simulator/faults", fault).await;
        assert_eq!((status, told["error"]["at"].as_str().unwrap()), (400, at), "{told}");
        assert!(told["error"]["message"].as_str().unwrap().contains("--callback"), "{told}");
    }
    // All else works without one.
    scene.fault(json!({ "hold_webhooks": true, "throttle": 1, "dead_media_links": true, "revoke_token": true })).await;
}

#[tokio::test]
async fn the_trouble_with_media_is_everybodys_when_it_is_asked_for() {
    let mut scene = Scene::start().await;
    assert!(scene.simulator.ask_for_trouble("9051") && !scene.simulator.ask_for_trouble("9999"));
    let ana = scene.customer("15550100002", json!({})).await;
    scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "image": {} })).await;
    let media = scene.chat(&ana).await[0]["media_id"].as_str().unwrap().to_owned();
    let described = scene.ask("GET", &format!("/v26.0/{media}"), Value::Null).await;
    let link = described["url"].as_str().unwrap().strip_prefix(scene.simulator.base()).unwrap().to_owned();
    assert_eq!(scene.call("GET", &link, &Value::Null).await.status(), 404);
}
