//! Conversations by the API: assigned, tagged, closed, reopened, read.

use serde_json::{Value, json};
use tidings_tests::{
    Line, Scene, assert_holds, json_of, pointers, text,
    webhooks::{customer, text as says},
};

/// Somebody has written, and what happens to the conversation is told.
async fn scene() -> (Scene, Line, String) {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let account = line.account.clone();
    scene.subscribe("/told", json!({ "format": "lifecycle", "events": ["conversation.*"] })).await.unwrap();
    line.post(&says(&account, &customer(1), "wamid.1", "hello")).await.unwrap();
    let created = json_of(&scene.arrival().await.unwrap());
    let path = format!("/v1/conversations/{}", text(&created, "/data/conversation_id"));
    (scene, line, path)
}

async fn patched(scene: &mut Scene, path: &str, wish: Value) -> Value {
    scene.api.patch(path, &wish).await.unwrap().ok().unwrap()
}

#[tokio::test]
async fn a_conversation_is_assigned_tagged_closed_and_reopened() {
    let (mut scene, mut line, path) = scene().await;
    let wish = json!({ "assigned_to": "erp-17", "tags": ["vip"], "metadata": { "order": 7 },
                        "by": { "type": "attendant", "id": "maria" } });
    let changed = patched(&mut scene, &path, wish.clone()).await;
    assert_holds(
        &changed,
        &json!({ "assigned_to": "erp-17", "assigned_type": "attendant", "tags": ["vip"], "metadata": { "order": 7 },
                 "unread_count": 1, "last_message": { "direction": "inbound", "type": "text", "text": "hello" } }),
    );
    assert_eq!(patched(&mut scene, &path, wish).await, changed);
    let closed = patched(&mut scene, &path, json!({ "status": "closed", "resolution": "resolved" })).await;
    assert!(closed["closed_at"].is_string() && closed["resolution"] == "resolved", "{closed:#}");
    let reopened = patched(&mut scene, &path, json!({ "status": "open", "assigned_to": null })).await;
    assert_holds(&reopened, &json!({ "closed_at": null, "resolution": null }));
    patched(&mut scene, &path, json!({ "status": "closed" })).await;
    let account = line.account.clone();
    line.post(&says(&account, &customer(1), "wamid.2", "one more thing")).await.unwrap();
    let told: Vec<Value> = scene.arrivals(7).await.unwrap().iter().map(json_of).collect();
    let expected = [
        json!({ "event": "conversation.assigned",
                "data": { "assigned_to": "erp-17", "assigned_type": "attendant", "previous_assigned_to": null } }),
        json!({ "event": "conversation.updated",
                "data": { "changes": { "tags": { "before": [], "after": ["vip"] } },
                          "updated_by": "maria", "updated_by_type": "attendant" } }),
        json!({ "event": "conversation.closed",
                "data": { "resolution": "resolved", "message_count": 1, "closed_by": "key_admin", "closed_by_type": "api" } }),
        json!({ "event": "conversation.reopened", "data": { "reopened_reason": "api", "reopened_by": "key_admin" } }),
        json!({ "event": "conversation.assigned", "data": { "assigned_to": null, "previous_assigned_to": "erp-17" } }),
        json!({ "event": "conversation.closed", "data": { "resolution": null } }),
        json!({ "event": "conversation.reopened", "data": { "reopened_reason": "new_message" } }),
    ];
    for (told, expected) in told.iter().zip(&expected) {
        assert_holds(told, expected);
    }
    assert!(told[2]["data"]["duration_seconds"].is_u64());
}

#[tokio::test]
async fn what_is_unread_is_counted_until_it_is_read() {
    let (mut scene, _line, path) = scene().await;
    let unread = async |scene: &mut Scene| {
        let list = scene.api.get("/v1/conversations?unread=true").await.unwrap().ok().unwrap();
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(unread(&mut scene).await, 1);
    // The vendor of this line answers nothing useful; that the company has read it is so all the same.
    scene.api.post(&format!("{path}/read"), &json!({})).await.unwrap();
    assert_eq!(unread(&mut scene).await, 0);
    let read = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(read["unread_count"], 0);
}

#[tokio::test]
async fn conversations_are_found_by_what_they_have() {
    let (mut scene, _line, path) = scene().await;
    patched(&mut scene, &path, json!({ "assigned_to": "bot-1", "assigned_type": "agent", "tags": ["vip"] })).await;
    for (query, number) in [
        ("assigned_to=bot-1", 1),
        ("assigned_to=", 0),
        ("tag=vip&status=open", 1),
        ("tag=other", 0),
        ("status=closed", 0),
        ("unread=false", 0),
        ("until=2020-01-01T00:00:00Z", 0),
    ] {
        let list = scene.api.get(&format!("/v1/conversations?{query}")).await.unwrap().ok().unwrap();
        assert_eq!(list["data"].as_array().unwrap().len(), number, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let (mut scene, _line, path) = scene().await;
    for (patch, expected) in [
        (json!({ "status": "gone" }), "/status"),
        (json!({ "status": null }), "/status"),
        (json!({ "resolution": "spam" }), "/resolution"),
        (json!({ "assigned_type": "agent" }), "/assigned_type"),
        (json!({ "assigned_to": "x".repeat(129) }), "/assigned_to"),
        (json!({ "metadata": { "long": "x".repeat(5000) } }), "/metadata"),
        (json!({ "mood": null }), "/mood"),
        (json!({ "tags": ["a", 7] }), "/tags/1"),
    ] {
        let problem = scene.api.patch(&path, &patch).await.unwrap().problem(422, "validation_failed").unwrap();
        assert_eq!(pointers(&problem), [expected], "{patch}");
    }
    let nowhere = "/v1/conversations/conv_01HF7YAYW8EM2RA1850M2GA185";
    scene.api.patch(nowhere, &json!({ "tags": [] })).await.unwrap().problem(404, "not_found").unwrap();
    let handoff = scene.api.post(&format!("{path}/handoff"), &json!({})).await.unwrap();
    handoff.problem(422, "not_available").unwrap();
}
