//! The files of messages: fetched, served, lost.

use std::{path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tidings_simulator::{
    Receiver,
    whatsapp::{
        Account,
        graph::{Graph, GraphOptions},
    },
};

use super::{APP_SECRET, Call, Reply, Server, text_message, whatsapp};
use crate::telemetry::OutcomeLabels;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

/// A server, and a channel whose vendor hands out files.
struct Scene {
    server: Server,
    graph: Graph,
    channel: String,
}

impl Scene {
    async fn start() -> Self {
        let server = Server::start().await;
        let account = Account {
            phone_number_id: "100".to_owned(),
            business_account_id: "200".to_owned(),
            display_phone_number: "15550001111".to_owned(),
            app_secret: APP_SECRET.to_owned(),
        };
        let graph = Graph::start(GraphOptions::new(account, "token")).await.unwrap();
        let mut channel = whatsapp("100");
        channel["settings"]["api_base"] = json!(graph.base());
        let made = server.post("/v1/channels", &channel).await;
        Self { channel: made.text("id"), server, graph }
    }

    /// A customer sends a picture, of which the vendor tells this; answers our id of the file.
    async fn picture(&self, number: u32, told: Value) -> String {
        let mut webhook: Value = serde_json::from_str(&text_message("100", number, "")).unwrap();
        let message = &mut webhook["entry"][0]["changes"][0]["value"]["messages"][0];
        message["type"] = json!("image");
        message["image"] = told;
        assert_eq!(self.server.deliver(&self.channel, &webhook.to_string()).await.status, 200);
        let path = format!("/v1/events?types=message.received&last={number}");
        let events = self.server.until(&path, |events| events["data"].as_array().is_some_and(|data| !data.is_empty()));
        let events = events.await;
        let newest = events["data"].as_array().unwrap().last().unwrap();
        newest["data"]["media_id"].as_str().unwrap_or_else(|| panic!("no file in {newest:#}")).to_owned()
    }

    /// What the vendor rightly tells of a picture that it has.
    fn told(&self) -> Value {
        let id = self.graph.add_media("image/png", PICTURE);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, PICTURE);
        json!({"id": id, "mime_type": "image/png", "sha256": STANDARD.encode(digest), "caption": "Our table"})
    }

    /// The file once it is so.
    async fn file(&self, id: &str, status: &str) -> Value {
        self.server.until(&format!("/v1/media/{id}"), |file| file["status"] == status).await
    }

    /// The link in the newest event with a message.
    async fn link(&self) -> String {
        let events = self.server.get("/v1/events?types=message.received&last=1").await;
        path_of(events.body["data"][0]["data"]["media_url"].as_str().unwrap())
    }

    /// How often the vendor was asked where a file is.
    fn asked(&self, vendor_id: &Value) -> usize {
        let suffix = format!("/{}", vendor_id.as_str().unwrap());
        self.graph.calls().into_iter().filter(|call| call.path.ends_with(&suffix)).count()
    }

    /// Waits until fetching has failed so often for the time being, and that is written down.
    async fn failed_so_often(&self, times: u64) {
        let later = || self.server.gateway.metrics.fetches.get_or_create(&OutcomeLabels { outcome: "later" }).get();
        becomes_so("fetching has failed so often", || later() >= times).await;
    }
}

/// Looks until something is so.
async fn becomes_so(what: &str, is_so: impl Fn() -> bool) {
    let looking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        while !is_so() {
            pause.tick().await;
        }
    };
    tokio::time::timeout(super::PATIENCE, looking).await.unwrap_or_else(|_| panic!("not so: {what}"));
}

/// The path of a link.
fn path_of(url: &str) -> String {
    url.strip_prefix("https://tidings.example").unwrap().to_owned()
}

async fn bytes(server: &Server, call: Call) -> (http::response::Parts, Vec<u8>) {
    let (parts, body) = server.send(call).await.into_parts();
    (parts, body.collect().await.unwrap().to_bytes().to_vec())
}

fn is(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{}", reply.body);
}

#[tokio::test]
async fn the_file_of_a_message_is_fetched_and_served() {
    let scene = Scene::start().await;
    let told = scene.told();
    let id = scene.picture(1, told.clone()).await;
    let file = scene.file(&id, "available").await;
    assert_eq!((&file["size"], &file["content_type"]), (&json!(PICTURE.len()), &json!("image/png")));
    let link = scene.link().await;
    for path in [link.clone(), path_of(file["url"].as_str().unwrap())] {
        let (head, body) = bytes(&scene.server, Call::new("GET", &path)).await;
        assert_eq!((head.status.as_u16(), body.as_slice()), (200, PICTURE));
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-disposition", "inline"),
            ("x-content-type-options", "nosniff"),
            ("accept-ranges", "bytes"),
            ("cache-control", "private, max-age=3600, immutable"),
        ] {
            assert_eq!(head.headers[name], value);
        }
        let tag = head.headers["etag"].to_str().unwrap().to_owned();
        let (head, body) = bytes(&scene.server, Call::new("GET", &path).header("range", "bytes=1-3")).await;
        assert_eq!((head.status.as_u16(), body.as_slice()), (206, &b"PNG"[..]));
        assert_eq!(head.headers["content-range"], format!("bytes 1-3/{}", PICTURE.len()));
        let changed = Call::new("GET", &path).header("range", "bytes=1-3").header("if-range", "\"another\"");
        assert_eq!(bytes(&scene.server, changed).await.1, PICTURE);
        let beyond = Call::new("GET", &path).header("range", "bytes=900-");
        assert_eq!(bytes(&scene.server, beyond).await.0.status, 416);
        let (head, body) = bytes(&scene.server, Call::new("GET", &path).header("if-none-match", &tag)).await;
        assert_eq!((head.status.as_u16(), body.len()), (304, 0));
        let (head, body) = bytes(&scene.server, Call::new("HEAD", &path)).await;
        assert_eq!((head.status.as_u16(), body.len()), (200, 0));
        assert_eq!(head.headers["content-length"], PICTURE.len().to_string());
    }
    assert_eq!(scene.asked(&told["id"]), 1);
    is(&scene.server.call(Call::new("GET", &format!("{link}x"))).await, 404, "not_found");
}

#[tokio::test]
async fn a_link_waits_for_the_file() {
    let scene = Scene::start().await;
    scene.graph.hold_links(true);
    let id = scene.picture(1, scene.told()).await;
    assert_eq!(scene.file(&id, "fetching").await["url"], Value::Null);
    let link = scene.link().await;
    let waiting = bytes(&scene.server, Call::new("GET", &link));
    let releasing = async {
        tokio::task::yield_now().await;
        scene.graph.hold_links(false);
    };
    let ((head, body), ()) = tokio::join!(waiting, releasing);
    assert_eq!((head.status.as_u16(), body.as_slice()), (200, PICTURE));
}

#[tokio::test]
async fn what_fails_is_tried_again_for_as_long_as_the_vendor_has_it() {
    let scene = Scene::start().await;
    scene.graph.kill_links(true);
    let (passing, lost) = (scene.told(), scene.told());
    let id = scene.picture(1, passing.clone()).await;
    scene.failed_so_often(1).await;
    assert_eq!(scene.file(&id, "fetching").await["error"], Value::Null);
    scene.graph.kill_links(false);
    scene.server.clock.advance(Duration::from_secs(6));
    scene.file(&id, "available").await;
    assert_eq!(scene.asked(&passing["id"]), 2);

    scene.graph.kill_links(true);
    let id = scene.picture(2, lost.clone()).await;
    scene.failed_so_often(2).await;
    scene.server.clock.advance(Duration::from_hours(7 * 24));
    let file = scene.file(&id, "unavailable").await;
    assert!(file["error"].as_str().unwrap().contains("HTTP status 404"), "{file}");
    let fresh = scene.link().await;
    let expired = scene.server.call(Call::new("GET", &fresh)).await;
    is(&expired, 410, "link_expired");
}

#[tokio::test]
async fn what_the_vendor_does_not_know_is_soon_lost() {
    let scene = Scene::start().await;
    let told = json!({"id": "998", "mime_type": "image/png"});
    let id = scene.picture(1, told.clone()).await;
    for times in 1..5 {
        scene.failed_so_often(times).await;
        scene.server.clock.advance(Duration::from_mins(11));
    }
    scene.file(&id, "unavailable").await;
    let link = scene.link().await;
    is(&scene.server.call(Call::new("GET", &link)).await, 410, "media_unavailable");
    assert_eq!(scene.asked(&told["id"]), 5);
}

#[tokio::test]
async fn a_vendor_in_trouble_has_not_said_that_it_has_no_file() {
    let scene = Scene::start().await;
    scene.graph.kill_links(true);
    let told = scene.told();
    let id = scene.picture(1, told).await;
    for times in 1..=5 {
        scene.failed_so_often(times).await;
        if times == 4 {
            scene.graph.forget_media();
        }
        scene.server.clock.advance(Duration::from_mins(31));
    }
    scene.failed_so_often(6).await;
    assert_eq!(scene.file(&id, "fetching").await["error"], Value::Null);
}

#[tokio::test]
async fn what_is_not_what_was_told_of_is_not_taken() {
    let scene = Scene::start().await;
    let mut told = scene.told();
    told["sha256"] = json!(STANDARD.encode([7; 32]));
    let id = scene.picture(1, told.clone()).await;
    scene.failed_so_often(1).await;
    scene.server.clock.advance(Duration::from_hours(7 * 24));
    let file = scene.file(&id, "unavailable").await;
    assert!(file["error"].as_str().unwrap().contains("hashes differ"), "{file}");
}

#[tokio::test]
async fn pages_are_never_served_as_pages() {
    let scene = Scene::start().await;
    let page = b"<!DOCTYPE html><script>alert(1)</script>";
    let vendor_id = scene.graph.add_media("image/svg+xml", &page[..]);
    let id = scene.picture(1, json!({"id": vendor_id, "mime_type": "image/svg+xml", "filename": "a.svg"})).await;
    let file = scene.file(&id, "available").await;
    let (head, _) = bytes(&scene.server, Call::new("GET", &path_of(file["url"].as_str().unwrap()))).await;
    assert_eq!(head.headers["content-type"], "application/octet-stream");
    assert!(head.headers["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    assert_eq!(head.headers["content-security-policy"], "default-src 'none'; sandbox");
}

#[tokio::test]
async fn links_expire_and_are_extended_by_a_late_attempt() {
    let scene = Scene::start().await;
    let receiver = Receiver::start().await.unwrap();
    let hook = json!({"url": receiver.url("/x"), "events": ["message.received"], "enabled": false});
    let endpoint = scene.server.post("/v1/endpoints", &hook).await.text("id");
    let id = scene.picture(1, scene.told()).await;
    scene.file(&id, "available").await;
    let link = scene.link().await;
    let get = async |path: &str| scene.server.call(Call::new("GET", path)).await.status.as_u16();
    scene.server.clock.advance(Duration::from_hours(23));
    assert_eq!(get(&link).await, 200);
    let resumed = scene.server.patch(&format!("/v1/endpoints/{endpoint}"), &json!({"enabled": true})).await;
    assert_eq!(resumed.status, 200, "{}", resumed.body);
    let path = format!("/v1/endpoints/{endpoint}/attempts");
    scene.server.until(&path, |attempts| attempts["data"].as_array().is_some_and(|all| !all.is_empty())).await;
    scene.server.clock.advance(Duration::from_hours(23));
    assert_eq!(get(&link).await, 200, "it was sent after 23 hours");
    scene.server.clock.advance(Duration::from_hours(2));
    is(&scene.server.call(Call::new("GET", &link)).await, 410, "link_expired");
    let fresh = scene.file(&id, "available").await;
    assert_eq!(get(&path_of(fresh["url"].as_str().unwrap())).await, 200);
}

/// Puts a content of this hash into the folder of files, of which there is no record.
fn leave_stray(server: &Server, sha256: &str) -> PathBuf {
    let stray = server.gateway.settings.media.join(&sha256[..2]).join(&sha256[2..4]).join(sha256);
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::write(&stray, b"left").unwrap();
    stray
}

/// Uploads a document with these bytes under an idempotency key.
async fn upload(server: &Server, key: &str, bytes: &str) -> Reply {
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n{bytes}\r\n--b--\r\n"
    );
    let call = Call::new(Method::POST.as_str(), "/v1/media").key(super::ADMIN).header("idempotency-key", key);
    server.call(call.header("content-type", "multipart/form-data; boundary=b").bytes(form)).await
}

#[tokio::test]
async fn an_upload_can_be_read_by_a_link() {
    let server = Server::start().await;
    let uploaded = upload(&server, "k", "%PDF").await;
    let (head, body) = bytes(&server, Call::new("GET", &path_of(&uploaded.text("url")))).await;
    assert_eq!(body, b"%PDF");
    let disposition = "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf";
    assert_eq!(head.headers["content-disposition"], disposition);
}

#[tokio::test]
async fn of_a_refused_upload_nothing_stays() {
    // A start looks through the whole folder, and would find it; it has been through once what lies last is gone.
    let server = Server::start().await;
    let last = leave_stray(&server, &"ff".repeat(32));
    let server = server.restart().await;
    becomes_so("the folder has been looked through", || !last.exists()).await;
    let place = |bytes: &str| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes.as_bytes());
        server.gateway.media.place(digest.as_ref().try_into().unwrap())
    };
    assert_eq!(upload(&server, "k", "%PDF one").await.status, 201);
    is(&upload(&server, "k", "%PDF two").await, 422, "idempotency_conflict");
    let (kept, refused) = (place("%PDF one"), place("%PDF two"));
    // What is left is looked for now and then, and when somebody is erased.
    let contact = server.post("/v1/contacts", &json!({"name": "Ana"})).await.text("id");
    let erased = server.call(Call::new("DELETE", &format!("/v1/contacts/{contact}")).key(super::ADMIN)).await;
    assert_eq!(erased.status, 204, "{}", erased.body);
    becomes_so("the refused content is gone", || !refused.exists()).await;
    assert!(kept.exists());
}

#[tokio::test]
async fn what_a_crash_has_left_without_a_record_is_swept() {
    let scene = Scene::start().await;
    let id = scene.picture(1, scene.told()).await;
    let known = scene.file(&id, "available").await;
    let folder = scene.server.gateway.settings.media.clone();
    let place = |sha256: &str| folder.join(&sha256[..2]).join(&sha256[2..4]).join(sha256);
    let stray = leave_stray(&scene.server, &"ab".repeat(32));
    let Scene { server, .. } = scene;
    let server = server.restart().await;
    becomes_so("what was left is gone", || !stray.exists()).await;
    assert!(place(known["sha256"].as_str().unwrap()).exists());
    drop(server);
}
