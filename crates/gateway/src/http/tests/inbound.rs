//! `/in/{channel_id}`

use serde_json::{Value, json};

use super::{ADMIN, Call, Server, signature, text_message, whatsapp};

async fn names(server: &Server) -> Vec<String> {
    let events = server.get("/v1/events").await;
    let data = events.body["data"].as_array().unwrap();
    data.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_handshake_is_answered_to_who_knows_the_token() {
    let server = Server::start().await;
    let made = server.post("/v1/channels", &whatsapp("100")).await;
    let path = format!("/in/{}", made.text("id"));
    let token = made.text("verify_token");
    let ask = |query: String| Call::new("GET", &format!("{path}?{query}"));
    let good = server.call(ask(format!("hub.mode=subscribe&hub.challenge=a%20b&hub.verify_token={token}"))).await;
    assert_eq!((good.status.as_u16(), good.body), (200, json!("a b")));
    assert_eq!(good.headers["content-type"], "text/plain; charset=utf-8");
    let wrong = server.call(ask("hub.mode=subscribe&hub.challenge=1&hub.verify_token=x".to_owned())).await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (403, "forbidden"));
    assert_eq!(server.call(ask("x=1".to_owned())).await.status, 422);
    let nowhere = server.call(Call::new("GET", "/in/chan_00000000000000000000000001")).await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn a_signed_webhook_becomes_events_once() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let body = text_message("100", 1, "hello");
    assert_eq!(server.deliver(&channel, &body).await.status, 200);
    let first = names(&server).await;
    for name in ["message.received", "contact.created", "conversation.created", "channel.connected"] {
        assert_eq!(first.iter().filter(|known| *known == name).count(), 1, "{name} in {first:?}");
    }
    assert_eq!(server.deliver(&channel, &body).await.status, 200);
    assert_eq!(names(&server).await, first, "a repetition changes nothing");
    assert_eq!(server.get(&format!("/v1/channels/{channel}")).await.body["status"], "connected");

    let messages = server.get("/v1/messages").await;
    assert_eq!(messages.body["data"].as_array().unwrap().len(), 1);
    let message = &messages.body["data"][0];
    assert_eq!((&message["text"], &message["direction"]), (&json!("hello"), &json!("inbound")));
    assert_eq!((&message["status"], &message["vendor_id"]), (&json!("delivered"), &json!("wamid.1")));
    let id = message["id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/messages/{id}")).await.body, *message);
    let conversation = message["conversation_id"].as_str().unwrap();
    let shown = server.get(&format!("/v1/conversations/{conversation}")).await;
    assert_eq!((&shown.body["status"], &shown.body["message_count"]), (&json!("open"), &json!(1)));
    for (query, found) in [("status=delivered", 1), ("status=read", 0), ("direction=outbound", 0)] {
        let list = server.get(&format!("/v1/messages?{query}")).await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), found, "{query}");
    }
    assert_eq!(server.get("/v1/messages?status=lost").await.status, 422);
}

#[tokio::test]
async fn a_bad_signature_keeps_nothing() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let body = text_message("100", 1, "hello");
    let post = || Call::new("POST", &format!("/in/{channel}")).bytes(body.clone());
    let wrong = signature("another body");
    for (call, status) in [
        (post(), 401),
        (post().header("x-hub-signature-256", "sha256=zz"), 401),
        (post().header("x-hub-signature-256", &wrong), 403),
    ] {
        assert_eq!(server.call(call).await.status, status);
    }
    assert_eq!(names(&server).await, Vec::<String>::new());
    assert_eq!(server.get("/v1/messages").await.body["data"], json!([]));
    let nowhere = Call::new("POST", "/in/chan_00000000000000000000000001").bytes(body.clone());
    assert_eq!(server.call(nowhere.header("x-hub-signature-256", &signature(&body))).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_counted() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    for body in ["not json", "[]", "{\"object\":\"page\"}"] {
        assert_eq!(server.deliver(&channel, body).await.status, 200, "{body}");
    }
    let metrics = server.call(Call::new("GET", "/metrics")).await.body;
    let metrics = metrics.as_str().unwrap().to_owned();
    assert!(metrics.contains("tidings_inbound_unparsed_total 3"), "{metrics}");
    assert!(metrics.contains("tidings_inbound_webhooks_total{result=\"accepted\"} 3"), "{metrics}");
    let again = server.call(Call::new("POST", &format!("/v1/channels/{channel}/reprocess")).key(ADMIN)).await;
    assert_eq!(again.body, json!({"bodies": 3, "applied": 0}));
}

#[tokio::test]
async fn one_webhook_serves_all_numbers_of_its_app() {
    let server = Server::start().await;
    let first = server.channel("100").await;
    let second = server.channel("200").await;
    let mut foreign = whatsapp("300");
    foreign["credentials"]["app_secret"] = json!("another app");
    server.post("/v1/channels", &foreign).await;
    for (number, phone) in ["100", "200", "300", "400"].into_iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        assert_eq!(server.deliver(&first, &text_message(phone, number, phone)).await.status, 200);
    }
    let channels: Vec<_> = server.get("/v1/messages").await.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["text"].clone(), message["channel_id"].clone()))
        .collect();
    assert_eq!(channels, [(json!("200"), json!(second)), (json!("100"), json!(first))]);
}

#[tokio::test]
async fn a_notice_of_a_business_goes_to_a_channel_of_that_business() {
    let server = Server::start().await;
    let mut ours = whatsapp("100");
    ours["settings"]["business_account_id"] = json!("1000");
    let channel = server.post("/v1/channels", &ours).await.text("id");
    let notice = |business: &str| {
        json!({"object": "whatsapp_business_account", "entry": [{"id": business, "time": 1_776_609_000, "changes": [
            {"field": "account_update", "value": {"event": "ACCOUNT_RESTRICTION"}}]}]})
        .to_string()
    };
    assert_eq!(server.deliver(&channel, &notice("2000")).await.status, 200);
    assert_eq!(names(&server).await, Vec::<String>::new(), "another business's notice is kept");
    assert_eq!(server.deliver(&channel, &notice("1000")).await.status, 200);
    assert_ne!(names(&server).await, Vec::<String>::new());

    let unnamed = server.channel("300").await;
    assert_eq!(server.deliver(&unnamed, &notice("3000")).await.status, 200);
    let events = server.get(&format!("/v1/events?channel_id={unnamed}")).await.body;
    assert_ne!(events["data"], json!([]), "it may be of the business that nobody has named");
}

#[tokio::test]
async fn an_update_that_cannot_be_applied_spoils_nothing_beside_it() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    assert_eq!(server.deliver(&channel, &text_message("100", 1, "first")).await.status, 200);
    let mut body: Value = serde_json::from_str(&text_message("100", 2, "second")).unwrap();
    let messages = body["entry"][0]["changes"][0]["value"]["messages"].as_array_mut().unwrap();
    messages.insert(
        0,
        json!({"from": "5511900000001", "id": "wamid.1", "timestamp": "1776609001", "type": "reaction",
        "reaction": {"message_id": "wamid.unknown", "emoji": "👍"}}),
    );
    for _ in 0..2 {
        assert_eq!(server.deliver(&channel, &body.to_string()).await.status, 200);
    }
    let messages = server.get("/v1/messages").await.body;
    let texts: Vec<_> = messages["data"].as_array().unwrap().iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, ["second", "first"]);
}

#[tokio::test]
async fn what_came_before_its_channel_is_applied_when_it_is_added() {
    let server = Server::start().await;
    let first = server.channel("100").await;
    server.deliver(&first, &text_message("200", 1, "early")).await;
    let mut events = server.gateway.tail.head();
    let before = *events.borrow_and_update();
    let second = server.channel("200").await;
    let waited = events.wait_for(|head| *head > before);
    tokio::time::timeout(std::time::Duration::from_secs(20), waited).await.unwrap().unwrap();
    let messages = server.get("/v1/messages").await;
    let found: Vec<&Value> = messages.body["data"].as_array().unwrap().iter().map(|one| &one["channel_id"]).collect();
    assert_eq!(found, [&json!(second)]);
}

#[tokio::test]
async fn a_vendor_may_post_more_than_others() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let long = text_message("100", 1, &"x".repeat(2 << 20));
    assert_eq!(server.deliver(&channel, &long).await.status, 200);
    let post = Call::new("POST", &format!("/in/{channel}")).bytes(vec![b'x'; (16 << 20) + 1]);
    assert_eq!(server.call(post).await.status, 413);
}
