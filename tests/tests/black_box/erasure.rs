//! Erasing a contact: afterwards nothing that it said or was told is found anywhere in the data folder.

use std::path::Path;

use serde_json::{Value, json};
use tidings_simulator::whatsapp::{
    Customer,
    graph::{Behaviour, Ladder},
    image_message, text_message,
};
use tidings_tests::{Outlet, Scene, eventually, json_of, now, text, webhooks::customer};

/// Who is to be erased.
const NAME: &str = "Zuleika Erasmus";
const PHONE: &str = "5511976543210";
/// What must not be found afterwards.
const TRACES: [&str; 10] = [
    NAME,
    "zuleika erasmus",
    PHONE,
    "my secret illness",
    "we know of your illness",
    "wamid.zuleika",
    "a picture of an illness",
    "illness.png",
    "zuleika@example.com",
    "a tag of hers",
];

/// Which of these texts stand in a file below a folder.
fn found(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(found(&path, texts));
        } else if let Ok(bytes) = std::fs::read(&path) {
            let holds = |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            all.extend(texts.iter().filter(holds).map(|text| format!("{text} in {}", path.display())));
        }
    }
    all
}

/// A customer of whom much is known, among many others.
async fn live_through(scene: &mut Scene, outlet: &mut Outlet) -> String {
    let zuleika = Customer::with_phone(NAME, PHONE);
    for number in 0..40_usize {
        let id = format!("wamid.zuleika.{number}");
        let said = text_message(&outlet.line.account, &zuleika, &id, now(), &format!("{number}: my secret illness"));
        outlet.line.post(&said).await.unwrap();
        // What it takes for pages of the database to be divided.
        for other in 0..5 {
            let (other, id) = (customer(number * 5 + other), format!("wamid.other.{number}.{other}"));
            let words = format!("I am well. {}", "Very well. ".repeat(other_length(number)));
            outlet.line.post(&text_message(&outlet.line.account, &other, &id, now(), &words)).await.unwrap();
        }
    }
    let vendor_id = outlet.graph.add_media("image/png", "a picture of an illness");
    let mut picture = image_message(&outlet.line.account, &zuleika, "wamid.zuleika.p", now(), &vendor_id, None);
    let image = &mut picture["entry"][0]["changes"][0]["value"]["messages"][0]["image"];
    image["filename"] = json!("illness.png");
    image.as_object_mut().unwrap().remove("sha256");
    outlet.line.post(&picture).await.unwrap();

    let contacts = scene.api.get(&format!("/v1/contacts?phone=%2B{PHONE}")).await.unwrap().ok().unwrap();
    let id = text(&contacts, "/data/0/id").to_owned();
    let known = json!({
        "email": "zuleika@example.com", "tags": ["a tag of hers"], "custom_fields": { "note": "my secret illness" },
    });
    scene.api.patch(&format!("/v1/contacts/{id}"), &known).await.unwrap().ok().unwrap();
    let reply = outlet.to(&zuleika, json!({ "text": "we know of your illness" }));
    for _ in 0..3 {
        let key = [("idempotency-key", "of hers")];
        let sent = scene.api.call(http::Method::POST, "/v1/messages", Some(&reply), &key).await.unwrap().ok().unwrap();
        scene.until(text(&sent, "/id"), "read").await.unwrap();
    }
    let uploaded = scene.api.upload("illness.png", "image/png", b"a picture of an illness, sent").await.unwrap().ok();
    let image = json!({ "media": { "type": "image", "media_id": uploaded.unwrap()["id"] } });
    let sent = scene.send(&outlet.to(&zuleika, image)).await.unwrap();
    scene.until(text(&sent, "/id"), "read").await.unwrap();
    let later = json!({ "text": "we know of your illness", "scheduled_at": "2098-01-01T00:00:00Z" });
    scene.send(&outlet.to(&zuleika, later)).await.unwrap();
    let uploaded =
        scene.api.upload("illness.png", "image/png", b"a picture of an illness, to be sent").await.unwrap().ok();
    let image = json!({ "type": "image", "media_id": uploaded.unwrap()["id"] });
    let later = json!({ "media": image, "scheduled_at": "2098-01-01T00:00:00Z" });
    scene.send(&outlet.to(&zuleika, later)).await.unwrap();
    id
}

fn other_length(number: usize) -> usize {
    number * 7 % 40
}

/// Waits until nothing is found any more.
async fn until_nothing_is_left(scene: &Scene, texts: &[&str]) {
    let searched =
        eventually("nothing is left", async || Ok(found(scene.server.data(), texts).is_empty().then_some(())));
    assert!(searched.await.is_ok(), "{:#?}", found(scene.server.data(), texts));
}

#[tokio::test]
async fn nothing_of_an_erased_contact_is_left_in_the_data_folder() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/hook", json!({ "events": ["contact.deleted"] })).await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    outlet.behaves(Behaviour::Accept { ladder: Ladder::full() });
    let id = live_through(&mut scene, &mut outlet).await;
    let before = found(scene.server.data(), &TRACES);
    assert!(before.len() >= TRACES.len() - 1, "the search finds what is there: {before:#?}");

    let path = format!("/v1/contacts/{id}");
    assert_eq!(scene.api.delete(&path).await.unwrap().status, 204);
    scene.api.get(&path).await.unwrap().problem(404, "not_found").unwrap();
    scene.api.delete(&path).await.unwrap().problem(404, "not_found").unwrap();
    let told = json_of(&scene.arrival().await.unwrap());
    assert_eq!((&told["event"], &told["data"]["name"]), (&json!("contact.deleted"), &json!(NAME)));
    until_nothing_is_left(&scene, &TRACES).await;

    // What others said is there, and the log tells that something was.
    assert!(!found(scene.server.data(), &["I am well."]).is_empty());
    let contacts = scene.api.get("/v1/contacts?limit=200").await.unwrap().ok().unwrap();
    assert_eq!(contacts["data"].as_array().unwrap().len(), 200);
    let events = scene.api.get("/v1/events?types=contact.deleted").await.unwrap().ok().unwrap();
    let told = &events["data"][0];
    assert_eq!((&told["erased"], &told["data"]), (&json!(true), &json!({})));
    let one = scene.api.get(&format!("/v1/events/{}", text(told, "/event_id"))).await.unwrap().ok().unwrap();
    assert_eq!(one["erased"], true);
    let acts = scene.api.get("/v1/audit?action=contact.erased").await.unwrap().ok().unwrap();
    assert_eq!(acts["data"][0]["object"], *id);
    // A repetition of what was sent to her sends nothing.
    let zuleika = Customer::with_phone(NAME, PHONE);
    let reply = outlet.to(&zuleika, json!({ "text": "we know of your illness" }));
    let key = [("idempotency-key", "of hers")];
    let again = scene.api.call(http::Method::POST, "/v1/messages", Some(&reply), &key).await.unwrap();
    again.problem(410, "erased").unwrap();
    until_nothing_is_left(&scene, &TRACES).await;
}

#[tokio::test]
async fn an_erasure_goes_on_after_a_crash() {
    let mut scene = Scene::start().await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    outlet.behaves(Behaviour::Accept { ladder: Ladder::full() });
    let id = live_through(&mut scene, &mut outlet).await;
    assert_eq!(scene.api.delete(&format!("/v1/contacts/{id}")).await.unwrap().status, 204);
    for _ in 0..3 {
        scene.server.kill().await.unwrap();
        scene.server.restart().await.unwrap();
    }
    scene.reconnect([&mut outlet.line]).unwrap();
    scene.api.get(&format!("/v1/contacts/{id}")).await.unwrap().problem(404, "not_found").unwrap();
    until_nothing_is_left(&scene, &TRACES).await;
}

#[tokio::test]
async fn what_an_endpoint_has_not_heard_yet_is_told_or_erased() {
    let mut scene = Scene::start().await.unwrap();
    let hook = json!({ "events": ["message.received", "contact.deleted"], "enabled": false });
    let endpoint = scene.subscribe("/hook", hook).await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    let zuleika = Customer::with_phone(NAME, PHONE);
    let said = text_message(&outlet.line.account, &zuleika, "wamid.zuleika", now(), "my secret illness");
    outlet.line.post(&said).await.unwrap();
    let contacts = scene.api.get("/v1/contacts").await.unwrap().ok().unwrap();
    let id = text(&contacts, "/data/0/id").to_owned();
    assert_eq!(scene.api.delete(&format!("/v1/contacts/{id}")).await.unwrap().status, 204);
    until_nothing_is_left(&scene, &["my secret illness", "wamid.zuleika"]).await;
    assert!(!found(scene.server.data(), &[NAME]).is_empty(), "the endpoint is still to be told");
    let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
    scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    let told: Value = json_of(&scene.arrival().await.unwrap());
    assert_eq!(told["event"], "contact.deleted", "what was said is erased");
    until_nothing_is_left(&scene, &TRACES).await;
}
