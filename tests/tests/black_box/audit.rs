//! Who set up what, as the API and the command line tell it.

use serde_json::json;
use tidings_tests::{Scene, text, tidings};

#[tokio::test]
async fn it_is_told_from_where_something_was_done() {
    let mut scene = Scene::start().await.unwrap();
    scene.line("1001").await.unwrap();
    let base = scene.server.base();
    let key = scene.api.post("/v1/keys", &json!({ "name": "Till" })).await.unwrap().ok().unwrap();
    scene.api.delete(&format!("/v1/keys/{}", text(&key, "/id"))).await.unwrap();

    let acts = scene.api.get("/v1/audit").await.unwrap().ok().unwrap();
    let told = |number: usize| (text(&acts["data"][number], "/action"), text(&acts["data"][number], "/address"));
    let here = "127.0.0.1";
    assert_eq!([told(0), told(1), told(2)], ["key.deleted", "key.created", "channel.created"].map(|act| (act, here)));

    let table = tidings(&base, &["audit", "--object", text(&key, "/id")]).await.unwrap().ok().unwrap();
    assert!(table.contains("key.deleted") && table.contains("operator") && table.contains(here), "{table}");
    assert!(!table.contains("channel.created"), "{table}");
    let shown = tidings(&base, &["audit", "--action", "channel.created", "--json"]).await.unwrap().json().unwrap();
    assert_eq!(shown["data"][0]["changes"]["name"]["after"], "Support");
}
