//! Where the gateway lets itself be sent, when the operator has allowed no network of his own.

use serde_json::json;
use tidings_tests::{
    Scene, Server, assert_holds, channel, eventually, now, pointers, rfc3339, text,
    webhooks::{self, customer},
};

async fn closed() -> Scene {
    let server = Server::start_with(&[("TIDINGS_ALLOW_NETWORKS", "")]).await.unwrap();
    Scene::around(server).await.unwrap()
}

#[tokio::test]
async fn private_addresses_are_refused_when_they_are_saved_however_they_are_spelled() {
    let mut scene = closed().await;
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://%31%32%37.0.0.1/",
        "http://\u{ff11}27.0.0.1/",
        "http://0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://192.0.2.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "https://93.184.216.34:0/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
    ] {
        let answer = scene.api.post("/v1/endpoints", &json!({ "url": url })).await.unwrap();
        let told = format!("{url}: {} {}", answer.status, answer.json);
        assert_eq!(answer.json["code"], "address_not_allowed", "{told}");
        assert_eq!(pointers(&answer.problem(422, "address_not_allowed").unwrap()), ["/url"], "{told}");

        if url.starts_with("http") && !url.contains("meta-data") {
            let mut to = channel("1001");
            to["settings"]["api_base"] = json!(url);
            let answer = scene.api.post("/v1/channels", &to).await.unwrap();
            let told = format!("{url}: {} {}", answer.status, answer.json);
            assert_eq!((answer.status.as_u16(), pointers(&answer.json)), (422, vec!["/settings/api_base"]), "{told}");
        }
    }
    // Somewhere public may be saved, and cannot be turned into what may not.
    let public = json!({ "url": "https://93.184.216.34/hook" });
    let made = scene.api.post("/v1/endpoints", &public).await.unwrap().ok().unwrap();
    let path = format!("/v1/endpoints/{}", text(&made, "/id"));
    let answer = scene.api.patch(&path, &json!({ "url": "http://127.0.0.1/" })).await.unwrap();
    answer.problem(422, "address_not_allowed").unwrap();
}

#[tokio::test]
async fn a_name_is_saved_and_judged_when_it_is_called() {
    let mut scene = closed().await;
    let mut line = scene.line("1001").await.unwrap();
    let url = format!("http://localhost:{}/all", scene.receiver.address().port());
    let endpoint = scene.api.post("/v1/endpoints", &json!({ "url": url })).await.unwrap().ok().unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let path = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    let attempt = eventually("the attempt is written down", async || {
        let listed = scene.api.get(&path).await?.ok()?;
        Ok(listed["data"].get(0).cloned())
    })
    .await
    .unwrap();
    assert_eq!(attempt["outcome"], "failed");
    assert_eq!(attempt["status_code"], json!(null));
    let error = text(&attempt, "/error");
    assert!(error.contains("127.0.0.1") || error.contains("::1") || error.contains("not allowed"), "{error}");
    let path = path.replace("attempts", "test");
    let tested = scene.api.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_eq!((&tested["delivered"], &tested["status_code"]), (&json!(false), &json!(null)));
    assert!(scene.receiver.arrived().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn the_operator_may_allow_a_network() {
    let server = Server::start_with(&[("TIDINGS_ALLOW_NETWORKS", "10.0.0.0/8, 127.0.0.1/32")]).await.unwrap();
    let mut scene = Scene::around(server).await.unwrap();
    scene.subscribe("/all", json!({})).await.unwrap();
    for (url, status) in [("http://127.0.0.2/", 422), ("http://10.9.8.7/", 201), ("http://192.168.1.1/", 422)] {
        let answer = scene.api.post("/v1/endpoints", &json!({ "url": url })).await.unwrap();
        assert_eq!(answer.status.as_u16(), status, "{url}: {}", answer.json);
    }
}

#[tokio::test]
async fn a_vendor_whose_address_is_not_allowed_any_more_cannot_be_reached_and_messages_fail_in_time() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.server.restart_with(&[("TIDINGS_ALLOW_NETWORKS", "")]).await.unwrap();
    scene.reconnect([]).unwrap();
    let soon = outlet.to(&ana, json!({ "text": "Hi", "expires_at": rfc3339(now() + 3) }));
    let message = scene.send(&soon).await.unwrap();
    let failed = scene.until(text(&message, "/id"), "failed").await.unwrap();
    assert_eq!(failed["error"]["code"], "expired", "{failed:#}");
    let check = format!("/v1/channels/{}/check", outlet.id());
    let told = scene.api.post(&check, &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&told, &json!({ "ok": false, "error": { "code": "network_error", "category": "network_error" } }));
    assert_eq!(outlet.sent().len(), 0);
}

#[tokio::test]
async fn an_address_that_is_refused_by_now_is_told_of_with_every_attempt() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({ "events": ["message.received"] })).await.unwrap();
    scene.server.restart_with(&[("TIDINGS_ALLOW_NETWORKS", "")]).await.unwrap();
    scene.reconnect([&mut line]).unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "Hello")).await.unwrap();
    let path = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    let failed = eventually("an attempt fails", async || Ok(scene.api.get(&path).await?.ok()?["data"].get(0).cloned()));
    let failed = failed.await.unwrap();
    assert_holds(&failed, &json!({ "outcome": "failed", "status_code": null }));
    assert!(text(&failed, "/error").contains("TIDINGS_ALLOW_NETWORKS"), "{failed}");
}
