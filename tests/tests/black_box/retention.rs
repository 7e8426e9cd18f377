//! What is old goes, and the disk's space with it; who had a place in it is told so, and nothing else is touched, also if
//! the process is killed meanwhile.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_tests::{
    Api, JumpingClock, Line, Scene, Server, eventually, json_of, text, tidings,
    webhooks::{self, customer},
};

/// Long words, so that it can be seen on the disk when they are gone.
const LENGTH: usize = 2_000;

/// So many customers write.
async fn write(line: &mut Line, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let words = format!("{number} {}", "x".repeat(LENGTH));
        let webhook = webhooks::text(&line.account, &customer(number % 10), &format!("wamid.{number}"), &words);
        line.post(&webhook).await.unwrap();
    }
}

async fn get(api: &mut Api, path: &str) -> Value {
    api.get(path).await.unwrap().ok().unwrap()
}

/// How many of the first events there are, 200 at most, and the id of the first.
async fn first(api: &mut Api, types: &str) -> (usize, Option<String>) {
    let page = get(api, &format!("/v1/events?types={types}&limit=200")).await;
    let events = page["data"].as_array().unwrap();
    (events.len(), events.first().map(|event| text(event, "/event_id").to_owned()))
}

/// How many messages there are, 200 at most.
async fn messages(api: &mut Api) -> usize {
    get(api, "/v1/messages?limit=200").await["data"].as_array().unwrap().len()
}

/// How many events endpoints have lost, as they were told.
async fn lost(api: &mut Api) -> u64 {
    let page = get(api, "/v1/events?types=endpoint.gap").await;
    page["data"].as_array().unwrap().iter().map(|gap| gap["data"]["count"].as_u64().unwrap()).sum()
}

fn size(server: &Server) -> u64 {
    std::fs::metadata(server.data().join("tidings.db")).unwrap().len()
}

/// The same server after it has ended, at another time.
async fn restart_at(scene: &mut Scene, line: &mut Line, clock: &JumpingClock, offset: &str) {
    clock.jump_to(offset).unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([line]).unwrap();
}

#[tokio::test]
async fn what_is_old_goes_and_the_space_with_it() {
    let Some(clock) = JumpingClock::find() else { return };
    let mut scene = Scene::around(clock.start_server().await.unwrap()).await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let well = scene.subscribe("/well", json!({ "events": ["message.received", "endpoint.gap"] })).await.unwrap();
    let away = scene.subscribe("/away", json!({ "events": ["message.received"], "enabled": false })).await.unwrap();
    write(&mut line, 0..150).await;
    let delivered = scene.arrivals(150).await.unwrap();
    let old = text(&json_of(&delivered[0]), "/event_id").to_owned();
    scene.api.post("/v1/consumers/till/ack", &json!({ "up_to": old })).await.unwrap().ok().unwrap();
    let attempts = format!("/v1/endpoints/{}/attempts?limit=200", text(&well, "/id"));
    eventually("all deliveries are written down", async || {
        let written = get(&mut scene.server.api()?, &attempts).await["data"].as_array().unwrap().len();
        Ok((written == 150).then_some(()))
    })
    .await
    .unwrap();
    scene.server.stop().await.unwrap();
    let before = size(&scene.server);

    restart_at(&mut scene, &mut line, &clock, "+40d").await;
    let gap = json_of(&scene.arrival().await.unwrap());
    assert_eq!((text(&gap, "/event"), text(&gap, "/data/endpoint_id")), ("endpoint.gap", text(&away, "/id")));
    assert_eq!((&gap["data"]["count"], &gap["data"]["backlog"]), (&json!(150), &json!(0)));
    assert_eq!(first(&mut scene.api, "*").await, (1, Some(text(&gap, "/event_id").to_owned())));
    for path in [format!("/v1/events?after={old}"), "/v1/consumers/till/events".to_owned()] {
        let expired = scene.api.get(&path).await.unwrap();
        assert_eq!((expired.status, text(&expired.json, "/code")), (StatusCode::GONE, "cursor_expired"));
        assert_eq!(expired.json["oldest"], gap["event_id"]);
    }
    eventually("attempts are gone but the one at the gap", async || {
        let left = get(&mut scene.server.api()?, &attempts).await;
        let left: Vec<_> = left["data"].as_array().unwrap().iter().map(|attempt| attempt["event_id"].clone()).collect();
        Ok((left == [gap["event_id"].clone()]).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(messages(&mut scene.api).await, 150, "what was said stays");
    let path = format!("/v1/endpoints/{}", text(&away, "/id"));
    scene.api.patch(&path, &json!({ "enabled": true })).await.unwrap().ok().unwrap();
    write(&mut line, 150..151).await;
    let mut paths: Vec<_> = scene.arrivals(2).await.unwrap().into_iter().map(|arrival| arrival.path).collect();
    paths.sort();
    assert_eq!(paths, ["/away", "/well"]);

    let done = "what is old is deleted";
    eventually(done, async || Ok(scene.server.output().contains(done).then_some(()))).await.unwrap();
    scene.server.stop().await.unwrap();
    let after = size(&scene.server);
    assert!(after * 3 < before * 2, "{after} of {before}");
    let data = scene.server.data().to_str().unwrap().to_owned();
    let compact = tidings("http://127.0.0.1:9", &["compact", "--data", &data, "--json"]).await.unwrap().json().unwrap();
    assert_eq!(compact["bytes_before"], after);
    assert_eq!(compact["bytes"], size(&scene.server));
    scene.server.restart().await.unwrap();
    assert_eq!(messages(&mut scene.server.api().unwrap()).await, 151);
}

#[tokio::test]
async fn a_kill_meanwhile_loses_nothing_and_it_goes_on() {
    const WRITTEN: usize = 1_200;
    let Some(clock) = JumpingClock::find() else { return };
    let mut scene = Scene::around(clock.start_server().await.unwrap()).await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    scene.subscribe("/away", json!({ "events": ["message.received"], "enabled": false })).await.unwrap();
    write(&mut line, 0..WRITTEN).await;
    clock.jump_to("+40d").unwrap();
    let mut oldest = first(&mut scene.api, "message.received").await.1;
    while oldest.is_some() {
        scene.server.kill().await.unwrap();
        restart_at(&mut scene, &mut line, &clock, "+40d").await;
        // Until some more is gone.
        loop {
            let now = first(&mut scene.api, "message.received").await.1;
            if now != oldest {
                oldest = now;
                break;
            }
        }
    }
    eventually("what was lost is told", async || {
        Ok((lost(&mut scene.server.api()?).await == WRITTEN as u64).then_some(()))
    })
    .await
    .unwrap();
    write(&mut line, WRITTEN..WRITTEN + 1).await;
    assert_eq!(first(&mut scene.api, "message.received").await.0, 1);
    assert_eq!(messages(&mut scene.api).await, 200);
    scene.server.stop().await.unwrap();
    restart_at(&mut scene, &mut line, &clock, "+41d").await;
    write(&mut line, WRITTEN + 1..WRITTEN + 2).await;
    assert_eq!(first(&mut scene.api, "message.received").await.0, 2, "what is young stays");
    assert_eq!(lost(&mut scene.api).await, WRITTEN as u64, "it is told once");
}
