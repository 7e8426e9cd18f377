//! `/v1/events`

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::{ADMIN, Call, Server, text_message};

async fn with_messages(count: u32) -> (Server, String) {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    for number in 0..count {
        assert_eq!(server.deliver(&channel, &text_message("100", number, "hello")).await.status, 200);
    }
    (server, channel)
}

#[tokio::test]
async fn a_poller_misses_nothing_and_sees_nothing_twice() {
    let (server, channel) = with_messages(4).await;
    let whole = server.get("/v1/events").await;
    let all: Vec<_> = whole.body["data"].as_array().unwrap().clone();
    assert!(all.len() >= 7);
    let mut seen = Vec::new();
    let mut path = "/v1/events?limit=2".to_owned();
    loop {
        let page = server.get(&path).await;
        let data = page.body["data"].as_array().unwrap().clone();
        let Some(last) = data.last() else { break };
        path = format!("/v1/events?limit=2&after={}", last["event_id"].as_str().unwrap());
        seen.extend(data);
    }
    assert_eq!(seen, all);
    let mut pages = Vec::new();
    let mut path = "/v1/events?limit=3".to_owned();
    loop {
        let page = server.get(&path).await;
        pages.extend(page.body["data"].as_array().unwrap().clone());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/events?limit=3&cursor={cursor}");
    }
    assert_eq!(pages, all);

    let objects = server.get("/v1/events?format=object&limit=3").await;
    let last = objects.body["data"][2]["id"].as_str().unwrap();
    let rest = server.get(&format!("/v1/events?after={last}")).await;
    assert_eq!(rest.body["data"], json!(all[3..]), "the object format's ids are places, too");

    let of_kind = server.get("/v1/events?types=message.*").await;
    assert!(of_kind.body["data"].as_array().unwrap().iter().all(|event| event["event"] == "message.received"));
    assert_eq!(of_kind.body["data"].as_array().unwrap().len(), 4);
    let here = server.get(&format!("/v1/events?types=message.received&channel_id={channel}")).await;
    assert_eq!(here.body["data"].as_array().unwrap().len(), 4);
    let object = server.get("/v1/events?types=message.received&format=object&limit=1").await;
    assert_eq!(object.body["data"][0]["data"]["content"]["body"], "hello");
    for (query, pointers) in [
        ("types=nothing", &["/types"][..]),
        ("format=xml", &["/format"]),
        ("channel_id=x", &["/channel_id"]),
        ("colour=blue", &["/colour"]),
        ("limit=x&colour=blue", &["/colour", "/limit"]),
        ("limit=1&limit=2", &["/limit"]),
    ] {
        let reply = server.get(&format!("/v1/events?{query}")).await;
        assert_eq!((reply.status.as_u16(), &reply.pointers()[..]), (422, pointers), "{query}");
    }
    let limit = server.get("/v1/events?limit=x").await;
    assert_eq!(limit.body["errors"][0]["detail"], "`x` is not a number");
}

#[tokio::test]
async fn events_hold_what_the_document_says() {
    let (server, _) = with_messages(1).await;
    let document = crate::openapi();
    let events = server.get("/v1/events").await;
    let events = events.body["data"].as_array().unwrap();
    assert!(events.len() >= 4);
    for event in events {
        let name = event["event"].as_str().unwrap();
        let documented = &document["components"]["schemas"][format!("webhook.lifecycle.{name}")];
        let documented = documented["properties"]["data"]["properties"].as_object().unwrap();
        for field in event["data"].as_object().unwrap().keys() {
            assert!(documented.contains_key(field), "{name}: {field} is not documented");
        }
        let additions = ["media_id", "attachments", "header", "footer", "payload"];
        for field in documented.keys().filter(|field| !additions.contains(&field.as_str())) {
            assert!(event["data"].get(field).is_some(), "{name}: {field} is not there");
        }
    }
}

#[tokio::test]
async fn an_event_is_shown_by_its_id() {
    let (server, _) = with_messages(1).await;
    let event = server.get("/v1/events?types=message.received").await.body["data"][0].clone();
    let id = event["event_id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/events/{id}")).await.body, event);
    let object = server.get(&format!("/v1/events/{id}?format=object")).await;
    assert_eq!(object.body["event"], "message.received");
    assert_eq!(server.get("/v1/events/evt_00000000000000000000000001").await.status, 404);
}

#[tokio::test]
async fn an_unknown_cursor_is_expired() {
    let (server, _) = with_messages(1).await;
    let oldest = server.get("/v1/events?limit=1").await.body["data"][0]["event_id"].clone();
    for path in ["/v1/events", "/v1/events/stream"] {
        for after in ["evt_00000000000000000000000001", "nonsense"] {
            let reply = server.get(&format!("{path}?after={after}")).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (410, "cursor_expired"), "{path} {after}");
            assert_eq!(reply.body["oldest"], oldest);
        }
    }
}

/// Reads a stream until so many events came; answers their ids.
async fn read(body: &mut Body, count: usize) -> Vec<String> {
    let mut text = String::new();
    let ids = |text: &str| -> Vec<String> {
        text.split("\n\n")
            .filter(|block| block.contains("data: "))
            .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("id: ")))
            .map(str::to_owned)
            .collect()
    };
    while ids(&text).len() < count || !text.ends_with("\n\n") {
        let next = tokio::time::timeout(Duration::from_secs(20), body.frame()).await.expect("the stream is silent");
        let frame = next.expect("the stream has ended").unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    ids(&text)
}

#[tokio::test]
async fn a_stream_follows_the_log_and_resumes() {
    let (server, channel) = with_messages(1).await;
    let stream = |last: Option<&str>| {
        let call = Call::new("GET", "/v1/events/stream?types=message.received").key(ADMIN);
        last.map_or_else(
            || Call::new("GET", "/v1/events/stream?types=message.received").key(ADMIN),
            |last| call.header("last-event-id", last),
        )
    };
    let response = server.send(stream(None)).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let first = read(&mut body, 1).await;
    server.deliver(&channel, &text_message("100", 10, "second")).await;
    let second = read(&mut body, 1).await;
    drop(body);
    server.deliver(&channel, &text_message("100", 11, "third")).await;
    let mut resumed = server.send(stream(Some(&second[0]))).await.into_body();
    let third = read(&mut resumed, 1).await;
    let polled = server.get("/v1/events?types=message.received").await;
    let all: Vec<_> = polled.body["data"].as_array().unwrap().iter().map(|event| event["event_id"].clone()).collect();
    assert_eq!(all, [json!(first[0]), json!(second[0]), json!(third[0])]);
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let (server, _) = with_messages(1).await;
    let mut body = server.send(Call::new("GET", "/v1/events/stream").key(ADMIN)).await.into_body();
    read(&mut body, 1).await;
    server.gateway.stopping.send_replace(true);
    let rest = tokio::time::timeout(Duration::from_secs(20), body.collect()).await;
    assert!(rest.is_ok(), "the stream goes on");
    assert_eq!(server.call(Call::new("GET", "/readyz")).await.status, 503);
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_deleted() {
    let (server, channel) = with_messages(1).await;
    let made = server.post("/v1/keys", &json!({"name": "reader", "scopes": ["events:read"]})).await;
    let (id, secret) = (made.text("id"), made.text("secret"));
    let mut body = server.send(Call::new("GET", "/v1/events/stream").key(&secret)).await.into_body();
    read(&mut body, 1).await;
    let others = server.key(&["events:read"]).await;
    let mut other = server.send(Call::new("GET", "/v1/events/stream").key(&others)).await.into_body();
    assert_eq!(server.call(Call::new("DELETE", &format!("/v1/keys/{id}")).key(ADMIN)).await.status, 204);
    server.deliver(&channel, &text_message("100", 1, "private")).await;
    let rest = tokio::time::timeout(Duration::from_secs(20), body.collect()).await.expect("the stream goes on");
    assert!(!String::from_utf8_lossy(&rest.unwrap().to_bytes()).contains("private"));
    let known = server.get("/v1/events").await.body["data"].as_array().unwrap().len();
    assert_eq!(read(&mut other, known).await.len(), known, "another key's stream goes on");
}

#[tokio::test]
async fn a_key_has_so_many_streams_and_no_more() {
    let server = Server::start_with(|settings| settings.streams_per_key = 1).await;
    let stream = |key: &str| server.send(Call::new("GET", "/v1/events/stream").key(key));
    let (ours, theirs) = (server.key(&["events:read"]).await, server.key(&["events:read"]).await);
    let first = stream(&ours).await;
    assert_eq!(first.status(), 200);
    let second = stream(&ours).await;
    assert_eq!((second.status().as_u16(), &second.headers()["retry-after"]), (429, &"10".parse().unwrap()));
    for other in [theirs.as_str(), ADMIN] {
        assert_eq!(stream(other).await.status(), 200, "another's are counted apart");
    }
    drop(first);
    assert_eq!(stream(&ours).await.status(), 200, "a closed stream counts no more");
}

#[tokio::test]
async fn an_event_is_sent_again_to_an_endpoint_that_runs() {
    let (server, _) = with_messages(1).await;
    let endpoint = server.endpoint().await;
    let event = server.get("/v1/events?types=message.received").await.body["data"][0]["event_id"].clone();
    let path = format!("/v1/events/{}/resend", event.as_str().unwrap());
    let sent = server.post(&path, &json!({"endpoint_id": endpoint})).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let unknown = server.post(&path, &json!({"endpoint_id": "ep_00000000000000000000000001"})).await;
    assert_eq!(unknown.pointers(), ["/endpoint_id"]);
    server.patch(&format!("/v1/endpoints/{endpoint}"), &json!({"enabled": false})).await;
    assert_eq!(server.post(&path, &json!({"endpoint_id": endpoint})).await.status, 409);
}

#[tokio::test]
async fn schemas_of_webhooks_are_open_to_everybody() {
    let server = Server::start().await;
    for path in ["/schemas/lifecycle/message.received.json", "/schemas/lifecycle/message.received"] {
        let reply = server.call(Call::new("GET", path)).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.headers["content-type"], "application/schema+json");
        assert_eq!(reply.body["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(reply.body["properties"]["event"]["enum"], serde_json::json!(["message.received"]));
    }
    for path in ["/schemas/object/message.read.json", "/schemas/xml/message.read", "/schemas/lifecycle/message"] {
        let reply = server.call(Call::new("GET", path)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (404, "not_found"), "{path}");
    }
}
