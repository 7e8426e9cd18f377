//! A clock that jumps: by days, forward and back, as after a boot without a battery or on a machine that was asleep. What is
//! new must arrive at once whatever the clock says, and nothing may be lost or come twice.
//!
//! The server's own clock is moved by `libfaketime`, which `scripts/test` installs where it may; without it, the test says
//! that it is skipped.

use std::{collections::BTreeMap, path::PathBuf};

use http::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tidings_simulator::{Arrival, Behaviour};
use tidings_tests::{
    Scene, Server, json_of, text,
    webhooks::{self, customer},
};

const CUSTOMERS: usize = 4;
const MESSAGES: usize = 20;

/// The clock of a server.
struct JumpingClock {
    library: String,
    folder: TempDir,
}

impl JumpingClock {
    fn find() -> Option<JumpingClock> {
        let folders = std::fs::read_dir("/usr/lib").ok()?;
        let places = folders.filter_map(|folder| Some(folder.ok()?.path().join("faketime/libfaketime.so.1")));
        let library = places.filter(|place| place.exists()).find_map(|place| place.to_str().map(str::to_owned))?;
        let clock = JumpingClock { library, folder: TempDir::new().ok()? };
        clock.jump_to("+0");
        Some(clock)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// So far from the machine's.
    fn jump_to(&self, offset: &str) {
        // Put in place at once, since the server may read it at any moment.
        let draft = self.folder.path().join("draft");
        std::fs::write(&draft, offset).unwrap();
        std::fs::rename(draft, self.file()).unwrap();
    }

    async fn start_server(&self) -> Server {
        let file = self.file();
        let variables = [
            ("LD_PRELOAD", self.library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            // A clock that counts from the boot does not jump.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        Server::start_with(&variables).await.unwrap()
    }
}

fn number_of(arrival: &Arrival) -> usize {
    text(&json_of(arrival), "/data/content").parse().expect("we wrote a number")
}

/// Notes that one more has come: in the order of its conversation, and not again.
fn note(seen: &mut BTreeMap<usize, usize>, arrival: &Arrival) {
    assert!(arrival.verified);
    let number = number_of(arrival);
    let next = seen.entry(number % CUSTOMERS).or_insert(number % CUSTOMERS);
    assert_eq!(number, *next, "out of order, or again: {} {:?}", arrival.path, arrival.headers);
    *next += CUSTOMERS;
}

#[tokio::test]
async fn a_clock_that_jumps_holds_up_nothing_that_is_new_and_loses_nothing() {
    let Some(clock) = JumpingClock::find() else {
        println!("skipped: libfaketime is not installed (apt-get install libfaketime)");
        return;
    };
    let mut scene = Scene::around(clock.start_server().await).await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    // By such a clock a failed event has soon held back the others for long enough, unless there is no such thing.
    for path in ["/well", "/sick"] {
        let endpoint = scene.subscribe(path, json!({ "events": ["message.received"] })).await.unwrap();
        let path = format!("/v1/endpoints/{}", text(&endpoint, "/id"));
        let for_ever = json!({ "order_hold_max_seconds": null });
        scene.api.patch(&path, &for_ever).await.unwrap().ok().unwrap();
    }
    scene.receiver.behave("/sick", Behaviour::status(StatusCode::SERVICE_UNAVAILABLE));

    let (mut well, mut sick) = (BTreeMap::new(), BTreeMap::new());
    let mut next = 0;
    for offset in ["+0", "+3d", "-2d", "+400d", "-1h", "+5m"] {
        clock.jump_to(offset);
        for number in next..next + MESSAGES {
            let written = webhooks::text(
                &line.account,
                &customer(number % CUSTOMERS),
                &format!("wamid.{number}"),
                &number.to_string(),
            );
            line.post(&written).await.unwrap();
        }
        next += MESSAGES;
        while well.values().map(|next| next / CUSTOMERS).sum::<usize>() < next {
            let arrival = scene.arrival().await.unwrap();
            if arrival.path == "/well" {
                note(&mut well, &arrival);
            }
        }
    }

    // The sick one is well again: it gets everything that it refused, though the clock stands behind what it once said.
    scene.receiver.arrived();
    scene.receiver.behave("/sick", Behaviour::ok());
    clock.jump_to("-2d");
    while sick.values().map(|next| next / CUSTOMERS).sum::<usize>() < next {
        let arrival = scene.arrival().await.unwrap();
        if arrival.answered == Some(StatusCode::OK) {
            assert_eq!(arrival.path, "/sick");
            note(&mut sick, &arrival);
        }
    }
    assert!(scene.server.output().lines().all(|line| !line.contains("panicked")), "{}", scene.server.output());
}
