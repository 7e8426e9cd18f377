//! Thousands of scheduled messages that became due while the server was down. When it starts, a person's answer goes out
//! before them, as soon as the vendor's limit lets one more out; and all of them go out in the end, each once.
//!
//! 2,000 messages, in the long form 10,000.

use std::time::Duration;

use serde_json::json;
use tidings_simulator::whatsapp::Customer;
use tidings_tests::{Api, Outlet, Scene, now, text, webhooks::customer};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// Each of them gets so many; fewer than the vendor lets out to one recipient at once.
const EACH: usize = 40;
/// How long it takes to accept them all, and how long to send them.
const PATIENCE: Duration = Duration::from_mins(5);
/// What may go out between the acceptance of the answer and its call: what was under way, and what the vendor's limit lets
/// out while the answer is marked. A second's worth of the vendor's limit is far more than that on any machine.
const A_SECONDS_WORTH: u64 = 80;

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_answer_does_not_wait_behind_what_became_due() {
    let customers: usize = if crate::is_long() { 250 } else { 50 };
    let mut scene = Scene::start().await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    let person = customer(99_999);
    outlet.hears(&person, "wamid.person").await.unwrap();
    let due_at = now() + 10 + i64::try_from(customers / 10).unwrap();
    schedule(&scene, &outlet, customers, due_at).await;
    scene.server.kill().await.unwrap();
    assert_eq!(outlet.graph.count(), 0, "nothing was due yet");
    sleep(Duration::from_secs(u64::try_from(due_at - now()).unwrap_or(0) + 1)).await;

    scene.server.restart().await.unwrap();
    outlet.connect(&scene.server);
    scene.reconnect([&mut outlet.line]).unwrap();
    // They are on their way out at full speed.
    timeout(PATIENCE, outlet.graph.reached(50)).await.unwrap();
    let before = outlet.graph.count();
    let accepted = Instant::now();
    let answer = scene.send(&outlet.to(&person, json!({ "text": "I am here" }))).await.unwrap();
    let call = loop {
        let call = timeout(PATIENCE, outlet.graph.next_call()).await.unwrap();
        if call.tracker.as_deref() == Some(text(&answer, "/id")) {
            break call;
        }
    };
    let (waited, others) = (accepted.elapsed(), call.sequence - before);
    assert!(others < A_SECONDS_WORTH, "{others} others went out before the answer");
    let all = u64::try_from(customers * EACH).unwrap() + 1;
    timeout(PATIENCE, outlet.graph.reached(all)).await.unwrap();
    outlet.graph.idle().await;
    assert_eq!(outlet.graph.accepted_count(), all);
    println!(
        "{} became due at once; the answer was sent {} ms after it was asked for, behind {others} others",
        all - 1,
        waited.as_millis()
    );
}

/// Schedules the messages, over several connections.
async fn schedule(scene: &Scene, outlet: &Outlet, customers: usize, due_at: i64) {
    let mut workers = JoinSet::new();
    for number in 0..customers {
        let mut api: Api = scene.server.api().unwrap();
        let Customer { phone, .. } = customer(number);
        let message = json!({
            "channel_id": outlet.id(), "to": phone, "scheduled_at": tidings_tests::rfc3339(due_at),
            "template": { "name": "reminder", "language": "en" },
        });
        workers.spawn(async move {
            for _ in 0..EACH {
                api.post("/v1/messages", &message).await.unwrap().ok().unwrap();
            }
        });
        if workers.len() >= 16 {
            workers.join_next().await;
        }
    }
    workers.join_all().await;
}
