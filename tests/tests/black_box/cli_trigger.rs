//! `tidings trigger`: sample events for those who write a receiver.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::{Behaviour, Receiver};
use tidings_tests::{Scene, json_of, text, tidings};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// No server is asked.
const NOBODY: &str = "http://127.0.0.1:1";

async fn receiver() -> Receiver {
    let receiver = Receiver::start().await.unwrap();
    receiver.trust("/webhooks", SECRET);
    receiver
}

#[tokio::test]
async fn every_sample_is_posted_signed_and_as_its_schema_says() {
    let mut scene = Scene::start().await.unwrap();
    let names = tidings(NOBODY, &["trigger", "--list"]).await.unwrap().ok().unwrap();
    assert!(names.lines().count() > 24, "{names}");
    let mut receiver = receiver().await;
    let url = receiver.url("/webhooks");
    for format in ["lifecycle", "object"] {
        let arguments = ["trigger", "*", "--to", &url, "--format", format, "--secret", SECRET];
        let lines = tidings(NOBODY, &arguments).await.unwrap().ok().unwrap();
        let arrived = receiver.arrived();
        assert_eq!(arrived.len(), lines.lines().count());
        for arrival in arrived {
            assert!(arrival.verified, "{arrival:?}");
            assert_eq!(arrival.format(), Some(format));
            let event = arrival.event().unwrap();
            let schema = scene.api.get(&format!("/schemas/{format}/{event}.json")).await.unwrap().ok().unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&json_of(&arrival)).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{event}: {errors:?}");
        }
    }
}

#[tokio::test]
async fn a_sample_says_what_it_is_told_to_and_a_refusal_is_a_failure() {
    let mut receiver = receiver().await;
    let url = receiver.url("/webhooks");
    let arguments = ["trigger", "message.received", "--to", &url, "--secret", SECRET, "--text", "Is it open?"];
    let told = tidings(NOBODY, &arguments).await.unwrap().ok().unwrap();
    assert!(told.contains(" message.received evt_") && told.contains(" 200 "), "{told}");
    let body = json_of(&receiver.next().await.unwrap());
    assert_eq!(text(&body, "/data/content"), "Is it open?");
    receiver.behave("/webhooks", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
    let refused = tidings(NOBODY, &arguments).await.unwrap();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let printed = tidings(NOBODY, &["trigger", "contact.deleted", "--format", "object"]).await.unwrap().ok().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["event"], "contact.deleted");
}

#[tokio::test]
async fn what_is_not_known_is_said() {
    for (arguments, word) in [
        (&["trigger", "message.recieved"][..], "message.received"),
        (&["trigger"], "EVENT"),
        (&["trigger", "contact.created", "--text", "hello"], "--text"),
        (&["trigger", "message.sent", "--to", "nowhere"], "--to"),
        (&["trigger", "message.sent", "--endpoint", "ep_x"], "webhook.test"),
    ] {
        let told = tidings(NOBODY, arguments).await.unwrap();
        assert_eq!(told.code, Some(2), "{told:?}");
        assert!(told.errors.contains(word), "{told:?}");
    }
}

#[tokio::test]
async fn a_registered_endpoint_gets_its_test() {
    let mut scene = Scene::start().await.unwrap();
    let endpoint = scene.subscribe("/all", json!({ "format": "object" })).await.unwrap();
    let told = tidings(&scene.server.base(), &["trigger", "--endpoint", text(&endpoint, "/id")]).await.unwrap();
    told.ok().unwrap();
    assert_eq!(scene.arrival().await.unwrap().event(), Some("webhook.test"));
}
