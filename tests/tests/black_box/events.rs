//! The log: polled, and as a stream.

use serde_json::{Value, json};
use tidings_tests::{
    ADMIN_KEY, EventStream, Line, Scene, assert_holds, pointers, text,
    webhooks::{self, customer},
};

/// Three customers, each of whom writes twice: with the channel's own, thirteen events.
async fn three_customers() -> (Scene, Line) {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    for number in 0..6 {
        let webhook = webhooks::text(&line.account, &customer(number % 3), &format!("wamid.{number}"), "Hello");
        line.post(&webhook).await.unwrap();
    }
    (scene, line)
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(|event| text(event, "/event_id").to_owned()).collect()
}

#[tokio::test]
async fn polling_with_the_last_id_misses_nothing_and_sees_nothing_twice() {
    let (mut scene, mut line) = three_customers().await;
    let all = ids(&scene.api.get("/v1/events?limit=200").await.unwrap().ok().unwrap());
    assert_eq!(all.len(), 13);
    let mut polled = Vec::new();
    loop {
        let after = polled.last().map(|id| format!("&after={id}")).unwrap_or_default();
        let page = scene.api.get(&format!("/v1/events?limit=4{after}")).await.unwrap().ok().unwrap();
        let page = ids(&page);
        if page.is_empty() {
            break;
        }
        polled.extend(page);
    }
    assert_eq!(polled, all);
    // By cursors, too.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = scene.api.get(&format!("/v1/events?limit=4{cursor}")).await.unwrap().ok().unwrap();
        paged.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.new", "News")).await.unwrap();
    let after = format!("/v1/events?after={}", all.last().unwrap());
    let news = scene.api.get(&after).await.unwrap().ok().unwrap();
    assert_holds(&news, &json!({ "data": [{ "event": "message.received", "data": { "content": "News" } }] }));
}

#[tokio::test]
async fn the_log_can_be_narrowed_and_told_in_either_format() {
    let (mut scene, line) = three_customers().await;
    let mut count = async |query: &str| {
        let list = scene.api.get(&format!("/v1/events?{query}")).await.unwrap().ok().unwrap();
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(count("types=message.*").await, 6);
    assert_eq!(count("types=contact.created,conversation.created").await, 6);
    assert_eq!(count(&format!("types=message.received&channel_id={}", line.id)).await, 6);
    assert_eq!(count("channel_id=chan_00000000000000000000000000").await, 0);
    let lifecycle = scene.api.get("/v1/events?types=message.received&limit=1").await.unwrap().ok().unwrap();
    let object = scene.api.get("/v1/events?types=message.received&limit=1&format=object").await.unwrap().ok().unwrap();
    assert_holds(
        &object["data"][0],
        &json!({ "event": "message.received", "data": { "content": { "body": "Hello" } } }),
    );

    let id = text(&lifecycle, "/data/0/event_id");
    let one = scene.api.get(&format!("/v1/events/{id}")).await.unwrap().ok().unwrap();
    assert_eq!(one, lifecycle["data"][0]);
    let one = scene.api.get(&format!("/v1/events/{id}?format=object")).await.unwrap().ok().unwrap();
    assert_eq!(one, object["data"][0]);

    for query in ["types=nonsense", "format=xml", "limit=0", "limit=201", "limit=x", "cursor=!", "colour=red"] {
        scene.api.get(&format!("/v1/events?{query}")).await.unwrap().problem(422, "validation_failed").unwrap();
    }
}

#[tokio::test]
async fn an_id_that_is_not_there_has_expired() {
    let (mut scene, _) = three_customers().await;
    let oldest = ids(&scene.api.get("/v1/events?limit=1").await.unwrap().ok().unwrap()).remove(0);
    for path in ["/v1/events", "/v1/events/stream"] {
        let path = format!("{path}?after=evt_00000000000000000000000000");
        let problem = scene.api.get(&path).await.unwrap().problem(410, "cursor_expired").unwrap();
        assert_eq!(problem["oldest"], oldest.as_str());
    }
    scene.api.get("/v1/events/evt_00000000000000000000000000").await.unwrap().problem(404, "not_found").unwrap();
}

#[tokio::test]
async fn a_stream_resumes_without_a_gap_or_a_repetition() {
    let (mut scene, mut line) = three_customers().await;
    let base = scene.server.base();
    let mut stream = EventStream::open(&base, ADMIN_KEY, "/v1/events/stream", None).await.unwrap();
    let mut seen = stream.take(5).await.unwrap();
    drop(stream);

    // While nobody listens, the log goes on.
    line.post(&webhooks::text(&line.account, &customer(7), "wamid.away", "Hello")).await.unwrap();
    let last = seen.last().unwrap().id.clone();
    let mut stream = EventStream::open(&base, ADMIN_KEY, "/v1/events/stream", Some(&last)).await.unwrap();
    seen.extend(stream.take(11).await.unwrap());
    // And what happens while it is open comes as it happens.
    line.post(&webhooks::text(&line.account, &customer(7), "wamid.live", "Live")).await.unwrap();
    seen.extend(stream.take(1).await.unwrap());
    assert!(seen.last().unwrap().data.contains("\"Live\""));

    let all = scene.api.get("/v1/events?limit=200").await.unwrap().ok().unwrap();
    assert_eq!(seen.iter().map(|event| event.id.clone()).collect::<Vec<_>>(), ids(&all));
    for (event, listed) in seen.iter().zip(all["data"].as_array().unwrap()) {
        assert_eq!(event.event, text(listed, "/event"));
        assert_eq!(&serde_json::from_str::<Value>(&event.data).unwrap(), listed);
    }
}

#[tokio::test]
async fn a_stream_can_be_narrowed_and_ends_when_the_server_stops() {
    let (mut scene, mut line) = three_customers().await;
    let base = scene.server.base();
    let path = format!("/v1/events/stream?types=message.*&format=object&channel_id={}", line.id);
    let mut stream = EventStream::open(&base, ADMIN_KEY, &path, None).await.unwrap();
    for event in stream.take(6).await.unwrap() {
        assert_eq!(event.event, "message.received");
        assert!(event.data.contains("\"tenantId\""), "{}", event.data);
    }
    line.post(&webhooks::text(&line.account, &customer(9), "wamid.new", "Hello")).await.unwrap();
    assert_eq!(stream.take(1).await.unwrap()[0].event, "message.received", "a new contact is not asked for");
    scene.server.stop().await.unwrap();
    assert_eq!(stream.next().await.unwrap(), None);
}

#[tokio::test]
async fn the_last_events_are_the_end_of_the_log() {
    let (mut scene, line) = three_customers().await;
    let all = ids(&scene.api.get("/v1/events?limit=200").await.unwrap().ok().unwrap());
    for (last, from) in [(0, 13), (1, 12), (5, 8), (13, 0), (14, 0), (10_000, 0)] {
        let page = scene.api.get(&format!("/v1/events?last={last}")).await.unwrap().ok().unwrap();
        assert_eq!(ids(&page), all[from..], "{last}");
    }
    let narrow = format!("&types=message.received&channel_id={}", line.id);
    let received = ids(&scene.api.get(&format!("/v1/events?limit=200{narrow}")).await.unwrap().ok().unwrap());
    for (last, from) in [(1, 5), (4, 2), (6, 0), (7, 0)] {
        let page = scene.api.get(&format!("/v1/events?last={last}{narrow}")).await.unwrap().ok().unwrap();
        assert_eq!(ids(&page), received[from..], "{last}");
    }
    let problem = scene.api.get("/v1/events?last=10001").await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&problem), ["/last"]);
}

#[tokio::test]
async fn a_stream_of_the_last_events_says_where_it_begins() {
    let (mut scene, mut line) = three_customers().await;
    let all = ids(&scene.api.get("/v1/events?limit=200").await.unwrap().ok().unwrap());
    let base = scene.server.base();
    let begins = async |last: usize| {
        let mut stream = EventStream::open(&base, ADMIN_KEY, &format!("/v1/events/stream?last={last}"), None).await?;
        anyhow::Ok((stream.place().await?, stream))
    };
    assert_eq!(begins(13).await.unwrap().0, "", "the log begins there");
    let (place, mut stream) = begins(2).await.unwrap();
    assert_eq!(place, all[10]);
    assert_eq!(stream.take(2).await.unwrap().iter().map(|event| &*event.id).collect::<Vec<_>>(), all[11..]);
    let (place, mut stream) = begins(0).await.unwrap();
    assert_eq!(place, all[12]);
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.new", "News")).await.unwrap();
    assert!(stream.take(1).await.unwrap()[0].data.contains("News"));
}
