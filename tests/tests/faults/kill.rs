//! SIGKILL under load. The vendor repeats what was not acknowledged, as vendors do, so in the end every message must have
//! arrived: under one event id, signed, in the order of its conversation, and again only with the same bytes.
//!
//! It is killed 8 times, in the long form 50 times, or as often as `TIDINGS_KILLS` says; one line of figures is printed at
//! the end.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{
    Arrival, Receiver,
    whatsapp::{Account, Customer, Vendor, text_message},
};
use tidings_tests::Server;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};

const CUSTOMERS: usize = 8;
/// So many webhooks are under way to one endpoint at most, and may come again after a kill.
const IN_FLIGHT: usize = 64;
const PATIENCE: Duration = Duration::from_mins(1);
/// The promise is one second; the tests share their machine with others of their kind.
const LOOSELY_ONE_SECOND: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_whenever_it_is_killed() {
    let usual = if crate::is_long() { 50 } else { 8 };
    let kills: usize = std::env::var("TIDINGS_KILLS").map_or(usual, |kills| kills.parse().unwrap());
    let mut receiver = Receiver::start().await.unwrap();
    let mut server = Server::start().await.unwrap();
    let callback = connect(&server, &receiver).await;

    let stop = Arc::new(AtomicBool::new(false));
    let (target, _) = watch::channel(format!("{}{callback}", server.base()));
    let mut writers = JoinSet::new();
    for customer in 0..CUSTOMERS {
        writers.spawn(write(customer, target.subscribe(), Arc::clone(&stop)));
    }

    let mut seen = Seen::default();
    let (mut started, mut resumed) = (Duration::ZERO, Duration::ZERO);
    for kill in 0..kills {
        // Killed after another number of arrivals each time, so that it hits different moments.
        seen.take(&mut receiver, 60 + kill * 37 % 101).await;
        server.kill().await.unwrap();
        for arrival in receiver.arrived() {
            seen.note(&arrival);
        }
        let restarted = Instant::now();
        server.restart().await.unwrap();
        started = started.max(restarted.elapsed());
        target.send_replace(format!("{}{callback}", server.base()));
        seen.take(&mut receiver, 1).await;
        resumed = resumed.max(restarted.elapsed());
    }
    stop.store(true, Relaxed);
    let written: BTreeMap<usize, usize> = writers.join_all().await.into_iter().collect();
    let all: usize = written.values().sum();
    while seen.events.len() < all {
        seen.take(&mut receiver, 1).await;
    }

    seen.check(&written);
    check_store(&server, &written).await;
    assert!(seen.repeats <= kills * IN_FLIGHT, "{} repeats", seen.repeats);
    assert!(resumed < LOOSELY_ONE_SECOND, "deliveries resumed after {resumed:?}");
    println!(
        "kills {kills}, acknowledged {all}, lost 0, repeats {}, longest time from the restart to a delivery {} ms, of which the start \
         took {} ms at most",
        seen.repeats,
        resumed.as_millis(),
        started.as_millis()
    );
}

fn account() -> Account {
    Account {
        phone_number_id: "106540352242922".into(),
        business_account_id: "102290129340398".into(),
        display_phone_number: "15550783881".into(),
        app_secret: "secret-of-the-app".into(),
    }
}

/// Makes the channel and the endpoint; answers the path of the vendor's callback.
async fn connect(server: &Server, receiver: &Receiver) -> String {
    let mut api = server.api().expect("the address is one");
    let account = account();
    let channel = json!({
        "type": "whatsapp",
        "name": "Support",
        "credentials": { "access_token": "none", "app_secret": account.app_secret },
        "settings": { "phone_number_id": account.phone_number_id },
    });
    let endpoint = json!({ "url": receiver.url("/all"), "format": "lifecycle", "events": ["message.received"] });
    let mut create = async |path: &str, what: &Value| {
        api.post(path, what).await.expect("the server answers").ok().expect("it is created")
    };
    let channel = create("/v1/channels", &channel).await;
    let endpoint = create("/v1/endpoints", &endpoint).await;
    receiver.trust("/all", endpoint["secret"].as_str().expect("a new endpoint shows its secret"));
    format!("/in/{}", channel["id"].as_str().expect("a channel has an id"))
}

/// One customer writes one message after the other; each is posted until it is acknowledged. Answers how many were.
async fn write(number: usize, mut target: watch::Receiver<String>, stop: Arc<AtomicBool>) -> (usize, usize) {
    let (account, customer) = (account(), Customer::with_phone("Ana", &format!("55119876543{number:02}")));
    let mut vendor = Vendor::new(&target.borrow_and_update(), &account.app_secret).expect("the address is one");
    let mut written = 0;
    while !stop.load(Relaxed) {
        let (id, text) = (format!("wamid.{number}.{written}"), format!("{number} {written}"));
        let message = text_message(&account, &customer, &id, 1_776_609_000, &text);
        loop {
            match vendor.post(&message).await {
                Ok(StatusCode::OK) => break,
                Ok(status) => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
                Err(_) => {
                    // Killed: there is another address, or there will be.
                    target.changed().await.expect("the test outlives its writers");
                    vendor = Vendor::new(&target.borrow_and_update(), &account.app_secret).expect("the address is one");
                }
            }
        }
        written += 1;
    }
    (number, written)
}

/// Every message stands in the store, once.
async fn check_store(server: &Server, written: &BTreeMap<usize, usize>) {
    let mut api = server.api().expect("the address is one");
    let (mut stored, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/v1/messages?limit=200{cursor}")).await.expect("the server answers");
        let page = page.ok().expect("messages are listed");
        let ids = page["data"].as_array().expect("a list has items").iter().map(|message| &message["vendor_id"]);
        stored.extend(ids.map(|id| id.as_str().expect("a message from a vendor has its id").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let of_customer = |(customer, messages): (&usize, &usize)| {
        let customer = *customer;
        (0..*messages).map(move |message| format!("wamid.{customer}.{message}"))
    };
    let mut expected: Vec<String> = written.iter().flat_map(of_customer).collect();
    expected.sort_unstable();
    stored.sort_unstable();
    assert!(stored == expected, "{} messages are stored instead of {}", stored.len(), expected.len());
}

/// What arrived, by event id and in the order of first arrivals.
#[derive(Default)]
struct Seen {
    events: HashMap<String, Bytes>,
    firsts: Vec<Value>,
    repeats: usize,
}

impl Seen {
    /// Waits for so many arrivals.
    async fn take(&mut self, receiver: &mut Receiver, arrivals: usize) {
        for _ in 0..arrivals {
            let next = timeout(PATIENCE, receiver.next()).await;
            self.note(&next.expect("webhooks keep coming").expect("the receiver runs"));
        }
    }

    fn note(&mut self, arrival: &Arrival) {
        assert!(arrival.verified, "an unsigned webhook: {arrival:?}");
        let id = arrival.id().expect("a verified webhook has an id").to_owned();
        if let Some(before) = self.events.insert(id, arrival.body.clone()) {
            assert_eq!(before, arrival.body, "an event was sent again with another body");
            self.repeats += 1;
        } else {
            self.firsts.push(serde_json::from_slice(&arrival.body).expect("a webhook is JSON"));
        }
    }

    /// Each customer's messages, all of them, each once, in the order in which they were written.
    fn check(&self, written: &BTreeMap<usize, usize>) {
        let mut arrived: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut sequences: HashMap<&str, u64> = HashMap::new();
        for event in &self.firsts {
            let data = &event["data"];
            let (customer, message) = data["content"].as_str().and_then(|text| text.split_once(' ')).expect("our text");
            arrived.entry(customer.parse().expect("a number")).or_default().push(message.parse().expect("a number"));
            let conversation = data["conversation_id"].as_str().expect("a message is part of a conversation");
            let sequence = data["sequence"].as_u64().expect("an event has its sequence");
            let before = sequences.insert(conversation, sequence);
            assert!(before < Some(sequence), "out of order: {sequence} after {before:?} in {conversation}");
        }
        assert_eq!(sequences.len(), written.len(), "each customer has one conversation");
        for (customer, written) in written {
            let arrived = arrived.get(customer).map(Vec::as_slice).unwrap_or_default();
            assert!(arrived.iter().copied().eq(0..*written), "customer {customer} wrote {written}: {arrived:?}");
        }
    }
}
