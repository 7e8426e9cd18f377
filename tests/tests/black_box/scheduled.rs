//! Messages that wait for their time, and what may be wished for meanwhile.

use serde_json::{Value, json};
use tidings_simulator::whatsapp::{
    Customer,
    graph::{Behaviour, Ladder},
};
use tidings_tests::{Outlet, Scene, assert_holds, json_of, now, rfc3339, text};

async fn scene() -> (Scene, Outlet, Customer) {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/all", json!({ "format": "lifecycle", "events": ["message.*"] })).await.unwrap();
    (scene, outlet, ana)
}

/// The next webhook of a message: its name and what it says changed.
async fn next(scene: &mut Scene) -> (String, Value) {
    let arrival = scene.arrival().await.unwrap();
    (arrival.event().unwrap().to_owned(), json_of(&arrival)["data"]["change"].clone())
}

#[tokio::test]
async fn a_message_goes_out_when_its_time_has_come() {
    let (mut scene, outlet, ana) = scene().await;
    let far = outlet.to(&ana, json!({ "text": "Later", "scheduled_at": "2099-01-01T00:00:00Z" }));
    let accepted = scene.send(&far).await.unwrap();
    assert_holds(&accepted, &json!({ "status": "scheduled", "scheduled_at": "2099-01-01T00:00:00.000Z" }));
    let id = text(&accepted, "/id").to_owned();
    assert_eq!(next(&mut scene).await, ("message.updated".to_owned(), json!("scheduled")));
    let path = format!("/v1/messages/{id}");
    let soon = outlet.to(&ana, json!({ "text": "Soon", "scheduled_at": in_a_second() }));
    let soon = scene.send(&soon).await.unwrap();
    assert_eq!(next(&mut scene).await, ("message.updated".to_owned(), json!("scheduled")));
    scene.until(text(&soon, "/id"), "sent").await.unwrap();
    assert_eq!(next(&mut scene).await.1, json!("status"), "it is pending when it is due");
    assert_eq!(next(&mut scene).await.0, "message.sent");
    assert_eq!(outlet.sent().len(), 1);

    let moved = scene.api.patch(&path, &json!({ "scheduled_at": "2098-01-01T00:00:00Z" })).await.unwrap();
    assert_holds(&moved.ok().unwrap(), &json!({ "scheduled_at": "2098-01-01T00:00:00.000Z" }));
    assert_eq!(next(&mut scene).await.1, json!("rescheduled"));
    let moved = scene.api.patch(&path, &json!({ "scheduled_at": in_a_second() })).await.unwrap();
    moved.ok().unwrap();
    scene.until(&id, "sent").await.unwrap();
}

/// A moment that has nearly come.
fn in_a_second() -> String {
    rfc3339(now() + 1)
}

#[tokio::test]
async fn what_waits_can_be_cancelled_and_what_was_sent_cannot() {
    let (mut scene, outlet, ana) = scene().await;
    let far = outlet.to(&ana, json!({ "text": "Later", "scheduled_at": "2099-01-01T00:00:00Z" }));
    let id = text(&scene.send(&far).await.unwrap(), "/id").to_owned();
    let path = format!("/v1/messages/{id}");
    let cancelled = scene.api.delete(&path).await.unwrap().ok().unwrap();
    assert_holds(&cancelled, &json!({ "status": "deleted", "history": [{ "status": "deleted", "source": "api" }] }));
    assert_eq!(next(&mut scene).await.1, json!("scheduled"));
    assert_eq!(next(&mut scene).await.1, json!("cancelled"));
    scene.api.delete(&path).await.unwrap().problem(409, "not_editable").unwrap();

    let sent = scene.send(&outlet.to(&ana, json!({ "text": "Now" }))).await.unwrap();
    let path = format!("/v1/messages/{}", text(&sent, "/id"));
    scene.until(text(&sent, "/id"), "sent").await.unwrap();
    scene.api.delete(&path).await.unwrap().problem(409, "not_editable").unwrap();
    let change = json!({ "text": "Other" });
    scene.api.patch(&path, &change).await.unwrap().problem(409, "not_editable").unwrap();
}

#[tokio::test]
async fn what_is_being_sent_cannot_be_called_back() {
    let (mut scene, outlet, ana) = scene().await;
    outlet.graph.next(Behaviour::Hang { accepted: false, ladder: Ladder::none() });
    let accepted = scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    outlet.graph.reached(1).await;
    let path = format!("/v1/messages/{}", text(&accepted, "/id"));
    scene.api.delete(&path).await.unwrap().problem(409, "already_sending").unwrap();
    let change = json!({ "scheduled_at": "2099-01-01T00:00:00Z" });
    scene.api.patch(&path, &change).await.unwrap().problem(409, "already_sending").unwrap();
}

#[tokio::test]
async fn an_expired_message_is_not_sent() {
    let (mut scene, outlet, ana) = scene().await;
    // The vendor wants a wait that is longer than the message is good for.
    let mut slower = Behaviour::refuse(http::StatusCode::TOO_MANY_REQUESTS, 131_056);
    if let Behaviour::Refuse { retry_after, .. } = &mut slower {
        *retry_after = Some(3600);
    }
    outlet.graph.next(slower);
    let message = outlet.to(&ana, json!({ "text": "Hi", "expires_at": in_a_second() }));
    let accepted = scene.api.post("/v1/messages", &message).await.unwrap();
    if accepted.status == 202 {
        let failed = scene.until(text(&accepted.json, "/id"), "failed").await.unwrap();
        assert_eq!(failed["error"]["code"], "expired");
        assert_eq!(outlet.graph.accepted_count(), 0);
    } else {
        // The second had passed already.
        accepted.problem(422, "validation_failed").unwrap();
    }
}
