//! Much of the past at once: a replay beside what is new, a backlog for an endpoint that was dead, retries that were due
//! while nobody sent them, and very many endpoints.
//! Everything must arrive, in the order of each conversation; how fast is told, and asserted nowhere.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Arrival, Behaviour};
use tidings_tests::{
    Line, Scene, eventually, json_of, text,
    webhooks::{self, customer},
};
use tokio::time::{Instant, sleep, timeout};

const CUSTOMERS: usize = 50;
/// How many messages stand in one webhook of the vendor.
const BATCH: usize = 500;
/// Without anything arriving for so long, it is stuck.
const PATIENCE: Duration = Duration::from_mins(2);

/// Customers write in turn, in large webhooks.
async fn hear(line: &mut Line, numbers: std::ops::Range<usize>) {
    let mut next = numbers.start;
    while next < numbers.end {
        let until = numbers.end.min(next + BATCH);
        let mut webhook = written(line, next);
        let changes: Vec<Value> =
            (next..until).map(|number| written(line, number)["entry"][0]["changes"][0].take()).collect();
        webhook["entry"][0]["changes"] = json!(changes);
        line.post(&webhook).await.unwrap();
        next = until;
    }
}

fn written(line: &Line, number: usize) -> Value {
    let id = format!("wamid.{number}");
    webhooks::text(&line.account, &customer(number % CUSTOMERS), &id, &number.to_string())
}

fn number_of(arrival: &Arrival) -> usize {
    assert!(arrival.verified, "an unsigned webhook: {arrival:?}");
    text(&json_of(arrival), "/data/content").parse().expect("we wrote a number")
}

/// Takes so many arrivals, of which each conversation's must be in order.
async fn take(scene: &mut Scene, number: usize) {
    let mut last: HashMap<(String, usize), usize> = HashMap::new();
    for taken in 0..number {
        let arrival = timeout(PATIENCE, scene.receiver.next()).await;
        let arrival = arrival.unwrap_or_else(|_| panic!("stuck after {taken} of {number}")).expect("the receiver runs");
        let number = number_of(&arrival);
        let before = last.insert((arrival.path.clone(), number % CUSTOMERS), number);
        assert!(before.is_none_or(|before| before < number), "out of order, or again: {before:?}, {number}");
    }
}

fn percentile(latencies: &mut [Duration], hundredths: usize) -> Duration {
    latencies.sort_unstable();
    latencies[(latencies.len() * hundredths).div_ceil(100).saturating_sub(1)]
}

/// Messages that come one by one: how long each takes to the endpoint. What else arrives meanwhile is counted.
async fn live(scene: &mut Scene, line: &mut Line, numbers: std::ops::Range<usize>) -> (Vec<Duration>, usize) {
    let (mut latencies, mut others) = (Vec::new(), 0);
    for number in numbers {
        let posted = Instant::now();
        line.post(&written(line, number)).await.unwrap();
        loop {
            let arrival =
                timeout(PATIENCE, scene.receiver.next()).await.expect("it arrives").expect("the receiver runs");
            if number_of(&arrival) == number {
                break;
            }
            others += 1;
        }
        latencies.push(posted.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
    (latencies, others)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_on_beside_what_is_new() {
    let (past, new) = if crate::is_long() { (100_000, 2_000) } else { (1_500, 60) };
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    hear(&mut line, 0..past).await;
    let endpoint = scene.subscribe("/all", json!({ "events": ["message.received"] })).await.unwrap();
    let (mut calm, _) = live(&mut scene, &mut line, past..past + new).await;
    let path = format!("/v1/endpoints/{}/replay", text(&endpoint, "/id"));
    let body = json!({ "since": "2020-01-01T00:00:00Z", "only": "missing" });
    let job = scene.api.post(&path, &body).await.unwrap();
    assert_eq!((job.status, &job.json["count"]), (StatusCode::ACCEPTED, &json!(past)));
    let began = Instant::now();
    let (mut beside, mut replayed) = live(&mut scene, &mut line, past + new..past + 2 * new).await;
    let during = replayed;
    while replayed < past {
        timeout(PATIENCE, scene.receiver.next()).await.unwrap_or_else(|_| panic!("stuck after {replayed}")).unwrap();
        replayed += 1;
    }
    let took = began.elapsed();
    let path = format!("/v1/jobs/{}", text(&job.json, "/id"));
    let done = eventually("the job is done", async || {
        Ok(Some(scene.api.get(&path).await?.ok()?).filter(|job| job["status"] == "done"))
    });
    assert_eq!(done.await.unwrap()["sent"], past);
    assert_eq!(scene.receiver.arrived().len(), 0, "nothing came twice");
    println!(
        "{past} replayed in {} ms, {during} of them beside {new} new ones, whose p50/p99 was {:.1}/{:.1} ms, and {:.1}/{:.1} ms before",
        took.as_millis(),
        percentile(&mut beside, 50).as_secs_f64() * 1e3,
        percentile(&mut beside, 99).as_secs_f64() * 1e3,
        percentile(&mut calm, 50).as_secs_f64() * 1e3,
        percentile(&mut calm, 99).as_secs_f64() * 1e3,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_costs_a_cursor_and_gets_everything_when_it_is_back() {
    let messages = if crate::is_long() { 1_000_000 } else { 4_000 };
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    scene.receiver.behave("/all", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    let endpoint = scene.subscribe("/all", json!({ "events": ["message.received"] })).await.unwrap();
    hear(&mut line, 0..messages / 10).await;
    let early = scene.server.memory();
    hear(&mut line, messages / 10..messages).await;
    let late = scene.server.memory();
    // Back, and probed at once since somebody says so.
    scene.receiver.arrived();
    scene.receiver.behave("/all", Behaviour::ok());
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    for enabled in [false, true] {
        scene.api.patch(&path, &json!({ "enabled": enabled })).await.unwrap().ok().unwrap();
    }
    let back = Instant::now();
    let mut seen: HashMap<usize, usize> = HashMap::new();
    let mut distinct = 0;
    while distinct < messages {
        let arrival =
            timeout(PATIENCE, scene.receiver.next()).await.unwrap_or_else(|_| panic!("stuck after {distinct}"));
        let number = number_of(&arrival.expect("the receiver runs"));
        let next = seen.entry(number % CUSTOMERS).or_insert(number % CUSTOMERS);
        // What was refused before may still have been on its way.
        if number == *next {
            *next += CUSTOMERS;
            distinct += 1;
        } else {
            assert!(number < *next, "out of order: {number} before {next}");
        }
    }
    let took = back.elapsed();
    println!(
        "{messages} events for a dead endpoint: {early} kB with a tenth of them, {late} kB with all, {} kB after they were delivered, in {} ms",
        scene.server.memory(),
        took.as_millis(),
    );
}

/// What the endpoints have taken, each event once.
#[derive(Default)]
struct Taken(HashSet<(String, usize)>);

impl Taken {
    /// Notes an arrival, if it was taken. Answers by which path came which message.
    fn note(&mut self, arrival: &Arrival) -> Option<(String, usize)> {
        let came = (arrival.path.clone(), number_of(arrival));
        let is_taken = arrival.answered == Some(StatusCode::OK);
        assert!(!is_taken || self.0.insert(came.clone()), "{came:?} came again");
        is_taken.then_some(came)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_that_were_due_while_it_was_away_do_not_hold_up_what_is_new() {
    // An endpoint counts as down, and has no retries but a cursor, when it has taken nothing for ten seconds, or when
    // 10,000 events wait: so there are several, and each takes the first event and refuses the others.
    let (endpoints, messages, new) = if crate::is_long() { (20, 5_000, 500) } else { (4, 250, 30) };
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let subscribed = json!({ "events": ["message.received"], "ordering": "none" });
    let mut paths = Vec::new();
    for number in 0..endpoints {
        let endpoint = scene.subscribe(&format!("/{number}"), subscribed.clone()).await.unwrap();
        paths.push(format!("/v1/endpoints/{}/stats", text(&endpoint, "/id")));
    }
    hear(&mut line, 0..1).await;
    let mut taken = Taken::default();
    while taken.0.len() < endpoints {
        taken.note(&scene.arrival().await.unwrap());
    }
    for number in 0..endpoints {
        scene.receiver.behave(&format!("/{number}"), Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    }
    hear(&mut line, 1..messages + 1).await;
    let mut waiting = 0;
    for path in &paths {
        waiting += eventually("all was tried", async || {
            let told = scene.api.get(path).await?.ok()?;
            let retries = told["retries"].as_u64().unwrap_or_default();
            // On a very slow machine it may have gone down before.
            let is_tried = retries == messages as u64 || told["status"] == "down";
            Ok(is_tried.then_some(retries))
        })
        .await
        .unwrap();
    }
    scene.server.kill().await.unwrap();
    if crate::is_long() {
        // All of them become due, also those that have failed twice.
        sleep(Duration::from_secs(40)).await;
    }
    for arrival in scene.receiver.arrived() {
        assert_ne!(arrival.answered, Some(StatusCode::OK), "nothing was taken");
    }
    for number in 0..endpoints {
        scene.receiver.behave(&format!("/{number}"), Behaviour::ok());
    }
    let began = Instant::now();
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    scene.subscribe("/live", subscribed).await.unwrap();
    let mut latencies = Vec::new();
    for number in messages + 1..=messages + new {
        let posted = Instant::now();
        line.post(&written(&line, number)).await.unwrap();
        let mut came = None;
        while came.as_ref().is_none_or(|(path, came): &(String, usize)| path != "/live" || *came != number) {
            came = taken.note(&scene.arrival().await.unwrap());
        }
        latencies.push(posted.elapsed());
    }
    let beside = taken.0.len();
    while taken.0.len() < endpoints * (1 + messages + new) + new {
        taken.note(&scene.arrival().await.unwrap());
    }
    println!(
        "{waiting} retries at the start, all taken once, and {new} new ones, in {} ms; what was new took {:.1}/{:.1} ms \
         (p50/p99) to an endpoint of its own, until when {beside} had been taken",
        began.elapsed().as_millis(),
        percentile(&mut latencies, 50).as_secs_f64() * 1e3,
        percentile(&mut latencies, 99).as_secs_f64() * 1e3,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_endpoints_get_everything() {
    let (endpoints, messages) = if crate::is_long() { (1_000, 100) } else { (60, 10) };
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    for number in 0..endpoints {
        scene.subscribe(&format!("/{number}"), json!({ "events": ["message.received"] })).await.unwrap();
    }
    let began = Instant::now();
    hear(&mut line, 0..messages).await;
    take(&mut scene, endpoints * messages).await;
    println!(
        "{messages} messages to each of {endpoints} endpoints in {} ms, {} kB",
        began.elapsed().as_millis(),
        scene.server.memory()
    );
}
