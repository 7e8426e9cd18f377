//! Endpoints: what they are made of, what they are sent, and by which secret.

use serde_json::json;
use std::time::Duration;

use tidings_simulator::{Behaviour, receiver::is_signed, whatsapp::sign};
use tidings_tests::{
    Scene, assert_holds, eventually, json_of, now, pointers, rfc3339, text,
    webhooks::{self, customer},
};
use tokio::time::Instant;

#[tokio::test]
async fn an_endpoint_is_made_shown_changed_and_deleted() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let fields = json!({ "description": "Orders", "metadata": { "team": 7 }, "timeout_ms": 5000 });
    let made = scene.subscribe("/all", fields).await.unwrap();
    assert!(text(&made, "/secret").starts_with("whsec_"));
    assert_holds(
        &made,
        &json!({ "format": "lifecycle", "ordering": "conversation", "enabled": true, "status": "healthy",
                 "channels": [], "filter": null, "rate_limit": null, "headers": {}, "legacy_signature": null,
                 "timeout_ms": 5000, "description": "Orders", "metadata": { "team": 7 } }),
    );
    let path = format!("/v1/endpoints/{}", text(&made, "/id"));
    let seen = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert!(seen.get("secret").is_none(), "{seen:#}");
    let listed = scene.api.get("/v1/endpoints").await.unwrap().ok().unwrap();
    assert_eq!(listed, json!({ "data": [seen], "next_cursor": null }));

    // A merge patch: absent leaves, null clears.
    let fields = json!({ "description": null, "metadata": { "team": null, "shift": "night" } });
    let changed = scene.api.patch(&path, &fields).await.unwrap().ok().unwrap();
    assert_holds(&changed, &json!({ "description": null, "timeout_ms": 5000, "url": made["url"] }));
    assert_eq!(changed["metadata"], json!({ "shift": "night" }));

    assert_eq!(scene.api.delete(&path).await.unwrap().status, 204);
    scene.api.get(&path).await.unwrap().problem(404, "not_found").unwrap();
    scene.api.delete(&path).await.unwrap().problem(404, "not_found").unwrap();
    scene.subscribe("/other", json!({})).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    assert_eq!(scene.arrival().await.unwrap().path, "/other");
}

#[tokio::test]
async fn a_deleted_endpoint_is_not_tried_again() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let failing = Behaviour::status(http::StatusCode::INTERNAL_SERVER_ERROR);
    let fields = json!({ "events": ["message.received"] });
    let endpoint = scene.subscribe("/x", fields.clone()).await.unwrap();
    scene.subscribe("/marker", fields).await.unwrap();
    scene.receiver.behave("/x", failing.clone());
    scene.receiver.behave("/marker", failing);
    line.hear(0..1, 1000).await.unwrap();
    scene.arrivals(2).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    let failed = eventually("it is to be tried again", async || {
        let attempts = scene.api.get(&format!("{path}/attempts")).await?.ok()?;
        Ok(attempts["data"].get(0).cloned())
    });
    let due = text(&failed.await.unwrap(), "/next_at").to_owned();
    assert_eq!(scene.api.delete(&path).await.unwrap().status, 204);
    scene.receiver.behave("/x", Behaviour::ok());
    scene.receiver.behave("/marker", Behaviour::ok());

    // Its time comes, and that of the other one, who has failed as it did.
    assert_eq!(scene.arrival().await.unwrap().path, "/marker");
    eventually("its time has come", async || Ok((rfc3339(now() - 1) > due).then_some(()))).await.unwrap();
    line.hear(1..2, 1000).await.unwrap();
    let next = scene.arrival().await.unwrap();
    assert_eq!((next.path.as_str(), text(&json_of(&next), "/data/content")), ("/marker", "Text 1"));

    scene.server.stop().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    line.hear(2..12, 1000).await.unwrap();
    let later = scene.arrivals(10).await.unwrap();
    assert!(later.iter().all(|arrival| arrival.path == "/marker"));
}

#[tokio::test]
async fn an_idle_endpoint_is_told_at_once() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    scene.subscribe("/x", json!({ "events": ["message.received"] })).await.unwrap();
    let begun = Instant::now();
    for number in 0..20 {
        line.hear(number..number + 1, 1000).await.unwrap();
        scene.arrival().await.unwrap();
    }
    // Whoever looked once a second would need about twice as long.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn without_events_each_format_gets_its_own() {
    let mut scene = Scene::start().await.unwrap();
    let lifecycle = scene.subscribe("/lifecycle", json!({})).await.unwrap();
    let five = ["message.received", "message.sent", "message.delivered", "message.read", "message.failed"];
    assert_eq!(lifecycle["events"], json!(five));
    let object = scene.subscribe("/object", json!({ "format": "object", "events": null })).await.unwrap();
    assert_eq!(object["events"], json!(["message.received", "message.sent", "message.updated"]));
}

#[tokio::test]
async fn patterns_and_channels_choose_what_is_sent() {
    let mut scene = Scene::start().await.unwrap();
    let mut first = scene.line("1001").await.unwrap();
    let mut second = scene.line("1002").await.unwrap();
    let everything = json!({ "events": ["*"], "channels": [first.id] });
    scene.subscribe("/everything-of-the-first", everything).await.unwrap();
    scene.subscribe("/conversations", json!({ "events": ["conversation.*"] })).await.unwrap();
    scene.subscribe("/one", json!({ "events": ["message.received"], "channels": [second.id] })).await.unwrap();
    second.post(&webhooks::text(&second.account, &customer(2), "wamid.2", "to the second")).await.unwrap();
    first.post(&webhooks::text(&first.account, &customer(1), "wamid.1", "to the first")).await.unwrap();

    let mut told: Vec<(String, String, String)> = scene
        .arrivals(7)
        .await
        .unwrap()
        .iter()
        .map(|arrival| {
            let channel = json_of(arrival)["data"]["channel_id"].as_str().unwrap_or_default().to_owned();
            (arrival.path.clone(), arrival.event().unwrap().to_owned(), channel)
        })
        .collect();
    told.sort();
    // A contact says nothing of the channel that it came by.
    let nothing = String::new();
    let expected = [
        ("/conversations", "conversation.created", &first.id),
        ("/conversations", "conversation.created", &second.id),
        ("/everything-of-the-first", "channel.connected", &first.id),
        ("/everything-of-the-first", "contact.created", &nothing),
        ("/everything-of-the-first", "conversation.created", &first.id),
        ("/everything-of-the-first", "message.received", &first.id),
        ("/one", "message.received", &second.id),
    ];
    let mut expected = expected.map(|(path, event, id)| (path.to_owned(), event.to_owned(), id.clone())).to_vec();
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_said_field_by_field() {
    let mut scene = Scene::start().await.unwrap();
    let url = scene.receiver.url("/all");
    for (fields, pointer) in [
        (json!({}), "/url"),
        (json!({ "url": "not a url" }), "/url"),
        (json!({ "url": url, "format": "xml" }), "/format"),
        (json!({ "url": url, "events": ["message.recieved"] }), "/events/0"),
        (json!({ "url": url, "events": [] }), "/events"),
        (json!({ "url": url, "channels": ["chan_00000000000000000000000000"] }), "/channels/0"),
        (json!({ "url": url, "ordering": "random" }), "/ordering"),
        (json!({ "url": url, "timeout_ms": 1 }), "/timeout_ms"),
        (json!({ "url": url, "headers": { "webhook-id": "mine" } }), "/headers/webhook-id"),
        (json!({ "url": url, "headers": { "x-a": "line\nbreak" } }), "/headers/x-a"),
        (json!({ "url": url, "metadata": { "blob": "x".repeat(5000) } }), "/metadata"),
        (
            json!({ "url": url, "legacy_signature": { "header": "host", "signed": "body", "encoding": "hex" } }),
            "/legacy_signature/header",
        ),
        (json!({ "url": url, "colour": "red" }), "/colour"),
    ] {
        let answer = scene.api.post("/v1/endpoints", &fields).await.unwrap();
        let told = format!("{fields}: {}", answer.json);
        let status = answer.status.as_u16();
        assert_eq!(status, 422, "{told}");
        assert!(pointers(&answer.json).contains(&pointer), "{told}");
    }
    let listed = scene.api.get("/v1/endpoints").await.unwrap().ok().unwrap();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn a_test_is_sent_now_and_stays_out_of_the_log() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = scene.subscribe("/all", json!({ "events": ["message.received"] })).await.unwrap();
    let path = format!("/v1/endpoints/{}/test", text(&endpoint, "/id"));
    let result = scene.api.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&result, &json!({ "delivered": true, "status_code": 200, "error": null }));
    assert!(result["duration_ms"].is_u64());
    let arrival = scene.arrival().await.unwrap();
    assert_eq!(arrival.event(), Some("webhook.test"));
    assert_eq!(json_of(&arrival)["data"]["endpoint_id"], endpoint["id"]);
    assert_eq!(json_of(&arrival)["data"]["requested_by"], "key_admin");
    let events = scene.api.get("/v1/events").await.unwrap().ok().unwrap();
    assert_eq!(events["data"], json!([]));

    scene.receiver.behave("/all", Behaviour::status(http::StatusCode::IM_A_TEAPOT));
    let result = scene.api.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&result, &json!({ "delivered": false, "status_code": 418, "response_body": "ok" }));
    scene.receiver.behave("/all", Behaviour::Close);
    let result = scene.api.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&result, &json!({ "delivered": false, "status_code": null }));
    assert!(text(&result, "/error").contains("closed the connection"), "{result:#}");
    let endpoint = scene.api.get(&path.replace("/test", "")).await.unwrap().ok().unwrap();
    assert_eq!(endpoint["status"], "healthy", "a test is no delivery");
}

#[tokio::test]
async fn a_replaced_secret_signs_on_for_the_overlap_and_not_without_one() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let first = text(&endpoint, "/secret").to_owned();
    let rotate = format!("/v1/endpoints/{}/secret/rotate", text(&endpoint, "/id"));

    let rotated = scene.api.post(&rotate, &json!({ "overlap_seconds": 3600 })).await.unwrap().ok().unwrap();
    let second = text(&rotated, "/secret").to_owned();
    assert!(text(&rotated, "/previous_valid_until") > text(&endpoint, "/created_at"));
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let arrival = scene.arrival().await.unwrap();
    for secret in [&first, &second] {
        assert!(is_signed(&arrival.headers, &arrival.body, secret), "{secret}");
    }
    assert_eq!(arrival.header("webhook-signature").unwrap().split(' ').count(), 2);

    // The emergency: every older one is dropped.
    let rotated = scene.api.post(&rotate, &json!({ "overlap_seconds": 0 })).await.unwrap().ok().unwrap();
    let third = text(&rotated, "/secret").to_owned();
    scene.receiver.trust("/all", &third);
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "Hello again")).await.unwrap();
    let arrival = scene.arrival().await.unwrap();
    for secret in [&first, &second] {
        assert!(!is_signed(&arrival.headers, &arrival.body, secret), "{secret}");
    }
    assert!(first != second && second != third);

    let problem = scene.api.post(&rotate, &json!({ "overlap_seconds": -1 })).await.unwrap();
    assert_eq!(pointers(&problem.problem(422, "validation_failed").unwrap()), ["/overlap_seconds"]);
}

#[tokio::test]
async fn a_second_signature_fits_receivers_of_another_platform() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let of_body = json!({ "header": "X-Timely-Signature", "signed": "body", "encoding": "hex", "prefix": "sha256=" });
    let with_time = json!({ "header": "X-Signed", "timestamp_header": "X-Signed-At", "signed": "timestamp.body",
                            "encoding": "hex", "prefix": "sha256=" });
    let first = scene.subscribe("/body", json!({ "legacy_signature": of_body })).await.unwrap();
    let second = scene.subscribe("/time", json!({ "legacy_signature": with_time })).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    for arrival in scene.arrivals(2).await.unwrap() {
        if arrival.path == "/body" {
            let expected = sign(text(&first, "/secret"), &arrival.body);
            assert_eq!(arrival.header("x-timely-signature"), Some(expected.as_str()));
        } else {
            let at = arrival.header("x-signed-at").unwrap();
            let signed = [at.as_bytes(), b".", &arrival.body[..]].concat();
            assert_eq!(arrival.header("x-signed"), Some(sign(text(&second, "/secret"), &signed).as_str()));
        }
    }
}

#[tokio::test]
async fn a_webhook_has_the_headers_of_the_standard_and_the_company_s_own() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let own = json!({ "headers": { "x-api-key": "a-key-of-the-company", "authorization": "Basic Og==" } });
    let endpoint = scene.subscribe("/all", own).await.unwrap();
    assert_eq!(endpoint["headers"], json!({ "authorization": "[redacted]", "x-api-key": "[redacted]" }));
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let arrival = scene.arrival().await.unwrap();
    let body = json_of(&arrival);
    for (name, value) in [
        ("x-api-key", "a-key-of-the-company"),
        ("authorization", "Basic Og=="),
        ("content-type", "application/json"),
        ("webhook-id", text(&body, "/event_id")),
        ("tidings-event", "message.received"),
        ("tidings-format", "lifecycle"),
        ("tidings-attempt", "1"),
    ] {
        assert_eq!(arrival.header(name), Some(value), "{name}");
    }
    assert!(arrival.header("user-agent").unwrap().starts_with("Tidings/"));
    assert_eq!(arrival.header("content-length"), Some(arrival.body.len().to_string().as_str()));
    assert!(arrival.header("webhook-timestamp").unwrap().parse::<u64>().unwrap() > 1_776_609_000);

    // Who sends back what was shown means to leave it.
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    let fields = json!({ "headers": { "x-api-key": "[redacted]", "authorization": null } });
    let changed = scene.api.patch(&path, &fields).await.unwrap().ok().unwrap();
    assert_eq!(changed["headers"], json!({ "x-api-key": "[redacted]" }));
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "Hello")).await.unwrap();
    let arrival = scene.arrival().await.unwrap();
    assert_eq!(arrival.header("x-api-key"), Some("a-key-of-the-company"));
    assert_eq!(arrival.header("authorization"), None);
}

#[tokio::test]
async fn a_paused_endpoint_gets_what_it_missed_unless_it_is_told_otherwise() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    let account = line.account.clone();
    let says = |id: &str| webhooks::text(&account, &customer(1), id, id);

    let paused = scene.api.patch(&path, &json!({ "enabled": false })).await.unwrap().ok().unwrap();
    assert_holds(&paused, &json!({ "enabled": false, "status": "paused" }));
    line.post(&says("missed")).await.unwrap();
    let enabled = scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    assert_holds(&enabled, &json!({ "enabled": true, "status": "healthy" }));
    assert_eq!(json_of(&scene.arrival().await.unwrap())["data"]["content"], "missed");

    scene.api.patch(&path, &json!({ "enabled": false })).await.unwrap().ok().unwrap();
    line.post(&says("skipped")).await.unwrap();
    let resume = json!({ "enabled": true, "resume_from": "now" });
    scene.api.patch(&path, &resume).await.unwrap().ok().unwrap();
    line.post(&says("afterwards")).await.unwrap();
    assert_eq!(json_of(&scene.arrival().await.unwrap())["data"]["content"], "afterwards");

    let problem = scene.api.patch(&path, &json!({ "resume_from": "then" })).await.unwrap();
    assert_eq!(pointers(&problem.problem(422, "validation_failed").unwrap()), ["/resume_from"]);
}

#[tokio::test]
async fn a_new_endpoint_starts_at_the_end_of_the_log() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "before")).await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "after")).await.unwrap();
    assert_eq!(json_of(&scene.arrival().await.unwrap())["data"]["content"], "after");
}

#[tokio::test]
async fn an_endpoint_that_says_gone_is_disabled_and_others_are_told() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/gone", json!({})).await.unwrap();
    scene.subscribe("/watch", json!({ "events": ["endpoint.*"] })).await.unwrap();
    scene.receiver.behave("/gone", Behaviour::status(http::StatusCode::GONE));
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    assert_eq!(scene.arrival().await.unwrap().path, "/gone");
    let told = scene.arrival().await.unwrap();
    assert_eq!((told.path.as_str(), told.event()), ("/watch", Some("endpoint.disabled")));
    assert_holds(&json_of(&told)["data"], &json!({ "endpoint_id": endpoint["id"], "url": endpoint["url"] }));
    assert!(text(&json_of(&told), "/data/reason").contains("410"), "{:?}", told.body);
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    let disabled = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(disabled["status"], "disabled");
    assert_eq!(disabled["enabled"], false, "a disabled endpoint is not enabled");
    let logged = scene.server.output();
    let line = logged.lines().find(|line| line.contains("an endpoint was disabled"));
    assert!(line.is_some_and(|line| line.contains(text(&endpoint, "/id"))), "{logged}");

    // Its event stays first in line.
    scene.receiver.behave("/gone", Behaviour::ok());
    scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    let arrival = scene.arrival().await.unwrap();
    assert_eq!((arrival.path.as_str(), arrival.header("tidings-attempt")), ("/gone", Some("2")));
    let healthy = eventually("it is healthy again", async || {
        let endpoint = scene.api.get(&path).await?.ok()?;
        Ok((endpoint["status"] == "healthy").then_some(endpoint))
    });
    assert_eq!(healthy.await.unwrap()["enabled"], true);
}

#[tokio::test]
async fn one_that_says_gone_to_many_at_once_is_disabled_once() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let fields = json!({ "events": ["message.*"] });
    let endpoint = scene.subscribe("/gone", fields).await.unwrap();
    scene.receiver.behave("/gone", Behaviour::status(http::StatusCode::GONE));
    let said = |number| webhooks::text(&line.account, &customer(number), &format!("wamid.{number}"), "Hello");
    let mut webhook = said(1);
    for number in 2..=20 {
        let entry = said(number)["entry"][0].clone();
        webhook["entry"].as_array_mut().unwrap().push(entry);
    }
    line.post(&webhook).await.unwrap();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    eventually(
        "it is disabled",
        async || Ok((scene.api.get(&path).await?.ok()?["status"] == "disabled").then_some(())),
    )
    .await
    .unwrap();

    scene.receiver.behave("/gone", Behaviour::ok());
    scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    let mut taken = std::collections::HashSet::new();
    while taken.len() < 20 {
        let arrival = scene.arrival().await.unwrap();
        if arrival.answered == Some(http::StatusCode::OK) {
            taken.insert(arrival.id().unwrap().to_owned());
        }
    }
    let told = scene.api.get("/v1/events?types=endpoint.disabled").await.unwrap().ok().unwrap();
    assert_eq!(told["data"].as_array().unwrap().len(), 1, "{told}");
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_told_in_words() {
    let mut scene = Scene::start().await.unwrap();
    let url = scene.receiver.url("/all");
    for (fields, pointer, words) in [
        (json!({ "concurrency": -1 }), "/concurrency", "expected a whole number from 0"),
        (json!({ "rate_limit": "5" }), "/rate_limit", "expected a number"),
        (json!({ "auth": "x" }), "/auth", "expected an object"),
        (json!({ "headers": { "x-a": "1", "X-A": "2" } }), "/headers/x-a", "stands there twice"),
        (json!({ "headers": { "x-a": "1".repeat(5000) } }), "/headers/x-a", "is too long"),
        (
            json!({ "legacy_signature": { "header": "x-s", "timestamp_header": "X-S", "signed": "timestamp.body", "encoding": "hex", "prefix": "" } }),
            "/legacy_signature/timestamp_header",
            "is the signature's header, too",
        ),
        (json!({ "filter": { "/data/~2": 1 } }), "/filter/~1data~1~02", "a JSON pointer"),
    ] {
        let mut endpoint = json!({ "url": url });
        endpoint.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let answer = scene.api.post("/v1/endpoints", &endpoint).await.unwrap();
        let problem = answer.problem(422, "validation_failed").unwrap();
        assert_eq!(pointers(&problem), [pointer], "{problem}");
        assert!(text(&problem, "/errors/0/detail").contains(words), "{problem}");
    }
}
