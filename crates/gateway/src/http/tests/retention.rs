//! What is old goes, weeks of it at once, and everybody who had a place in it goes on.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Arrival, Receiver, receiver::Behaviour};
use tokio::time::timeout;

use super::{Server, text_message};
use crate::{
    flow::retention::{Keeper, Shared},
    settings::{Keep, Kept},
};

/// Longer than events are kept.
const AGES: Duration = Duration::from_hours(24 * 32);
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who looks when the test wants it, beside the one who looks each minute.
fn keeper(server: &Server) -> Keeper {
    keeper_of(server, Kept::default())
}

fn keeper_of(server: &Server, kept: Kept) -> Keeper {
    let gateway = &server.gateway;
    Keeper::new(Shared {
        store: gateway.store.clone(),
        clock: gateway.clock.clone(),
        registry: gateway.registry.clone(),
        dispatcher: gateway.dispatcher.clone(),
        metrics: gateway.metrics.clone(),
        kept,
    })
}

async fn write(server: &Server, channel: &str, number: u32) {
    assert_eq!(server.deliver(channel, &text_message("100", number, &format!("Text {number}"))).await.status, 200);
}

async fn events(server: &Server, query: &str) -> Vec<Value> {
    let listed = server.get(&format!("/v1/events?{query}")).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body["data"].as_array().unwrap().clone()
}

fn id_of(event: &Value) -> &str {
    event["event_id"].as_str().unwrap()
}

async fn next(receiver: &mut Receiver) -> Arrival {
    timeout(PATIENCE, receiver.next()).await.expect("a webhook comes").unwrap()
}

fn words(arrival: &Arrival) -> String {
    let body: Value = serde_json::from_slice(&arrival.body).unwrap();
    body["data"]["content"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_had_a_place_in_what_is_gone_is_told_so() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let mut receiver = Receiver::start().await.unwrap();
    let hook = json!({"url": receiver.url("/x"), "events": ["message.received"], "enabled": false});
    let endpoint = server.post("/v1/endpoints", &hook).await.text("id");
    for number in 0..3 {
        write(&server, &channel, number).await;
    }
    let old = events(&server, "").await;
    for (name, up_to) in [("behind", id_of(&old[0])), ("level", id_of(old.last().unwrap()))] {
        let acknowledged = server.post(&format!("/v1/consumers/{name}/ack"), &json!({ "up_to": up_to })).await;
        assert_eq!(acknowledged.status, 200, "{}", acknowledged.body);
    }
    let page = server.get("/v1/events?limit=2").await.body["next_cursor"].as_str().unwrap().to_owned();

    server.clock.advance(AGES);
    write(&server, &channel, 3).await;
    let metrics = server.get("/metrics").await.body;
    let measured = |text: &Value, line: &str| assert!(text.as_str().unwrap().contains(line), "{line}: {text}");
    measured(&metrics, &format!("tidings_oldest_event_seconds {}\n", AGES.as_secs()));
    measured(&metrics, "tidings_retention_lag_seconds 120600\n");
    keeper(&server).look().await;

    let gap = &events(&server, "types=endpoint.gap").await[0]["data"];
    assert_eq!((&gap["endpoint_id"], &gap["count"], &gap["backlog"]), (&json!(endpoint), &json!(3), &json!(1)));
    let left = events(&server, "").await;
    assert_eq!(left[0]["data"]["content"], "Text 3");
    assert_eq!((left.len(), &left[1]["event"]), (2, &json!("endpoint.gap")));
    let oldest = json!(id_of(&left[0]));
    for path in [
        format!("/v1/events?after={}", id_of(&old[1])),
        format!("/v1/events?cursor={page}"),
        format!("/v1/events/stream?after={}", id_of(&old[1])),
        "/v1/consumers/behind/events".to_owned(),
        "/v1/consumers/behind/events?wait=5".to_owned(),
    ] {
        let reply = server.get(&path).await;
        assert_eq!((reply.status, reply.code(), &reply.body["oldest"]), (StatusCode::GONE, "cursor_expired", &oldest));
    }
    let level = server.get("/v1/consumers/level/events").await;
    assert_eq!(level.body["data"], json!(left), "who has missed nothing goes on");
    assert_eq!(server.get(&format!("/v1/events/{}", id_of(&old[1]))).await.status, 404);
    let resend = server.post(&format!("/v1/events/{}/resend", id_of(&old[1])), &json!({"endpoint_id": endpoint})).await;
    assert_eq!(resend.status, 404);
    let metrics = server.get("/metrics").await.body;
    measured(&metrics, &format!("tidings_pruned_total{{records=\"events\"}} {}\n", old.len()));
    measured(&metrics, "tidings_pruned_total{records=\"raw_bodies\"} 3\n");
    measured(&metrics, "tidings_retention_lag_seconds 0\n");
    measured(&metrics, "tidings_oldest_event_seconds 0\n");

    server.patch(&format!("/v1/endpoints/{endpoint}"), &json!({"enabled": true})).await;
    assert_eq!(words(&next(&mut receiver).await), "Text 3");
}

#[tokio::test]
async fn an_endpoint_goes_on_after_what_it_has_not_taken_in_time() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let mut receiver = Receiver::start().await.unwrap();
    receiver.behave("/x", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    let hook = json!({"url": receiver.url("/x"), "events": ["message.received"], "order_hold_max_seconds": null});
    let endpoint = server.post("/v1/endpoints", &hook).await.text("id");
    // The first holds up all the others.
    for number in 0..3 {
        write(&server, &channel, number).await;
    }
    let stats = format!("/v1/endpoints/{endpoint}/stats");
    server.until(&stats, |stats| stats["retries"] == 1 && stats["backlog"] == 3).await;
    server.clock.advance(AGES);
    let mut keeper = keeper(&server);
    keeper.look().await;
    receiver.behave("/x", Behaviour::ok());
    write(&server, &channel, 3).await;
    while let arrival = next(&mut receiver).await
        && words(&arrival) != "Text 3"
    {
        assert_eq!(words(&arrival), "Text 0");
    }
    server.until(&stats, |stats| stats["backlog"] == 0 && stats["retries"] == 0).await;
    let attempts = server.get(&format!("/v1/endpoints/{endpoint}/attempts")).await.body;
    assert_eq!(attempts["data"].as_array().unwrap().len(), 1, "those at what is gone are gone: {attempts}");
    keeper.look().await;
    let told = events(&server, "types=endpoint.*").await;
    assert_eq!((told.len(), &told[0]["event"], &told[0]["data"]["count"]), (1, &json!("endpoint.gap"), &json!(3)));
    assert_eq!(server.get(&format!("/v1/endpoints/{endpoint}")).await.body["status"], "healthy");
}

#[tokio::test]
async fn a_clock_that_was_just_set_forward_is_not_believed_at_once() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    write(&server, &channel, 0).await;
    let mut keeper = keeper(&server);
    keeper.look().await;
    let all = events(&server, "").await.len();
    server.clock.advance(AGES);
    keeper.look().await;
    assert_eq!(events(&server, "").await.len(), all);
    server.clock.advance(Duration::from_mins(1));
    keeper.look().await;
    assert_eq!(events(&server, "").await.len(), 0);
}

#[tokio::test]
async fn what_is_kept_for_ever_stays() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    write(&server, &channel, 0).await;
    let all = events(&server, "").await;
    let mut keeper = keeper_of(&server, Kept { events: Keep::Forever, ..Kept::default() });
    server.clock.advance(AGES * 100);
    keeper.look().await;
    assert_eq!(events(&server, "").await, all);
}
