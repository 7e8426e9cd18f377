//! The log, the stream and the page.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::{Scene, text};

#[tokio::test]
async fn every_call_and_every_webhook_is_in_the_log_with_its_answer() {
    let mut scene = Scene::start().await;
    scene.customer("15550100001", json!({ "reads": false })).await;
    let id = scene.send("15550100001", text("x")).await;
    scene.told().await;
    let log = scene.ask("GET", "/simulator/log", Value::Null).await;
    let entries = log["entries"].as_array().unwrap();
    let kinds: Vec<&Value> = entries.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["call", "webhook", "webhook"]);
    assert_eq!(entries[0]["title"], format!("POST {}", super::MESSAGES));
    assert_eq!(entries[0]["answer"]["body"]["messages"][0]["id"], json!(id));
    assert_eq!(
        (&entries[1]["summary"], &entries[1]["answer"]["status"]),
        (&json!("sent of a message to 15550100001"), &json!(200))
    );
    assert!(entries[1]["duration_ms"].is_u64());
    let later = scene.ask("GET", "/simulator/log?after=1&limit=1", Value::Null).await;
    assert_eq!(later["entries"], json!([entries[1]]));
}

#[tokio::test]
async fn what_happens_is_streamed() {
    let mut scene = Scene::start().await;
    let address = scene.simulator.base().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /simulator/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    while !lines.next_line().await.unwrap().unwrap().is_empty() {}
    scene.customer("15550100001", json!({})).await;
    let mut found = Vec::new();
    while found.len() < 2 {
        let line = lines.next_line().await.unwrap().unwrap();
        if line.starts_with("event:") || line.starts_with("data:") {
            found.push(line);
        }
    }
    assert_eq!(found[0], "event: customer");
    let data: Value = serde_json::from_str(found[1].strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data["phone"], "15550100001");
}

#[tokio::test]
async fn a_call_that_is_never_answered_is_in_the_log_as_such() {
    let mut scene = Scene::start().await;
    let message = json!({ "messaging_product": "whatsapp", "to": "15550109045", "text": { "body": "x" } });
    let mut watched = scene.simulator.watch();
    let caller = async { scene.call("POST", super::MESSAGES, &message).await };
    tokio::select! {
        answer = caller => panic!("{answer:?}"),
        told = watched.recv() => assert_eq!(told.unwrap().data["answer"], Value::Null),
    }
    drop(std::mem::replace(&mut scene.connection, crate::Connection::to(scene.simulator.base()).unwrap()));
    let told = watched.recv().await.unwrap();
    assert_eq!(told.data["error"], "the caller went away without an answer");
}

#[tokio::test]
async fn the_page_is_allowed_nothing_but_its_own() {
    let mut scene = Scene::start().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/bubble.js", "text/javascript"),
    ] {
        let answer = scene.call("GET", path, &Value::Null).await;
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let body = String::from_utf8_lossy(answer.body()).into_owned();
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!body.contains(forbidden), "{path} has {forbidden}");
        }
    }
}
