//! What tells of the server: health, metrics, the OpenAPI document and the page to read it.

use serde_json::json;
use tidings_tests::{
    Api, Scene, text,
    webhooks::{self, customer},
};

#[tokio::test]
async fn health_metrics_and_documents_need_no_key() {
    let scene = Scene::start().await.unwrap();
    let mut nobody = Api::new(&scene.server.base(), "wrong").unwrap();
    for (path, content_type) in [
        ("/healthz", "text/plain"),
        ("/readyz", "text/plain"),
        ("/metrics", "application/openmetrics-text"),
        ("/openapi.json", "application/json"),
        ("/docs", "text/html"),
        ("/docs/page.js", "text/javascript"),
        ("/docs/page.css", "text/css"),
    ] {
        let answer = nobody.get(path).await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").unwrap().starts_with(content_type), "{path}");
        assert!(!answer.body.is_empty(), "{path}");
    }
    let page = nobody.get("/docs").await.unwrap();
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
}

#[tokio::test]
async fn the_document_tells_of_every_call_and_every_webhook() {
    let mut scene = Scene::start().await.unwrap();
    let document = scene.api.get("/openapi.json").await.unwrap().ok().unwrap();
    assert!(text(&document, "/openapi").starts_with("3.1"));
    for (path, methods) in [
        ("/v1/workspaces", &["get", "post"][..]),
        ("/v1/workspaces/{id}", &["get", "patch"]),
        ("/v1/keys", &["get", "post"]),
        ("/v1/keys/{id}", &["delete"]),
        ("/v1/channels", &["get", "post"]),
        ("/v1/channels/{id}", &["get", "patch", "delete"]),
        ("/in/{channel_id}", &["get", "post"]),
        ("/v1/endpoints", &["get", "post"]),
        ("/v1/endpoints/{id}", &["get", "patch", "delete"]),
        ("/v1/endpoints/{id}/test", &["post"]),
        ("/v1/endpoints/{id}/secret/rotate", &["post"]),
        ("/v1/endpoints/{id}/attempts", &["get"]),
        ("/v1/attempts/{id}", &["get"]),
        ("/v1/events", &["get"]),
        ("/v1/events/{id}", &["get"]),
        ("/v1/events/stream", &["get"]),
        ("/v1/events/{id}/resend", &["post"]),
        ("/v1/messages", &["get"]),
        ("/v1/messages/{id}", &["get"]),
        ("/v1/conversations", &["get"]),
        ("/v1/conversations/{id}", &["get"]),
        ("/healthz", &["get"]),
        ("/readyz", &["get"]),
        ("/metrics", &["get"]),
    ] {
        for method in methods {
            assert!(document["paths"][path].get(*method).is_some(), "{method} {path}");
        }
    }
    let webhooks = document["webhooks"].as_object().unwrap();
    for event in ["message.received", "message.sent", "message.updated", "conversation.created", "endpoint.disabled"] {
        assert!(webhooks.keys().any(|name| name.contains(event)), "{event}: {:?}", webhooks.keys());
    }
}

#[tokio::test]
async fn metrics_count_what_happens_and_name_nobody() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "A secret")).await.unwrap();
    line.vendor.post_raw("{}".into(), "sha256=00").await.unwrap();
    scene.arrival().await.unwrap();
    let metrics = tidings_tests::eventually("the delivery is counted", async || {
        let metrics = String::from_utf8(scene.api.get("/metrics").await?.body.to_vec())?;
        Ok(metrics.contains("tidings_deliveries_total{outcome=\"delivered\"} 1\n").then_some(metrics))
    })
    .await
    .unwrap();
    for line in [
        "tidings_inbound_webhooks_total{result=\"accepted\"} 1\n",
        "tidings_inbound_webhooks_total{result=\"unsigned\"} 1\n",
        "tidings_inbound_updates_total{outcome=\"applied\"} 1\n",
        "# EOF\n",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    for private in ["A secret", "wamid", "Ana", "5511900000001"] {
        assert!(!metrics.contains(private), "{private} is in {metrics}");
    }
}
