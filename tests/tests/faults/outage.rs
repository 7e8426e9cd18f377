//! A receiver that is away for a while. When it is back everything must arrive, once, and in the order of each
//! conversation.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tidings_simulator::Receiver;
use tidings_tests::{
    Scene, eventually, json_of, text,
    webhooks::{self, customer},
};
use tokio::time::{Instant, sleep};

const CUSTOMERS: usize = 6;

#[tokio::test]
async fn after_an_outage_everything_arrives_once_and_in_order() {
    let messages: usize = if crate::is_long() { 5000 } else { 120 };
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let account = line.account.clone();
    let written = |number: usize| {
        webhooks::text(&account, &customer(number % CUSTOMERS), &format!("wamid.{number}"), &number.to_string())
    };
    for number in 0..CUSTOMERS {
        line.post(&written(number)).await.unwrap();
    }
    let mut arrivals = scene.arrivals(CUSTOMERS).await.unwrap();

    // Its process ends: the port answers nobody, and connections that were open break.
    let address = scene.receiver.address();
    scene.receiver = Receiver::start().await.unwrap();
    let away = Instant::now();
    for number in CUSTOMERS..messages {
        line.post(&written(number)).await.unwrap();
    }
    let attempts = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    let failed = eventually("an attempt fails", async || {
        let listed = scene.api.get(&format!("{attempts}?outcome=failed")).await?.ok()?;
        Ok(listed["data"].get(0).cloned())
    });
    let failed = failed.await.unwrap();
    assert!(text(&failed, "/error").contains("no connection"), "{failed:#}");
    if crate::is_long() {
        // Until it counts as down, and is probed less and less often.
        sleep(Duration::from_secs(40)).await;
        let down = scene.api.get(&format!("/v1/endpoints/{}", text(&endpoint, "/id"))).await.unwrap().ok().unwrap();
        assert_eq!(down["status"], "down");
    }
    let back = Instant::now();
    scene.receiver = Receiver::start_on(address).await.unwrap();
    scene.receiver.trust("/all", text(&endpoint, "/secret"));
    arrivals.extend(scene.arrivals(messages - CUSTOMERS).await.unwrap());
    println!(
        "away for {} ms; everything of it had arrived {} ms after the return",
        (back - away).as_millis(),
        back.elapsed().as_millis()
    );

    // In order, so that a repetition would come before it.
    for number in messages..messages + CUSTOMERS {
        line.post(&written(number)).await.unwrap();
    }
    arrivals.extend(scene.arrivals(CUSTOMERS).await.unwrap());
    let mut of_customer: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for arrival in &arrivals {
        let number: usize = text(&json_of(arrival), "/data/content").parse().unwrap();
        of_customer.entry(number % CUSTOMERS).or_default().push(number);
        assert_eq!(arrival.header("tidings-late"), None, "nothing was passed by others");
    }
    for (customer, numbers) in of_customer {
        let expected: Vec<_> = (customer..messages + CUSTOMERS).step_by(CUSTOMERS).collect();
        assert_eq!(numbers, expected, "customer {customer}");
    }
}

#[tokio::test]
async fn one_conversation_s_trouble_does_not_hold_up_the_others() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    let account = line.account.clone();
    scene.receiver.behave("/all", tidings_simulator::Behaviour::status(http::StatusCode::INTERNAL_SERVER_ERROR));
    line.post(&webhooks::text(&account, &customer(1), "wamid.1", "refused at first")).await.unwrap();
    let refused = scene.arrival().await.unwrap();
    let attempts = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    eventually("the failure is written down", async || {
        let listed = scene.api.get(&attempts).await?.ok()?;
        Ok(listed["data"].get(0).is_some().then_some(()))
    })
    .await
    .unwrap();
    scene.receiver.behave("/all", tidings_simulator::Behaviour::ok());
    line.post(&webhooks::text(&account, &customer(1), "wamid.2", "behind it")).await.unwrap();
    line.post(&webhooks::text(&account, &customer(2), "wamid.3", "of somebody else")).await.unwrap();

    let order: Vec<_> =
        scene.arrivals(3).await.unwrap().iter().map(|one| text(&json_of(one), "/data/content").to_owned()).collect();
    assert_eq!(order, ["of somebody else", "refused at first", "behind it"]);
    assert_eq!(refused.header("tidings-attempt"), Some("1"));
}
