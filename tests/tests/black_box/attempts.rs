//! The delivery log, and sending again.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::Behaviour;
use tidings_tests::{
    Scene, assert_holds, eventually, json_of, now, rfc3339, text,
    webhooks::{self, customer},
};

/// The attempts at an endpoint, once there are so many. They are written down after the answer has come.
async fn attempts(scene: &mut Scene, endpoint: &Value, number: usize) -> Vec<Value> {
    let path = format!("/v1/endpoints/{}/attempts", text(endpoint, "/id"));
    eventually("the attempts are written down", async || {
        let listed = scene.api.get(&path).await?.ok()?;
        let attempts = listed["data"].as_array().cloned().unwrap_or_default();
        Ok((attempts.len() >= number).then_some(attempts))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn an_attempt_shows_what_was_sent_and_what_came_back() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({ "headers": { "x-api-key": "hidden-value" } })).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let arrival = scene.arrival().await.unwrap();

    let attempts = attempts(&mut scene, &endpoint, 1).await;
    assert_eq!(attempts.len(), 1);
    let summary = json!({ "endpoint_id": endpoint["id"], "event_id": arrival.id(), "attempt": 1, "trigger": "new",
                          "outcome": "delivered", "status_code": 200, "error": null, "next_at": null });
    assert_holds(&attempts[0], &summary);
    let path = format!("/v1/attempts/{}", text(&attempts[0], "/id"));
    let attempt = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_holds(&attempt, &summary);
    assert_holds(
        &attempt,
        &json!({ "event": "message.received",
                 "request": { "url": endpoint["url"], "body": String::from_utf8(arrival.body.to_vec()).unwrap(),
                              "headers": { "x-api-key": "[redacted]", "webhook-id": arrival.id(),
                                           "webhook-timestamp": arrival.header("webhook-timestamp"),
                                           "webhook-signature": arrival.header("webhook-signature") } },
                 "response": { "status_code": 200, "body": "ok", "headers": { "content-length": "2" } } }),
    );
    assert!(!attempt.to_string().contains("hidden-value"));
}

#[tokio::test]
async fn a_failed_webhook_is_tried_again_by_itself() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    scene.receiver.behave("/all", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let first = scene.arrival().await.unwrap();
    let failed = attempts(&mut scene, &endpoint, 1).await.remove(0);
    assert_holds(
        &failed,
        &json!({ "outcome": "failed", "status_code": 500, "attempt": 1,
                                "error": "it answered 500: it failed" }),
    );
    assert!(text(&failed, "/next_at") > text(&failed, "/at"));
    scene.receiver.behave("/all", Behaviour::ok());

    // After five seconds, give or take a fifth.
    let second = scene.arrival().await.unwrap();
    let waited = second.at - first.at;
    assert!(waited.as_secs_f64() > 3.9, "{waited:?}");
    assert_eq!((first.id(), &first.body), (second.id(), &second.body), "the same event to the byte");
    assert_eq!(second.header("tidings-attempt"), Some("2"));
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"), "signed anew");
    let attempts = attempts(&mut scene, &endpoint, 2).await;
    assert_holds(&attempts[0], &json!({ "outcome": "delivered", "attempt": 2, "trigger": "retry" }));
    let path =
        format!("/v1/endpoints/{}/attempts?outcome=failed&event_id={}", text(&endpoint, "/id"), first.id().unwrap());
    let listed = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(listed["data"], json!([attempts[1]]));
}

/// A moment to the second, so that moments can be compared as texts.
fn to_the_second(moment: &str) -> &str {
    &moment[.."2026-04-19T14:30:00".len()]
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let fields = json!({ "events": ["message.received"] });
    let endpoint = scene.subscribe("/x", fields.clone()).await.unwrap();
    scene.subscribe("/marker", fields).await.unwrap();
    scene.receiver.behave("/x", Behaviour::status(StatusCode::TOO_MANY_REQUESTS).with("retry-after", "60"));
    let before = now();
    line.hear(0..1, 1000).await.unwrap();
    scene.arrivals(2).await.unwrap();
    let failed = attempts(&mut scene, &endpoint, 1).await.remove(0);
    assert_holds(&failed, &json!({ "outcome": "failed", "status_code": 429, "attempt": 1 }));
    let next = to_the_second(text(&failed, "/next_at"));
    assert!(next >= to_the_second(&rfc3339(before + 60)), "a minute after the answer at the earliest: {failed:#}");
    assert!(next <= to_the_second(&rfc3339(now() + 61)), "and no later: {failed:#}");

    // Nor is it sent anything else meanwhile.
    line.hear(1..11, 1000).await.unwrap();
    let others = scene.arrivals(10).await.unwrap();
    assert!(others.iter().all(|arrival| arrival.path == "/marker"));
    assert_eq!(attempts(&mut scene, &endpoint, 1).await, [failed]);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for_and_nothing_is_sent_beside_it() {
    // Longer than the wait before the first retry.
    let slow = Duration::from_secs(7);
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let fields = json!({ "events": ["message.received"], "timeout_ms": 30_000 });
    let endpoint = scene.subscribe("/x", fields).await.unwrap();
    scene.receiver.behave("/x", Behaviour::Slow(slow));
    line.hear(0..2, 1).await.unwrap();
    let first = scene.arrival().await.unwrap();
    scene.receiver.behave("/x", Behaviour::ok());
    let second = scene.arrival().await.unwrap();
    assert_eq!(json_of(&first)["data"]["content"], "Text 0");
    assert_eq!(json_of(&second)["data"]["content"], "Text 1", "the next, and not the same again");
    assert!(second.at - first.at >= slow, "the next of the conversation waits for the answer");

    let attempts = attempts(&mut scene, &endpoint, 2).await;
    assert_eq!(attempts.len(), 2);
    let delivered = json!({ "outcome": "delivered", "attempt": 1, "trigger": "new" });
    for attempt in &attempts {
        assert_holds(attempt, &delivered);
    }
    assert!(attempts[1]["duration_ms"].as_u64().unwrap() >= 7_000, "{:#}", attempts[1]);
    assert!(scene.receiver.arrived().is_empty());
}

#[tokio::test]
async fn a_delivered_event_can_be_sent_again() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let first = scene.arrival().await.unwrap();
    attempts(&mut scene, &endpoint, 1).await;

    let path = format!("/v1/events/{}/resend", first.id().unwrap());
    let answer = scene.api.post(&path, &json!({ "endpoint_id": endpoint["id"] })).await.unwrap();
    assert_eq!(answer.status, 202, "{}", answer.json);
    let second = scene.arrival().await.unwrap();
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    let attempts = attempts(&mut scene, &endpoint, 2).await;
    assert_holds(&attempts[0], &json!({ "trigger": "resend", "outcome": "delivered", "attempt": 2 }));

    // An endpoint made since, which never got it, can get it, too.
    let other = scene.subscribe("/other", json!({})).await.unwrap();
    scene.api.post(&path, &json!({ "endpoint_id": other["id"] })).await.unwrap().ok().unwrap();
    let third = scene.arrival().await.unwrap();
    assert_eq!((third.path.as_str(), third.id()), ("/other", first.id()));

    // One that is paused is sent nothing.
    let paused = format!("/v1/endpoints/{}", text(&other, "/id"));
    scene.api.patch(&paused, &json!({ "enabled": false })).await.unwrap().ok().unwrap();
    let answer = scene.api.post(&path, &json!({ "endpoint_id": other["id"] })).await.unwrap();
    answer.problem(409, "conflict").unwrap();

    // Nobody else was sent it.
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "Hello again")).await.unwrap();
    let next = scene.arrival().await.unwrap();
    assert_eq!((next.path.as_str(), text(&json_of(&next), "/data/content")), ("/all", "Hello again"));

    let nowhere = json!({ "endpoint_id": "ep_00000000000000000000000000" });
    let problem = scene.api.post(&path, &nowhere).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(tidings_tests::pointers(&problem), ["/endpoint_id"]);
    let path = "/v1/events/evt_00000000000000000000000000/resend";
    scene.api.post(path, &json!({ "endpoint_id": endpoint["id"] })).await.unwrap().problem(404, "not_found").unwrap();
}

#[tokio::test]
async fn a_messages_whole_story_is_one_call() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let endpoint = scene.subscribe("/all", json!({ "events": ["message.*"] })).await.unwrap();
    outlet.behaves(tidings_simulator::whatsapp::graph::Behaviour::Accept {
        ladder: tidings_simulator::whatsapp::graph::Ladder::full(),
    });
    let message = scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    scene.arrivals(3).await.unwrap();
    let id = text(&message, "/id");
    let trace = format!("/v1/messages/{id}/trace");
    let told = eventually("all is written down", async || {
        let trace = scene.api.get(&trace).await?.ok()?;
        let events = trace["events"].as_array().unwrap();
        let all = events.len() == 3 && events.iter().all(|event| event["attempts"].as_array().unwrap().len() == 1);
        Ok(all.then_some(trace))
    });
    let told = told.await.unwrap();
    assert_eq!(told["message"]["id"], message["id"]);
    let names: Vec<&str> = told["events"].as_array().unwrap().iter().map(|event| text(event, "/event")).collect();
    assert_eq!(names, ["message.sent", "message.delivered", "message.read"]);
    assert_eq!(told["events"][0]["webhook"], Value::Null, "the vendor's answer said so");
    let read = &told["events"][2]["webhook"];
    let webhook: Value = serde_json::from_str(text(read, "/body")).unwrap();
    assert_eq!(webhook["entry"][0]["changes"][0]["value"]["statuses"][0]["status"], "read", "{webhook:#}");
    assert_eq!(read["size"], text(read, "/body").len());
    assert_holds(
        &told["events"][0]["attempts"][0],
        &json!({ "endpoint_id": endpoint["id"], "outcome": "delivered", "status_code": 200, "attempt": 1 }),
    );
    let attempts = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    for (query, count) in [
        (format!("?message_id={id}"), 3),
        (format!("?message_id={id}&status_code=500"), 0),
        ("?status_code=200".to_owned(), 3),
    ] {
        let list = scene.api.get(&format!("{attempts}{query}")).await.unwrap().ok().unwrap();
        assert_eq!(list["data"].as_array().map(Vec::len), Some(count), "{query}");
    }
}
