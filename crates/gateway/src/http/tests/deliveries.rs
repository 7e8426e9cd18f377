//! Endpoints in trouble, over days that pass at once; and what they share.

use std::{collections::HashMap, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Arrival, Receiver, receiver::Behaviour};
use tokio::time::timeout;

use super::{Server, text_message};

/// After so long others are told; after twice as long it is disabled.
const HALFWAY: Duration = Duration::from_hours(60);
/// So many probes must have failed before others are told, and twice as many before it is disabled.
const PROBES: usize = 20;
/// Longer than the longest wait between two probes.
const A_WHILE: Duration = Duration::from_mins(6);
/// So many failures in a row make an endpoint count as down.
const FAILURES: usize = 5;
/// The events about its trouble, for others to hear of.
const TOLD: &str = "/v1/events?types=endpoint.*";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, and one endpoint that refuses everything and counts as down.
struct Trouble {
    server: Server,
    receiver: Receiver,
    path: String,
    channel: String,
    /// How many attempts have been made.
    made: usize,
}

impl Trouble {
    async fn start() -> Self {
        let server = Server::start().await;
        let receiver = Receiver::start().await.unwrap();
        receiver.behave("/x", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
        let hook = json!({"url": receiver.url("/x"), "events": ["message.received"], "ordering": "none"});
        let path = format!("/v1/endpoints/{}", server.post("/v1/endpoints", &hook).await.text("id"));
        let channel = server.channel("100").await;
        for number in 0..FAILURES {
            write(&server, &channel, number).await;
        }
        let down = server.until(&path, |endpoint| endpoint["status"] == "down").await;
        assert_eq!(down["enabled"], true);
        Self { server, receiver, path, channel, made: FAILURES }
    }

    /// The same after a restart; the clock is at its beginning again.
    async fn restart(self) -> Self {
        Self { server: self.server.restart().await, ..self }
    }

    fn let_pass(&self, time: Duration) {
        self.server.clock.advance(time);
    }

    /// Some time passes, and then so many probes are made.
    async fn probes(&mut self, after: Duration, number: usize) {
        self.let_pass(after);
        let list = format!("{}/attempts?limit=200", self.path);
        for _ in 0..number {
            self.let_pass(A_WHILE);
            // What runs by another clock than the test's looks at that one when it is told something.
            assert_eq!(self.server.patch(&self.path, &json!({})).await.status, 200);
            self.made += 1;
            self.server.until(&list, |list| list["data"].as_array().map(Vec::len) == Some(self.made)).await;
        }
    }

    /// Waits until so many events tell of its trouble; answers their names and the last one.
    async fn told(&self, number: usize) -> (Vec<String>, Value) {
        let list = self.server.until(TOLD, |list| list["data"].as_array().map(Vec::len) == Some(number)).await;
        let events = list["data"].as_array().unwrap();
        let names = events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
        (names, events.last().cloned().unwrap_or_default())
    }

    async fn until_disabled(&self) {
        let disabled = self.server.until(&self.path, |endpoint| endpoint["status"] == "disabled").await;
        assert_eq!(disabled["enabled"], false);
    }
}

/// A customer writes the message of this number.
async fn write(server: &Server, channel: &str, number: usize) {
    let body = text_message("100", u32::try_from(number).unwrap(), &format!("Text {number}"));
    assert_eq!(server.deliver(channel, &body).await.status, 200);
}

/// The next webhook.
async fn next(receiver: &mut Receiver) -> Arrival {
    timeout(PATIENCE, receiver.next()).await.expect("a webhook comes").unwrap()
}

/// What was written, of so many webhooks that are taken, in alphabetical order.
async fn taken(receiver: &mut Receiver, number: usize) -> Vec<String> {
    let mut words = Vec::new();
    while words.len() < number {
        let arrival = next(receiver).await;
        if arrival.answered == Some(StatusCode::OK) {
            let body: Value = serde_json::from_slice(&arrival.body).unwrap();
            words.push(body["data"]["content"].as_str().unwrap().to_owned());
        }
    }
    words.sort();
    words
}

fn texts(number: usize) -> Vec<String> {
    (0..number).map(|number| format!("Text {number}")).collect()
}

#[tokio::test]
async fn an_endpoint_that_is_down_for_five_days_is_told_of_and_disabled() {
    let mut trouble = Trouble::start().await;
    // Nothing is told before its time, nor before it has failed often enough.
    trouble.probes(Duration::ZERO, PROBES).await;
    assert_eq!(trouble.told(0).await.0.len(), 0);
    let mut trouble = Trouble::start().await;
    trouble.probes(HALFWAY, PROBES - 1).await;
    assert_eq!(trouble.told(0).await.0.len(), 0);

    trouble.probes(Duration::ZERO, 1).await;
    let (names, failing) = trouble.told(1).await;
    assert_eq!(names, ["endpoint.failing"]);
    assert_eq!(failing["data"]["failing_since"], "2026-04-19T14:30:00Z");
    assert_eq!(failing["data"]["backlog"], FAILURES);
    assert_eq!(trouble.server.get(&trouble.path).await.body["status"], "down");
    // Nor is it told twice.
    trouble.probes(HALFWAY, PROBES - 1).await;
    assert_eq!(trouble.told(1).await.0.len(), 1);

    trouble.probes(Duration::ZERO, 1).await;
    trouble.until_disabled().await;
    let (names, disabled) = trouble.told(2).await;
    assert_eq!(names, ["endpoint.failing", "endpoint.disabled"]);
    assert_eq!(disabled["data"]["reason"], "it has been down for five days");

    // Whoever mends it and enables it again has missed nothing.
    write(&trouble.server, &trouble.channel, FAILURES).await;
    trouble.receiver.behave("/x", Behaviour::ok());
    let enabled = trouble.server.patch(&trouble.path, &json!({"enabled": true})).await;
    assert_eq!((&enabled.body["enabled"], &enabled.body["status"]), (&json!(true), &json!("healthy")));
    trouble.let_pass(A_WHILE);
    assert_eq!(taken(&mut trouble.receiver, FAILURES + 1).await, texts(FAILURES + 1));
}

#[tokio::test]
async fn an_endpoint_that_others_were_told_of_recovers_and_says_so() {
    let mut trouble = Trouble::start().await;
    trouble.probes(HALFWAY, PROBES).await;
    trouble.told(1).await;
    trouble.receiver.behave("/x", Behaviour::ok());
    trouble.let_pass(A_WHILE);
    let (names, recovered) = trouble.told(2).await;
    assert_eq!(names, ["endpoint.failing", "endpoint.recovered"]);
    assert_eq!(recovered["data"]["reason"], "it takes what it is sent again");
    let healthy = trouble.server.until(&trouble.path, |endpoint| endpoint["status"] == "healthy").await;
    assert_eq!(healthy["enabled"], true);
    assert_eq!(taken(&mut trouble.receiver, FAILURES).await, texts(FAILURES));
    // Its trouble is over: what fails from now on is a trouble of its own.
    let stats = format!("{}/stats", trouble.path);
    trouble.server.until(&stats, |stats| stats["backlog"] == 0 && stats["health"]["down_since"].is_null()).await;
}

#[tokio::test]
async fn an_endpoint_that_comes_back_soon_is_not_told_of() {
    let mut trouble = Trouble::start().await;
    trouble.receiver.behave("/x", Behaviour::ok());
    trouble.let_pass(A_WHILE);
    assert_eq!(taken(&mut trouble.receiver, FAILURES).await, texts(FAILURES));
    trouble.server.until(&trouble.path, |endpoint| endpoint["status"] == "healthy").await;
    assert_eq!(trouble.told(0).await.0.len(), 0);
}

#[tokio::test]
async fn the_five_days_go_on_over_a_restart() {
    let mut trouble = Trouble::start().await.restart().await;
    assert_eq!(trouble.server.get(&trouble.path).await.body["status"], "down");
    trouble.probes(HALFWAY, PROBES).await;
    trouble.told(1).await;

    let mut trouble = trouble.restart().await;
    trouble.probes(HALFWAY + HALFWAY, PROBES).await;
    trouble.until_disabled().await;
    assert_eq!(trouble.told(2).await.0, ["endpoint.failing", "endpoint.disabled"], "each of it once");
}

#[tokio::test]
async fn an_endpoint_that_was_paused_is_not_disabled_for_what_was_before() {
    let mut trouble = Trouble::start().await;
    trouble.probes(HALFWAY, PROBES * 2 - 1).await;
    for enabled in [false, true] {
        trouble.server.patch(&trouble.path, &json!({ "enabled": enabled })).await;
        trouble.let_pass(HALFWAY);
    }
    let list = format!("{}/attempts?limit=200", trouble.path);
    trouble.server.until(&list, |list| list["data"].as_array().unwrap().len() > trouble.made).await;
    assert_eq!(trouble.told(1).await.0, ["endpoint.failing"]);
    assert_eq!(trouble.server.get(&trouble.path).await.body["enabled"], true);
}

#[tokio::test]
async fn all_endpoints_share_what_the_system_has() {
    const SHARED: usize = 2;
    let hanging = ["/a", "/b", "/c"];
    let server = Server::start_with(|settings| settings.deliveries_at_once = SHARED).await;
    let mut receiver = Receiver::start().await.unwrap();
    let channel = server.channel("100").await;
    let subscribe = async |path: &str| {
        let hook = json!({
            "url": receiver.url(path), "events": ["message.received"], "ordering": "none", "timeout_ms": 30_000,
        });
        assert_eq!(server.post("/v1/endpoints", &hook).await.status, 201);
    };
    for path in hanging {
        receiver.behave(path, Behaviour::Hang);
        subscribe(path).await;
    }
    subscribe("/well").await;
    for number in 0..5 {
        write(&server, &channel, number).await;
    }
    // Each has one of its own, and all of them together have so many more. The one that is well gets everything, if only
    // one after another.
    let mut arrived: HashMap<String, usize> = HashMap::new();
    let all_have_come = |arrived: &HashMap<String, usize>| {
        arrived.get("/well") == Some(&5) && arrived.values().sum::<usize>() >= 5 + hanging.len() + SHARED
    };
    while !all_have_come(&arrived) {
        *arrived.entry(next(&mut receiver).await.path).or_default() += 1;
    }
    for number in 5..25 {
        write(&server, &channel, number).await;
        assert_eq!(next(&mut receiver).await.path, "/well");
    }
    assert!(hanging.iter().all(|path| arrived[*path] >= 1), "{arrived:?}");
    assert_eq!(hanging.iter().map(|path| arrived[*path]).sum::<usize>(), hanging.len() + SHARED, "{arrived:?}");
}
