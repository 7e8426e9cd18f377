//! A collection of real payloads, if there is one: all of it must be read and nothing of it lost.

use std::path::Path;

use serde_json::Value;

use super::parse;

#[test]
fn every_payload_is_read_whole() {
    let Some(folder) = std::env::var_os("TIDINGS_FIXTURES") else {
        println!("skipped: TIDINGS_FIXTURES names no folder of payloads");
        return;
    };
    let mut count = 0;
    for file in std::fs::read_dir(Path::new(&folder).join("whatsapp")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let updates = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        println!("{}: {updates:#?}", path.display());
        let items = items(&serde_json::from_str(&text).unwrap());
        assert!(updates.len() >= items.max(1), "{}: {items} items, {updates:#?}", path.display());
        count += 1;
    }
    assert!(count > 0, "the folder is empty");
}

/// How many messages, echoes and statuses there are in a body.
fn items(body: &Value) -> usize {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&body["entry"])
        .iter()
        .flat_map(|entry| list(&entry["changes"]))
        .flat_map(|change| ["messages", "message_echoes", "statuses"].map(|name| list(&change["value"][name]).len()))
        .sum()
}
