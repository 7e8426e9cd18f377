//! The receivers of docs/receiving.md, run as they stand there: they take what is signed, once, and nothing else.

use std::path::Path;

use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tidings_simulator::Connection;
use tidings_tests::{
    Running, Scene, eventually, receiver, text,
    webhooks::{self, customer},
};
use tokio::process::Command;

fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples").join(name)
}

/// A receiver in front of a server, and what it makes of what it is sent.
async fn try_receiver(mut program: Command) {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let fields = json!({ "url": "http://127.0.0.1:9", "events": ["message.received"], "enabled": false });
    let endpoint = scene.api.post("/v1/endpoints", &fields).await.unwrap().ok().unwrap();
    // One that signs no more stands beside it, as while one replaces the other.
    program.env("WEBHOOK_SECRET", format!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw {}", text(&endpoint, "/secret")));
    program.env_remove("PORT");
    let mut receiver = Running::of(program).unwrap();
    let announced = receiver.line().await.unwrap();
    let address = announced.strip_prefix("listening on ").unwrap().to_owned();
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    scene.api.patch(&path, &json!({ "url": address, "enabled": true })).await.unwrap().ok().unwrap();

    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    assert_eq!(receiver.line().await.unwrap(), "message.received Hello");

    let delivered = format!("{path}/attempts?outcome=delivered");
    let taken = async |scene: &mut Scene, times: usize| {
        eventually("it is taken, and that is written down", async || {
            let attempts = scene.api.get(&delivered).await?.ok()?;
            Ok((attempts["data"].as_array().map(Vec::len) == Some(times)).then_some(()))
        })
        .await
        .unwrap();
    };
    // What is under way would not be sent once more.
    taken(&mut scene, 1).await;

    // Again, by hand: it is taken, and the work is not done twice.
    let event =
        text(&scene.api.get("/v1/events?types=message.received").await.unwrap().ok().unwrap(), "/data/0/event_id")
            .to_owned();
    let again = json!({ "endpoint_id": endpoint["id"] });
    scene.api.post(&format!("/v1/events/{event}/resend"), &again).await.unwrap().ok().unwrap();
    taken(&mut scene, 2).await;

    // What nobody signed, and what was signed long ago (the standard's published example).
    let mut stranger = Connection::to(&address).unwrap();
    for (timestamp, signature) in
        [("1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), ("", ""), ("x", "v1,")]
    {
        let request = Request::post(&address)
            .header("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::new(r#"{"test": 2432232314}"#.into()))
            .unwrap();
        assert_eq!(stranger.send(request).await.unwrap().status(), StatusCode::UNAUTHORIZED, "{timestamp}");
    }
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "Bye")).await.unwrap();
    assert_eq!(receiver.line().await.unwrap(), "message.received Bye", "and nothing in between");
    receiver.stop().await.unwrap();
}

#[tokio::test]
async fn the_receiver_in_rust_takes_what_is_signed() {
    try_receiver(Command::new(receiver().unwrap())).await;
}

#[tokio::test]
async fn the_receiver_in_python_takes_what_is_signed() {
    let is_there = Command::new("python3").arg("--version").output().await.is_ok_and(|told| told.status.success());
    if !is_there {
        println!("skipped: python3 is not installed");
        return;
    }
    let mut program = Command::new("python3");
    program.arg(example("receive.py"));
    try_receiver(program).await;
}

#[tokio::test]
async fn the_receiver_in_typescript_takes_what_is_signed() {
    // From 22.6 on Node runs TypeScript by itself.
    let mut asked = Command::new("node");
    asked.args(["--experimental-strip-types", "--eval", ""]);
    if !asked.output().await.is_ok_and(|told| told.status.success()) {
        println!("skipped: there is no Node that runs TypeScript (22.6 or later)");
        return;
    }
    let mut program = Command::new("node");
    program.args(["--experimental-strip-types"]).arg(example("receive.ts"));
    try_receiver(program).await;
}
