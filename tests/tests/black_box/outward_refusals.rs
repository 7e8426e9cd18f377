//! Messages that are refused: each with the field that is wrong and what to do, and nothing is left of them.

use serde_json::{Value, json};
use tidings_tests::{Scene, pointers, text, webhooks::customer};

#[tokio::test]
async fn fields_are_named() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let long = "x".repeat(4097);
    let buttons: Vec<Value> = (0..4).map(|number| json!({ "id": number.to_string(), "title": "Yes" })).collect();
    let cases: &[(Value, &[&str])] = &[
        (json!({}), &[""]),
        (json!({ "text": "a", "location": { "lat": 1, "lng": 1 } }), &["/location"]),
        (json!({ "text": "" }), &["/text"]),
        (json!({ "text": long }), &["/text"]),
        (json!({ "text": "a", "colour": 1 }), &["/colour"]),
        (json!({ "text": "a", "reply_to": "msg_1" }), &["/reply_to"]),
        (json!({ "text": "a", "reply_to": "msg_00000000000000000000000000" }), &["/reply_to"]),
        (json!({ "text": "a", "scheduled_at": "soon" }), &["/scheduled_at"]),
        (json!({ "text": "a", "expires_at": "2020-01-01T00:00:00Z" }), &["/expires_at"]),
        (json!({ "text": "a", "priority": "urgent" }), &["/priority"]),
        (json!({ "text": "a", "metadata": { "a": "x".repeat(4096) } }), &["/metadata"]),
        (json!({ "text": "a", "source": { "type": "campaign" } }), &["/source/id"]),
        (json!({ "location": { "lat": 91, "lng": 0 } }), &["/location/lat"]),
        (json!({ "media": { "type": "image" } }), &["/media"]),
        (json!({ "media": { "type": "image", "url": "http://127.0.0.1:9/a", "media_id": "med_1" } }), &["/media"]),
        (json!({ "media": { "type": "image", "url": "no address" } }), &["/media/url"]),
        (json!({ "reaction": { "message_id": "msg_00000000000000000000000000" } }), &["/reaction/emoji"]),
        (
            json!({ "reaction": { "message_id": "msg_00000000000000000000000000", "emoji": "👍" } }),
            &["/reaction/message_id"],
        ),
        (json!({ "interactive": { "type": "buttons", "body": "a", "buttons": buttons } }), &["/interactive/buttons"]),
        (json!({ "interactive": { "type": "list", "body": "a" } }), &["/interactive/button", "/interactive/sections"]),
        (json!({ "contacts": [] }), &["/contacts"]),
    ];
    for (content, expected) in cases {
        let answer = scene.api.post("/v1/messages", &outlet.to(&ana, content.clone())).await.unwrap();
        let problem = answer.problem(422, "validation_failed").unwrap();
        for pointer in *expected {
            assert!(pointers(&problem).iter().any(|told| told.starts_with(pointer)), "{content}: {problem:#}");
        }
    }
    let listed = scene.api.get("/v1/messages?direction=outbound").await.unwrap().ok().unwrap();
    assert_eq!(listed["data"], json!([]), "nothing is left of them");
    assert_eq!(outlet.graph.count(), 0);
}

#[tokio::test]
async fn who_is_written_to_must_be_clear() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let send = |message: Value| async move { message };
    let unknown = "chan_00000000000000000000000000";
    for (message, status, code, pointer) in [
        (json!({ "text": "a", "to": ana.phone }), 422, "validation_failed", "/channel_id"),
        (json!({ "text": "a", "channel_id": outlet.id() }), 422, "validation_failed", "/to"),
        (json!({ "text": "a", "channel_id": outlet.id(), "to": "12" }), 422, "validation_failed", "/to"),
        (json!({ "text": "a", "channel_id": outlet.id(), "to": "abc" }), 422, "validation_failed", "/to"),
        (json!({ "text": "a", "channel_id": unknown, "to": ana.phone }), 404, "not_found", "/channel_id"),
        (
            json!({ "text": "a", "conversation_id": "conv_00000000000000000000000000" }),
            404,
            "not_found",
            "/conversation_id",
        ),
    ] {
        let message = send(message).await;
        let answer = scene.api.post("/v1/messages", &message).await.unwrap();
        let problem = answer.problem(status, code).unwrap();
        assert_eq!(pointers(&problem), [pointer], "{message}");
    }
}

#[tokio::test]
async fn outside_the_window_only_templates_go_out() {
    let (mut scene, outlet, _) = Scene::in_conversation().await.unwrap();
    let stranger = customer(2);
    let text_to = outlet.to(&stranger, json!({ "text": "Hi" }));
    let problem = scene.api.post("/v1/messages", &text_to).await.unwrap().problem(422, "window_closed").unwrap();
    assert!(text(&problem, "/detail").contains("template"));
    let contacts = scene.api.get("/v1/conversations").await.unwrap().ok().unwrap();
    assert_eq!(contacts["data"].as_array().unwrap().len(), 1, "the stranger is no contact");
    let template = outlet.to(&stranger, json!({ "template": { "name": "hello", "language": "en" } }));
    let accepted = scene.send(&template).await.unwrap();
    scene.until(text(&accepted, "/id"), "sent").await.unwrap();
}

#[tokio::test]
async fn addresses_of_files_pass_the_policy() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let media = outlet.to(&ana, json!({ "media": { "type": "image", "url": "http://169.254.169.254/a.png" } }));
    let answer = scene.api.post("/v1/messages", &media).await.unwrap();
    let problem = answer.problem(422, "address_not_allowed").unwrap();
    assert_eq!(pointers(&problem), ["/media/url"]);
}

#[tokio::test]
async fn on_behalf_of_others_takes_another_scope() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let key = json!({ "name": "till", "scopes": ["messages:write"] });
    let key = scene.api.post("/v1/keys", &key).await.unwrap().ok().unwrap();
    let mut api = tidings_tests::Api::new(&scene.server.base(), text(&key, "/secret")).unwrap();
    let own = outlet.to(&ana, json!({ "text": "Hi" }));
    let accepted = api.post("/v1/messages", &own).await.unwrap().ok().unwrap();
    assert_eq!(accepted["source"], json!({ "type": "api", "id": key["id"] }));
    let other = outlet.to(&ana, json!({ "text": "Hi", "source": { "type": "inbox", "id": "usr_7" } }));
    api.post("/v1/messages", &other).await.unwrap().problem(403, "forbidden").unwrap();
    let accepted = scene.send(&other).await.unwrap();
    assert_eq!(accepted["source"], json!({ "type": "inbox", "id": "usr_7" }));
}
