//! The guides under docs/, followed to the letter.
//!
//! Their indented blocks are run as they stand there. What is put in instead is stated here: ports that are free, a
//! temporary folder for the data, and what a guide tells its reader to put in.

use std::{path::Path, process::Stdio};

use serde_json::json;
use tidings_tests::{Running, Scene, binary};
use tokio::process::Command;

/// The blocks of commands of a guide, in their order.
fn blocks(guide: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(guide);
    let (mut blocks, mut block, mut is_fenced) = (Vec::new(), String::new(), false);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        is_fenced ^= line.starts_with("```");
        match line.strip_prefix("    ").filter(|_| !is_fenced) {
            Some(command) => block.extend([command, "\n"]),
            None if !block.is_empty() => blocks.push(std::mem::take(&mut block)),
            None => {}
        }
    }
    blocks
}

/// A shell in which `tidings` is the program under test, within this folder.
fn shell(script: &str, folder: &Path) -> Command {
    let programs = binary().unwrap().parent().unwrap().to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    for other in ["TIDINGS_SERVER", "TIDINGS_KEY", "TIDINGS_WORKSPACE", "TIDINGS_CONFIG", "TIDINGS_DATA"] {
        command.env_remove(other);
    }
    command
}

/// Something that goes on, and the address that it says it listens on.
async fn listening(block: &str, folder: &Path, more: &str) -> (Running, String) {
    // `env`, so that the program is the shell's own process and ends with it.
    let mut running = Running::of(shell(&format!("exec env {} {more} 2>&1", block.trim()), folder)).unwrap();
    loop {
        let line = running.line().await.unwrap();
        if let Some((_, rest)) = line.split_once("listening on ") {
            let address = rest.split_whitespace().next().unwrap().to_owned();
            return (running, address);
        }
    }
}

/// Runs what ends, in one shell; what it printed.
async fn done(script: &str, folder: &Path) -> String {
    let output = shell(script, folder).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}\n{told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// Waits for lines with these words, in whatever order.
async fn prints(running: &mut Running, words: &[&str]) {
    let mut missing = words.to_vec();
    while !missing.is_empty() {
        let line = running.line().await.unwrap();
        missing.retain(|word| !line.contains(word));
    }
}

#[tokio::test]
async fn the_quick_start_leads_from_the_server_to_a_customer_who_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let blocks = blocks("quick-start.md");
    let [_build, serve, simulate, connect, callback, listen, write, answer, post] = &blocks[..] else {
        panic!("the guide has other blocks: {blocks:#?}");
    };
    let (_server, server) = listening(serve, folder, "--listen 127.0.0.1:0").await;
    let (_vendor, vendor) = listening(simulate, folder, "--listen 127.0.0.1:0").await;
    let here = |block: &str| {
        let block = block.replace("http://127.0.0.1:7777", &server).replace("http://127.0.0.1:7788", &vendor);
        format!("export TIDINGS_SERVER={server}\n{block}")
    };

    let told = done(&here(connect), folder).await;
    let after = |word: &str| told.split_once(word).unwrap().1.split_whitespace().next().unwrap().to_owned();
    let channel = told.split_whitespace().next().unwrap().to_owned();
    let filled = callback
        .replace("CHANNEL=chan_…", &format!("CHANNEL={channel}"))
        .replace("VERIFY=…", &format!("VERIFY={}", after("Verify token")));
    let answered = done(&here(&filled), folder).await;
    assert!(answered.contains("\"ok\"") || answered.contains("verif"), "{answered}");

    let listening = here(listen).replace("TIDINGS_KEY=try-it tidings", "exec env TIDINGS_KEY=try-it tidings");
    let mut listener = Running::of(shell(&listening, folder)).unwrap();
    done(&here(write), folder).await;
    prints(&mut listener, &["contact.created", "conversation.created", "message.received"]).await;
    let third = format!("export TIDINGS_KEY=try-it CHANNEL={channel}\n{}", here(answer));
    done(&third, folder).await;
    prints(&mut listener, &["message.sent", "message.delivered", "message.read"]).await;
    let told = done(&format!("export TIDINGS_KEY=try-it\n{}", here(post)), folder).await;
    assert!(told.contains("whsec_"), "{told}");
}

/// The blocks of the guide that are commands of ours, with the folders of the machine that the test is on.
#[tokio::test]
async fn the_guide_to_backups_makes_one_and_restores_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let here = |block: &str| {
        let block = block.replace("/backups", folder.join("backups").to_str().unwrap());
        block.replace("/var/lib/tidings", folder.join("data").to_str().unwrap())
    };
    let blocks = blocks("back-up.md");
    let find = |words: &str| here(blocks.iter().find(|block| block.starts_with(words)).unwrap());
    std::fs::create_dir(folder.join("backups")).unwrap();
    let serve = find("tidings serve");
    let serve = serve.lines().next().unwrap();
    let (server, _) = listening(serve, folder, "--listen 127.0.0.1:0").await;
    let told = done(&find("tidings backup"), folder).await;
    assert!(told.contains("is a backup of"), "{told}");
    let nightly = find("0 3 * * *");
    // As cron reads it.
    let told = done(&nightly.trim_start_matches("0 3 * * *").replace("\\%", "%"), folder).await;
    assert!(told.contains("is a backup of"), "{told}");
    server.stop().await.unwrap();
    std::fs::remove_dir_all(folder.join("data")).unwrap();
    let told = done(&find("tidings restore"), folder).await;
    assert!(told.contains("is restored"), "{told}");
    listening(serve, folder, "--listen 127.0.0.1:0").await;
}

#[tokio::test]
async fn the_guide_to_operation_names_metrics_that_are_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operate.md");
    let guide = std::fs::read_to_string(path).unwrap();
    // What has not happened yet is not told of.
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/all", json!({ "events": ["message.sent"] })).await.unwrap();
    scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    scene.arrival().await.unwrap();
    let metrics = scene.api.get("/metrics").await.unwrap();
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let named: Vec<&str> = guide
        .split('`')
        .filter(|code| code.starts_with("tidings_"))
        .map(|code| code.split(|letter| !is_name(letter)).next().unwrap_or_default())
        .collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        // The type of a counter is told without its ending.
        let told = format!("# TYPE {} ", name.trim_end_matches("_total"));
        assert!(metrics.contains(&told), "{name}: {metrics}");
    }
}
