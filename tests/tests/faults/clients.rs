//! Clients that misbehave: slow on purpose, silent, or gone in the middle. Nobody else is to notice.

use std::time::Duration;

use tidings_tests::{
    Raw, Scene,
    webhooks::{self, customer},
};
use tokio::time::{Instant, timeout};

const SLOW_CLIENTS: usize = 100;

#[tokio::test]
async fn slow_clients_do_not_keep_others_waiting() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let base = scene.server.base();
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\nx-hub-signature-256: sha256=00\r\n", line.path());
    let mut slow = Vec::new();
    for number in 0..SLOW_CLIENTS {
        let mut client = Raw::open(&base).await.unwrap();
        let begun = match number % 4 {
            // A head that does not end, a body that does not come, half a body, and nothing at all.
            0 => head.clone(),
            1 => format!("{head}content-length: 1000000\r\n\r\n"),
            2 => format!("{head}content-length: 100\r\n\r\n{{\"object\":"),
            _ => String::new(),
        };
        client.send(begun.as_bytes()).await.unwrap();
        slow.push(client);
    }
    let mut longest = Duration::ZERO;
    for number in 0..50 {
        let webhook = webhooks::text(&line.account, &customer(number), &format!("wamid.{number}"), "Hello");
        let asked = Instant::now();
        timeout(Duration::from_secs(5), line.post(&webhook)).await.expect("nobody has to wait").unwrap();
        longest = longest.max(asked.elapsed());
        // They go on, a byte at a time.
        for client in &mut slow {
            // One that the server has had enough of is gone.
            let _ = client.send(b"x").await;
        }
    }
    println!("beside {SLOW_CLIENTS} slow clients a webhook took {} ms at most", longest.as_millis());

    // The server does not wait for them for ever, and says so where there is somebody to tell.
    if crate::is_long() {
        let unfinished_head = timeout(Duration::from_mins(1), slow[0].answer()).await;
        unfinished_head.expect("the head has a deadline").unwrap();
        let unfinished_body = timeout(Duration::from_mins(1), slow[1].answer()).await;
        let answer = unfinished_body.expect("the body has a deadline").unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    // Nor does it when it stops.
    drop(slow);
    timeout(Duration::from_secs(20), scene.server.stop()).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_clients_that_say_nothing() {
    let mut scene = Scene::start().await.unwrap();
    let line = scene.line("1001").await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut client = Raw::open(&scene.server.base()).await.unwrap();
        let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n", line.path());
        client.send(head.as_bytes()).await.unwrap();
        silent.push(client);
    }
    timeout(Duration::from_secs(20), scene.server.stop()).await.expect("it stops").unwrap();
}
