//! `tidings trigger`: sample events for a program, and a test for an endpoint.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Behaviour, Receiver};
use tidings_tests::{Scene, json_of, text, tidings};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// No server is needed.
const NOWHERE: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn a_program_gets_every_event_in_both_formats_signed_and_as_its_schema_says() {
    let mut scene = Scene::start().await.unwrap();
    let listed = tidings(NOWHERE, &["trigger", "--list"]).await.unwrap().ok().unwrap();
    let kinds: Vec<&str> = listed.lines().filter(|name| name.matches('.').count() == 1).collect();
    assert!(kinds.len() > 20 && kinds.contains(&"message.received") && kinds.contains(&"webhook.test"), "{listed}");

    let mut receiver = Receiver::start().await.unwrap();
    receiver.trust("/webhooks", SECRET);
    let url = receiver.url("/webhooks");
    for format in ["lifecycle", "object"] {
        let arguments = ["trigger", "*", "--to", &url, "--format", format, "--secret", SECRET];
        let told = tidings(NOWHERE, &arguments).await.unwrap().ok().unwrap();
        assert_eq!(told.lines().count(), kinds.len(), "{told}");
        let arrived = receiver.arrived();
        for (arrival, line) in arrived.iter().zip(told.lines()) {
            assert!(arrival.verified && arrival.format() == Some(format));
            let schema = format!("/schemas/{format}/{}.json", arrival.event().unwrap());
            let schema = scene.api.get(&schema).await.unwrap().ok().unwrap();
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            let body = json_of(arrival);
            assert_eq!(body["event"], arrival.event().unwrap());
            let wrong: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{body:#}: {wrong:?}");
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(words[1..4], [arrival.event().unwrap(), arrival.id().unwrap(), "200"]);
            assert!(words[0].ends_with('Z') && words[4].parse::<u32>().is_ok() && words.len() == 5, "{line}");
        }
        let ids: std::collections::BTreeSet<_> = arrived.iter().map(|arrival| arrival.id().unwrap()).collect();
        assert_eq!(ids.len(), kinds.len(), "each has an id of its own");
    }
}

#[tokio::test]
async fn a_message_says_what_is_wanted_and_can_be_looked_at_alone() {
    let arguments = ["trigger", "message.received", "message.received.image", "--text", "Is it open?"];
    let printed = tidings(NOWHERE, &arguments).await.unwrap().ok().unwrap();
    let bodies: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = bodies.iter().map(|body| (text(body, "/data/type"), text(body, "/data/content"))).collect();
    assert_eq!(told, [("text", "Is it open?"), ("image", "Is it open?")]);
}

#[tokio::test]
async fn whatever_is_listed_can_be_had() {
    let mut numbers = Vec::new();
    for format in ["lifecycle", "object"] {
        let listed = tidings(NOWHERE, &["trigger", "--list", "--format", format]).await.unwrap().ok().unwrap();
        let names: Vec<&str> = listed.lines().collect();
        let arguments = [&["trigger", "--format", format], &names[..]].concat();
        let printed = tidings(NOWHERE, &arguments).await.unwrap().ok().unwrap();
        assert_eq!(printed.lines().count(), names.len(), "{format}");
        numbers.push(names.len());
    }
    assert!(numbers[1] < numbers[0], "the object format tells of less: {numbers:?}");
}

#[tokio::test]
async fn what_is_not_taken_is_a_failure() {
    let mut receiver = Receiver::start().await.unwrap();
    receiver.behave("/webhooks", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    let told = tidings(NOWHERE, &["trigger", "message.read", "--to", &receiver.url("/webhooks")]).await.unwrap();
    assert_eq!(told.code, Some(1), "{}", told.errors);
    assert!(told.output.contains(" 500 ") && told.errors.contains("Signed with whsec_"), "{}", told.errors);
    assert_eq!(receiver.arrived().len(), 1, "it is sent once");
}

#[tokio::test]
async fn a_registered_endpoint_gets_a_test_from_the_server() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let base = scene.server.base();
    let id = text(&endpoint, "/id");
    let told = tidings(&base, &["trigger", "--endpoint", id]).await.unwrap().ok().unwrap();
    assert!(told.contains("delivered"), "{told}");
    let arrival = scene.arrivals(1).await.unwrap().remove(0);
    assert!(arrival.verified && arrival.event() == Some("webhook.test"));
}

#[tokio::test]
async fn what_cannot_work_is_said_at_once() {
    for (arguments, words) in [
        (&["trigger"][..], &["EVENT"][..]),
        (&["trigger", "message.recieved"], &["message.received", "channel.error"]),
        (&["trigger", "message.read", "--to", "nowhere"], &["--to", "nowhere"]),
        (&["trigger", "message.read", "--secret", "whsec_short", "--to", "http://127.0.0.1:1"], &["--secret"]),
        (&["trigger", "contact.created", "--text", "Hello"], &["--text", "contact.created"]),
        (&["trigger", "message.read", "--endpoint", "ep_1"], &["webhook.test", "--to"]),
        (&["trigger", "message.updated.revived", "--format", "object"], &["object"]),
    ] {
        let told = tidings(NOWHERE, arguments).await.unwrap();
        assert_eq!(told.code, Some(2), "{arguments:?}: {}", told.errors);
        for word in words {
            assert!(told.errors.contains(word), "{arguments:?}: {}", told.errors);
        }
    }
}
