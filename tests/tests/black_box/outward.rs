//! Messages out: accepted, sent as the vendor wants them, and told of at every step.

use serde_json::{Value, json};
use tidings_simulator::whatsapp::{
    Customer,
    graph::{Behaviour, Ladder},
};
use tidings_tests::{Outlet, Scene, assert_holds, json_of, text};

async fn scene(format: &str) -> (Scene, Outlet, Customer) {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/all", json!({ "format": format, "events": ["message.*"] })).await.unwrap();
    (scene, outlet, ana)
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
async fn a_text_is_sent_delivered_and_read_in_the_lifecycle_format() {
    let (mut scene, outlet, ana) = scene("lifecycle").await;
    outlet.behaves(Behaviour::Accept { ladder: Ladder::full() });
    let message = outlet.to(&ana, json!({ "text": "On its way!", "metadata": { "order": 7 } }));
    let accepted = scene.send(&message).await.unwrap();
    assert_holds(
        &accepted,
        &json!({ "status": "pending", "direction": "outbound", "type": "text", "text": "On its way!",
                 "channel_id": outlet.id(), "source": { "type": "api", "id": "key_admin" }, "vendor_id": null,
                 "metadata": { "order": 7 }, "history": [], "error": null }),
    );
    let told = told(&mut scene, 3).await;
    assert_eq!(names(&told), ["message.sent", "message.delivered", "message.read"]);
    assert_holds(
        &told[0].1["data"],
        &json!({ "message_id": accepted["id"], "content": "On its way!", "type": "text", "direction": "outbound",
                 "sent_by": "key_admin", "sent_by_type": "api", "media_url": null }),
    );
    let now = scene.until(text(&accepted, "/id"), "read").await.unwrap();
    assert!(now["vendor_id"].as_str().unwrap().starts_with("wamid."));
    let sent = outlet.sent();
    assert_eq!(sent.len(), 1);
    assert_holds(
        &sent[0],
        &json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "type": "text",
                 "text": { "body": "On its way!" }, "biz_opaque_callback_data": accepted["id"] }),
    );
}

#[tokio::test]
async fn the_object_format_tells_the_same_message_as_it_changes() {
    let (mut scene, outlet, ana) = scene("object").await;
    outlet.behaves(Behaviour::Accept { ladder: Ladder::full() });
    scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    let told = told(&mut scene, 3).await;
    assert_eq!(names(&told), ["message.sent", "message.updated", "message.updated"]);
    let statuses: Vec<&str> = told.iter().map(|(_, body)| text(body, "/data/status")).collect();
    assert_eq!(statuses, ["sent", "delivered", "read"]);
    assert_holds(
        &told[2].1["data"],
        &json!({ "sender": "outbound", "sources": [{ "type": "api", "apiKeyId": "key_admin" }],
                 "content": { "body": "Hi" }, "handle": { "type": "phone_number" },
                 "vendorDetails": { "whatsapp": { "pricing": { "billable": true } } } }),
    );
}

#[tokio::test]
async fn every_kind_goes_out_in_the_vendors_shape() {
    let (mut scene, mut outlet, ana) = scene("lifecycle").await;
    outlet.hears(&ana, "wamid.target").await.unwrap();
    let list = scene.api.get("/v1/messages?direction=inbound").await.unwrap().ok().unwrap();
    let target = text(&list, "/data/0/id").to_owned();
    let kinds = [
        (json!({ "text": "Hi", "preview_url": true, "reply_to": target }), "text"),
        (json!({ "media": { "type": "image", "url": "http://127.0.0.1:9/a.png", "caption": "A" } }), "image"),
        (
            json!({ "media": { "type": "document", "url": "http://127.0.0.1:9/a.pdf", "filename": "a.pdf" } }),
            "document",
        ),
        (json!({ "media": { "type": "audio", "url": "http://127.0.0.1:9/a.ogg", "voice": true } }), "audio"),
        (json!({ "media": { "type": "sticker", "url": "http://127.0.0.1:9/a.webp" } }), "sticker"),
        (json!({ "template": { "name": "order_ready", "language": "pt_BR", "components": [] } }), "template"),
        (
            json!({ "interactive": { "type": "buttons", "body": "Sure?", "buttons": [{ "id": "y", "title": "Yes" }] } }),
            "interactive",
        ),
        (
            json!({ "interactive": { "type": "list", "body": "Pick", "button": "Open", "sections": [
                { "title": "A", "rows": [{ "id": "1", "title": "One", "description": null }] } ] } }),
            "interactive",
        ),
        (
            json!({ "interactive": { "type": "url", "body": "Pay", "text": "Pay", "url": "https://shop.example/p" } }),
            "interactive",
        ),
        (json!({ "location": { "lat": -23.5, "lng": -46.6, "name": null, "address": null } }), "location"),
        (
            json!({ "contacts": [{ "name": "Ana", "phones": ["+5511900000000"], "emails": [], "organization": null }] }),
            "contacts",
        ),
        (json!({ "reaction": { "message_id": target, "emoji": "👍" } }), "reaction"),
    ];
    let number = kinds.len();
    for (content, kind) in kinds {
        let message = scene.send(&outlet.to(&ana, content)).await.unwrap();
        scene.until(text(&message, "/id"), "sent").await.unwrap();
        let sent = outlet.sent().pop().unwrap();
        assert_eq!(sent["type"], kind, "{sent:#}");
        assert!(sent[kind].is_object() || sent[kind].is_array(), "{sent:#}");
    }
    let sent = outlet.sent();
    assert_eq!(sent.len(), number);
    assert_eq!(sent[0]["context"]["message_id"], "wamid.target");
    assert_eq!(sent[number - 1]["reaction"], json!({ "message_id": "wamid.target", "emoji": "👍" }));
    // The message that was answered came in, each was sent, and one changed another.
    let told = told(&mut scene, 1 + number + 1).await;
    let reacted = told.iter().find(|(name, _)| name == "message.updated").unwrap();
    assert_eq!(reacted.1["data"]["message_id"], target);
    assert_eq!(reacted.1["data"]["change"], "reaction_added");
}

#[tokio::test]
async fn a_conversation_is_answered_without_naming_channel_or_number() {
    let (mut scene, outlet, _) = scene("lifecycle").await;
    let list = scene.api.get("/v1/conversations").await.unwrap().ok().unwrap();
    let conversation = text(&list, "/data/0/id").to_owned();
    assert!(list["data"][0]["window_closes_at"].is_string());
    let message = json!({ "conversation_id": conversation, "text": "Hi" });
    let accepted = scene.send(&message).await.unwrap();
    assert_eq!(accepted["conversation_id"], json!(conversation));
    scene.until(text(&accepted, "/id"), "sent").await.unwrap();
    assert_eq!(outlet.sent().len(), 1);
}

#[tokio::test]
async fn a_customer_without_a_number_is_written_to_by_its_id() {
    let (mut scene, mut outlet, _) = scene("lifecycle").await;
    let julian = Customer {
        name: "Julian".into(),
        user_id: Some("CO.1047385771169864".into()),
        username: Some("julian".into()),
        phone: None,
    };
    outlet.hears(&julian, "wamid.julian").await.unwrap();
    let message = json!({ "channel_id": outlet.id(), "to": "CO.1047385771169864", "text": "Hi" });
    let accepted = scene.send(&message).await.unwrap();
    scene.until(text(&accepted, "/id"), "sent").await.unwrap();
    let sent = outlet.sent().pop().unwrap();
    assert_eq!(sent["recipient"], "CO.1047385771169864");
    assert!(sent.get("to").is_none());
}

#[tokio::test]
async fn the_same_request_twice_is_sent_once() {
    let (mut scene, outlet, ana) = scene("lifecycle").await;
    let message = outlet.to(&ana, json!({ "text": "Hi" }));
    let mut answers = Vec::new();
    for _ in 0..3 {
        let headers = [("idempotency-key", "once")];
        let answer = scene.api.call(http::Method::POST, "/v1/messages", Some(&message), &headers).await.unwrap();
        answers.push((answer.header("idempotency-replayed").is_some(), answer.ok().unwrap()));
    }
    assert_eq!(answers.iter().map(|(replayed, _)| *replayed).collect::<Vec<_>>(), [false, true, true]);
    assert!(answers.iter().all(|(_, answer)| *answer == answers[0].1));
    scene.until(text(&answers[0].1, "/id"), "sent").await.unwrap();
    assert_eq!(outlet.sent().len(), 1);
}

#[tokio::test]
async fn a_failure_is_told_with_its_code_and_a_retry_is_another_attempt() {
    let (mut scene, outlet, ana) = scene("lifecycle").await;
    outlet.graph.next(Behaviour::Accept { ladder: Ladder::failed(131_026) });
    let accepted = scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    let id = text(&accepted, "/id").to_owned();
    let told_of = told(&mut scene, 2).await;
    assert_eq!(names(&told_of), ["message.sent", "message.failed"]);
    assert_holds(&told_of[1].1["data"], &json!({ "message_id": id, "error_code": "131026" }));
    let failed = scene.message(&id).await.unwrap();
    assert_holds(&failed["error"], &json!({ "code": "131026", "vendor_code": "131026" }));

    let retried = scene.api.post(&format!("/v1/messages/{id}/retry"), &json!({})).await.unwrap();
    assert_eq!(retried.status, 202);
    assert_holds(&retried.json, &json!({ "status": "pending", "error": null }));
    scene.until(&id, "sent").await.unwrap();
    let trackers: Vec<Value> = outlet.sent().iter().map(|sent| sent["biz_opaque_callback_data"].clone()).collect();
    assert_eq!(trackers, [json!(id), json!(format!("{id}:2"))]);
    scene
        .api
        .post(&format!("/v1/messages/{id}/retry"), &json!({}))
        .await
        .unwrap()
        .problem(409, "not_editable")
        .unwrap();
}

#[tokio::test]
async fn read_receipts_and_typing_are_shown_when_asked_for_and_never_else() {
    let (mut scene, mut outlet, ana) = scene("lifecycle").await;
    outlet.hears(&ana, "wamid.second").await.unwrap();
    let list = scene.api.get("/v1/conversations").await.unwrap().ok().unwrap();
    let path = format!("/v1/conversations/{}", text(&list, "/data/0/id"));
    assert_eq!(outlet.graph.count(), 0);
    for verb in ["read", "typing"] {
        scene.api.post(&format!("{path}/{verb}"), &json!({})).await.unwrap().ok().unwrap();
    }
    let calls = outlet.sent();
    assert_holds(&calls[0], &json!({ "status": "read", "message_id": "wamid.second" }));
    assert_eq!(calls[1]["typing_indicator"], json!({ "type": "text" }));
    assert!(calls[0].get("typing_indicator").is_none());
    outlet.graph.revoke_token();
    let refused = scene.api.post(&format!("{path}/read"), &json!({})).await.unwrap();
    refused.problem(502, "vendor_failed").unwrap();
}
