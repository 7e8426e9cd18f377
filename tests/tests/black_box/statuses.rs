//! Messages that somebody sent with the business's own app, and what became of them.

use serde_json::{Value, json};
use tidings_simulator::whatsapp::status;
use tidings_tests::{
    Line, Scene, assert_holds, json_of, text,
    webhooks::{SECONDS, customer, echo, text as says},
};

async fn scene(format: &str) -> (Scene, Line) {
    let mut scene = Scene::start().await.unwrap();
    let line = scene.line("1001").await.unwrap();
    scene.subscribe("/all", json!({ "format": format })).await.unwrap();
    (scene, line)
}

/// The next webhooks: their names and bodies.
async fn told(scene: &mut Scene, number: usize) -> Vec<(String, Value)> {
    let arrivals = scene.arrivals(number).await.unwrap();
    arrivals.iter().map(|arrival| (arrival.event().unwrap().to_owned(), json_of(arrival))).collect()
}

fn names(told: &[(String, Value)]) -> Vec<&str> {
    told.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn an_echo_is_sent_delivered_and_read_in_the_lifecycle_format() {
    let (mut scene, mut line) = scene("lifecycle").await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "delivered", SECONDS + 5, None)).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "read", SECONDS + 9, None)).await.unwrap();
    let told = told(&mut scene, 3).await;
    assert_eq!(names(&told), ["message.sent", "message.delivered", "message.read"]);
    assert_holds(
        &told[0].1["data"],
        &json!({ "content": "On its way!", "type": "text", "direction": "outbound", "sent_by": null,
                 "sent_by_type": "attendant", "media_url": null }),
    );
    assert_eq!(told[1].1["data"]["delivered_at"], "2026-04-19T14:30:05Z");
    assert_eq!(told[2].1["data"]["read_at"], "2026-04-19T14:30:09Z");
    assert_eq!(told[2].1["timestamp"], told[2].1["data"]["read_at"]);
    for field in ["message_id", "conversation_id", "contact_id", "channel_id"] {
        assert!(told.iter().all(|(_, body)| body["data"][field] == told[0].1["data"][field]), "{field}");
    }

    let path = format!("/v1/messages/{}", text(&told[0].1, "/data/message_id"));
    let message = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_holds(
        &message,
        &json!({ "direction": "outbound", "status": "read", "vendor_id": "wamid.1", "text": "On its way!",
                 "delivered_at": "2026-04-19T14:30:05.000Z", "read_at": "2026-04-19T14:30:09.000Z" }),
    );
    let history: Vec<_> =
        message["history"].as_array().unwrap().iter().map(|entry| text(entry, "/status").to_owned()).collect();
    assert_eq!(history, ["delivered", "read"], "it was born sent");
}

#[tokio::test]
async fn an_echo_is_sent_and_updated_in_the_object_format() {
    let (mut scene, mut line) = scene("object").await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "delivered", SECONDS + 5, None)).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "read", SECONDS + 9, None)).await.unwrap();
    let told = told(&mut scene, 3).await;
    assert_eq!(names(&told), ["message.sent", "message.updated", "message.updated"]);
    let statuses: Vec<_> = told.iter().map(|(_, body)| text(body, "/data/status")).collect();
    assert_eq!(statuses, ["sent", "delivered", "read"]);
    assert_holds(
        &told[0].1["data"],
        &json!({ "sender": "outbound", "sources": [{ "type": "vendor" }], "vendorId": "wamid.1",
                 "content": { "body": "On its way!" } }),
    );
    assert_eq!(told[2].1["data"]["history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_echo_says_what_it_answers() {
    let (mut scene, mut line) = scene("object").await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&says(&account, &ana, "wamid.1", "Which table?")).await.unwrap();
    let mut answer = echo(&account, &ana, "wamid.2", SECONDS + 5, "The round one");
    let echoed = &mut answer["entry"][0]["changes"][0]["value"]["message_echoes"][0];
    echoed["context"] = json!({ "from": ana.phone, "id": "wamid.1" });
    line.post(&answer).await.unwrap();
    let told = told(&mut scene, 2).await;
    assert_eq!(names(&told), ["message.received", "message.sent"]);
    assert_holds(
        &told[1].1["data"]["replyTo"],
        &json!({ "id": told[0].1["data"]["id"], "vendorId": "wamid.1", "sender": "inbound",
                 "previewText": "Which table?" }),
    );
}

#[tokio::test]
async fn a_status_that_overtakes_its_message_is_kept_and_applied() {
    let (mut scene, mut line) = scene("lifecycle").await;
    let (account, ana) = (line.account.clone(), customer(1));
    // Read alone, so that delivery is only implied.
    line.post(&status(&account, &ana, "wamid.1", "read", SECONDS + 9, None)).await.unwrap();
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    let told = told(&mut scene, 3).await;
    assert_eq!(names(&told), ["message.sent", "message.delivered", "message.read"]);
    assert_eq!(told[1].1["data"]["delivered_at"], told[2].1["data"]["read_at"]);
    let sequences: Vec<_> = told.iter().map(|(_, body)| body["data"]["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|before, after| before < after), "{sequences:?}");
}

#[tokio::test]
async fn late_and_repeated_statuses_move_nothing_back() {
    let (mut scene, mut line) = scene("lifecycle").await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "read", SECONDS + 9, None)).await.unwrap();
    for late in ["delivered", "sent", "read", "failed", "in_orbit"] {
        line.post(&status(&account, &ana, "wamid.1", late, SECONDS + 20, None)).await.unwrap();
    }
    line.post(&says(&account, &ana, "wamid.2", "Thanks")).await.unwrap();
    let told = told(&mut scene, 4).await;
    assert_eq!(names(&told), ["message.sent", "message.delivered", "message.read", "message.received"]);
    let path = format!("/v1/messages/{}", text(&told[0].1, "/data/message_id"));
    assert_eq!(scene.api.get(&path).await.unwrap().ok().unwrap()["status"], "read");
}

#[tokio::test]
async fn a_failure_says_why_and_a_second_device_can_mend_it() {
    let (mut scene, mut line) = scene("lifecycle").await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "failed", SECONDS + 1, None)).await.unwrap();
    line.post(&status(&account, &ana, "wamid.1", "delivered", SECONDS + 9, None)).await.unwrap();
    let told = told(&mut scene, 3).await;
    assert_eq!(names(&told), ["message.sent", "message.failed", "message.delivered"]);
    assert_eq!(told[1].1["data"]["error_code"], "131026");
    assert_eq!(told[1].1["data"]["error_message"], "Message undeliverable.");
    let path = format!("/v1/messages/{}", text(&told[0].1, "/data/message_id"));
    let message = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(message["status"], "delivered");
    assert!(message["failed_at"].is_string());
}

#[tokio::test]
async fn an_echo_that_comes_again_is_no_second_message() {
    let (mut scene, mut line) = scene("lifecycle").await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    line.post(&echo(&account, &ana, "wamid.1", SECONDS, "On its way!")).await.unwrap();
    line.post(&says(&account, &ana, "wamid.2", "Thanks")).await.unwrap();
    assert_eq!(names(&told(&mut scene, 2).await), ["message.sent", "message.received"]);
    let messages = scene.api.get("/v1/messages?direction=outbound").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);
}
