//! Starting, stopping, and being killed.

use serde_json::json;
use tidings_tests::Server;

#[tokio::test]
async fn says_that_it_is_up_and_ready_and_measured() {
    let server = Server::start().await.unwrap();
    let mut api = server.api().unwrap();
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(api.get(path).await.unwrap().status, 200, "{path}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_and_after_a_stop() {
    let mut server = Server::start().await.unwrap();
    let endpoint = json!({ "url": "http://127.0.0.1:9/orders", "format": "object" });
    let created = server.api().unwrap().post("/v1/endpoints", &endpoint).await.unwrap().ok().unwrap();
    let path = format!("/v1/endpoints/{}", created["id"].as_str().unwrap());

    server.kill().await.unwrap();
    server.restart().await.unwrap();
    assert_eq!(server.api().unwrap().get(&path).await.unwrap().ok().unwrap()["url"], endpoint["url"]);

    server.stop().await.unwrap();
    server.restart().await.unwrap();
    assert_eq!(server.api().unwrap().get(&path).await.unwrap().ok().unwrap()["url"], endpoint["url"]);
}
