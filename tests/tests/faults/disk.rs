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

use serde_json::json;
use tempfile::TempDir;
use tidings_tests::{
    Scene, Server, eventually, json_of, text,
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
    let account = line.account.clone();
    let written = |number: usize| {
        let words = format!("{number} {}", "much to say ".repeat(200));
        webhooks::text(&account, &customer(number % 5), &format!("wamid.{number}"), &words)
    };

    let mut acknowledged = BTreeSet::new();
    for number in 0..20 {
        assert_eq!(line.post_by(&mut scene.api, &written(number)).await.unwrap().status, 200);
        acknowledged.insert(number);
    }
    let filler = disk.fill();
    // What SQLite has room for within its own files is still taken; then nothing is.
    let mut number = 20;
    let refused = loop {
        assert!(number < 10_000, "the disk does not get full");
        let answer = line.post_by(&mut scene.api, &written(number)).await.unwrap();
        if answer.status != 200 {
            break answer;
        }
        acknowledged.insert(number);
        number += 1;
    };
    assert!(refused.header("retry-after").unwrap().parse::<u64>().is_ok());
    refused.problem(503, "overloaded").unwrap();
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
