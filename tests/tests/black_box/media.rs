//! Files of messages, as customers send them and subscribers read them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidings_simulator::whatsapp::image_message;
use tidings_tests::{Api, Outlet, Scene, eventually, json_of, now, text, webhooks::customer};

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n of the tests";

/// A customer sends a picture that the vendor has.
async fn send_picture(outlet: &mut Outlet, number: usize) -> String {
    let vendor_id = outlet.graph.add_media("image/png", PICTURE);
    let id = format!("wamid.picture.{number}");
    let mut webhook = image_message(&outlet.line.account, &customer(number), &id, now(), &vendor_id, Some("Look"));
    let image = &mut webhook["entry"][0]["changes"][0]["value"]["messages"][0]["image"];
    image["mime_type"] = json!("image/png");
    image.as_object_mut().unwrap().remove("sha256");
    outlet.line.post(&webhook).await.unwrap();
    vendor_id
}

/// Reads what a link of a webhook leads to, at the address that the server has now.
async fn read(scene: &mut Scene, message: &Value) -> (u16, Vec<u8>) {
    let (_, path) = text(message, "/data/media_url").rsplit_once("/m/").unwrap();
    let mut nobody = Api::new(&scene.server.base(), "nobody").unwrap();
    let answer = nobody.get(&format!("/m/{path}")).await.unwrap();
    (answer.status.as_u16(), answer.body.to_vec())
}

fn stored_files(scene: &Scene) -> Vec<PathBuf> {
    fn below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }
    below(&scene.server.data().join("media"))
}

#[tokio::test]
async fn an_upload_keeps_its_name_and_not_its_path_and_is_the_owners_alone() {
    let mut scene = Scene::start().await.unwrap();
    for (given, kept) in [("../../x.png", "x.png"), ("C:\\photos\\cat.png", "cat.png"), ("plain.png", "plain.png")] {
        let uploaded = scene.api.upload(given, "image/png", PICTURE).await.unwrap().ok().unwrap();
        assert_eq!(uploaded["filename"], kept, "{uploaded:#}");
    }
    let file = stored_files(&scene).pop().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "{}", file.display());
}

#[tokio::test]
async fn a_message_does_not_wait_for_its_file_and_the_file_survives_a_crash() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/hook", json!({ "events": ["message.received"] })).await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    outlet.graph.hold_links(true);
    send_picture(&mut outlet, 1).await;
    let told = json_of(&scene.arrival().await.unwrap());
    assert_eq!((&told["data"]["content"], &told["data"]["media_mime_type"]), (&json!("Look"), &json!("image/png")));
    let path = format!("/v1/media/{}", text(&told, "/data/media_id"));
    assert_eq!(scene.api.get(&path).await.unwrap().ok().unwrap()["status"], "fetching");

    scene.server.kill().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut outlet.line]).unwrap();
    outlet.graph.hold_links(false);
    assert_eq!(read(&mut scene, &told).await, (200, PICTURE.to_vec()));
    assert_eq!(scene.api.get(&path).await.unwrap().ok().unwrap()["status"], "available");
    // And by the link that the API shows.
    let listed = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    let shown = json!({ "data": { "media_url": text(&listed, "/data/0/attachments/0/file/url") } });
    assert_eq!(read(&mut scene, &shown).await, (200, PICTURE.to_vec()));
}

#[tokio::test]
async fn one_content_is_kept_once_whoever_sends_it() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/hook", json!({ "events": ["message.received"] })).await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    for number in 1..4 {
        send_picture(&mut outlet, number).await;
    }
    for arrival in scene.arrivals(3).await.unwrap() {
        assert_eq!(read(&mut scene, &json_of(&arrival)).await, (200, PICTURE.to_vec()));
    }
    assert_eq!(stored_files(&scene).len(), 1);
    let usage = scene.api.get("/v1/usage").await.unwrap().ok().unwrap();
    assert_eq!(usage["has"]["media_files"], 3, "{usage:#}");
}

#[tokio::test]
async fn a_vendor_that_hangs_holds_up_its_own_channel_alone() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/hook", json!({ "events": ["message.received"] })).await.unwrap();
    let (mut hanging, mut working) = (scene.outlet("1001").await.unwrap(), scene.outlet("1002").await.unwrap());
    hanging.graph.hold_links(true);
    for number in 1..9 {
        send_picture(&mut hanging, number).await;
    }
    scene.arrivals(8).await.unwrap();
    send_picture(&mut working, 9).await;
    let told = json_of(&scene.arrival().await.unwrap());
    let path = format!("/v1/media/{}", text(&told, "/data/media_id"));
    eventually("the file is here", async || {
        let file = scene.api.get(&path).await?.ok()?;
        Ok((file["status"] == "available").then_some(()))
    })
    .await
    .unwrap();
}
