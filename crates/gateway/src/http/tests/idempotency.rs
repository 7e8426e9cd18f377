//! `Idempotency-Key`

use std::time::Duration;

use serde_json::{Value, json};

use super::{ADMIN, Call, Reply, Server};

async fn post(server: &Server, key: &str, path: &str, body: &Value) -> Reply {
    server.call(Call::new("POST", path).key(ADMIN).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_secrets_included() {
    let server = Server::start().await;
    let hook = json!({"url": "http://127.0.0.1:9/"});
    let first = post(&server, "one", "/v1/endpoints", &hook).await;
    assert_eq!(first.status, 201);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let again = post(&server, "one", "/v1/endpoints", &hook).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(server.get("/v1/endpoints").await.body["data"].as_array().unwrap().len(), 1);

    let server = server.restart().await;
    assert_eq!(post(&server, "one", "/v1/endpoints", &hook).await.body, first.body);

    let other = post(&server, "one", "/v1/endpoints", &json!({"url": "http://127.0.0.1:10/"})).await;
    assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_conflict"));
    let elsewhere = post(&server, "one", "/v1/keys", &json!({"name": "k"})).await;
    assert_eq!(elsewhere.code(), "idempotency_conflict");
}

#[tokio::test]
async fn another_key_gets_no_answer_that_was_not_its_own() {
    let server = Server::start().await;
    let weak = server.key(&["keys:write"]).await;
    let body = json!({"name": "k"});
    let first = post(&server, "shared", "/v1/keys", &body).await;
    assert_eq!(first.status, 201);
    let call = Call::new("POST", "/v1/keys").key(&weak).header("idempotency-key", "shared").json(&body);
    let other = server.call(call).await;
    assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_conflict"));
    assert!(!other.body.to_string().contains(&first.text("secret")));
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again_under_its_key() {
    let server = Server::start().await;
    assert_eq!(post(&server, "two", "/v1/keys", &json!({"name": ""})).await.status, 422);
    assert_eq!(post(&server, "two", "/v1/keys", &json!({"name": "k"})).await.status, 201);
}

#[tokio::test]
async fn every_call_that_creates_takes_a_key() {
    let server = Server::start().await;
    let endpoint = server.endpoint().await;
    for (path, body) in [
        ("/v1/workspaces".to_owned(), json!({"name": "w"})),
        ("/v1/keys".to_owned(), json!({"name": "k"})),
        ("/v1/channels".to_owned(), super::whatsapp("1")),
        (format!("/v1/endpoints/{endpoint}/secret/rotate"), json!({})),
    ] {
        let first = post(&server, &path, &path, &body).await;
        assert!(first.status.is_success(), "{path}: {}", first.body);
        let again = post(&server, &path, &path, &body).await;
        assert_eq!(again.body, first.body, "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
    }
}

#[tokio::test]
async fn repetitions_at_the_same_time_create_one_thing() {
    let server = Server::start().await;
    let body = json!({"name": "k"});
    let calls = (0..8).map(|_| post(&server, "same", "/v1/keys", &body));
    let replies = futures_util::future::join_all(calls).await;
    for reply in &replies {
        assert_eq!(reply.body, replies[0].body);
    }
    assert_eq!(server.get("/v1/keys").await.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn keys_are_kept_for_a_day_and_have_bounds() {
    let server = Server::start().await;
    let first = post(&server, "day", "/v1/keys", &json!({"name": "k"})).await;
    server.clock.advance(Duration::from_hours(25));
    let later = post(&server, "day", "/v1/keys", &json!({"name": "k"})).await;
    assert_eq!(later.status, 201);
    assert_ne!(later.body["id"], first.body["id"]);
    assert_eq!(post(&server, &"x".repeat(256), "/v1/keys", &json!({"name": "k"})).await.status, 422);
    assert_eq!(post(&server, &"x".repeat(255), "/v1/keys", &json!({"name": "k"})).await.status, 201);
}
