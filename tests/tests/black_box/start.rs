//! The first start, the end, and what is left on the disk.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;
use tidings_simulator::Behaviour;
use tidings_tests::{
    ADMIN_KEY, APP_SECRET, Api, Scene, Server, eventually, text,
    webhooks::{self, customer},
};

/// The files of a folder, and of the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The files in which one of these texts stands in the clear.
fn files_with(folder: &Path, texts: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in files(folder) {
        let bytes = std::fs::read(&path).expect("the file can be read");
        for text in texts {
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push((path.clone(), (*text).to_owned()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_start_tells_which_options_count_and_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    std::fs::write(&file, "log = \"error\"\nrequests_per_minute = 60\n").unwrap();
    let file = file.to_str().unwrap();
    let server = Server::start_with(&[("TIDINGS_CONFIG", file), ("TIDINGS_LOG", "info")]).await.unwrap();
    for told in [
        "option listen = 127.0.0.1:0 (flag)",
        "option log = info (variable)",
        "option requests_per_minute = 60 (file)",
        "option log_format = text (default)",
        "option admin_key = set, and hidden (variable)",
    ] {
        eventually(told, async || Ok(server.output().contains(told).then_some(()))).await.unwrap();
    }
    assert!(!server.output().contains(ADMIN_KEY));
}

#[tokio::test]
async fn the_first_start_shows_the_operator_s_key_once() {
    let mut server = Server::start_without_key().await.unwrap();
    let key = eventually("the key is shown", async || {
        let output = server.output();
        let start = output.find("tid_admin_");
        let key = start.and_then(|start| output[start..].split_once('\n')).map(|(key, _)| key.trim().to_owned());
        Ok(key)
    })
    .await
    .unwrap();
    let mut api = Api::new(&server.base(), &key).unwrap();
    api.get("/v1/workspaces").await.unwrap().ok().unwrap();
    assert_eq!(server.output().matches(&key).count(), 1);

    server.stop().await.unwrap();
    assert_eq!(files_with(server.data(), &[&key]), [], "only its hash is kept");
    server.restart().await.unwrap();
    let mut api = Api::new(&server.base(), &key).unwrap();
    api.get("/v1/workspaces").await.unwrap().ok().unwrap();
    server.stop().await.unwrap();
    assert!(!server.output().contains("tid_admin_"), "{}", server.output());
}

#[tokio::test]
async fn what_is_stored_is_its_owner_s_alone() {
    let mut server = Server::start().await.unwrap();
    let path = server.data().join("tidings.key");
    for name in ["tidings.key", "tidings.db", "tidings.db-wal"] {
        let mode = std::fs::metadata(server.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    server.stop().await.unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = server.restart().await.unwrap_err().to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
}

#[tokio::test]
async fn no_secret_stands_in_the_clear_on_the_disk_or_in_the_log() {
    let server = Server::start_with(&[("TIDINGS_LOG", "trace")]).await.unwrap();
    let mut scene = Scene::around(server).await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let fields = json!({ "events": ["*"], "headers": { "x-api-key": "a-key-of-the-company" } });
    let endpoint = scene.subscribe("/all", fields).await.unwrap();
    let id = text(&endpoint, "/id").to_owned();
    let headers = [("idempotency-key", "once")];
    let rotate = format!("/v1/endpoints/{id}/secret/rotate");
    let rotated = scene.api.call(http::Method::POST, &rotate, Some(&json!({})), &headers).await.unwrap().ok().unwrap();
    let key = scene.api.post("/v1/keys", &json!({ "name": "A key" })).await.unwrap().ok().unwrap();
    Api::new(&scene.server.base(), text(&key, "/secret")).unwrap().get("/v1/messages").await.unwrap().ok().unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let mut told: Vec<String> = Vec::new();
    for arrival in scene.arrivals(4).await.unwrap() {
        told.push(String::from_utf8_lossy(&arrival.body).into_owned());
    }
    for format in ["lifecycle", "object"] {
        let events = scene.api.get(&format!("/v1/events?format={format}")).await.unwrap().ok().unwrap();
        told.push(events.to_string());
    }

    let verify_token = text(&line.channel, "/verify_token").to_owned();
    let whsec = |document| text(document, "/secret").strip_prefix("whsec_").unwrap().to_owned();
    let secrets = [
        APP_SECRET.to_owned(),
        "the-access-token-of-the-tests".to_owned(),
        tidings_tests::ADMIN_KEY.to_owned(),
        verify_token,
        whsec(&endpoint),
        whsec(&rotated),
        text(&key, "/secret").to_owned(),
    ];
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    for secret in secrets.iter().chain(&["a-key-of-the-company"]) {
        assert!(!told.iter().any(|told| told.contains(secret)), "{secret} is told of");
    }
    assert!(told.iter().all(|told| told.contains("channel_id") || told.contains("contact")), "{told:?}");
    // Killed, so that the write-ahead log is there, too.
    scene.server.kill().await.unwrap();
    assert_eq!(files_with(scene.server.data(), &secrets), []);
    let output = scene.server.output();
    assert!(output.contains("listening"), "{output}");
    for secret in secrets.into_iter().chain(["a-key-of-the-company", "Hello"]) {
        let lines: Vec<_> = output.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
    assert!(!files_with(scene.server.data(), &["wamid.1"]).is_empty(), "the search finds what is there");
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_leaves_the_rest_for_the_next_start() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    scene.receiver.behave("/all", Behaviour::Slow(Duration::from_millis(300)));
    // Of two customers: two are under way, and four wait behind them.
    for number in 0..6_usize {
        let webhook = webhooks::text(&line.account, &customer(number % 2), &format!("wamid.{number}"), "Hello");
        line.post(&webhook).await.unwrap();
    }
    let mut arrived = scene.arrivals(2).await.unwrap();
    scene.server.stop().await.unwrap();
    scene.receiver.behave("/all", Behaviour::ok());
    scene.server.restart().await.unwrap();
    arrived.extend(scene.arrivals(4).await.unwrap());
    scene.reconnect([&mut line]).unwrap();
    // In the order of the conversations: a repetition would come before these.
    for number in 0..2 {
        let webhook = webhooks::text(&line.account, &customer(number), &format!("wamid.last.{number}"), "Bye");
        line.post(&webhook).await.unwrap();
    }
    arrived.extend(scene.arrivals(2).await.unwrap());
    let ids: std::collections::BTreeSet<_> = arrived.iter().map(|arrival| arrival.id().unwrap()).collect();
    assert_eq!(ids.len(), 8, "what was under way was answered, written down, and not sent again");
}

#[tokio::test]
async fn files_without_their_database_are_left_alone() {
    let mut scene = Scene::start().await.unwrap();
    scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    let data = scene.server.data().to_owned();
    let stored = files(&data.join("media"));
    scene.server.stop().await.unwrap();
    for name in ["tidings.db", "tidings.db-wal", "tidings.db-shm"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    let refused = scene.server.restart().await.unwrap_err().to_string();
    assert!(refused.contains("restore a backup"), "{refused}");
    assert_eq!((stored.len(), files(&data.join("media"))), (1, stored));
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let mut first = Server::start().await.unwrap();
    let refused = first.start_another().await.unwrap_err().to_string();
    assert!(refused.contains("another tidings runs on the data folder"), "{refused}");
    assert_eq!(first.api().unwrap().get("/readyz").await.unwrap().status, 200);
    first.kill().await.unwrap();
    first.restart().await.unwrap();
}
