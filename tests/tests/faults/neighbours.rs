//! Endpoints that hang, drip, fail, go, send elsewhere, close and never stop, beside one that is well. That one must get
//! everything, in order and at its pace; of each of the others the delivery log must say in words what is wrong.

use std::{collections::HashMap, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Arrival, Behaviour};
use tidings_tests::{
    Scene, eventually, json_of, text,
    webhooks::{self, customer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, timeout},
};

const CUSTOMERS: usize = 20;
const PATIENCE: Duration = Duration::from_mins(1);
/// The shortest that an endpoint can have; the tests are to be short.
const TIMEOUT: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_endpoint_gets_everything_in_order_beside_sick_ones() {
    let messages: usize = if crate::is_long() { 20_000 } else { 400 };
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    scene.subscribe("/healthy", json!({})).await.unwrap();
    let mut sick = HashMap::new();
    for (path, behaviour) in [
        ("/hangs", Behaviour::Hang),
        ("/drips", Behaviour::Drip(Duration::from_millis(20))),
        ("/fails", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR)),
        ("/gone", Behaviour::status(StatusCode::GONE)),
        ("/moved", Behaviour::status(StatusCode::FOUND).with("location", "/elsewhere")),
        ("/closes", Behaviour::Close),
    ] {
        scene.receiver.behave(path, behaviour);
        let endpoint = scene.subscribe(path, json!({ "timeout_ms": 1000 })).await.unwrap();
        sick.insert(path, text(&endpoint, "/id").to_owned());
    }
    // One that nobody can wait for: before it has given up a first time, everything is to be at the healthy one.
    scene.receiver.behave("/hangs-on", Behaviour::Hang);
    let hanging = scene.subscribe("/hangs-on", json!({ "timeout_ms": 30_000 })).await.unwrap();
    let flood = endless().await;
    let endpoint = json!({ "url": flood, "timeout_ms": 1000 });
    let endpoint = scene.api.post("/v1/endpoints", &endpoint).await.unwrap().ok().unwrap();
    sick.insert("endless", text(&endpoint, "/id").to_owned());

    let started = Instant::now();
    for number in 0..messages {
        let webhook = webhooks::text(
            &line.account,
            &customer(number % CUSTOMERS),
            &format!("wamid.{number}"),
            &number.to_string(),
        );
        line.post(&webhook).await.unwrap();
    }
    let mut next: Vec<usize> = (0..CUSTOMERS).collect();
    let mut healthy = 0;
    while healthy < messages {
        let arrival = timeout(PATIENCE, scene.receiver.next()).await.expect("webhooks keep coming").unwrap();
        assert_ne!(arrival.path, "/elsewhere", "a redirect was followed");
        if arrival.path == "/healthy" {
            check(&arrival, &mut next);
            healthy += 1;
        }
    }
    let took = started.elapsed();
    println!("{messages} messages, all of them at the healthy endpoint within {} ms", took.as_millis());
    if !crate::is_long() {
        let path = format!("/v1/endpoints/{}/attempts", text(&hanging, "/id"));
        let attempts = scene.api.get(&path).await.unwrap().ok().unwrap();
        assert_eq!(attempts["data"], json!([]), "something has waited for it");
    }

    for (path, status, words) in [
        ("/hangs", None, Some("timed out while waiting for the answer")),
        ("/drips", None, Some("timed out while reading the answer's body")),
        ("/fails", Some(500), None),
        ("/gone", Some(410), None),
        ("/moved", Some(302), None),
        ("/closes", None, Some("closed the connection while waiting for the answer")),
    ] {
        let attempt = first_attempt(&mut scene, &sick[path]).await;
        assert_eq!(attempt["outcome"], "failed", "{path}: {attempt:#}");
        assert_eq!(attempt["status_code"], json!(status), "{path}: {attempt:#}");
        if let Some(words) = words {
            assert!(text(&attempt, "/error").contains(words), "{path}: {attempt:#}");
        }
        let took = Duration::from_millis(attempt["duration_ms"].as_u64().unwrap());
        assert!(took < TIMEOUT * 3, "{path}: one deadline is around all of it, not {took:?}");
    }
    // What never ends is read to the cap and no further: it said 200 and more than anybody wants to know.
    let attempt = first_attempt(&mut scene, &sick["endless"]).await;
    let path = format!("/v1/attempts/{}", text(&attempt, "/id"));
    let attempt = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert!(attempt["response"]["body"].as_str().is_none_or(|body| body.len() <= 16 * 1024), "{}", attempt["outcome"]);

    let gone = scene.api.get(&format!("/v1/endpoints/{}", sick["/gone"])).await.unwrap().ok().unwrap();
    assert_eq!((&gone["status"], &gone["enabled"]), (&json!("disabled"), &json!(false)));
    let later: Vec<_> = scene.receiver.arrived();
    assert!(later.iter().all(|arrival| arrival.path != "/elsewhere" && arrival.path != "/gone"));
}

/// A customer's messages come in the order in which they were written.
fn check(arrival: &Arrival, next: &mut [usize]) {
    assert!(arrival.verified, "an unsigned webhook: {arrival:?}");
    let number: usize = text(&json_of(arrival), "/data/content").parse().expect("we wrote a number");
    let next = &mut next[number % CUSTOMERS];
    assert_eq!(number, *next, "out of order, or again");
    *next += CUSTOMERS;
}

/// The first attempt at an endpoint, once it is written down.
async fn first_attempt(scene: &mut Scene, endpoint: &str) -> Value {
    let path = format!("/v1/endpoints/{endpoint}/attempts");
    let found = eventually("an attempt is written down", async || {
        let listed = scene.api.get(&path).await?.ok()?;
        Ok(listed["data"].as_array().and_then(|attempts| attempts.last()).cloned())
    });
    found.await.expect("an attempt is made")
}

/// A server that answers 200 and then sends as much as it can, for ever. Answers its address.
async fn endless() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut chunk = vec![b'x'; 64 * 1024];
                // The caller hangs up when it has had enough.
                let _ = stream.read(&mut chunk).await;
                chunk.fill(b'x');
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
                while stream.write_all(&chunk).await.is_ok() {}
            });
        }
    });
    format!("http://{address}/")
}
