//! A vendor that lies in every way, and SIGKILLs in between. Each message that was acknowledged comes to one end; none
//! reaches the vendor twice; nothing moves backwards; every move is told once and in order; and each customer is
//! written to in the order in which the messages were accepted.
//!
//! A message of which the vendor never says a word is given up after ten minutes. The short form looks at it before
//! that, when it is still pending; the long form (`TIDINGS_FAULTS=long`) waits, and has more messages and kills.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tidings_simulator::{
    Receiver,
    whatsapp::{
        Customer,
        graph::{Behaviour, Ladder, Order, Step},
    },
};
use tidings_tests::{ADMIN_KEY, Api, Outlet, Scene, eventually, text, webhooks::customer};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// Longer than a call that is never answered, and the vendor's patience with an unreachable callback.
const PATIENCE: Duration = Duration::from_mins(2);
/// When the last message without a word is given up, after it was sent.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(10 * 60 + 30);

/// Everything that a vendor does to those who write to it. What it takes it tells of in the end, but for the last two.
fn lies() -> Vec<(u32, Behaviour)> {
    let full = Ladder::full;
    let reversed = || Ladder { order: Order::Reversed, repeats: 2, ..Ladder::full() };
    let shuffled = || Ladder { order: Order::Shuffled, repeats: 3, batched: true, ..Ladder::full() };
    let late = || Ladder { offset_seconds: -3 * 86_400, ..Ladder::full() };
    let untracked = || Ladder { carry_tracker: false, ..Ladder::full() };
    let afterwards = || Ladder::of([Step::Sent, Step::Failed(131_026), Step::Delivered]);
    let slower = |code| match Behaviour::refuse(StatusCode::TOO_MANY_REQUESTS, code) {
        Behaviour::Refuse { http_status, code, subcode, details, transient, .. } => {
            Behaviour::Refuse { http_status, code, subcode, details, transient, retry_after: Some(1) }
        }
        other => other,
    };
    let error = |accepted, with_object, ladder| Behaviour::ServerError {
        status: StatusCode::SERVICE_UNAVAILABLE,
        accepted,
        ladder,
        with_object,
    };
    vec![
        (20, Behaviour::Accept { ladder: full() }),
        (8, Behaviour::Accept { ladder: reversed() }),
        (8, Behaviour::Accept { ladder: shuffled() }),
        (5, Behaviour::Accept { ladder: late() }),
        (5, Behaviour::Accept { ladder: untracked() }),
        (5, Behaviour::Accept { ladder: afterwards() }),
        (5, Behaviour::Accept { ladder: Ladder::failed(131_026) }),
        (8, Behaviour::StatusesFirst { ladder: full() }),
        (5, Behaviour::StatusesFirst { ladder: untracked() }),
        (5, Behaviour::LoseAnswer { ladder: full() }),
        (5, Behaviour::BreakAnswer { ladder: reversed() }),
        (1, Behaviour::Hang { accepted: true, ladder: full() }),
        (2, Behaviour::SlowDrip { ladder: full(), millis_per_byte: 2 }),
        (4, Behaviour::Garbage { accepted: true, ladder: full() }),
        (4, error(true, false, full())),
        (4, error(false, true, Ladder::none())),
        (4, slower(131_056)),
        (2, slower(130_429)),
        (4, Behaviour::refuse(StatusCode::BAD_REQUEST, 131_026)),
        (2, Behaviour::ResetUnread),
        (2, Behaviour::LoseAnswer { ladder: Ladder::none() }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_vendor_and_kills_lose_nothing_and_send_nothing_twice() {
    let long = crate::is_long();
    // Fewer for each than the vendor takes for one recipient at once: nobody has to wait for that.
    let (customers, each, kills) = if long { (125, 40, 20) } else { (25, 8, 3) };
    let mut scene = Scene::start().await.unwrap();
    let pace = json!({ "messages_per_second": if long { 300 } else { 80 } });
    let mut outlet = scene.outlet_with("1001", pace).await.unwrap();
    outlet.graph.mix(lies());
    scene.subscribe("/all", json!({ "format": "lifecycle", "events": ["message.*"] })).await.unwrap();
    for number in 0..customers {
        outlet.hears(&customer(number), &format!("wamid.first.{number}")).await.unwrap();
    }

    let (address, _) = watch::channel(scene.server.base());
    let mut writers = JoinSet::new();
    for number in 0..customers {
        writers.spawn(write(number, outlet.id().to_owned(), each, address.subscribe()));
    }
    let all = u64::try_from(customers * each).unwrap();
    for kill in 1..=kills {
        let calls = all * kill / (kills + 1);
        timeout(PATIENCE, outlet.graph.reached(calls)).await.expect("messages keep going out");
        scene.server.kill().await.unwrap();
        scene.server.restart().await.unwrap();
        outlet.connect(&scene.server);
        address.send_replace(scene.server.base());
    }
    let written: BTreeMap<usize, Vec<String>> = writers.join_all().await.into_iter().collect();
    scene.reconnect([&mut outlet.line]).unwrap();
    let ids: Vec<&String> = written.values().flatten().collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), customers * each, "each is another message");

    let unsaid = settle(&mut scene, &outlet, &ids).await;
    let settled = Instant::now();
    let mut messages = read_all(&mut scene, &ids).await;
    for message in messages.values().filter(|message| message["status"] == "pending") {
        // The vendor has not said a word of it.
        assert_eq!(message["history"], json!([]), "{message:#}");
    }
    if long {
        sleep(GIVEN_UP_AFTER.saturating_sub(settled.elapsed())).await;
        let backlog = settle(&mut scene, &outlet, &ids).await;
        assert_eq!(backlog, 0, "everything has come to an end");
        messages = read_all(&mut scene, &ids).await;
        assert!(messages.values().all(|message| message["status"] != "pending"));
    }
    check_calls(&outlet, &written);
    let told = check_events(&mut scene.receiver, &messages).await;
    let count = |status: &str| messages.values().filter(|message| message["status"] == status).count();
    println!(
        "kills {kills}, acknowledged {all}, calls {}, taken {}, sent twice 0; read {}, delivered {}, sent {}, failed {}, pending {} \
         (unsaid {unsaid}), events {told}",
        outlet.graph.count(),
        outlet.graph.accepted_count(),
        count("read"),
        count("delivered"),
        count("sent"),
        count("failed"),
        count("pending"),
    );
}

/// One customer is written to, one message after the other; each until it is acknowledged. Answers their ids.
async fn write(
    number: usize,
    channel: String,
    messages: usize,
    mut address: watch::Receiver<String>,
) -> (usize, Vec<String>) {
    let Customer { phone, .. } = customer(number);
    let mut api = Api::new(&address.borrow_and_update(), ADMIN_KEY).unwrap();
    let mut ids = Vec::new();
    for message in 0..messages {
        let body = json!({ "channel_id": channel, "to": phone, "text": format!("{number} {message}") });
        let key = format!("{number}-{message}");
        let id = loop {
            let headers = [("idempotency-key", key.as_str())];
            match api.call(Method::POST, "/v1/messages", Some(&body), &headers).await {
                Ok(answer) if answer.status == StatusCode::ACCEPTED => break text(&answer.json, "/id").to_owned(),
                Ok(answer) => assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.json),
                Err(_) => {
                    // Killed: there is another address, or there will be.
                    address.changed().await.expect("the test outlives its writers");
                    api = Api::new(&address.borrow_and_update(), ADMIN_KEY).unwrap();
                }
            }
        };
        ids.push(id);
    }
    (number, ids)
}

/// Waits until nothing waits to be sent and the vendor has nothing more to tell. Answers of how many messages it has
/// not said a word.
async fn settle(scene: &mut Scene, outlet: &Outlet, ids: &[&String]) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        outlet.graph.idle().await;
        let metrics = scene.api.get("/metrics").await.unwrap();
        let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
        let gauge = |name: &str| -> usize {
            let line = metrics.lines().find(|line| line.starts_with(name)).expect("it is measured");
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let (waiting, unknown) = (gauge("tidings_outbox_waiting{"), gauge("tidings_outbox_unknown{"));
        let pending = read_all(scene, ids).await.values().filter(|message| message["status"] == "pending").count();
        // What is unknown and no longer pending is found so when it is given up.
        if waiting == 0 && pending <= unknown {
            let calls = outlet.graph.count();
            outlet.graph.idle().await;
            if calls == outlet.graph.count() && !is_calling(scene, ids, pending).await {
                return pending;
            }
        }
        assert!(Instant::now() < deadline, "{waiting} still wait, {pending} are pending, {unknown} unknown");
        sleep(Duration::from_millis(200)).await;
    }
}

/// Whether another look finds fewer pending: then calls were still under way.
async fn is_calling(scene: &mut Scene, ids: &[&String], pending: usize) -> bool {
    let mut fewest = pending;
    let look = eventually("nothing", async || {
        let now = read_all(scene, ids).await.values().filter(|message| message["status"] == "pending").count();
        fewest = fewest.min(now);
        Ok((now < pending).then_some(()))
    });
    // What hangs has been told of, so that only a slow answer is waited for.
    timeout(Duration::from_secs(3), look).await.is_ok_and(|found| found.is_ok()) || fewest < pending
}

async fn read_all(scene: &mut Scene, ids: &[&String]) -> HashMap<String, Value> {
    let (mut found, mut cursor) = (HashMap::new(), String::new());
    loop {
        let path = format!("/v1/messages?direction=outbound&limit=200{cursor}");
        let page = scene.api.get(&path).await.unwrap().ok().unwrap();
        for message in page["data"].as_array().unwrap() {
            found.insert(text(message, "/id").to_owned(), message.clone());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found.len(), ids.len(), "every acknowledged message is there, and no other");
    assert!(ids.iter().all(|id| found.contains_key(*id)));
    found
}

/// The vendor took nothing twice, and each customer's messages came to it in order.
fn check_calls(outlet: &Outlet, written: &BTreeMap<usize, Vec<String>>) {
    let calls = outlet.graph.calls();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (place, call) in calls.iter().enumerate() {
        if let Some(tracker) = &call.tracker {
            first.entry(tracker).or_insert(place);
        }
    }
    for ids in written.values() {
        let places: Vec<usize> = ids.iter().filter_map(|id| first.get(id.as_str()).copied()).collect();
        assert!(places.is_sorted(), "a customer is written to out of order: {places:?}");
        for id in ids {
            let taken = outlet.graph.accepted(id);
            assert!(taken.len() <= 1, "{id} was taken more than once: {taken:?}");
        }
    }
}

/// Every move of every message was told, once, in order, and signed.
async fn check_events(receiver: &mut Receiver, messages: &HashMap<String, Value>) -> usize {
    let expected: usize = messages.values().map(|message| message["history"].as_array().unwrap().len()).sum();
    let (mut seen, mut told): (HashSet<String>, HashMap<String, Vec<Value>>) = (HashSet::new(), HashMap::new());
    let mut number = 0;
    while number < expected {
        let arrival =
            timeout(PATIENCE, receiver.next()).await.unwrap_or_else(|_| panic!("{number} of {expected} came"));
        let arrival = arrival.expect("the receiver runs");
        assert!(arrival.verified, "an unsigned webhook: {arrival:?}");
        if !seen.insert(arrival.id().unwrap().to_owned()) {
            continue;
        }
        let body: Value = serde_json::from_slice(&arrival.body).unwrap();
        if body["event"] == "message.received" {
            continue;
        }
        let id = text(&body, "/data/message_id").to_owned();
        // Arrived after failing: told as delivered, and then that the status moved against the ladder.
        if body["event"] == "message.updated" && body["data"]["change"] == "status" {
            let moved = told.get(&id).and_then(|events| events.last());
            if moved.is_some_and(|before| before["event"] == "message.delivered" || before["event"] == "message.read") {
                continue;
            }
        }
        told.entry(id).or_default().push(body);
        number += 1;
    }
    let rank = ["message.sent", "message.delivered", "message.read"];
    for (id, message) in messages {
        let history: Vec<&str> =
            message["history"].as_array().unwrap().iter().map(|entry| text(entry, "/status")).collect();
        let events: &[Value] = told.get(id).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<&str> = events.iter().map(|event| text(event, "/event")).collect();
        let moves: Vec<&str> = names.iter().map(|name| name.trim_start_matches("message.")).collect();
        assert_eq!(moves, history, "{id}: {message:#}");
        let sequences: Vec<u64> = events.iter().map(|event| event["data"]["sequence"].as_u64().unwrap()).collect();
        assert!(sequences.is_sorted(), "{id}: {sequences:?}");
        for name in rank {
            assert!(names.iter().filter(|told| **told == name).count() <= 1, "{id}: {names:?}");
        }
        let climbed: Vec<usize> = names.iter().filter_map(|name| rank.iter().position(|known| known == name)).collect();
        assert!(climbed.is_sorted(), "{id} moved backwards: {names:?}");
    }
    number
}
