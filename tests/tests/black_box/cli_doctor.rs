//! `tidings doctor`: what is as it should be, and what is not.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use tidings_tests::{Scene, Server, now, text, tidings, tidings_with, webhooks::customer};

/// What it finds for each check, in order, and with what exit code it ends.
async fn found(base: &str, data: &Path) -> (Option<i32>, Vec<(String, String)>) {
    let told = tidings(base, &["doctor", "--json", "--data", data.to_str().unwrap()]).await.unwrap();
    let findings: Value = serde_json::from_str(&told.output).unwrap_or_else(|_| panic!("{told:?}"));
    let word = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
    let findings = findings.as_array().unwrap().iter();
    (told.code, findings.map(|finding| (word(finding, "check"), word(finding, "state"))).collect())
}

fn states<'a>(findings: &'a [(String, String)], check: &str) -> Vec<&'a str> {
    findings.iter().filter(|(name, _)| name == check).map(|(_, state)| &**state).collect()
}

#[tokio::test]
async fn a_server_that_is_well_is_said_to_be() {
    let mut scene = Scene::start().await.unwrap();
    let mut outlet = scene.outlet("1001").await.unwrap();
    outlet.hears(&customer(1), "wamid.first").await.unwrap();
    scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    scene.subscribe("/endpoint", json!({})).await.unwrap();
    let (code, findings) = found(&scene.server.base(), scene.server.data()).await;
    assert_eq!(code, Some(0), "{findings:?}");
    for absent in ["unnamed files", "awaited files", "erasures", "dead letters", "allowed networks", "operator's key"] {
        assert!(states(&findings, absent).is_empty(), "{absent}: {findings:?}");
    }
    let checks = [
        "configuration",
        "lock",
        "database",
        "integrity",
        "database size",
        "sealing key",
        "files",
        "server",
        "clock",
        "store",
        "API key",
        "channel",
        "webhook",
        "inbound",
        "endpoint",
    ];
    for check in checks {
        assert_eq!(states(&findings, check), ["ok"], "{check}: {findings:?}");
    }
    assert_eq!(states(&findings, "public address"), ["warn"], "it is a local one");
    let told = tidings(&scene.server.base(), &["doctor", "--data", scene.server.data().to_str().unwrap()]).await;
    let told = told.unwrap().ok().unwrap();
    assert!(told.lines().next().unwrap().starts_with("ok    configuration"), "{told}");
    assert!(told.contains("→ "), "it says what to do: {told}");
}

#[tokio::test]
async fn a_key_that_is_not_taken_is_a_failure() {
    let server = Server::start().await.unwrap();
    let data = server.data().to_str().unwrap();
    let told = tidings(&server.base(), &["doctor", "--json", "--key", "nope", "--data", data]).await.unwrap();
    let findings: Value = serde_json::from_str(&told.output).unwrap();
    let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "API key").unwrap();
    assert_eq!((told.code, found["state"].as_str()), (Some(1), Some("fail")), "{found}");
}

#[tokio::test]
async fn what_is_wrong_is_found() {
    let mut server = Server::start().await.unwrap();
    let base = server.base();
    let key = server.data().join("tidings.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, findings) = found(&base, server.data()).await;
    assert_eq!((code, states(&findings, "sealing key")), (Some(1), vec!["fail"]));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    server.stop().await.unwrap();
    let (code, findings) = found(&base, server.data()).await;
    assert_eq!((code, states(&findings, "server")), (Some(1), vec!["fail"]));
    assert_eq!(states(&findings, "lock"), ["warn"], "no server runs");
    assert_eq!(states(&findings, "database"), ["ok"]);

    let file = server.data().join("tidings.toml");
    std::fs::write(&file, "listne = 1").unwrap();
    let told = tidings(&base, &["doctor", "--config", file.to_str().unwrap()]).await.unwrap();
    assert!(told.code == Some(1) && told.output.contains("listne"), "{told:?}");
}

#[tokio::test]
async fn what_vendors_say_of_channels_is_told() {
    let (mut scene, outlet, _) = Scene::in_conversation().await.unwrap();
    let base = scene.server.base();
    let silent = scene.line("1002").await.unwrap();
    outlet.graph.set_callback(Some("http://127.0.0.1:9/elsewhere".to_owned()));
    let told = tidings(&base, &["doctor"]).await.unwrap();
    assert!(told.output.contains("to http://127.0.0.1:9/elsewhere, and not to"), "{told:?}");
    outlet.graph.revoke_token();
    let (code, findings) = found(&base, scene.server.data()).await;
    assert_eq!(code, Some(1));
    assert!(states(&findings, "channel").contains(&"fail"), "{findings:?}");
    let mut inbound = states(&findings, "inbound");
    inbound.sort_unstable();
    assert_eq!(inbound, ["ok", "warn"], "one has heard something and one has not");
    let told = tidings(&base, &["doctor"]).await.unwrap();
    for words in ["access_token=", "subscribe to the field `messages`", &silent.id] {
        assert!(told.output.contains(words), "{words}: {told:?}");
    }
    let calls = outlet.graph.calls().len();
    let told = tidings(&base, &["doctor", "--skip-vendors"]).await.unwrap();
    assert!(told.output.contains("disconnected") && outlet.graph.calls().len() == calls, "{told:?}");
}

#[tokio::test]
async fn files_that_are_lost_or_left_are_told() {
    let mut scene = Scene::start().await.unwrap();
    let upload = scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    let sha256 = text(&upload, "/sha256").to_owned();
    let data = scene.server.data().to_owned();
    let place = |sha256: &str| {
        let folder = data.join("media").join(&sha256[..2]).join(&sha256[2..4]);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(sha256)
    };
    // A server would take it away at its next look.
    scene.server.stop().await.unwrap();
    let left = std::fs::File::create(place(&"ab".repeat(32))).unwrap();
    let two_days_ago = u64::try_from(now()).unwrap() - 2 * 24 * 60 * 60;
    left.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(two_days_ago)).unwrap();
    std::fs::File::create(place(&"cd".repeat(32))).unwrap();
    let base = scene.server.base();
    let (_, findings) = found(&base, &data).await;
    assert_eq!((states(&findings, "files"), states(&findings, "unnamed files")), (vec!["ok"], vec!["warn"]));

    for damage in [Some("another"), None] {
        match damage {
            Some(content) => std::fs::write(place(&sha256), content).unwrap(),
            None => std::fs::remove_file(place(&sha256)).unwrap(),
        }
        let (_, findings) = found(&base, &data).await;
        assert_eq!(states(&findings, "files"), ["fail"], "{damage:?}");
    }
}

#[tokio::test]
async fn a_key_of_another_folder_is_not_taken_for_the_right_one() {
    let mut server = Server::start().await.unwrap();
    let another = Server::start().await.unwrap();
    std::fs::copy(another.data().join("tidings.key"), server.data().join("tidings.key")).unwrap();
    server.stop().await.unwrap();
    let (_, findings) = found(&server.base(), server.data()).await;
    assert_eq!(states(&findings, "sealing key"), ["fail"]);
}

#[tokio::test]
async fn options_that_may_do_harm_are_told() {
    let server = Server::start().await.unwrap();
    let variables = [("TIDINGS_ALLOW_NETWORKS", "0.0.0.0/0"), ("TIDINGS_ADMIN_KEY", "secret")];
    let asked = ["doctor", "--data", server.data().to_str().unwrap()];
    let told = tidings_with(&server.base(), &asked, &variables).await.unwrap();
    for words in ["0.0.0.0/0 is allowed", "it can be guessed"] {
        assert!(told.output.contains(words), "{words}: {told:?}");
    }
}

#[tokio::test]
async fn what_an_endpoint_has_not_got_is_told_with_what_to_do() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    let endpoint = scene.subscribe("/down", json!({ "enabled": false })).await.unwrap();
    line.hear(0..3, 1).await.unwrap();
    let told = tidings(&scene.server.base(), &["doctor", "--skip-vendors"]).await.unwrap();
    let id = text(&endpoint, "/id");
    for words in ["is paused", "events and", &format!("tidings endpoints update {id} --enabled true")] {
        assert!(told.output.contains(words), "{words}: {told:?}");
    }
}
