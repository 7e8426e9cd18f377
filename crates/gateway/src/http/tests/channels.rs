//! `/v1/channels`

use serde_json::json;

use super::{ADMIN, APP_SECRET, Call, Server, whatsapp};

#[tokio::test]
async fn a_channel_is_made_shown_changed_and_deleted() {
    let server = Server::start().await;
    let mut channel = whatsapp("100");
    channel["settings"].as_object_mut().unwrap().remove("api_base");
    let made = server.post("/v1/channels", &channel).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("id");
    assert_eq!(made.body["type"], "whatsapp");
    assert_eq!(made.body["status"], "pending");
    assert_eq!(made.body["webhook_url"], format!("https://tidings.example/in/{id}"));
    assert_eq!(made.body["settings"]["phone_number_id"], "100");
    assert_eq!(made.body["settings"]["api_base"], "https://graph.facebook.com");
    assert_eq!(made.body["capabilities"]["delivered"], "confirmed");
    assert_eq!(made.body["capabilities"]["read"], true);
    assert!(!made.text("verify_token").is_empty());

    let path = format!("/v1/channels/{id}");
    assert_eq!(server.get(&path).await.body, made.body);
    assert_eq!(server.get("/v1/channels").await.body["data"], json!([made.body]));

    let changed = server.patch(&path, &json!({"name": "Store", "settings": {"business_account_id": "7"}})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["name"], "Store");
    assert_eq!(changed.body["settings"]["business_account_id"], "7");
    assert_eq!(changed.body["settings"]["phone_number_id"], "100");
    let cleared = server.patch(&path, &json!({"settings": {"business_account_id": null}})).await;
    assert!(cleared.body["settings"].get("business_account_id").is_none_or(serde_json::Value::is_null));
    assert_eq!(server.patch(&path, &json!({"name": null})).await.pointers(), ["/name"]);

    let delete = || Call::new("DELETE", &path).key(ADMIN);
    assert_eq!(server.call(delete()).await.status, 204);
    assert_eq!(server.call(delete()).await.status, 404);
    assert_eq!(server.get(&path).await.status, 404);
    assert_eq!(server.call(Call::new("GET", &format!("/in/{id}"))).await.status, 404);
}

#[tokio::test]
async fn credentials_never_come_out_again() {
    let server = Server::start().await;
    let id = server.channel("100").await;
    for path in [format!("/v1/channels/{id}"), "/v1/channels".to_owned(), "/metrics".to_owned()] {
        let text = server.get(&path).await.body.to_string();
        assert!(!text.contains(APP_SECRET) && !text.contains("access_token"), "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_channel_is_refused_by_field() {
    let server = Server::start().await;
    let mut unknown = whatsapp("100");
    unknown["colour"] = json!("blue");
    unknown["settings"]["phone"] = json!("1");
    let reply = server.post("/v1/channels", &unknown).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (422, "validation_failed"));
    assert_eq!(reply.pointers(), ["/colour"]);
    unknown.as_object_mut().unwrap().remove("colour");
    assert_eq!(server.post("/v1/channels", &unknown).await.pointers(), ["/settings/phone"]);

    assert_eq!(server.post("/v1/channels", &json!({})).await.pointers(), ["/type", "/name"]);
    let missing = json!({"type": "whatsapp", "name": "Shop"});
    let reply = server.post("/v1/channels", &missing).await;
    assert!(reply.pointers().contains(&"/credentials/app_secret"), "{}", reply.body);

    let later = server.post("/v1/channels", &json!({"type": "telegram", "name": "Bot"})).await;
    assert_eq!((later.status.as_u16(), later.code()), (422, "not_available"));
    assert_eq!(later.pointers(), ["/type"]);
    assert_eq!(server.post("/v1/channels", &json!({"type": "pigeon", "name": "x"})).await.pointers(), ["/type"]);

    let mut inside = whatsapp("100");
    inside["settings"]["api_base"] = json!("http://169.254.169.254/latest");
    let reply = server.post("/v1/channels", &inside).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (422, "address_not_allowed"));
    assert_eq!(reply.pointers(), ["/settings/api_base"]);
}

#[tokio::test]
async fn an_account_has_one_channel() {
    let server = Server::start().await;
    server.channel("100").await;
    let again = server.post("/v1/channels", &whatsapp("100")).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "conflict"));
    let other = server.channel("200").await;
    let stolen = server.patch(&format!("/v1/channels/{other}"), &json!({"settings": {"phone_number_id": "100"}})).await;
    assert_eq!((stolen.status.as_u16(), stolen.code()), (409, "conflict"));
}

#[tokio::test]
async fn channels_are_listed_in_pages() {
    let server = Server::start().await;
    for number in 0..5 {
        server.channel(&format!("{number}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/channels?limit=2".to_owned();
    loop {
        let page = server.get(&path).await;
        let ids =
            page.body["data"].as_array().unwrap().iter().map(|channel| channel["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/channels?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|first, second| first > second), "newest first, each once: {seen:?}");
    for query in ["limit=0", "limit=201", "limit=x", "cursor=x", "colour=blue", "type=pigeon"] {
        assert_eq!(server.get(&format!("/v1/channels?{query}")).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn channels_are_there_after_a_restart() {
    let server = Server::start().await;
    let made = server.post("/v1/channels", &whatsapp("100")).await;
    let server = server.restart().await;
    assert_eq!(server.get(&format!("/v1/channels/{}", made.text("id"))).await.body, made.body);
}
