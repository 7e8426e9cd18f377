//! The delivery log, of deliveries to a receiver that refuses.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use tidings_domain::{
    EndpointId, EventId,
    delivery::DeliveryChange,
    event::{Event, EventPayload},
};
use tidings_store::ENDPOINT_LEASE;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Server, text_message};
use crate::clock::{Random, SystemRandom};

/// A receiver that answers everything with 500; its address.
async fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            let answer = b"HTTP/1.1 500 Oh\r\nx-told: why\r\ncontent-length: 4\r\nconnection: close\r\n\r\nsick";
            stream.write_all(answer).await.unwrap();
        }
    });
    format!("http://{address}/hook")
}

async fn read_request(stream: &mut TcpStream) {
    let mut request = vec![0; 65_536];
    let mut read = 0;
    // The body has come when its last brace has.
    while read < 2 || request[read - 1] != b'}' {
        read += stream.read(&mut request[read..]).await.unwrap();
    }
}

/// A receiver that closes its first connection upon the second request, instead of answering; its address.
async fn losing_a_connection() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        let (mut first, _) = listener.accept().await.unwrap();
        read_request(&mut first).await;
        first.write_all(answer).await.unwrap();
        read_request(&mut first).await;
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        read_request(&mut second).await;
        second.write_all(answer).await.unwrap();
    });
    format!("http://{address}/hook")
}

/// Asks until there is something in the list.
async fn first_of(server: &Server, path: &str) -> Value {
    server.until(path, |list| list["data"].get(0).is_some()).await["data"][0].clone()
}

#[tokio::test]
async fn a_sensitive_message_is_kept_out_of_the_delivery_log() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    server.deliver(&channel, &text_message("100", 1, "the code is 1234")).await;
    let hook = json!({"url": refusing().await, "events": ["message.received"]});
    let endpoint = server.post("/v1/endpoints", &hook).await.text("id");

    let told = server.get("/v1/events?types=message.received").await.body["data"][0]["event_id"].clone();
    let workspace = server.gateway.default_workspace;
    let known = server.gateway.store.event_get(workspace, told.as_str().unwrap().parse().unwrap()).await.unwrap();
    let mut event = Event::clone(&known.unwrap().event);
    event.id = server.gateway.ids.next(EventId::next);
    event.sequence = 99;
    let EventPayload::Message(message) = &mut event.payload else { panic!("it tells of a message") };
    Arc::make_mut(&mut message.message).is_sensitive = true;
    let neighbour = server.post("/v1/endpoints", &json!({"url": "https://shop.example", "enabled": false})).await;
    let neighbour: EndpointId = neighbour.text("id").parse().unwrap();
    let store = &server.gateway.store;
    let epoch = store.lease_acquire(ENDPOINT_LEASE, neighbour.uuid(), "a test").await.unwrap();
    let change = DeliveryChange { told: vec![event], ..DeliveryChange::default() };
    store.delivery_record(neighbour, epoch, change).await.unwrap();

    let attempt = first_of(&server, &format!("/v1/endpoints/{endpoint}/attempts")).await;
    let detail = server.get(&format!("/v1/attempts/{}", attempt["id"].as_str().unwrap())).await.body;
    assert_eq!(detail["request"]["body"], "[redacted]");
    assert_eq!(detail["response"]["body"], "[redacted]");
    assert!(!detail.to_string().contains("1234"));
}

#[tokio::test]
async fn an_attempt_tells_what_was_sent_and_what_came_back() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let hook = json!({
        "url": refusing().await, "events": ["message.received"], "headers": {"authorization": "Bearer hidden"},
    });
    let endpoint = server.post("/v1/endpoints", &hook).await.text("id");
    server.deliver(&channel, &text_message("100", 1, "hello")).await;

    let path = format!("/v1/endpoints/{endpoint}/attempts");
    let attempt = first_of(&server, &path).await;
    assert_eq!((&attempt["attempt"], &attempt["outcome"]), (&json!(1), &json!("failed")));
    assert_eq!((&attempt["status_code"], &attempt["trigger"]), (&json!(500), &json!("new")));
    assert!(attempt["next_at"].is_string());

    let detail = server.get(&format!("/v1/attempts/{}", attempt["id"].as_str().unwrap())).await.body;
    assert_eq!(detail["event"], "message.received");
    let event = server.get("/v1/events?types=message.received").await.body["data"][0].clone();
    let sent: Value = serde_json::from_str(detail["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(sent, event);
    let headers = &detail["request"]["headers"];
    assert_eq!(headers["webhook-id"], event["event_id"]);
    assert!(headers["webhook-signature"].as_str().unwrap().starts_with("v1,"));
    assert_eq!(headers["authorization"], "[redacted]");
    assert_eq!((&detail["response"]["status_code"], &detail["response"]["body"]), (&json!(500), &json!("sick")));
    assert_eq!(detail["response"]["headers"]["x-told"], "why");

    for (query, found) in [
        ("outcome=failed", true),
        ("outcome=delivered", false),
        (&format!("event_id={}", event["event_id"].as_str().unwrap()), true),
        ("until=2026-04-19T14:30:00Z", false),
        ("since=2026-04-19T14:30:00Z", true),
    ] {
        let list = server.get(&format!("{path}?{query}")).await;
        assert_eq!(list.body["data"].get(0).is_some(), found, "{query}");
    }
    for query in ["outcome=lost", "since=yesterday", "event_id=x"] {
        assert_eq!(server.get(&format!("{path}?{query}")).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn a_request_that_was_repeated_says_so() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let hook = json!({"url": losing_a_connection().await, "events": ["message.received"]});
    let endpoint = server.post("/v1/endpoints", &hook).await.text("id");
    let attempts = format!("/v1/endpoints/{endpoint}/attempts");
    for number in 1..=2 {
        server.deliver(&channel, &text_message("100", number, "hello")).await;
        let count = usize::try_from(number).unwrap();
        server.until(&attempts, |list| list["data"].as_array().map(Vec::len) == Some(count)).await;
    }
    let list = server.get(&attempts).await.body;
    let [second, first] = [&list["data"][0], &list["data"][1]];
    assert_eq!((&first["outcome"], &first["error"]), (&json!("delivered"), &Value::Null));
    assert_eq!((&second["outcome"], &second["attempt"]), (&json!("delivered"), &json!(1)));
    assert_eq!(second["error"], "a kept connection was lost, so the request was sent again on a new one");
}

/// Random bytes, but the first time that it is asked for how long to wait it panics.
struct PanicsOnce(AtomicBool);

impl Random for PanicsOnce {
    fn fill(&self, bytes: &mut [u8]) {
        let is_jitter = bytes.len() == 4;
        assert!(!is_jitter || self.0.swap(true, Ordering::AcqRel), "once");
        SystemRandom.fill(bytes);
    }
}

#[tokio::test]
async fn an_endpoint_whose_task_panics_begins_anew() {
    let server = Server::start_with_random(PanicsOnce(AtomicBool::new(false))).await;
    let channel = server.channel("100").await;
    let hook = json!({"url": refusing().await, "events": ["message.received"]});
    let endpoint = server.post("/v1/endpoints", &hook).await.text("id");
    server.deliver(&channel, &text_message("100", 1, "hello")).await;
    let attempt = first_of(&server, &format!("/v1/endpoints/{endpoint}/attempts")).await;
    assert_eq!((&attempt["attempt"], &attempt["outcome"]), (&json!(1), &json!("failed")));
}
