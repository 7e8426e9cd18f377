//! A full disk. While nothing can be stored, nothing may be acknowledged: vendors are told to come again. When there is
//! room, everything goes on by itself.
//!
//! It takes a file system of a few mebibytes, which only root may make; without it, the test says that it is skipped.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_simulator::Behaviour;
use tidings_tests::{
    Answer, Line, Scene, Server, eventually, json_of, text, tidings,
    webhooks::{self, customer},
};

/// A small file system in memory. It is taken away when it is dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn make(mebibytes: usize) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().ok()?;
        let size = format!("size={mebibytes}m");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tidings-tests"]).arg(folder.path()).output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(SmallDisk(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room; answers the file that takes it.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("filler");
        let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("the disk can be written");
        for size in [64 * 1024, 4096, 1] {
            loop {
                match write_whole(&mut file, size) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("cannot fill the disk: {error}"),
                }
            }
        }
        path
    }
}

fn write_whole(file: &mut File, size: usize) -> std::io::Result<()> {
    file.write_all(&vec![0; size])
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, since the server may be ending still. Should it fail, the folder stays: there is nobody to tell.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// A long message of one of five customers.
fn written(line: &Line, number: usize) -> Value {
    let words = format!("{number} {}", "much to say ".repeat(200));
    webhooks::text(&line.account, &customer(number % 5), &format!("wamid.{number}"), &words)
}

/// Posts messages from this number on. What SQLite has room for within its own files is still taken; then nothing is.
/// Answers the number that was refused, and how.
async fn post_until_refused(scene: &mut Scene, line: &Line, from: usize) -> anyhow::Result<(usize, Answer)> {
    for number in from..10_000 {
        let answer = line.post_by(&mut scene.api, &written(line, number)).await?;
        if answer.status != 200 {
            return Ok((number, answer));
        }
    }
    anyhow::bail!("the disk does not get full")
}

#[tokio::test]
async fn an_end_does_not_wait_for_room_on_the_disk() {
    let Some(disk) = SmallDisk::make(16) else {
        println!("skipped: a small file system can only be made by root");
        return;
    };
    let server = Server::start_within(disk.path()).await.unwrap();
    let mut scene = Scene::around(server).await.unwrap();
    scene.receiver.behave("/all", Behaviour::Hang);
    scene.subscribe("/all", json!({ "timeout_ms": 1000 })).await.unwrap();
    let line = scene.line("1001").await.unwrap();
    assert_eq!(line.post_by(&mut scene.api, &written(&line, 0)).await.unwrap().status, 200);
    disk.fill();
    post_until_refused(&mut scene, &line, 1).await.unwrap();
    eventually("what became of a delivery cannot be written down", async || {
        Ok(scene.server.output().contains("cannot write down").then_some(()))
    })
    .await
    .unwrap();
    scene.server.stop().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_loses_nothing() {
    let Some(disk) = SmallDisk::make(16) else {
        println!("skipped: a small file system can only be made by root");
        return;
    };
    let server = Server::start_within(disk.path()).await.unwrap();
    let mut scene = Scene::around(server).await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    let line = scene.line("1001").await.unwrap();
    let written = |number: usize| written(&line, number);

    let mut acknowledged = BTreeSet::new();
    for number in 0..20 {
        assert_eq!(line.post_by(&mut scene.api, &written(number)).await.unwrap().status, 200);
        acknowledged.insert(number);
    }
    let filler = disk.fill();
    let (number, refused) = post_until_refused(&mut scene, &line, 20).await.unwrap();
    acknowledged.extend(20..number);
    assert!(refused.header("retry-after").unwrap().parse::<u64>().is_ok());
    refused.problem(503, "overloaded").unwrap();
    scene.api.get("/readyz").await.unwrap().problem(503, "overloaded").unwrap();
    for again in 0..20 {
        let answer = line.post_by(&mut scene.api, &written(number + again)).await.unwrap();
        if answer.status == 200 {
            acknowledged.insert(number + again);
        } else {
            answer.problem(503, "overloaded").unwrap();
        }
    }
    // It lives, and reads.
    assert_eq!(scene.api.get("/healthz").await.unwrap().status, 200);
    scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    let endpoint = json!({ "url": scene.receiver.url("/other") });
    let answer = scene.api.post("/v1/endpoints", &endpoint).await.unwrap();
    assert!([201, 503].contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.json);

    // Room again: the vendor repeats what was refused.
    std::fs::remove_file(filler).unwrap();
    let last = number + 20;
    for number in 0..last {
        if acknowledged.insert(number) {
            eventually("it is taken", async || {
                let answer = line.post_by(&mut scene.api, &written(number)).await?;
                Ok((answer.status == 200).then_some(()))
            })
            .await
            .unwrap();
        }
    }
    let mut arrived = BTreeSet::new();
    while arrived.len() < acknowledged.len() {
        let arrival = scene.arrival().await.unwrap();
        if arrival.path == "/all" {
            let words = json_of(&arrival);
            let number = text(&words, "/data/content").split(' ').next().unwrap().to_owned();
            arrived.insert(number.parse::<usize>().unwrap());
        }
    }
    assert_eq!(arrived, acknowledged);
    scene.server.stop().await.unwrap();
    println!("{last} messages over a full disk, none of the acknowledged lost");
}

#[tokio::test]
async fn a_backup_for_which_there_is_no_room_says_so_and_leaves_nothing() {
    let Some(disk) = SmallDisk::make(1) else {
        println!("skipped: a small file system can only be made by root");
        return;
    };
    let server = Server::start().await.unwrap();
    disk.fill();
    let target = disk.path().join("backup");
    let (data, target) = (server.data().to_str().unwrap(), target.to_str().unwrap());
    let told = tidings(&server.base(), &["backup", "--data", data, target]).await.unwrap();
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.errors.contains("the disk is full") && told.errors.contains("make room"), "{told:?}");
    let left: Vec<_> = std::fs::read_dir(disk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["filler"]);
}
