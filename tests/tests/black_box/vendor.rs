//! The vendor's side: its handshake, its signatures, and everything that one POST of it may hold.

use bytes::Bytes;
use serde_json::{Value, json};
use tidings_simulator::{
    Connection,
    whatsapp::{Vendor, batch, encode, sign},
};
use tidings_tests::{
    APP_SECRET, Scene, channel, eventually, json_of, raw_exchange, text,
    webhooks::{self, customer},
};

#[tokio::test]
async fn the_handshake_gives_the_challenge_back_to_the_byte() {
    let mut scene = Scene::start().await.unwrap();
    let line = scene.line("1001").await.unwrap();
    assert_eq!(line.channel["webhook_url"], format!("{}{}", scene.server.base(), line.path()));
    let token = text(&line.channel, "/verify_token");

    let path =
        format!("{}?hub.mode=subscribe&hub.challenge=007%20%3Cb%3E%26%C3%A9&hub.verify_token={token}", line.path());
    let answer = scene.api.get(&path).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, "007 <b>&é".as_bytes()));
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));

    for query in [
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong".to_owned(),
        "hub.mode=subscribe&hub.challenge=1".to_owned(),
        format!("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={token}"),
    ] {
        let answer = scene.api.get(&format!("{}?{query}", line.path())).await.unwrap();
        answer.problem(403, "forbidden").unwrap();
    }
    scene.api.get("/in/chan_00000000000000000000000000").await.unwrap().problem(404, "not_found").unwrap();
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_leaves_nothing() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let forged = webhooks::text(&line.account, &customer(1), "wamid.forged", "Send me the money");
    let body = encode(&forged);

    // Never signed: this client sends no such header.
    let answer = scene.api.post(&line.path(), &forged).await.unwrap();
    assert!([401, 403].contains(&answer.status.as_u16()), "{}", answer.status);
    let right = sign(APP_SECRET, &body);
    for wrong in [
        sign("another secret", &body),
        right.replace("sha256=", ""),
        right.replace("sha256=", "sha1="),
        right[..right.len() - 2].to_owned(),
        String::new(),
    ] {
        let status = line.vendor.post_raw(body.clone(), &wrong).await.unwrap();
        assert!([401, 403].contains(&status.as_u16()), "{wrong}: {status}");
    }
    // Signed, and then changed by one byte.
    let changed = Bytes::from(String::from_utf8(body.to_vec()).unwrap().replace("Send", "Lend"));
    assert_eq!(line.vendor.post_raw(changed, &right).await.unwrap(), 403);

    line.post(&webhooks::text(&line.account, &customer(1), "wamid.true", "Hello")).await.unwrap();
    let messages = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);
    assert_eq!(messages["data"][0]["vendor_id"], "wamid.true");
    let events = scene.api.get("/v1/events?types=message.*").await.unwrap().ok().unwrap();
    assert_eq!(events["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_post_for_two_numbers_goes_to_both_channels() {
    let mut scene = Scene::start().await.unwrap();
    let mut first = scene.line("1001").await.unwrap();
    let second = scene.line("1002").await.unwrap();
    let both = batch([
        webhooks::text(&first.account, &customer(1), "wamid.1", "to the first"),
        webhooks::text(&second.account, &customer(1), "wamid.2", "to the second"),
        webhooks::text(&first.account, &customer(2), "wamid.3", "to the first, too"),
    ]);
    first.post(&both).await.unwrap();
    for (line, expected) in [(&first, vec!["to the first, too", "to the first"]), (&second, vec!["to the second"])] {
        let path = format!("/v1/messages?channel_id={}", line.id);
        let messages = scene.api.get(&path).await.unwrap().ok().unwrap();
        let texts: Vec<_> = messages["data"].as_array().unwrap().iter().map(|one| text(one, "/text")).collect();
        assert_eq!(texts, expected);
    }
    // A person on two channels is one contact with two conversations.
    let conversations = scene.api.get("/v1/conversations").await.unwrap().ok().unwrap();
    assert_eq!(conversations["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_comes_for_an_unknown_number_waits_for_its_channel() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    let mut known = scene.line("1001").await.unwrap();
    let mut unknown = known.account.clone();
    unknown.phone_number_id = "1002".to_owned();
    let both = batch([
        webhooks::text(&unknown, &customer(1), "wamid.early", "Is anybody there?"),
        webhooks::text(&known.account, &customer(2), "wamid.known", "Hello"),
    ]);
    known.post(&both).await.unwrap();
    assert_eq!(json_of(&scene.arrival().await.unwrap())["data"]["content"], "Hello");
    let messages = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);

    let added = scene.line("1002").await.unwrap();
    let event = json_of(&scene.arrival().await.unwrap());
    assert_eq!(event["data"]["content"], "Is anybody there?");
    assert_eq!(event["data"]["channel_id"], added.id.as_str());
}

#[tokio::test]
async fn a_number_of_another_app_is_not_spoken_for() {
    let mut scene = Scene::start().await.unwrap();
    let mut ours = scene.line("1001").await.unwrap();
    let mut theirs = channel("1002");
    theirs["credentials"]["app_secret"] = json!("the-secret-of-another-app");
    let theirs = scene.api.post("/v1/channels", &theirs).await.unwrap().ok().unwrap();
    let mut account = ours.account.clone();
    account.phone_number_id = "1002".to_owned();
    ours.post(&webhooks::text(&account, &customer(1), "wamid.1", "Forged by our neighbour")).await.unwrap();
    let path = format!("/v1/messages?channel_id={}", text(&theirs, "/id"));
    let messages = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(messages["data"], json!([]));
}

#[tokio::test]
async fn the_same_number_twice_in_a_workspace_is_refused() {
    let mut scene = Scene::start().await.unwrap();
    scene.line("1001").await.unwrap();
    scene.api.post("/v1/channels", &channel("1001")).await.unwrap().problem(409, "conflict").unwrap();
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_kept_counted_and_read_again_on_demand() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    for body in ["{\"object\":", "[]", "\u{feff}", "{\"object\":\"whatsapp_business_account\"}"] {
        let body = Bytes::from(body);
        let signature = sign(APP_SECRET, &body);
        assert_eq!(line.vendor.post_raw(body, &signature).await.unwrap(), 200);
    }
    let metrics = scene.api.get("/metrics").await.unwrap();
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(metrics.contains("tidings_inbound_unparsed_total 4\n"), "{metrics}");
    let path = format!("/v1/channels/{}/reprocess", line.id);
    let again = scene.api.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(again, json!({ "bodies": 4, "applied": 0 }));
}

#[tokio::test]
async fn what_nobody_knows_yet_is_answered_200() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let mut strange = webhooks::text(&line.account, &customer(1), "wamid.1", "Hello");
    let entry = &mut strange["entry"][0];
    entry["changes"] = json!([
        { "field": "something_of_2031", "value": { "a": [1, { "b": null }] } },
        { "field": "messages" },
        7,
        entry["changes"][0],
        { "field": "messages", "value": { "messages": "not a list", "statuses": [null, 3, {}] } },
    ]);
    line.post(&strange).await.unwrap();
    let messages = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1, "what can be read is read");
}

#[tokio::test]
async fn a_vendor_may_post_sixteen_mebibytes_and_no_more() {
    const LIMIT: usize = 16 << 20;
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let mut large = webhooks::text(&line.account, &customer(1), "wamid.1", "Hello");
    large["padding"] = json!("");
    large["padding"] = json!("x".repeat(LIMIT - encode(&large).len()));
    let body = encode(&large);
    assert_eq!(body.len(), LIMIT);
    let signature = sign(APP_SECRET, &body);
    assert_eq!(line.vendor.post_raw(body.clone(), &signature).await.unwrap(), 200);

    let larger = [&body[..], b" "].concat();
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", line.path(), larger.len());
    let answer = raw_exchange(&scene.server.base(), [head.into_bytes(), larger].concat()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"too_large\""), "{answer}");
    let messages = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_thousand_updates_in_one_post_all_arrive_in_order() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let all = batch((0..1000_usize).map(|number| {
        webhooks::text(&line.account, &customer(number % 10), &format!("wamid.{number}"), &number.to_string())
    }));
    line.post(&all).await.unwrap();
    let mut next: Vec<usize> = (0..10).collect();
    for arrival in scene.arrivals(1000).await.unwrap() {
        let number: usize = text(&json_of(&arrival), "/data/content").parse().unwrap();
        assert_eq!(number, next[number % 10], "out of order");
        next[number % 10] += 10;
    }
}

#[tokio::test]
async fn a_webhook_that_comes_again_changes_nothing_even_after_a_restart() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/all", json!({ "events": ["contact.*", "conversation.*", "message.*"] })).await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let hello = webhooks::text(&line.account, &customer(1), "wamid.1", "Hello");
    line.post(&hello).await.unwrap();
    line.post(&hello).await.unwrap();
    scene.server.stop().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    line.post(&hello).await.unwrap();
    let metrics = scene.api.get("/metrics").await.unwrap();
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(metrics.contains("tidings_inbound_updates_total{outcome=\"repeated\"} 1\n"), "{metrics}");

    // In the order of the conversation: had a repetition caused anything, it would come before this.
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "Still there?")).await.unwrap();
    let said: Vec<Value> = eventually("the last message arrives", async || {
        let events = scene.api.get("/v1/events?types=message.*").await?.ok()?;
        let events = events["data"].as_array().cloned().unwrap_or_default();
        Ok((events.len() >= 2).then_some(events))
    })
    .await
    .unwrap();
    let said: Vec<_> = said.iter().map(|event| text(event, "/data/content")).collect();
    assert_eq!(said, ["Hello", "Still there?"]);
    let events: Vec<_> =
        scene.arrivals(4).await.unwrap().iter().map(|arrival| arrival.event().unwrap().to_owned()).collect();
    assert_eq!(events, ["contact.created", "conversation.created", "message.received", "message.received"]);
}

#[tokio::test]
async fn an_album_sent_all_at_once_is_one_conversation() {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/all", json!({ "events": ["contact.*", "conversation.*", "message.*"] })).await.unwrap();
    let line = scene.line("1001").await.unwrap();
    let posts = (0..10).map(|number| {
        let mut vendor: Vendor = line.another_vendor(&scene.server).unwrap();
        let image = tidings_simulator::whatsapp::image_message(
            &line.account,
            &customer(1),
            &format!("wamid.{number}"),
            webhooks::SECONDS,
            &format!("media-{number}"),
            None,
        );
        async move { vendor.post(&image).await.unwrap() }
    });
    let posts: Vec<_> = posts.map(tokio::spawn).collect();
    for post in posts {
        assert_eq!(post.await.unwrap(), 200);
    }
    let conversations = scene.api.get("/v1/conversations").await.unwrap().ok().unwrap();
    assert_eq!(conversations["data"].as_array().unwrap().len(), 1);
    assert_eq!(conversations["data"][0]["message_count"], 10);
    let arrivals = scene.arrivals(12).await.unwrap();
    let count = |event: &str| arrivals.iter().filter(|arrival| arrival.event() == Some(event)).count();
    assert_eq!(
        [count("contact.created"), count("conversation.created"), count("message.received")],
        [1, 1, 10],
        "what is created is told once"
    );
}

#[tokio::test]
async fn a_deleted_channel_takes_nothing_any_more_and_what_came_stays() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let path = format!("/v1/channels/{}", line.id);
    assert_eq!(scene.api.delete(&path).await.unwrap().status, 204);
    scene.api.get(&path).await.unwrap().problem(404, "not_found").unwrap();
    let again = webhooks::text(&line.account, &customer(1), "wamid.2", "Hello?");
    assert_eq!(line.vendor.post(&again).await.unwrap(), 404);
    let messages = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);
    // Its number is free again.
    scene.line("1001").await.unwrap();
}

#[tokio::test]
async fn a_channel_changes_and_its_credentials_are_never_shown() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let path = format!("/v1/channels/{}", line.id);
    let fields = json!({ "name": "Sales", "credentials": { "app_secret": "a-new-app-secret" } });
    let changed = scene.api.patch(&path, &fields).await.unwrap().ok().unwrap();
    assert_eq!(changed["name"], "Sales");
    let seen = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(seen["settings"]["phone_number_id"], "1001");
    let listed = scene.api.get("/v1/channels?type=whatsapp").await.unwrap().ok().unwrap();
    for document in [&line.channel, &changed, &seen, &listed] {
        let document = document.to_string();
        for secret in [APP_SECRET, "a-new-app-secret", "the-access-token-of-the-tests", "credentials"] {
            assert!(!document.contains(secret), "{document}");
        }
    }
    // From now on the new secret signs, and the old one does not.
    let hello = webhooks::text(&line.account, &customer(1), "wamid.1", "Hello");
    assert_eq!(line.vendor.post(&hello).await.unwrap(), 403);
    let mut vendor = Vendor::new(&format!("{}{}", scene.server.base(), line.path()), "a-new-app-secret").unwrap();
    assert_eq!(vendor.post(&hello).await.unwrap(), 200);
}

#[tokio::test]
async fn a_post_to_nowhere_is_not_found() {
    let scene = Scene::start().await.unwrap();
    for path in ["/in/chan_00000000000000000000000000", "/in/nonsense", "/in/"] {
        let request = http::Request::post(format!("{}{path}", scene.server.base()))
            .body(http_body_util::Full::new(Bytes::from("{}")))
            .unwrap();
        let mut connection = Connection::to(&scene.server.base()).unwrap();
        assert_eq!(connection.send(request).await.unwrap().status(), 404, "{path}");
    }
}
