//! `tidings listen`: events handed on to a program as an endpoint gets them.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::Behaviour;
use tidings_tests::{Door, Running, Scene, assert_holds, eventually, json_of, text, tidings};

/// What the webhooks are signed with.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The words of a line, and the reason behind them.
fn words(line: &str) -> Vec<&str> {
    line.splitn(6, ' ').collect()
}

fn event_ids(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| words(line)[2]).collect()
}

#[tokio::test]
async fn a_program_gets_what_an_endpoint_gets() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    scene.subscribe("/endpoint", json!({ "events": ["*"] })).await.unwrap();
    scene.receiver.trust("/program", SECRET);
    let program = scene.receiver.url("/program");
    line.hear(0..1, 1).await.unwrap();
    let endpoint = scene.arrivals(4).await.unwrap();

    let arguments = ["listen", "--last", "4", "--forward-to", &program, "--secret", SECRET];
    let mut listening = Running::start(&scene.server.base(), &arguments).unwrap();
    let handed_on = scene.arrivals(4).await.unwrap();
    for theirs in &endpoint {
        let ours = handed_on.iter().find(|arrival| arrival.id() == theirs.id()).unwrap();
        assert_eq!(ours.body, theirs.body, "to the byte");
        let fixed = |headers: &http::HeaderMap| {
            let mut headers = headers.clone();
            // What belongs to the time and the secret of an attempt; that they fit has been verified.
            for name in ["webhook-timestamp", "webhook-signature"] {
                headers.remove(name).unwrap();
            }
            headers
        };
        assert_eq!(fixed(&ours.headers), fixed(&theirs.headers));
    }
    for line in listening.lines(4).await.unwrap() {
        let words = words(&line);
        assert!(words[0].ends_with('Z') && words[2].starts_with("evt_") && words[3] == "200", "{line}");
        assert!(words[4].parse::<u32>().is_ok() && words.len() == 5, "{line}");
    }
    // And what happens from now on, in the other format of another listener.
    let mut other = Running::start(
        &scene.server.base(),
        &["listen", "--last", "1", "--format", "object", "--events", "message.*", "--json", "--print-json"],
    )
    .unwrap();
    let before: Value = serde_json::from_str(&other.line().await.unwrap()).unwrap();
    assert_holds(
        &before,
        &json!({ "event": "message.received", "body": { "data": { "content": { "body": "Text 0" } } } }),
    );
    line.hear(1..2, 1).await.unwrap();
    let news: Value = serde_json::from_str(&other.line().await.unwrap()).unwrap();
    assert_holds(
        &news,
        &json!({ "event": "message.received", "body": { "data": { "content": { "body": "Text 1" } } } }),
    );
    assert_eq!(words(&listening.line().await.unwrap())[1], "message.received");
    listening.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_erased_is_handed_on_to_nobody() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..1, 1).await.unwrap();
    let contacts = scene.api.get("/v1/contacts").await.unwrap().ok().unwrap();
    let path = format!("/v1/contacts/{}", text(&contacts, "/data/0/id"));
    assert_eq!(scene.api.delete(&path).await.unwrap().status, 204);
    eventually("all of it is erased", async || {
        let events = scene.api.get("/v1/events").await?.ok()?;
        let all = events["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(all.iter().all(|event| event["data"] == json!({}) || event["event"] == "channel.connected").then_some(()))
    })
    .await
    .unwrap();
    line.hear(1..2, 1).await.unwrap();
    let arguments =
        ["listen", "--last", "100", "--events", "message.received,contact.deleted", "--json", "--print-json"];
    let mut listening = Running::start(&scene.server.base(), &arguments).unwrap();
    let first: Value = serde_json::from_str(&listening.line().await.unwrap()).unwrap();
    assert_eq!(first["body"]["data"]["content"], "Text 1", "{first:#}");
    listening.stop().await.unwrap();
}

#[tokio::test]
async fn a_restart_of_the_server_leaves_nothing_out_and_repeats_nothing() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let door = Door::to(&scene.server).await.unwrap();
    scene.receiver.trust("/program", SECRET);
    let program = scene.receiver.url("/program");
    line.hear(0..1, 1).await.unwrap();
    let arguments = ["listen", "--last", "1", "--events", "message.*", "--forward-to", &program, "--secret", SECRET];
    let mut listening = Running::start(&door.base(), &arguments).unwrap();
    listening.line().await.unwrap();
    let mut texts = Vec::new();
    for round in 1..4 {
        scene.server.kill().await.unwrap();
        scene.server.restart().await.unwrap();
        scene.reconnect([&mut line]).unwrap();
        // While the listener does not know where the server is.
        line.hear(round * 10..round * 10 + 3, 2).await.unwrap();
        door.move_to(&scene.server).unwrap();
        line.hear(round * 10 + 3..round * 10 + 5, 2).await.unwrap();
        listening.lines(5).await.unwrap();
    }
    for arrival in scene.arrivals(16).await.unwrap() {
        texts.push(json_of(&arrival)["data"]["content"].as_str().unwrap().to_owned());
    }
    let expected: Vec<_> = [0..1, 10..15, 20..25, 30..35].into_iter().flatten().map(|n| format!("Text {n}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(scene.receiver.arrived().len(), 0, "nothing came twice");
}

#[tokio::test]
async fn what_the_program_does_not_take_is_tried_again_and_then_skipped() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    scene.receiver.trust("/program", SECRET);
    scene.receiver.behave("/program", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    let program = scene.receiver.url("/program");
    let arguments = ["--events", "message.*", "--forward-to", &program, "--secret", SECRET, "--retries", "1"];
    let mut listening =
        Running::start(&scene.server.base(), &[&["listen", "--last", "10"], &arguments[..]].concat()).unwrap();
    line.hear(0..2, 1).await.unwrap();
    let tries = listening.lines(4).await.unwrap();
    let ids = event_ids(&tries);
    assert!(ids[0] == ids[1] && ids[1] != ids[2] && ids[2] == ids[3], "{tries:?}");
    for line in &tries {
        let words = words(line);
        assert!(words[3] == "500" && words[5].contains("500"), "{line}");
    }
    let arrivals = scene.arrivals(4).await.unwrap();
    let numbers = arrivals.iter().map(|arrival| arrival.headers["tidings-attempt"].to_str().unwrap());
    assert_eq!(numbers.collect::<Vec<_>>(), ["1", "2", "1", "2"]);
}

#[tokio::test]
async fn it_is_said_what_is_waited_for_and_what_is_skipped() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..1, 1).await.unwrap();
    let base = scene.server.base();
    let last = scene.api.get("/v1/events?last=1").await.unwrap().ok().unwrap();
    let id = text(&last, "/data/0/event_id");
    for (behaviour, why) in [
        (Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR), "after 1 try;"),
        (Behaviour::status(StatusCode::GONE), "disable an endpoint"),
        (Behaviour::status(StatusCode::CONFLICT).with("webhook-delivery", "abort-message"), "as the answer asks for"),
    ] {
        scene.receiver.behave("/program", behaviour);
        let program = scene.receiver.url("/program");
        let arguments = ["listen", "--last", "1", "--forward-to", &program, "--retries", "0"];
        let mut listening = Running::with_errors(&base, &arguments).unwrap();
        assert!(listening.line().await.unwrap().starts_with("Listening to "));
        let skipped = listening.line_with("is skipped").await.unwrap();
        assert!(skipped.contains(why) && skipped.contains(&format!("`tidings events get {id}`")), "{skipped}");
    }
    scene.receiver.behave("/program", Behaviour::Hang);
    let program = scene.receiver.url("/program");
    let mut listening = Running::with_errors(&base, &["listen", "--last", "1", "--forward-to", &program]).unwrap();
    let waiting = listening.line_with("still waiting").await.unwrap();
    assert!(waiting.contains(id), "{waiting}");
    let nowhere = tidings("http://127.0.0.1:1", &["listen"]).await.unwrap();
    assert!(!nowhere.errors.contains("Listening"), "it does not listen yet: {nowhere:?}");
}

#[tokio::test]
async fn what_cannot_work_is_said_at_once() {
    let scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    for (base, arguments, code, word) in [
        ("http://127.0.0.1:1", &["listen"][..], 4, "tidings serve"),
        (&base, &["listen", "--key", "wrong"], 3, "unauthenticated"),
        (&base, &["listen", "--forward-to", "nowhere"], 2, "nowhere"),
        (&base, &["listen", "--secret", "whsec_short"], 2, "--secret"),
        (&base, &["listen", "--events", "message.flown"], 3, "/types"),
    ] {
        let told = tidings(base, arguments).await.unwrap();
        assert_eq!(told.code, Some(code), "{arguments:?}: {}", told.errors);
        assert!(told.errors.contains(word), "{arguments:?}: {}", told.errors);
    }
}
