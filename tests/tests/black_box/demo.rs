//! `tidings demo`: for programs, and for those who stay.

use std::collections::BTreeSet;

use serde_json::json;
use tidings_tests::{Api, Running, binary};
use tokio::process::Command;

/// The six words of a line, if it is one of a webhook.
fn webhook(line: &str) -> Option<[&str; 6]> {
    let words: [&str; 6] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    (words[3].starts_with("evt_")).then_some(words)
}

#[tokio::test]
async fn every_webhook_of_the_story_is_one_line() {
    let output = Command::new(binary().unwrap()).args(["demo", "--once"]).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut told = BTreeSet::new();
    for line in printed.lines() {
        let Some([time, format, event, id, verified, status]) = webhook(line) else { panic!("not six words: {line}") };
        assert!(time.ends_with('Z'), "{line}");
        assert_eq!((verified, status), ("verified", "200"), "{line}");
        assert!(told.insert((format, event, id)), "twice: {line}");
    }
    for expected in [
        ("lifecycle", "message.received"),
        ("lifecycle", "message.sent"),
        ("lifecycle", "message.delivered"),
        ("lifecycle", "message.read"),
        ("lifecycle", "message.failed"),
        ("object", "message.received"),
        ("object", "message.sent"),
        ("object", "message.updated"),
    ] {
        assert!(told.iter().any(|(format, event, _)| (*format, *event) == expected), "{expected:?}: {printed}");
    }
}

/// Whoever stays is told where to go on, and what comes of that is printed like the rest.
#[tokio::test]
async fn who_stays_can_go_on_by_what_is_printed() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" demo 2>&1"]).arg(binary().unwrap());
    let mut demo = Running::of(shell).unwrap();
    let curl = loop {
        let line = demo.line().await.unwrap();
        if let Some(curl) = line.trim().strip_prefix("curl ") {
            break curl.to_owned();
        }
    };
    let words: Vec<&str> = curl.split('\'').collect();
    let (url, key) = (words[0].split(' ').next().unwrap(), words[1].rsplit(' ').next().unwrap());
    let mut message: serde_json::Value = serde_json::from_str(words[5]).unwrap();
    message["text"] = json!("and by the way");
    let mut api = Api::new(url.trim_end_matches("/v1/messages"), key).unwrap();
    api.post("/v1/messages", &message).await.unwrap().ok().unwrap();
    let mut seen = BTreeSet::new();
    while !(seen.contains("lifecycle message.read") && seen.contains("object message.sent")) {
        let line = demo.line().await.unwrap();
        if let Some([_, format, event, _, verified, _]) = webhook(&line) {
            assert_eq!(verified, "verified", "{line}");
            seen.insert(format!("{format} {event}"));
        }
    }
    demo.stop().await.unwrap();
}
