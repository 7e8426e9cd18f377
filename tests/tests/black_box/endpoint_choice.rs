//! What an endpoint chooses: which events, how fast, and whether at all.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Arrival, receiver::Behaviour};
use tidings_tests::{Api, Scene, assert_holds, eventually, json_of, pointers, text};
use tokio::time::Instant;

#[tokio::test]
async fn a_filter_lets_pass_what_it_says_in_either_format() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    for (path, format, filter) in [
        ("/lifecycle", "lifecycle", json!({ "data.content": { "$in": ["Text 1", "Text 3"] } })),
        ("/object", "object", json!({ "$or": [{ "data.content.body": "Text 2" }, { "data.content.body": "Text 3" }] })),
    ] {
        let fields = json!({ "format": format, "events": ["message.received"], "filter": filter });
        let endpoint = scene.subscribe(path, fields).await.unwrap();
        assert_eq!(endpoint["filter"], filter);
    }
    line.hear(0..5, 1000).await.unwrap();
    let mut told: Vec<(String, String)> = Vec::new();
    for arrival in scene.arrivals(4).await.unwrap() {
        let body = json_of(&arrival);
        let words = body.pointer("/data/content/body").or(body.pointer("/data/content")).cloned().unwrap_or_default();
        told.push((arrival.path.clone(), words.as_str().unwrap_or_default().to_owned()));
    }
    told.sort();
    let expected = [("/lifecycle", "Text 1"), ("/lifecycle", "Text 3"), ("/object", "Text 2"), ("/object", "Text 3")];
    assert_eq!(told, expected.map(|(path, words)| (path.to_owned(), words.to_owned())));
}

#[tokio::test]
async fn a_filter_is_tried_before_it_is_saved_and_replaced_as_a_whole() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..4, 1000).await.unwrap();
    let wrong = json!({ "filter": { "data.content": { "$like": "x" }, "$or": [] } });
    let answer = scene.api.post("/v1/endpoints/filter/try", &wrong).await.unwrap();
    let problem = answer.problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&problem), ["/filter/$or", "/filter/data.content/$like"]);
    let filter = json!({ "data.content": { "$in": ["Text 1", "Text 2"] } });
    let tried = json!({ "filter": filter, "events": ["message.*"], "limit": 3 });
    let tried = scene.api.post("/v1/endpoints/filter/try", &tried).await.unwrap().ok().unwrap();
    assert_holds(&tried, &json!({ "tried": 3, "passed": 2 }));
    let passes: Vec<&Value> = tried["data"].as_array().unwrap().iter().map(|event| &event["passes"]).collect();
    assert_eq!(passes, [false, true, true], "the newest first");

    let wrong = json!({ "url": scene.receiver.url("/x"), "filter": { "a": { "$gt": null } } });
    let answer = scene.api.post("/v1/endpoints", &wrong).await.unwrap();
    assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), ["/filter/a/$gt"]);
    let endpoint = scene.subscribe("/x", json!({ "filter": filter })).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    for filter in [json!({ "data.reply_to": null }), Value::Null] {
        let changed = scene.api.patch(&path, &json!({ "filter": filter })).await.unwrap().ok().unwrap();
        assert_eq!(changed["filter"], filter);
    }
}

#[tokio::test]
async fn a_rate_limit_is_kept() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let fields = json!({ "events": ["message.received"], "rate_limit": 20, "concurrency": 2 });
    let endpoint = scene.subscribe("/slow", fields).await.unwrap();
    assert_holds(&endpoint, &json!({ "rate_limit": 20.0, "concurrency": 2 }));
    // Whatever else is late, between the first and the twenty-first lies a second.
    let began = Instant::now();
    line.hear(0..21, 1000).await.unwrap();
    scene.arrivals(21).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(990), "{:?}", began.elapsed());
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    for (patch, pointer) in
        [(json!({ "rate_limit": 0 }), "/rate_limit"), (json!({ "concurrency": 65 }), "/concurrency")]
    {
        let answer = scene.api.patch(&path, &patch).await.unwrap();
        assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), [pointer]);
    }
}

#[tokio::test]
async fn a_receiver_refuses_one_event_for_good_or_everything() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    let refused = Behaviour::status(StatusCode::BAD_REQUEST).with("webhook-delivery", "abort-message");
    scene.receiver.behave("/x", refused);
    line.hear(0..1, 1000).await.unwrap();
    scene.arrival().await.unwrap();
    let attempts = format!("{path}/attempts");
    let dead = eventually("it is given up", async || {
        let list = scene.api.get(&attempts).await?.ok()?;
        Ok(list["data"].as_array().and_then(|list| list.first().cloned()))
    });
    assert_holds(&dead.await.unwrap(), &json!({ "outcome": "dead", "status_code": 400, "next_at": null }));

    scene.receiver.behave("/x", Behaviour::ok().with("webhook-delivery", "disable"));
    line.hear(1..2, 1000).await.unwrap();
    scene.arrival().await.unwrap();
    let disabled = eventually("it is disabled", async || {
        let endpoint = scene.api.get(&path).await?.ok()?;
        Ok((endpoint["status"] == "disabled").then_some(endpoint))
    });
    assert_eq!(disabled.await.unwrap()["enabled"], false);
    scene.receiver.behave("/x", Behaviour::ok());
    line.hear(2..3, 1000).await.unwrap();
    scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    let arrival = json_of(&scene.arrival().await.unwrap());
    assert_eq!(arrival["data"]["content"], "Text 2", "what was delivered with it is not sent again");
}

#[tokio::test]
async fn no_more_are_under_way_than_asked() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    scene.receiver.behave("/x", Behaviour::Hang);
    let fields = json!({ "events": ["message.received"], "ordering": "none", "concurrency": 3, "timeout_ms": 30_000 });
    scene.subscribe("/x", fields).await.unwrap();
    scene.subscribe("/marker", json!({ "events": ["message.received"] })).await.unwrap();
    line.hear(0..20, 1000).await.unwrap();
    let (mut under_way, mut marked) = (0, 0);
    while under_way < 3 || marked < 20 {
        match scene.arrival().await.unwrap().path.as_str() {
            "/x" => under_way += 1,
            _ => marked += 1,
        }
    }
    assert_eq!((under_way, marked), (3, 20));
    // And so it stays, whatever comes.
    line.hear(20..40, 1000).await.unwrap();
    let later = scene.arrivals(20).await.unwrap();
    assert!(later.iter().all(|arrival| arrival.path == "/marker"));
}

#[tokio::test]
async fn with_a_key_pair_a_receiver_needs_no_secret() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"], "key_pair": true })).await.unwrap();
    let first = text(&endpoint, "/public_key").to_owned();
    assert!(first.starts_with("whpk_"), "{endpoint:#}");
    line.hear(0..1, 1000).await.unwrap();
    let arrival = scene.arrival().await.unwrap();
    let versions = |arrival: &tidings_simulator::Arrival| -> Vec<String> {
        let signatures = arrival.header("webhook-signature").unwrap().split(' ');
        signatures.filter_map(|entry| entry.split_once(',').map(|(version, _)| version.to_owned())).collect()
    };
    assert_eq!(versions(&arrival), ["v1", "v1a"]);

    let id = text(&endpoint, "/id");
    let rotate = format!("/v1/endpoints/{id}/secret/rotate");
    let rotated = scene.api.post(&rotate, &json!({ "overlap_seconds": 3600 })).await.unwrap().ok().unwrap();
    let second = text(&rotated, "/public_key").to_owned();
    assert_ne!(first, second);
    scene.receiver.trust("/x", text(&rotated, "/secret"));
    line.hear(1..2, 1000).await.unwrap();
    assert_eq!(versions(&scene.arrival().await.unwrap()), ["v1", "v1", "v1a", "v1a"]);
    let mut stranger = Api::new(&scene.server.base(), "no key").unwrap();
    let keys = stranger.get(&format!("/jwks/{id}")).await.unwrap().ok().unwrap();
    let ids: Vec<&str> = keys["keys"].as_array().unwrap().iter().map(|key| text(key, "/kid")).collect();
    assert_eq!(ids, [second.as_str(), first.as_str()]);
    assert_holds(&keys["keys"][0], &json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig" }));
    assert!(keys["keys"][0].get("exp").is_none() && keys["keys"][1]["exp"].is_i64());

    let path = format!("/v1/endpoints/{id}");
    let without = scene.api.patch(&path, &json!({ "key_pair": false })).await.unwrap().ok().unwrap();
    assert_eq!(without["public_key"], Value::Null);
    line.hear(2..3, 1000).await.unwrap();
    assert_eq!(versions(&scene.arrival().await.unwrap()), ["v1", "v1"]);
}

#[tokio::test]
async fn its_statistics_tell_how_it_is_doing() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    line.hear(0..4, 1000).await.unwrap();
    scene.arrivals(4).await.unwrap();
    let stats = format!("{path}/stats");
    let calm = eventually("all is delivered", async || {
        let stats = scene.api.get(&stats).await?.ok()?;
        Ok((stats["attempts"]["count"] == 4).then_some(stats))
    });
    assert_holds(
        &calm.await.unwrap(),
        &json!({ "status": "healthy", "backlog": 0, "retries": 0, "dead": 0, "oldest_undelivered_at": null,
                 "attempts": { "count": 4, "delivered": 4, "success_rate": 1.0 } }),
    );
    scene.receiver.behave("/x", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    line.hear(4..6, 1000).await.unwrap();
    scene.arrivals(2).await.unwrap();
    let troubled = eventually("two are to be tried again", async || {
        let stats = scene.api.get(&stats).await?.ok()?;
        Ok((stats["retries"] == 2).then_some(stats))
    });
    let troubled = troubled.await.unwrap();
    assert_holds(&troubled, &json!({ "backlog": 2, "dead": 0, "attempts": { "count": 6, "delivered": 4 } }));
    let dead = scene.api.get(&format!("{path}/dead-letters")).await.unwrap().ok().unwrap();
    assert_eq!(dead["data"], json!([]), "what is to be tried again is not given up");
    assert!(troubled["health"]["failing_since"].is_string() && troubled["oldest_undelivered_at"].is_string());
    let metrics = scene.api.get("/metrics").await.unwrap();
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    let gauge = format!("tidings_endpoint_backlog{{endpoint=\"{}\"}} 2", text(&endpoint, "/id"));
    assert!(metrics.contains(&gauge), "{metrics}");
    scene.api.delete(&path).await.unwrap().ok().unwrap();
    let metrics = scene.api.get("/metrics").await.unwrap();
    assert!(!String::from_utf8_lossy(&metrics.body).contains(text(&endpoint, "/id")));
}

/// The next webhook with these words. What was not written down before a kill may come again before it.
async fn arrival_with(scene: &mut Scene, words: &str) -> Arrival {
    loop {
        let arrival = scene.arrival().await.unwrap();
        if json_of(&arrival)["data"]["content"] == words {
            return arrival;
        }
    }
}

#[tokio::test]
async fn it_is_told_who_sends_and_nobody_else_is() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let auth = json!({ "type": "basic", "username": "till", "password": "open sesame" });
    let fields = json!({ "events": ["message.received"], "auth": auth, "headers": { "x-shop": "blue" } });
    let endpoint = scene.subscribe("/x", fields).await.unwrap();
    assert_eq!((&endpoint["auth"], &endpoint["headers"]["authorization"]), (&json!("basic"), &json!("[redacted]")));
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    line.hear(0..1, 1000).await.unwrap();
    let arrival = scene.arrival().await.unwrap();
    // echo -n 'till:open sesame' | base64
    assert_eq!(arrival.header("authorization"), Some("Basic dGlsbDpvcGVuIHNlc2FtZQ=="));
    assert_eq!(arrival.header("x-shop"), Some("blue"));
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    line.hear(1..2, 1000).await.unwrap();
    let arrival = arrival_with(&mut scene, "Text 1").await;
    assert_eq!(arrival.header("authorization"), Some("Basic dGlsbDpvcGVuIHNlc2FtZQ=="));

    let bearer = json!({ "auth": { "type": "bearer", "token": "abc" } });
    assert_eq!(scene.api.patch(&path, &bearer).await.unwrap().ok().unwrap()["auth"], "bearer");
    line.hear(2..3, 1000).await.unwrap();
    assert_eq!(arrival_with(&mut scene, "Text 2").await.header("authorization"), Some("Bearer abc"));
    let without = scene.api.patch(&path, &json!({ "auth": null })).await.unwrap().ok().unwrap();
    assert_eq!((&without["auth"], without["headers"].as_object().map(serde_json::Map::len)), (&Value::Null, Some(1)));
    for (auth, pointer) in [
        (json!({ "type": "basic", "username": "a:b", "password": "" }), "/auth/username"),
        (json!({ "type": "bearer", "token": "a b" }), "/auth/token"),
    ] {
        let answer = scene.api.patch(&path, &json!({ "auth": auth })).await.unwrap();
        assert_eq!(pointers(&answer.problem(422, "validation_failed").unwrap()), [pointer]);
    }
    // Nothing of it lies in the clear.
    scene.server.stop().await.unwrap();
    for file in std::fs::read_dir(scene.server.data()).unwrap() {
        let file = file.unwrap().path();
        let bytes = if file.is_file() { std::fs::read(&file).unwrap() } else { Vec::new() };
        for secret in ["dGlsbDpvcGVuIHNlc2FtZQ", "open sesame", "Bearer abc"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {}", file.display());
        }
    }
}
