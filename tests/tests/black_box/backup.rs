//! `tidings backup` and `tidings restore`: a copy is whole whatever the server does meanwhile, and everything goes on from
//! it.

use std::{
    os::unix::fs::{FileExt, PermissionsExt},
    path::Path,
};

use http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_simulator::whatsapp::graph::Behaviour;
use tidings_tests::{
    Api, Line, Scene, Server, Told, binary, eventually, json_of, text, tidings,
    webhooks::{self, customer},
};
use tokio::process::Command;

/// Runs one of the two verbs on a data folder.
async fn run(verb: &str, data: &Path, folder: &Path, more: &[&str]) -> Told {
    let (data, folder) = (data.to_str().unwrap(), folder.to_str().unwrap());
    tidings("http://127.0.0.1:9", &[&[verb, "--data", data, folder], more].concat()).await.unwrap()
}

/// A server on what a backup holds, and what the restoring told.
async fn restored(backup: &Path) -> (Server, Value) {
    let data = tempfile::tempdir().unwrap();
    let told = run("restore", data.path(), backup, &["--json"]).await.json().unwrap();
    (Server::start_on_folder(data).await.unwrap(), told)
}

/// The vendor's ids of all messages that came in.
async fn inbound(api: &mut Api) -> Vec<String> {
    let mut ids = Vec::new();
    let mut path = "/v1/messages?direction=inbound&limit=200".to_owned();
    loop {
        let page = api.get(&path).await.unwrap().ok().unwrap();
        ids.extend(page["data"].as_array().unwrap().iter().map(|message| text(message, "/text").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { return ids };
        path = format!("/v1/messages?direction=inbound&limit=200&cursor={cursor}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn of_a_damaged_database_no_backup_is_made() {
    let mut server = Server::start().await.unwrap();
    server.stop().await.unwrap();
    let backups = tempfile::tempdir().unwrap();
    let made = run("backup", server.data(), &backups.path().join("whole"), &[]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let database = std::fs::OpenOptions::new().write(true).open(server.data().join("tidings.db")).unwrap();
    for page in 10..30 {
        database.write_all_at(&[0xff; 200], page * 4096).unwrap();
    }
    let made = run("backup", server.data(), &backups.path().join("damaged"), &[]).await;
    assert!(made.code == Some(1) && made.errors.contains("is damaged"), "{made:?}");
    assert_eq!(names(backups.path()), ["whole"]);
}

#[tokio::test]
async fn a_copy_made_under_load_is_whole_and_everything_goes_on_from_it() {
    let mut scene = Scene::start().await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    scene.subscribe("/all", json!({ "events": ["message.received"] })).await.unwrap();
    let key = scene.api.post("/v1/keys", &json!({ "name": "till" })).await.unwrap().ok().unwrap();
    let uploaded = scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    for number in 0..40 {
        let webhook =
            webhooks::text(&outlet.line.account, &customer(1), &format!("wamid.{number}"), &format!("before {number}"));
        outlet.line.post(&webhook).await.unwrap();
    }

    let mut other = Line::of(&scene.server, outlet.line.channel.clone(), "1001").unwrap();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let load = tokio::spawn(async move {
        let mut number = 0;
        while stopped.try_recv().is_err() {
            let id = format!("wamid.meanwhile.{number}");
            let webhook = webhooks::text(&other.account, &customer(number % 5), &id, "meanwhile");
            other.post(&webhook).await.unwrap();
            number += 1;
        }
        number
    });
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let told = run("backup", scene.server.data(), &backup, &["--json"]).await.json().unwrap();
    stop.send(()).unwrap();
    assert!(load.await.unwrap() > 0);
    assert_eq!(told["files"], 3, "{told}");
    assert_eq!(told["lost_files"], json!([]));
    assert_eq!(names(folder.path()), ["backup"]);
    assert_eq!(names(&backup), ["manifest.json", "media", "tidings.db", "tidings.key"]);
    assert_eq!(mode(&backup), 0o700);
    for name in names(&backup).iter().filter(|name| *name != "media") {
        assert_eq!(mode(&backup.join(name)), 0o600, "{name}");
    }
    scene.server.kill().await.unwrap();

    let (server, told) = restored(&backup).await;
    assert_eq!(told["held_messages"], 0, "{told}");
    scene.server = server;
    outlet.connect(&scene.server);
    scene.reconnect([&mut outlet.line]).unwrap();
    let mut till = Api::new(&scene.server.base(), text(&key, "/secret")).unwrap();
    let there = inbound(&mut till).await;
    for number in 0..40 {
        assert!(there.contains(&format!("before {number}")), "{number}: {there:?}");
    }
    // The secret of the endpoint and the credentials of the channel can be opened, and the file is there.
    let webhook = webhooks::text(&outlet.line.account, &customer(1), "wamid.after", "after");
    outlet.line.post(&webhook).await.unwrap();
    while text(&json_of(&scene.arrival().await.unwrap()), "/data/content") != "after" {}
    outlet.hears(&customer(1), "wamid.now").await.unwrap();
    let image = json!({ "media": { "type": "image", "media_id": uploaded["id"] } });
    let sent = scene.send(&outlet.to(&customer(1), image)).await.unwrap();
    scene.until(text(&sent, "/id"), "sent").await.unwrap();
}

#[tokio::test]
async fn what_may_have_gone_out_after_the_copy_is_not_sent_again() {
    let (mut scene, mut outlet, ana) = Scene::in_conversation().await.unwrap();
    outlet.behaves(Behaviour::refuse(StatusCode::SERVICE_UNAVAILABLE, 2));
    let due = scene.send(&outlet.to(&ana, json!({ "text": "due" }))).await.unwrap();
    let later = json!({ "text": "later", "scheduled_at": "2999-01-01T00:00:00Z" });
    let later = scene.send(&outlet.to(&ana, later)).await.unwrap();
    eventually("the vendor refuses it for the time being", async || Ok((!outlet.sent().is_empty()).then_some(())))
        .await
        .unwrap();
    // What came of the call is written down before it ends, so that no attempt is under way.
    scene.server.stop().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    // Nothing runs: that is as good. The message is due again at once or in a moment; the restoring is later than both.
    run("backup", scene.server.data(), &backup, &[]).await.ok().unwrap();
    let before = outlet.sent().len();
    outlet.behaves(Behaviour::accept());
    let data = eventually("it is due", async || {
        let data = tempfile::tempdir()?;
        let told = run("restore", data.path(), &backup, &["--json"]).await.json()?;
        Ok((told["held_messages"] == 1).then_some(data))
    })
    .await
    .unwrap();
    scene.server = Server::start_on_folder(data).await.unwrap();
    outlet.connect(&scene.server);
    scene.reconnect([&mut outlet.line]).unwrap();
    let new = scene.send(&outlet.to(&ana, json!({ "text": "new" }))).await.unwrap();
    scene.until(text(&new, "/id"), "sent").await.unwrap();
    assert_eq!(outlet.sent().len(), before + 1, "only the new one went out");
    assert_eq!(scene.message(text(&due, "/id")).await.unwrap()["status"], "pending");
    assert_eq!(scene.message(text(&later, "/id")).await.unwrap()["status"], "scheduled");
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_and_says_what_to_do() {
    let mut server = Server::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let refused = async |verb: &str, data: &Path, folder: &Path, words: &str| {
        let told = run(verb, data, folder, &[]).await;
        assert_eq!(told.code, Some(1), "{told:?}");
        assert!(told.errors.contains(words), "{words}: {told:?}");
    };
    refused("backup", server.data(), server.data(), "is not empty").await;
    refused("backup", &folder.path().join("none"), &backup, "with --data").await;
    refused("backup", server.data(), &folder.path().join("none/backup"), "must be there").await;
    assert_eq!(names(folder.path()), [""; 0], "nothing is left behind");
    std::fs::create_dir(&backup).unwrap();
    run("backup", server.data(), &backup, &[]).await.ok().unwrap();

    refused("restore", server.data(), &backup, "stop the server first").await;
    server.stop().await.unwrap();
    refused("restore", server.data(), &backup, "there is data in").await;
    let data = folder.path().join("data");
    refused("restore", &data, folder.path(), "is no whole backup").await;
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("tidings.key"), "another").unwrap();
    refused("restore", &data, &backup, "is not the backup's key").await;
    std::fs::remove_file(data.join("tidings.key")).unwrap();
    let database = backup.join("tidings.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let whole = bytes.clone();
    bytes[whole.len() / 2] ^= 1;
    std::fs::write(&database, bytes).unwrap();
    refused("restore", &data, &backup, "is damaged").await;
    assert_eq!(names(&data), ["tidings.lock"], "nothing of it is left behind");
    std::fs::write(&database, whole).unwrap();
    let told = run("restore", &data, &backup, &[]).await.ok().unwrap();
    assert!(told.contains("is restored") && told.contains("tidings serve --data"), "{told}");
    assert_eq!(mode(&data.join("tidings.db")), 0o600);
}

#[tokio::test]
async fn files_that_are_lost_already_are_told_of_and_the_rest_is_backed_up() {
    let mut scene = Scene::start().await.unwrap();
    scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    std::fs::remove_dir_all(scene.server.data().join("media")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let told = run("backup", scene.server.data(), &backup, &["--json"]).await;
    let summary: Value = serde_json::from_str(&told.output).unwrap();
    let lost = text(&summary, "/lost_files/0");
    assert!(told.code == Some(1) && told.errors.contains(lost), "{told:?}");
    restored(&backup).await;
}

#[tokio::test]
async fn a_backup_that_was_killed_is_never_taken_for_one() {
    let server = Server::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    // A key that never comes: the backup stands still once the database is copied.
    let key = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&key).status().await.unwrap().success());
    let mut process = Command::new(binary().unwrap())
        .args(["backup", "--data"])
        .arg(server.data())
        .arg("--seal-key-file")
        .args([&key, &backup])
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let half = eventually("the database is copied", async || {
        let mut names = names(folder.path()).into_iter();
        let draft = names.find(|name| name.starts_with("backup.partial-")).map(|name| folder.path().join(name));
        Ok(draft.filter(|draft| draft.join("tidings.key").exists()))
    })
    .await
    .unwrap();
    process.kill().await.unwrap();
    assert!(!backup.exists());
    let data: TempDir = tempfile::tempdir().unwrap();
    let told = run("restore", data.path(), &half, &[]).await;
    assert!(told.code == Some(1) && told.errors.contains("is no whole backup"), "{told:?}");
    // The next one is not disturbed by what is left.
    run("backup", server.data(), &backup, &[]).await.ok().unwrap();
    run("restore", data.path(), &backup, &[]).await.ok().unwrap();
}
