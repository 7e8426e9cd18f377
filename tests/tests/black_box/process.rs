//! Starting, stopping, and being killed.

use std::{fs::OpenOptions, process::Stdio, time::Duration};

use serde_json::json;
use tidings_tests::{Server, binary};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

#[tokio::test]
async fn says_that_it_is_up_and_ready_and_measured() {
    let server = Server::start().await.unwrap();
    let mut api = server.api().unwrap();
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(api.get(path).await.unwrap().status, 200, "{path}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_and_after_a_stop() {
    let mut server = Server::start().await.unwrap();
    let endpoint = json!({ "url": "http://127.0.0.1:9/orders", "format": "object" });
    let created = server.api().unwrap().post("/v1/endpoints", &endpoint).await.unwrap().ok().unwrap();
    let path = format!("/v1/endpoints/{}", created["id"].as_str().unwrap());

    server.kill().await.unwrap();
    server.restart().await.unwrap();
    assert_eq!(server.api().unwrap().get(&path).await.unwrap().ok().unwrap()["url"], endpoint["url"]);

    server.stop().await.unwrap();
    server.restart().await.unwrap();
    assert_eq!(server.api().unwrap().get(&path).await.unwrap().ok().unwrap()["url"], endpoint["url"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_written_stops_nothing() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full here");
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let mut server = Command::new(binary().unwrap())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .env_remove("TIDINGS_ADMIN_KEY")
        .stdout(Stdio::piped())
        .stderr(full)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // The first start prints the operator's key after it has logged that it listens.
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let shown = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("tid_admin_") {
                return true;
            }
        }
        false
    };
    assert!(timeout(Duration::from_mins(1), shown).await.expect("it is silent"), "{:?}", server.try_wait());
    assert!(server.try_wait().unwrap().is_none(), "it has ended");
}
