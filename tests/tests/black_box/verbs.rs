//! The other verbs of the binary.

use std::{collections::BTreeSet, process::Output};

use tidings_tests::{Scene, binary};
use tokio::process::Command;

async fn run(arguments: &[&str]) -> Output {
    Command::new(binary().unwrap()).args(arguments).output().await.unwrap()
}

#[tokio::test]
async fn the_demo_shows_both_formats_verified_one_line_each() {
    let output = run(&["demo", "--once"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut told = BTreeSet::new();
    for line in printed.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [time, format, event, id, verified, status] = words[..] else { panic!("not six words: {line}") };
        assert!(time.ends_with('Z') && id.starts_with("evt_"), "{line}");
        assert_eq!((verified, status), ("verified", "200"), "{line}");
        assert!(told.insert((format, event, id)), "twice: {line}");
    }
    for format in ["lifecycle", "object"] {
        assert!(told.iter().any(|(known, event, _)| *known == format && *event == "message.received"), "{printed}");
    }
}

#[tokio::test]
async fn the_document_is_printed_as_it_is_served() {
    let mut scene = Scene::start().await.unwrap();
    let served = scene.api.get("/openapi.json").await.unwrap().ok().unwrap();
    let output = run(&["openapi"]).await;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(), served);
}

#[tokio::test]
async fn what_is_wrong_with_an_option_is_said() {
    for (arguments, word) in [
        (&["serve", "--listen", "nowhere"][..], "nowhere"),
        (&["serve", "--config", "/does/not/exist.toml"], "/does/not/exist.toml"),
        (&["serve", "--allow-networks", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["fly"], "fly"),
    ] {
        let output = run(arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(word), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
