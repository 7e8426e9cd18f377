//! Everything beside sending: token, number, templates, media, receipts, throughput.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::{MESSAGES, Scene, TOKEN, body, options, text};
use crate::{
    Connection,
    whatsapp::graph::{Graph, GraphOptions},
};

#[tokio::test]
async fn a_token_is_revoked_and_another_one_given() {
    let mut scene = Scene::start().await;
    let wrong = scene.call_with("other", "GET", "/v26.0/106540352242922", "").await;
    assert_eq!((wrong.status().as_u16(), &body(&wrong)["error"]["code"]), (401, &json!(190)));
    scene.graph.revoke_token();
    let refused = scene.send(&text("1", "msg_1")).await;
    assert_eq!((refused.status().as_u16(), &body(&refused)["error"]["code"]), (401, &json!(190)));
    scene.graph.restore_token("new");
    let message = text("1", "msg_1").to_string();
    assert_eq!(scene.call_with("new", "POST", MESSAGES, message).await.status(), 200);
    assert_eq!((scene.graph.count(), scene.graph.accepted_count()), (3, 1));
}

#[tokio::test]
async fn the_number_and_what_is_unknown() {
    let mut scene = Scene::start().await;
    let number = scene.get("/v26.0/106540352242922").await;
    assert_eq!(number["throughput"], json!({ "level": "STANDARD" }));
    assert_eq!(number["webhook_configuration"]["application"], scene.callback.url("/in"));
    let chosen = scene.get("/v26.0/106540352242922?fields=verified_name,quality_rating").await;
    let expected = json!({ "id": "106540352242922", "verified_name": "Bistro Aurora", "quality_rating": "GREEN" });
    assert_eq!(chosen, expected);
    for (path, code) in [("/v26.0/1", 100), ("/v26.0/1/messages", 100), ("/106540352242922", 2500)] {
        assert_eq!(scene.get(path).await["error"]["code"], code, "{path}");
    }
    let apps = scene.get("/v26.0/102290129340398/subscribed_apps").await;
    assert!(apps["data"][0]["whatsapp_business_api_data"]["id"].is_string());
}

#[tokio::test]
async fn templates_are_read_page_by_page() {
    let mut scene = Scene::start().await;
    let template = |number: u32| json!({ "id": number.to_string(), "name": "t", "language": number.to_string() });
    scene.graph.set_templates((0..5).map(template).collect());
    let mut path = "/v26.0/102290129340398/message_templates?limit=2".to_owned();
    let mut read = Vec::new();
    loop {
        let page = scene.get(&path).await;
        read.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["paging"]["next"].as_str() else { break };
        path = next.strip_prefix(&scene.graph.base()).unwrap().to_owned();
    }
    assert_eq!(read, ["0", "1", "2", "3", "4"]);
    assert_eq!(scene.graph.count(), 3);
}

#[tokio::test]
async fn media_goes_round_and_its_links_grow_old() {
    let clock = Arc::new(AtomicI64::new(1000));
    let seconds = Arc::clone(&clock);
    let now_seconds = Arc::new(move || seconds.load(Ordering::Relaxed));
    let mut scene = Scene::start().await;
    scene.graph = Graph::start(GraphOptions { now_seconds, ..options() }).await.unwrap();
    scene.connection = Connection::to(&scene.graph.base()).unwrap();

    let form = Bytes::from_static(
        b"--x\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--x\r\n\
          Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
          \x89PNG\xff\r\n--x--\r\n",
    );
    let upload = Request::post("/v26.0/106540352242922/media")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(Full::new(form))
        .unwrap();
    let id = body(&scene.connection.send(upload).await.unwrap())["id"].as_str().unwrap().to_owned();
    let call = scene.graph.next_call().await;
    let file = json!({ "filename": "a.png", "mime_type": "image/png", "file_size": 5 });
    assert_eq!(call.body, json!({ "messaging_product": "whatsapp", "file": file }));

    let described = scene.get(&format!("/v26.0/{id}")).await;
    assert_eq!((&described["mime_type"], &described["file_size"]), (&json!("image/png"), &json!(5)));
    let link = described["url"].as_str().unwrap().strip_prefix(&scene.graph.base()).unwrap().to_owned();
    let fetched = scene.call("GET", &link, "").await;
    assert_eq!(fetched.body(), &b"\x89PNG\xff"[..]);
    assert_eq!(fetched.headers()["content-type"], "image/png");
    assert_eq!(scene.call_with("other", "GET", &link, "").await.status(), 401);
    clock.store(1301, Ordering::Relaxed);
    assert_eq!(scene.call("GET", &link, "").await.status(), 404);

    let image =
        |id: &str| json!({ "messaging_product": "whatsapp", "to": "1", "type": "image", "image": { "id": id } });
    assert_eq!(scene.send(&image(&id)).await.status(), 200);
    assert_eq!(body(&scene.call("DELETE", &format!("/v26.0/{id}"), "").await), json!({ "success": true }));
    assert_eq!(body(&scene.send(&image(&id)).await)["error"]["code"], 131_009);
    let from_customer = scene.graph.add_media("audio/ogg; codecs=opus", "voice");
    assert_eq!(scene.get(&format!("/v26.0/{from_customer}")).await["mime_type"], "audio/ogg; codecs=opus");
}

#[tokio::test]
async fn a_receipt_is_no_message() {
    let mut scene = Scene::start().await;
    let receipt = json!({
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.1",
        "typing_indicator": { "type": "text" },
    });
    assert_eq!(body(&scene.send(&receipt).await), json!({ "success": true }));
    let call = scene.graph.next_call().await;
    assert_eq!((call.body, call.to, call.accepted), (receipt, None, None));
}

#[tokio::test]
async fn beyond_the_throughput_messages_are_refused() {
    let mut scene = Scene::start().await;
    // A limit that leaves nothing, so that no pause of this machine makes a difference.
    scene.graph.throttle(Some(0));
    let answer = scene.send(&text("1", "msg_1")).await;
    assert_eq!((answer.status().as_u16(), &body(&answer)["error"]["code"]), (429, &json!(130_429)));
    scene.graph.throttle(None);
    assert_eq!(scene.send(&text("1", "msg_1")).await.status(), 200);
}
