//! Sending an endpoint events of the past: counted beforehand, in order, across restarts, and until somebody cancels it.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::receiver::Behaviour;
use tidings_tests::{Scene, assert_holds, eventually, json_of, now, pointers, rfc3339, text};

const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// A replay that is answered 202.
async fn replay(scene: &mut Scene, endpoint: &Value, body: Value) -> Value {
    let path = format!("/v1/endpoints/{}/replay", text(endpoint, "/id"));
    let answer = scene.api.post(&path, &body).await.unwrap();
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
    answer.json
}

async fn until(scene: &mut Scene, job: &Value, status: &str) -> Value {
    let path = format!("/v1/jobs/{}", text(job, "/id"));
    let what = format!("the job is {status}");
    eventually(&what, async || Ok(Some(scene.api.get(&path).await?.ok()?).filter(|job| job["status"] == status)))
        .await
        .unwrap()
}

/// What was written, in the order in which it arrived.
async fn words(scene: &mut Scene, number: usize) -> Vec<String> {
    let arrivals = scene.arrivals(number).await.unwrap();
    arrivals.iter().map(|arrival| json_of(arrival)["data"]["content"].as_str().unwrap().to_owned()).collect()
}

/// Where so many webhooks go, in alphabetical order.
async fn paths(scene: &mut Scene, number: usize) -> Vec<String> {
    let arrivals = scene.arrivals(number).await.unwrap();
    let mut paths: Vec<String> = arrivals.into_iter().map(|arrival| arrival.path).collect();
    paths.sort();
    paths
}

/// Of each customer the texts must come in order.
fn assert_in_order(words: &[String]) {
    let mut last: HashMap<usize, usize> = HashMap::new();
    for word in words {
        let number: usize = word.strip_prefix("Text ").unwrap().parse().unwrap();
        let before = last.insert(number % 5, number);
        assert!(before.is_none_or(|before| before < number), "{words:?}");
    }
}

#[tokio::test]
async fn a_new_endpoint_is_sent_what_it_has_missed() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..40, 5).await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    let path = format!("/v1/endpoints/{}/replay", text(&endpoint, "/id"));
    let asked = |only: &str| json!({ "since": LONG_AGO, "only": only, "dry_run": true });
    for (only, count) in [("all", 40), ("missing", 40), ("failed", 0)] {
        let counted = scene.api.post(&path, &asked(only)).await.unwrap();
        assert_eq!((counted.status, counted.json), (StatusCode::OK, json!({ "count": count })));
    }
    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "missing" })).await;
    assert_holds(&job, &json!({ "type": "replay", "count": 40, "only": "missing", "until": null }));
    assert_in_order(&words(&mut scene, 40).await);
    let done = until(&mut scene, &job, "done").await;
    assert_holds(&done, &json!({ "sent": 40, "progress": 1.0 }));
    let counted = scene.api.post(&path, &asked("missing")).await.unwrap();
    assert_eq!(counted.json, json!({ "count": 0 }), "nothing is missing any more");
    // All of it again, with what is new beside it.
    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "all" })).await;
    line.hear(40..45, 5).await.unwrap();
    until(&mut scene, &job, "done").await;
    assert_eq!(words(&mut scene, 45).await.len(), 45);
    let list = scene.api.get("/v1/jobs").await.unwrap().ok().unwrap();
    assert_eq!(list["data"][0]["id"], job["id"], "the newest first");
}

#[tokio::test]
async fn a_replay_is_for_one_endpoint_alone() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let fields = json!({ "events": ["message.received"] });
    scene.subscribe("/a", fields.clone()).await.unwrap();
    line.hear(0..3, 5).await.unwrap();
    assert_eq!(paths(&mut scene, 3).await, ["/a"; 3]);
    let second = scene.subscribe("/b", fields).await.unwrap();
    let job = replay(&mut scene, &second, json!({ "since": LONG_AGO, "only": "all" })).await;
    assert_eq!(paths(&mut scene, 3).await, ["/b"; 3]);
    until(&mut scene, &job, "done").await;
    line.hear(3..4, 5).await.unwrap();
    assert_eq!(paths(&mut scene, 2).await, ["/a", "/b"], "the first has been sent what is new, and nothing before it");
}

#[tokio::test]
async fn what_was_skipped_is_missing_and_can_be_sent() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    // One has failed and was to be tried again, and one was never tried.
    scene.receiver.behave("/x", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    line.hear(0..1, 5).await.unwrap();
    scene.arrival().await.unwrap();
    eventually("it is to be tried again", async || {
        Ok((scene.api.get(&format!("{path}/stats")).await?.ok()?["retries"] == 1).then_some(()))
    })
    .await
    .unwrap();
    scene.api.patch(&path, &json!({ "enabled": false })).await.unwrap().ok().unwrap();
    scene.receiver.behave("/x", Behaviour::ok());
    line.hear(1..2, 5).await.unwrap();
    let resume = json!({ "enabled": true, "resume_from": "now" });
    scene.api.patch(&path, &resume).await.unwrap().ok().unwrap();
    line.hear(2..3, 5).await.unwrap();
    assert_eq!(words(&mut scene, 1).await, ["Text 2"]);

    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "missing" })).await;
    let mut told = words(&mut scene, 2).await;
    told.sort();
    assert_eq!(told, ["Text 0", "Text 1"]);
    assert_holds(&until(&mut scene, &job, "done").await, &json!({ "count": 2, "sent": 2 }));
}

#[tokio::test]
async fn what_was_given_up_is_sent_again() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    scene.receiver.behave("/x", Behaviour::status(StatusCode::BAD_REQUEST).with("webhook-delivery", "abort-message"));
    line.hear(0..3, 5).await.unwrap();
    scene.arrivals(3).await.unwrap();
    scene.receiver.behave("/x", Behaviour::ok());
    line.hear(3..5, 5).await.unwrap();
    scene.arrivals(2).await.unwrap();
    let dead = format!("/v1/endpoints/{}/dead-letters", text(&endpoint, "/id"));
    eventually("three are dead", async || {
        Ok((scene.api.get(&dead).await?.ok()?["data"].as_array().map(Vec::len) == Some(3)).then_some(()))
    })
    .await
    .unwrap();
    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "failed" })).await;
    assert_eq!(job["count"], 3);
    let mut told = words(&mut scene, 3).await;
    told.sort();
    assert_eq!(told, ["Text 0", "Text 1", "Text 2"]);
    until(&mut scene, &job, "done").await;
    assert_eq!(scene.api.get(&dead).await.unwrap().ok().unwrap()["data"], json!([]), "none is dead any more");
}

#[tokio::test]
async fn a_replay_survives_restarts_and_is_cancelled() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..60, 5).await.unwrap();
    // Slow enough to be killed in the middle.
    let fields = json!({ "events": ["message.received"], "rate_limit": 20 });
    let endpoint = scene.subscribe("/x", fields).await.unwrap();
    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "missing" })).await;
    let mut told = words(&mut scene, 10).await;
    scene.server.kill().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    let done = until(&mut scene, &job, "done").await;
    assert_eq!(done["count"], 60);
    told.extend(
        scene.receiver.arrived().iter().map(|arrival| json_of(arrival)["data"]["content"].as_str().unwrap().to_owned()),
    );
    let different: std::collections::HashSet<&String> = told.iter().collect();
    assert_eq!(different.len(), 60, "each came");
    assert!(told.len() <= 60 + 16, "what was under way may come again, and no more: {}", told.len());

    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    scene.api.patch(&path, &json!({ "enabled": false })).await.unwrap().ok().unwrap();
    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "all" })).await;
    let cancel = format!("/v1/jobs/{}/cancel", text(&job, "/id"));
    let cancelled = scene.api.post(&cancel, &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&cancelled, &json!({ "status": "cancelled", "sent": 0 }));
    scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    line.hear(60..61, 5).await.unwrap();
    assert_eq!(words(&mut scene, 1).await, ["Text 60"], "nothing of it is sent");
}

#[tokio::test]
async fn what_is_no_replay_is_refused_by_field() {
    let (mut scene, _line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/x", json!({})).await.unwrap();
    let path = format!("/v1/endpoints/{}/replay", text(&endpoint, "/id"));
    for (body, expected) in [
        (json!({}), vec!["/since", "/only"]),
        (json!({ "since": "yesterday", "only": "missing", "until": "soon" }), vec!["/since", "/until"]),
        (json!({ "since": rfc3339(now()), "only": "lost" }), vec!["/only"]),
        (json!({ "since": rfc3339(now()), "until": LONG_AGO, "only": "all" }), vec!["/until"]),
        (json!({ "since": LONG_AGO, "only": "all", "events": ["nothing.*"] }), vec!["/events/0"]),
    ] {
        let answer = scene.api.post(&path, &body).await.unwrap();
        assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), expected, "{body}");
    }
    let id = "0".repeat(26);
    scene.api.get(&format!("/v1/jobs/job_{id}")).await.unwrap().problem(404, "not_found").unwrap();
}

#[tokio::test]
async fn what_fails_in_a_replay_holds_up_its_conversation_there_too() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..3, 1).await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    scene.receiver.behave("/x", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    let job = replay(&mut scene, &endpoint, json!({ "since": LONG_AGO, "only": "missing" })).await;
    let refused = scene.arrival().await.unwrap();
    assert_eq!(refused.header("tidings-late"), Some("1"), "others may have come before");
    scene.receiver.behave("/x", Behaviour::ok());
    assert_eq!(words(&mut scene, 3).await, ["Text 0", "Text 1", "Text 2"]);
    assert_holds(&until(&mut scene, &job, "done").await, &json!({ "sent": 3 }));
}
