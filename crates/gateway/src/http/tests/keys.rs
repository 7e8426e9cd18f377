//! Keys end: at their time, when they are deleted, and never later than who made them. And they tell when they were used.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{ADMIN, Call, Server};

/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_secs(20);
/// The clock of the tests stands at half past two.
const IN_A_MINUTE: &str = "2026-04-19T14:31:00.000Z";
const IN_TWO_MINUTES: &str = "2026-04-19T14:32:00.000Z";

fn ask(key: &str, body: &Value) -> Call {
    Call::new("POST", "/v1/keys").key(key).json(body)
}

fn list(key: &str) -> Call {
    Call::new("GET", "/v1/keys").key(key)
}

#[tokio::test]
async fn a_key_expires() {
    let server = Server::start().await;
    for wrong in ["2026-04-19T14:30:00Z", "2020-01-01T00:00:00Z", "tomorrow"] {
        let refused = server.post("/v1/keys", &json!({"name": "late", "expires_at": wrong})).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/expires_at"]), "{wrong}");
    }
    let made = server.post("/v1/keys", &json!({"name": "short", "expires_at": "2026-04-19T16:31:00+02:00"})).await;
    assert_eq!(made.text("expires_at"), IN_A_MINUTE);
    let key = made.text("secret");
    server.clock.advance(Duration::from_millis(59_999));
    assert_eq!(server.call(list(&key)).await.status, 200);
    server.clock.advance(Duration::from_millis(1));
    let refused = server.call(list(&key)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "unauthenticated"));
    assert_eq!(refused.text("detail"), format!("the key expired at {IN_A_MINUTE}"));
    // It is still listed, so that one sees why it is refused, and after a restart it is refused as well.
    assert_eq!(server.get("/v1/keys").await.body["data"][0]["expires_at"], IN_A_MINUTE);
    let server = server.restart().await;
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(server.call(list(&key)).await.status, 401);
}

#[tokio::test]
async fn nobody_makes_a_key_that_outlives_his_own() {
    let server = Server::start().await;
    let forever = server.post("/v1/keys", &json!({"name": "forever"})).await;
    assert_eq!(forever.body["expires_at"], Value::Null);
    let made = server.call(ask(&forever.text("secret"), &json!({"name": "short", "expires_at": IN_A_MINUTE}))).await;
    let key = made.text("secret");
    let later = server.call(ask(&key, &json!({"name": "later", "expires_at": IN_TWO_MINUTES}))).await;
    assert_eq!((later.status.as_u16(), later.code(), later.pointers()), (403, "forbidden", vec!["/expires_at"]));
    for (asked, ends) in [
        (json!({"name": "same"}), IN_A_MINUTE),
        (json!({"name": "same", "expires_at": null}), IN_A_MINUTE),
        (json!({"name": "same", "expires_at": IN_A_MINUTE}), IN_A_MINUTE),
        (json!({"name": "sooner", "expires_at": "2026-04-19T14:30:30Z"}), "2026-04-19T14:30:30.000Z"),
    ] {
        let made = server.call(ask(&key, &asked)).await;
        assert_eq!((made.status.as_u16(), made.text("expires_at").as_str()), (201, ends));
    }
}

#[tokio::test]
async fn a_key_tells_when_it_was_used_last() {
    let server = Server::start().await;
    let made = server.post("/v1/keys", &json!({"name": "till"})).await;
    assert_eq!(made.body["last_used_at"], Value::Null);
    let key = made.text("secret");
    let last_used = async |server: &Server| server.get("/v1/keys").await.body["data"][0]["last_used_at"].clone();
    assert_eq!(last_used(&server).await, Value::Null);
    server.call(list(&key)).await;
    assert_eq!(last_used(&server).await, "2026-04-19T14:30:00.000Z");
    server.clock.advance(Duration::from_secs(1));
    server.call(list(&key)).await;
    assert_eq!(last_used(&server).await, "2026-04-19T14:30:01.000Z", "here it is known exactly");
    let written = async {
        while server.gateway.store.key_all().await.unwrap()[0].last_used_at.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("a first use is written down");
    let server = server.restart().await;
    assert_eq!(last_used(&server).await, "2026-04-19T14:30:00.000Z", "over a restart, to the minute");
}

/// What ends a key.
#[derive(Debug, Clone, Copy)]
enum End {
    Deleted,
    Expired,
}

/// A key that is about to end, and its id.
async fn ending(server: &Server) -> (String, String) {
    let expires_at = "2026-04-19T14:30:01Z";
    let made = server.post("/v1/keys", &json!({"name": "short", "expires_at": expires_at})).await;
    (made.text("id"), made.text("secret"))
}

async fn end(server: &Server, id: &str, how: End) {
    match how {
        End::Expired => server.clock.advance(Duration::from_secs(1)),
        End::Deleted => {
            assert_eq!(server.call(Call::new("DELETE", &format!("/v1/keys/{id}")).key(ADMIN)).await.status, 204);
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_key() {
    for how in [End::Deleted, End::Expired] {
        let server = Server::start().await;
        let channel = server.channel("100").await;
        let (id, key) = ending(&server).await;
        let mut body = server.send(Call::new("GET", "/v1/events/stream").key(&key)).await.into_body();
        assert!(body.frame().await.is_some(), "it is open");
        end(&server, &id, how).await;
        server.deliver(&channel, &super::text_message("100", 1, "private")).await;
        let rest = tokio::time::timeout(PATIENCE, body.collect()).await.expect("the stream goes on");
        let rest = String::from_utf8_lossy(&rest.unwrap().to_bytes()).into_owned();
        assert!(!rest.contains("private"), "{how:?}: {rest}");
    }
}

#[tokio::test]
async fn who_waits_for_events_is_refused_when_its_key_ends() {
    for how in [End::Deleted, End::Expired] {
        let server = Server::start().await;
        let (id, key) = ending(&server).await;
        let waiting = server.call(Call::new("GET", "/v1/consumers/till/events?wait=30").key(&key));
        let ending = async {
            // It is counted as soon as it waits.
            while server.gateway.metrics.streams.get() == 0 {
                tokio::task::yield_now().await;
            }
            end(&server, &id, how).await;
        };
        let both = async { tokio::join!(waiting, ending) };
        let (reply, ()) = tokio::time::timeout(PATIENCE, both).await.expect("it waits on");
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"), "{how:?}");
    }
}
