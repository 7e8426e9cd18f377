//! `tidings doctor`: what is as it should be, and what is not.

use std::{os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};
use tidings_tests::{Scene, Server, tidings};

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
    let outlet = scene.outlet("1001").await.unwrap();
    tidings(&scene.server.base(), &["channels", "check", outlet.id()]).await.unwrap().ok().unwrap();
    scene.subscribe("/endpoint", json!({})).await.unwrap();
    let (code, findings) = found(&scene.server.base(), scene.server.data()).await;
    assert_eq!(code, Some(0), "{findings:?}");
    let checks = [
        "configuration",
        "lock",
        "database",
        "sealing key",
        "server",
        "clock",
        "store",
        "API key",
        "channel",
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
