//! A clock that jumps: by days, forward and back, as after a boot without a battery or on a machine that was asleep. What is
//! new must arrive at once whatever the clock says, and nothing may be lost or come twice.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;
use tidings_simulator::{Arrival, Behaviour};
use tidings_tests::{
    JumpingClock, Scene, json_of, text,
    webhooks::{self, customer},
};

const CUSTOMERS: usize = 4;
const MESSAGES: usize = 20;

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
    let Some(clock) = JumpingClock::find() else { return };
    let mut scene = Scene::around(clock.start_server().await.unwrap()).await.unwrap();
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
        clock.jump_to(offset).unwrap();
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
    clock.jump_to("-2d").unwrap();
    while sick.values().map(|next| next / CUSTOMERS).sum::<usize>() < next {
        let arrival = scene.arrival().await.unwrap();
        if arrival.answered == Some(StatusCode::OK) {
            assert_eq!(arrival.path, "/sick");
            note(&mut sick, &arrival);
        }
    }
    assert!(scene.server.output().lines().all(|line| !line.contains("panicked")), "{}", scene.server.output());
}
