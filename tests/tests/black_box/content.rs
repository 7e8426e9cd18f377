//! What customers send, as it arrives at endpoints of both formats.

use serde_json::{Value, json};
use tidings_simulator::{
    Arrival,
    whatsapp::{Customer, image_message, reaction},
};
use tidings_tests::{
    Line, Scene, assert_holds, json_of, text,
    webhooks::{self, SECONDS, customer},
};

/// A number, and an endpoint of each format.
async fn both_formats(events: Value) -> (Scene, Line) {
    let mut scene = Scene::start().await.unwrap();
    let line = scene.line("1001").await.unwrap();
    for format in ["lifecycle", "object"] {
        let mut fields = json!({ "format": format });
        if format == "lifecycle" && !events.is_null() {
            fields["events"] = events.clone();
        }
        scene.subscribe(&format!("/{format}"), fields).await.unwrap();
    }
    (scene, line)
}

/// The bodies that came to the endpoint of a format, in their order.
fn bodies(arrivals: &[Arrival], format: &str) -> Vec<Value> {
    let of_format = arrivals.iter().filter(|arrival| arrival.format() == Some(format));
    of_format.map(json_of).collect()
}

/// What the next message is in both formats: `data` of each.
async fn received(scene: &mut Scene) -> (Value, Value) {
    let arrivals = scene.arrivals(2).await.unwrap();
    let mut both = ["lifecycle", "object"].map(|format| {
        let mut bodies = bodies(&arrivals, format);
        assert_eq!(bodies.len(), 1, "one in each format");
        assert_eq!(bodies[0]["event"], "message.received");
        bodies.remove(0)
    });
    let ids = both.each_ref().map(|body| text(body, if body["id"].is_null() { "/event_id" } else { "/id" }).to_owned());
    assert_eq!(arrivals[0].id(), arrivals[1].id(), "one event, whatever the format: {ids:?}");
    (both[0]["data"].take(), both[1]["data"].take())
}

/// What a customer sends, then what each format holds of it.
fn kinds() -> Vec<(Value, Value, Value)> {
    let file = json!({ "id": "media-1", "mime_type": "image/jpeg", "sha256": "c2hh" });
    let with_caption = json!({ "id": "media-1", "mime_type": "image/jpeg", "sha256": "c2hh", "caption": "Our table" });
    vec![
        (
            json!({ "type": "text", "text": { "body": "Olá \u{1f44b} <b>&" } }),
            json!({ "type": "text", "content": "Olá \u{1f44b} <b>&", "direction": "inbound", "media_url": null,
                    "media_mime_type": null, "location": null, "channel_type": "whatsapp" }),
            json!({ "body": "Olá \u{1f44b} <b>&" }),
        ),
        (
            json!({ "type": "image", "image": with_caption }),
            json!({ "type": "image", "content": "Our table", "media_mime_type": "image/jpeg" }),
            json!({ "body": "Our table", "attachments": [{ "type": "image", "file": { "contentType": "image/jpeg" } }] }),
        ),
        (
            json!({ "type": "sticker", "sticker": file }),
            json!({ "type": "sticker", "content": null }),
            json!({ "attachments": [{ "type": "image", "isSticker": true }] }),
        ),
        (
            json!({ "type": "audio", "audio": { "id": "media-2", "mime_type": "audio/ogg", "voice": true } }),
            json!({ "type": "audio", "content": null, "attachments": [{ "type": "audio", "is_voice_note": true }] }),
            json!({ "attachments": [{ "type": "audio", "isVoiceNote": true }] }),
        ),
        (
            json!({ "type": "document",
                    "document": { "id": "media-3", "mime_type": "application/pdf", "filename": "bill.pdf" } }),
            json!({ "type": "document", "content": null }),
            json!({ "attachments": [{ "type": "document", "file": { "name": "bill.pdf" } }] }),
        ),
        (
            json!({ "type": "location", "location": { "latitude": -23.55, "longitude": -46.63, "name": "Office" } }),
            json!({ "type": "location", "content": null, "location": { "lat": -23.55, "lng": -46.63, "label": "Office" } }),
            json!({ "attachments": [{ "type": "location", "latitude": -23.55, "longitude": -46.63, "name": "Office" }] }),
        ),
        (
            json!({ "type": "contacts", "contacts": [{
                "name": { "formatted_name": "Bea Lima" }, "phones": [{ "phone": "+55 11 5555-0100" }],
                "org": { "company": "Examply" } }] }),
            json!({ "type": "text", "content": "Bea Lima, Examply, +55 11 5555-0100", "attachments": [{
                "type": "contact", "name": "Bea Lima", "phones": ["+55 11 5555-0100"], "organization": "Examply" }] }),
            json!({ "attachments": [{ "type": "contact", "name": "Bea Lima", "phones": ["+55 11 5555-0100"] }] }),
        ),
        (
            json!({ "type": "interactive",
                    "interactive": { "type": "button_reply", "button_reply": { "id": "yes-1", "title": "Yes" } } }),
            json!({ "type": "text", "content": "Yes", "payload": "yes-1", "attachments": [{
                "type": "button", "button_type": "quick_reply", "text": "Yes", "payload": "yes-1" }] }),
            json!({ "body": "Yes", "payload": "yes-1", "attachments": [{
                "type": "button", "buttonType": "quick_reply", "text": "Yes", "payload": "yes-1" }] }),
        ),
        (
            json!({ "type": "interactive", "interactive": {
                "type": "list_reply", "list_reply": { "id": "row-2", "title": "Blue", "description": "Sky" } } }),
            json!({ "type": "text", "content": "Blue",
                    "attachments": [{ "type": "list_section", "selected_row_id": "row-2", "description": "Sky" }] }),
            json!({ "body": "Blue", "payload": "row-2",
                    "attachments": [{ "type": "list_section", "selectedRowId": "row-2" }] }),
        ),
        (
            json!({ "type": "interactive", "interactive": { "type": "nfm_reply", "nfm_reply": {
                "name": "flow", "body": "Sent", "response_json": "{broken" } } }),
            json!({ "type": "text", "content": "Sent", "payload": "{broken" }),
            json!({ "body": "Sent", "payload": "{broken" }),
        ),
        (
            json!({ "type": "order", "order": { "catalog_id": "9", "text": "Please hurry", "product_items": [
                { "product_retailer_id": "SODA", "quantity": 2, "item_price": 10, "currency": "ILS" }] } }),
            json!({ "type": "text", "payload": { "catalog_id": "9", "text": "Please hurry" } }),
            json!({ "payload": { "catalog_id": "9" } }),
        ),
        (
            json!({ "type": "unsupported", "unsupported": { "type": "poll" },
                    "errors": [{ "code": 131_051, "title": "Message type unknown" }] }),
            json!({ "type": "text", "content": "[unsupported message: poll]" }),
            json!({ "body": "[unsupported message: poll]", "payload": { "type": "unsupported" } }),
        ),
        (
            json!({ "type": "hologram_of_2031", "hologram_of_2031": { "depth": 3 } }),
            json!({ "type": "text", "payload": { "hologram_of_2031": { "depth": 3 } } }),
            json!({ "payload": { "hologram_of_2031": { "depth": 3 } } }),
        ),
    ]
}

#[tokio::test]
async fn every_kind_of_message_arrives_in_both_formats() {
    let (mut scene, mut line) = both_formats(Value::Null).await;
    for (number, (content, lifecycle, object)) in kinds().into_iter().enumerate() {
        let webhook = webhooks::message(&line.account, &customer(1), &format!("wamid.{number}"), content.clone());
        line.post(&webhook).await.unwrap();
        let (told, message) = received(&mut scene).await;
        assert_holds(&told, &lifecycle);
        assert_holds(&message["content"], &object);
        assert_holds(
            &message,
            &json!({ "type": "message", "sender": "inbound", "status": "delivered", "sources": [{ "type": "vendor" }],
                     "vendorId": format!("wamid.{number}"), "handle": { "type": "phone_number" },
                     "contact": { "firstName": "Ana", "lastName": "Souza" }, "channel": { "id": message["channelId"] } }),
        );
        if ["image", "sticker", "audio", "document"].contains(&text(&content, "/type")) {
            let prefix = format!("{}/m/", scene.server.base());
            assert!(text(&told, "/media_url").starts_with(&prefix), "{told:#}");
            assert!(text(&message, "/content/attachments/0/url").starts_with(&prefix), "{message:#}");
        }
    }
}

#[tokio::test]
async fn replies_forwards_and_advertisements_are_told() {
    let (mut scene, mut line) = both_formats(Value::Null).await;
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.first", "Which table?")).await.unwrap();
    let (_, first) = received(&mut scene).await;
    let reply = json!({ "type": "text", "text": { "body": "The round one" },
                        "context": { "from": "15550783881", "id": "wamid.first" } });
    line.post(&webhooks::message(&line.account, &customer(1), "wamid.reply", reply)).await.unwrap();
    let (_, message) = received(&mut scene).await;
    let quoted =
        json!({ "id": first["id"], "vendorId": "wamid.first", "sender": "inbound", "previewText": "Which table?" });
    assert_holds(&message["replyTo"], &quoted);

    let forwarded = json!({ "type": "text", "text": { "body": "Look" }, "context": { "forwarded": true } });
    line.post(&webhooks::message(&line.account, &customer(1), "wamid.forwarded", forwarded)).await.unwrap();
    assert_eq!(received(&mut scene).await.1["forwarded"], true);

    let clicked = json!({ "type": "text", "text": { "body": "How much?" }, "referral": {
        "source_type": "ad", "source_id": "ad-7", "source_url": "https://fb.me/x", "headline": "Tables", "ctwa_clid": "c-1" } });
    line.post(&webhooks::message(&line.account, &customer(1), "wamid.ad", clicked)).await.unwrap();
    let (told, message) = received(&mut scene).await;
    assert_holds(&told["attachments"], &json!([{ "type": "referral", "source_id": "ad-7", "click_id": "c-1" }]));
    assert_holds(
        &message["content"]["attachments"],
        &json!([{ "type": "referral", "sourceId": "ad-7", "headline": "Tables" }]),
    );
}

#[tokio::test]
async fn a_customer_without_a_phone_number_is_somebody() {
    let (mut scene, mut line) = both_formats(json!(["contact.*", "conversation.*", "message.*"])).await;
    let julian = Customer {
        name: "Julian".to_owned(),
        user_id: Some("CO.1047385771169864".to_owned()),
        username: Some("julian".to_owned()),
        phone: None,
    };
    line.post(&webhooks::text(&line.account, &julian, "wamid.1", "Hello")).await.unwrap();
    let arrivals = scene.arrivals(4).await.unwrap();
    let lifecycle = bodies(&arrivals, "lifecycle");
    assert_eq!(lifecycle[0]["event"], "contact.created");
    assert_holds(&lifecycle[0]["data"], &json!({ "name": "Julian", "phone": null, "source": "whatsapp" }));
    let object = bodies(&arrivals, "object").remove(0);
    assert_holds(
        &object["data"],
        &json!({ "handle": { "type": "whatsapp_user_id", "value": "CO.1047385771169864" },
                 "contact": { "firstName": "Julian", "lastName": null, "phoneNumber": null } }),
    );

    // Once his number is known, he is still the same.
    let known = Customer { phone: Some("573001234567".to_owned()), ..julian };
    line.post(&webhooks::text(&line.account, &known, "wamid.2", "It is me")).await.unwrap();
    let messages = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 2);
    assert_eq!(messages["data"][0]["contact_id"], messages["data"][1]["contact_id"]);
    assert_eq!(messages["data"][0]["conversation_id"], messages["data"][1]["conversation_id"]);
    // And by his number alone, too.
    let by_number = Customer::with_phone("Julian", "573001234567");
    line.post(&webhooks::text(&line.account, &by_number, "wamid.3", "Me again")).await.unwrap();
    let path = format!("/v1/messages?contact_id={}", text(&messages, "/data/0/contact_id"));
    let messages = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn reactions_change_their_message_and_can_be_taken_back() {
    let (mut scene, mut line) = both_formats(json!(["message.*"])).await;
    let (account, ana) = (line.account.clone(), customer(1));
    line.post(&webhooks::text(&account, &ana, "wamid.1", "Hello")).await.unwrap();
    received(&mut scene).await;

    line.post(&reaction(&account, &ana, "wamid.2", SECONDS + 1, "wamid.1", Some("👍"))).await.unwrap();
    let arrivals = scene.arrivals(2).await.unwrap();
    let told = bodies(&arrivals, "lifecycle").remove(0);
    assert_eq!(told["event"], "message.updated");
    assert_holds(&told["data"], &json!({ "change": "reaction_added", "content": "Hello" }));
    assert_holds(&told["data"]["reactions"], &json!([{ "emoji": "👍", "sender": "inbound" }]));
    let object = bodies(&arrivals, "object").remove(0);
    assert_holds(&object["data"]["reactions"], &json!([{ "emoji": "👍", "sender": "inbound" }]));

    line.post(&reaction(&account, &ana, "wamid.3", SECONDS + 2, "wamid.1", None)).await.unwrap();
    let arrivals = scene.arrivals(2).await.unwrap();
    let told = bodies(&arrivals, "lifecycle").remove(0);
    assert_holds(&told["data"], &json!({ "change": "reaction_removed", "reactions": [] }));

    // To a message that we never saw it is a message itself.
    line.post(&reaction(&account, &ana, "wamid.4", SECONDS + 3, "wamid.unknown", Some("🙏"))).await.unwrap();
    let (told, _) = received(&mut scene).await;
    assert_eq!(told["content"], "🙏");
}

#[tokio::test]
async fn a_picture_without_words_has_none() {
    let (mut scene, mut line) = both_formats(Value::Null).await;
    line.post(&image_message(&line.account, &customer(1), "wamid.1", SECONDS, "media-1", None)).await.unwrap();
    let (told, message) = received(&mut scene).await;
    assert_holds(&told, &json!({ "type": "image", "content": null }));
    assert!(message["content"].get("body").is_none(), "{message:#}");
    assert!(text(&told, "/media_url").starts_with(&format!("{}/m/", scene.server.base())), "{told:#}");
}
