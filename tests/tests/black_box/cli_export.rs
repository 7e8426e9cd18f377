//! `tidings export`: everything of a workspace, once, and nothing of anybody else's.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use http::Method;
use serde_json::{Value, json};
use tidings_simulator::whatsapp::image_message;
use tidings_tests::{
    ACCESS_TOKEN, ADMIN_KEY, APP_SECRET, Api, Outlet, Scene, eventually, now, text, tidings, webhooks::customer,
};

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n of the tests";
/// What a key needs to export, and nothing more.
const SCOPES: [&str; 8] = [
    "channels:read",
    "endpoints:read",
    "contacts:read",
    "conversations:read",
    "messages:read",
    "media:read",
    "keys:read",
    "events:read",
];

/// An export's lines.
struct Lines(Vec<Value>);

impl Lines {
    fn of(output: &str) -> Self {
        Self(output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect())
    }

    /// The things of a kind.
    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |line| line["type"] == kind).map(|line| &line["data"])
    }

    /// Their ids, each of which must be there once.
    fn ids<'a>(&'a self, kind: &'a str, pointer: &str) -> BTreeSet<&'a str> {
        let mut ids = BTreeSet::new();
        for thing in self.of_type(kind) {
            assert!(ids.insert(text(thing, pointer)), "twice: {thing}");
        }
        ids
    }

    /// What the last line counts, which must be what there is.
    fn counts(&self) -> BTreeMap<&str, u64> {
        let end = self.0.last().unwrap();
        assert_eq!(end["type"], "end", "{end}");
        let counts = end["counts"].as_object().unwrap();
        let counts: BTreeMap<_, _> = counts.iter().map(|(kind, count)| (&**kind, count.as_u64().unwrap())).collect();
        for (kind, count) in &counts {
            assert_eq!(self.of_type(kind).count() as u64, *count, "{kind}");
        }
        assert_eq!(counts.values().sum::<u64>() + 2, self.0.len() as u64, "{counts:?}");
        counts
    }
}

/// A customer sends a picture, which is fetched.
async fn picture(scene: &mut Scene, outlet: &mut Outlet) {
    let vendor_id = outlet.graph.add_media("image/png", PICTURE);
    let mut webhook =
        image_message(&outlet.line.account, &customer(2), "wamid.picture", now(), &vendor_id, Some("Look"));
    let image = &mut webhook["entry"][0]["changes"][0]["value"]["messages"][0]["image"];
    image["mime_type"] = json!("image/png");
    image.as_object_mut().unwrap().remove("sha256");
    outlet.line.post(&webhook).await.unwrap();
    eventually("the picture is here", async || {
        let files = scene.api.get("/v1/media").await?.ok()?;
        Ok((!files["data"].as_array().unwrap().is_empty()).then_some(()))
    })
    .await
    .unwrap();
}

/// Another workspace that has something of its own; answers its id and the words that only it may see.
async fn neighbour(scene: &mut Scene) -> (String, Vec<String>) {
    let workspace = scene.api.post("/v1/workspaces", &json!({ "name": "Bee & Co" })).await.unwrap().ok().unwrap();
    let id = text(&workspace, "/id").to_owned();
    let there = [("tidings-workspace", id.as_str())];
    let contact = json!({ "phone": "+5511900000077", "name": "A secret friend" });
    let contact = scene.api.call(Method::POST, "/v1/contacts", Some(&contact), &there).await.unwrap().ok().unwrap();
    let words = vec![id.clone(), text(&contact, "/id").to_owned(), "A secret friend".to_owned()];
    (id, words)
}

async fn count(api: &mut Api, list: &str) -> u64 {
    let page = api.get(&format!("/v1/{list}?limit=200")).await.unwrap().ok().unwrap();
    assert_eq!(page["next_cursor"], Value::Null, "{list} fits on a page");
    page["data"].as_array().unwrap().len() as u64
}

#[tokio::test]
async fn everything_is_exported_and_no_secret_and_nobody_else_s() {
    let (mut scene, mut outlet, ana) = Scene::in_conversation().await.unwrap();
    let headers = json!({ "headers": { "x-till": "the-value-of-the-header" } });
    let endpoint = scene.subscribe("/hook", headers).await.unwrap();
    picture(&mut scene, &mut outlet).await;
    let upload = scene.api.upload("map.png", "image/png", b"a map").await.unwrap().ok().unwrap();
    let media = json!({ "media": { "type": "image", "media_id": upload["id"], "caption": "The way" } });
    let message = scene.send(&outlet.to(&ana, media)).await.unwrap();
    scene.until(text(&message, "/id"), "sent").await.unwrap();
    let contact = format!("/v1/contacts/{}", text(&message, "/contact_id"));
    let change = json!({ "tags": ["vip"], "custom_fields": { "size": "L" } });
    scene.api.patch(&contact, &change).await.unwrap().ok().unwrap();
    let key = json!({ "name": "Exporter", "scopes": SCOPES });
    let key = scene.api.post("/v1/keys", &key).await.unwrap().ok().unwrap();
    let (_, not_ours) = neighbour(&mut scene).await;
    let channel = scene.api.get(&format!("/v1/channels/{}", outlet.id())).await.unwrap().ok().unwrap();

    let asked = ["export", "--events", "--key", text(&key, "/secret")];
    let told = tidings(&scene.server.base(), &asked).await.unwrap();
    assert_eq!(told.code, Some(0), "{told:?}");
    let secrets = [
        ACCESS_TOKEN,
        APP_SECRET,
        ADMIN_KEY,
        "the-value-of-the-header",
        text(&endpoint, "/secret"),
        text(&key, "/secret"),
        text(&channel, "/verify_token"),
    ];
    for word in secrets.into_iter().chain(not_ours.iter().map(String::as_str)) {
        assert!(!told.output.contains(word), "{word} is told");
    }

    let lines = Lines::of(&told.output);
    let head = &lines.0[0];
    assert_eq!((&head["type"], &head["version"]), (&json!("export"), &json!(1)));
    let usage = scene.api.get("/v1/usage").await.unwrap().ok().unwrap();
    assert_eq!(head["workspace_id"], usage["workspace_id"]);
    let counts = lines.counts();
    for (kind, list) in [
        ("channel", "channels"),
        ("endpoint", "endpoints"),
        ("contact", "contacts"),
        ("conversation", "conversations"),
        ("message", "messages"),
        ("media", "media"),
        ("audit", "audit"),
        ("event", "events"),
    ] {
        assert_eq!(counts.get(kind), Some(&count(&mut scene.api, list).await), "{kind}");
    }
    assert_eq!(counts.get("usage").copied().unwrap_or_default(), usage["data"].as_array().unwrap().len() as u64);
    let exported = lines.of_type("contact").find(|thing| thing["id"] == message["contact_id"]).unwrap();
    assert_eq!((&exported["tags"], &exported["custom_fields"]), (&json!(["vip"]), &json!({ "size": "L" })));
    assert_eq!(*exported, scene.api.get(&contact).await.unwrap().ok().unwrap());
    let file = lines.of_type("media").find(|thing| thing["id"] == upload["id"]).unwrap();
    for field in ["sha256", "size", "content_type", "filename"] {
        assert_eq!(file[field], upload[field], "{field}");
    }
    assert_eq!(file.get("url"), None);
    let files = lines.ids("media", "/id");
    let attached: Vec<_> = lines.of_type("message").filter(|thing| thing["attachments"][0].is_object()).collect();
    assert_eq!(attached.len(), 2);
    assert!(attached.iter().all(|thing| files.contains(text(thing, "/attachments/0/file/id"))), "{attached:?}");

    let without = tidings(&scene.server.base(), &["export"]).await.unwrap().ok().unwrap();
    assert_eq!(Lines::of(&without).of_type("event").count(), 0);
}

#[tokio::test]
async fn what_was_there_is_exported_once_while_more_comes() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..450, 230).await.unwrap();
    let mut there = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = scene.api.get(&format!("/v1/messages?limit=200{cursor}")).await.unwrap().ok().unwrap();
        there.extend(page["data"].as_array().unwrap().iter().map(|message| text(message, "/id").to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(there.len(), 450);
    let base = scene.server.base();
    let (told, heard) = tokio::join!(tidings(&base, &["export", "--events"]), line.hear(450..900, 460));
    heard.unwrap();
    let output = told.unwrap().ok().unwrap();
    let lines = Lines::of(&output);
    lines.counts();
    let messages = lines.ids("message", "/id");
    assert!(there.iter().all(|id| messages.contains(&**id)), "{} of 450", messages.len());
    let (contacts, conversations) = (lines.ids("contact", "/id"), lines.ids("conversation", "/id"));
    let channels = lines.ids("channel", "/id");
    for message in lines.of_type("message") {
        assert!(conversations.contains(text(message, "/conversation_id")), "{message}");
        assert!(contacts.contains(text(message, "/contact_id")), "{message}");
        assert!(channels.contains(text(message, "/channel_id")), "{message}");
    }
    assert!(conversations.len() >= 230 && lines.ids("event", "/event_id").len() >= 450);
}

#[tokio::test]
async fn a_workspace_is_named_and_a_key_s_own_is_its_only_one() {
    let mut scene = Scene::start().await.unwrap();
    let (id, _) = neighbour(&mut scene).await;
    let base = scene.server.base();
    for name in ["Bee & Co", &id] {
        let output = tidings(&base, &["export", "--workspace", name]).await.unwrap().ok().unwrap();
        let lines = Lines::of(&output);
        assert_eq!((text(&lines.0[0], "/workspace_id"), lines.counts()["contact"]), (&*id, 1));
    }
    let told = tidings(&base, &["export", "--workspace", "Wasp"]).await.unwrap();
    assert!(told.code == Some(2) && told.errors.contains("`Wasp`") && told.output.is_empty(), "{told:?}");

    let key = json!({ "name": "Too little", "scopes": ["messages:read"] });
    let key = scene.api.post("/v1/keys", &key).await.unwrap().ok().unwrap();
    let secret = text(&key, "/secret");
    for asked in [&["export", "--key", secret][..], &["export", "--key", secret, "--workspace", &id]] {
        let told = tidings(&base, asked).await.unwrap();
        assert!(told.code == Some(3) && told.output.is_empty(), "{told:?}");
    }
}

#[tokio::test]
async fn files_are_fetched_and_those_that_are_lost_are_named() {
    let mut scene = Scene::start().await.unwrap();
    let mut ids = Vec::new();
    for bytes in [&b"the first"[..], b"the second"] {
        let upload = scene.api.upload("a.txt", "text/plain", bytes).await.unwrap().ok().unwrap();
        ids.push((text(&upload, "/id").to_owned(), text(&upload, "/sha256").to_owned(), bytes));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let base = scene.server.base();
    let export = async |output: &str, media: &str| {
        tidings(&base, &["export", "--output", &path(output), "--media", &path(media)]).await.unwrap()
    };
    let told = export("a.jsonl", "files").await;
    assert!(told.code == Some(0) && told.output.is_empty() && told.errors.contains("media 2"), "{told:?}");
    for (id, _, bytes) in &ids {
        assert_eq!(std::fs::read(Path::new(&path("files")).join(id)).unwrap(), *bytes);
    }
    assert_eq!(std::fs::read_dir(path("files")).unwrap().count(), 2);
    assert_eq!(Lines::of(&std::fs::read_to_string(path("a.jsonl")).unwrap()).counts()["media"], 2);
    let again = export("a.jsonl", "other").await;
    assert!(again.code == Some(1) && again.errors.contains("not there"), "nothing is written over: {again:?}");

    let (id, sha256, _) = &ids[0];
    let place = Path::new(&sha256[..2]).join(&sha256[2..4]).join(sha256);
    std::fs::remove_file(scene.server.data().join("media").join(place)).unwrap();
    let told = export("b.jsonl", "fewer").await;
    assert!(told.code == Some(1) && told.errors.contains(id.as_str()), "{told:?}");
    assert_eq!(Lines::of(&std::fs::read_to_string(path("b.jsonl")).unwrap()).counts()["media"], 2);
    assert_eq!(std::fs::read_dir(path("fewer")).unwrap().count(), 1);

    let (id, sha256, _) = &ids[1];
    let place = Path::new(&sha256[..2]).join(&sha256[2..4]).join(sha256);
    std::fs::write(scene.server.data().join("media").join(place), "the sec0nd").unwrap();
    let told = export("c.jsonl", "none").await;
    assert!(told.code == Some(1) && told.errors.contains(id.as_str()), "{told:?}");
    let exported = std::fs::read_to_string(path("c.jsonl")).unwrap();
    assert!(exported.lines().last().unwrap().contains("\"end\""), "the export went on to its end: {exported}");
    assert_eq!(std::fs::read_dir(path("none")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_workspace_that_may_ask_seldom_is_exported_slowly() {
    let mut scene = Scene::start().await.unwrap();
    let (id, _) = neighbour(&mut scene).await;
    let there = [("tidings-workspace", id.as_str())];
    let key = json!({ "name": "Slow", "scopes": SCOPES });
    let key = scene.api.call(Method::POST, "/v1/keys", Some(&key), &there).await.unwrap().ok().unwrap();
    let quotas = json!({ "quotas": { "requests_per_second": 4 } });
    scene.api.patch(&format!("/v1/workspaces/{id}"), &quotas).await.unwrap().ok().unwrap();
    // It asks more often than four times, and is refused on the way.
    let asked = ["export", "--events", "--key", text(&key, "/secret")];
    let output = tidings(&scene.server.base(), &asked).await.unwrap().ok().unwrap();
    assert_eq!(Lines::of(&output).counts()["contact"], 1);
    let metrics = scene.api.get("/metrics").await.unwrap();
    assert!(String::from_utf8_lossy(&metrics.body).contains("status=\"429\""), "it was never refused");
}
