//! What is told to the simulator, and what it says of what it does not understand.

use serde_json::{Value, json};

use super::{MESSAGES, Scene, text};
use crate::receiver;

#[tokio::test]
async fn what_is_not_known_is_named() {
    let mut scene = Scene::start().await;
    for (method, path, body, at, named) in [
        ("POST", "customers", json!({ "nam": "Ana" }), "nam", "unknown field `nam`"),
        ("POST", "customers", json!({ "answers": [{ "repl": "x" }] }), "answers[0].repl", "unknown field `repl`"),
        ("POST", "customers", json!({ "phone": "abc" }), "phone", "`abc` is no phone number; digits"),
        ("POST", "customers", json!({ "phone": "" }), "phone", "+15550100001"),
        ("POST", "customers", json!([]), ".", "a JSON object is expected"),
        ("POST", "messages", json!({ "customer": "1", "txt": "x" }), "txt", "unknown field `txt`"),
        ("POST", "messages", json!({ "text": "x" }), ".", "missing field `customer`"),
        ("POST", "behaviours", json!({ "default": { "kind": "dance" } }), "default.kind", "unknown variant `dance`"),
        ("POST", "behaviours", json!({ "always": { "kind": "accept" } }), "recipient", "default"),
        ("POST", "behaviours", json!({ "recipient": "1", "reset": true }), "recipient", "`next` and `always`"),
        (
            "POST",
            "behaviours",
            json!({ "default": { "kind": "hang", "accepted": 1 } }),
            "default",
            "expected a boolean",
        ),
        ("POST", "faults", json!({ "repeat_webhooks": 2 }), "repeat_webhooks", "no webhook was taken yet"),
        ("POST", "faults", json!({ "repeat_webhooks": 1001 }), "repeat_webhooks", "1000"),
        ("PUT", "callback", json!({ "url": "http://a" }), ".", "missing field `verify_token`"),
        ("GET", "log?limit=many", Value::Null, "limit", "`many` is no whole number"),
        ("GET", "log?aftr=1", Value::Null, "aftr", "known here: after and limit"),
        ("GET", "customers?limit=1", Value::Null, "limit", "known here: none"),
        ("POST", "faults?throttle=1", json!({}), "throttle", "known here: none"),
    ] {
        let (status, told) = scene.refused(method, &format!("/simulator/{path}"), body).await;
        let message = told["error"]["message"].as_str().unwrap();
        assert_eq!((status, told["error"]["at"].as_str().unwrap()), (400, at), "{told}");
        // Once, and without the place of the parser.
        assert_eq!(message.matches(named).count(), 1, "{told}");
        assert!(!message.contains(".:") && !message.contains("column"), "{told}");
    }
    let (status, told) = scene.refused("GET", "/simulator/log?limit=1&after=0", Value::Null).await;
    assert_eq!((status, &told["entries"]), (200, &json!([])));
    assert_eq!(scene.refused("GET", "/simulator/nothing?limit=1", Value::Null).await.0, 404);
    assert_eq!(scene.refused("DELETE", "/simulator/customers", Value::Null).await.0, 405);
    assert_eq!(scene.refused("POST", "/simulator/messages", json!({ "customer": "x", "text": "x" })).await.0, 404);
    let ana = scene.customer("1555", json!({})).await;
    for body in [json!({ "customer": ana }), json!({ "customer": ana, "text": "a", "image": {} })] {
        assert_eq!(scene.refused("POST", "/simulator/messages", body).await.0, 400);
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_steer() {
    let mut scene = Scene::start().await;
    let base = scene.simulator.base().to_owned();
    for (header, value, status) in [
        ("content-type", "text/plain", 415),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("origin", base.as_str(), 200),
    ] {
        let request = http::Request::post("/simulator/faults")
            .header("content-type", if header == "content-type" { value } else { "application/json" })
            .header(if header == "origin" { header } else { "x-other" }, value)
            .body(http_body_util::Full::from(r#"{"dead_media_links":true}"#))
            .unwrap();
        assert_eq!(scene.connection.send(request).await.unwrap().status(), status, "{header}: {value}");
    }
    let told = scene.raw("GET /simulator HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n").await;
    assert!(told.starts_with("HTTP/1.1 403") && told.contains("--public-url"), "{told}");
    assert!(!told.contains(super::TOKEN), "{told}");
}

#[tokio::test]
async fn calls_are_treated_as_told_and_customers_decide_again_after_a_reset() {
    let mut scene = Scene::start().await;
    scene.customer("15550100001", json!({})).await;
    let refuse = json!({ "kind": "refuse", "http_status": 400, "code": 131_047 });
    scene.ask("POST", "/simulator/behaviours", json!({ "next": [refuse], "recipient": "15550100001" })).await;
    let message = json!({ "messaging_product": "whatsapp", "to": "15550100001", "text": { "body": "x" } });
    let (status, told) = scene.refused("POST", MESSAGES, message.clone()).await;
    assert_eq!((status, &told["error"]["code"]), (400, &json!(131_047)));
    let failing =
        json!({ "kind": "accept", "statuses": { "steps": ["sent", { "failed": 131_049 }], "order": "reversed" } });
    scene.ask("POST", "/simulator/behaviours", json!({ "default": failing })).await;
    scene.send("15550100001", text("x")).await;
    assert_eq!(scene.words().await, ["failed", "sent"]);
    let never = json!([{ "weight": 1, "behaviour": { "kind": "accept", "statuses": { "steps": [] } } }]);
    scene.ask("POST", "/simulator/behaviours", json!({ "mix": never })).await;
    scene.send("15550100001", text("x")).await;
    assert!(scene.words().await.is_empty());
    scene.ask("POST", "/simulator/behaviours", json!({ "reset": true })).await;
    scene.send("15550100001", text("x")).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn numbers_ask_for_trouble_by_themselves() {
    let mut scene = Scene::start().await;
    scene.send("15550109002", text("x")).await;
    assert_eq!(scene.words().await, ["read", "delivered", "sent"]);
    scene.send("15550109012", text("x")).await;
    assert_eq!(scene.told().await[0]["errors"][0]["code"], 131_047);
    let message = json!({ "messaging_product": "whatsapp", "to": "+1 555 010 9022", "text": { "body": "x" } });
    let answer = scene.call("POST", MESSAGES, &message).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"6".parse().unwrap()));
    scene.send("15550109010", text("x")).await;
    assert_eq!(scene.words().await.len(), 999);
    let sender = scene.customer("15550109051", json!({})).await;
    scene.ask("POST", "/simulator/messages", json!({ "customer": sender, "image": {} })).await;
    let id = scene.told().await[0]["image"]["id"].as_str().unwrap().to_owned();
    let described = scene.ask("GET", &format!("/v26.0/{id}"), Value::Null).await;
    let link = described["url"].as_str().unwrap().strip_prefix(scene.simulator.base()).unwrap().to_owned();
    assert_eq!(scene.call("GET", &link, &Value::Null).await.status(), 404);
    let listed = scene.simulator.state()["magic_numbers"].as_array().unwrap().len();
    assert_eq!(listed, crate::whatsapp::graph::MAGIC.len());
}

#[tokio::test]
async fn a_callback_is_asked_before_it_is_told() {
    let mut scene = Scene::start().await;
    // It answers 200, and with nothing.
    let other = scene.callback.url("/other");
    let put = json!({ "url": other, "verify_token": "sesame & co" });
    let (status, told) = scene.refused("PUT", "/simulator/callback", put.clone()).await;
    assert_eq!(status, 502);
    assert!(told["error"]["message"].as_str().unwrap().contains("something else than the challenge"), "{told}");
    scene.callback.behave("/other", receiver::Behaviour::status(http::StatusCode::FORBIDDEN));
    let (_, told) = scene.refused("PUT", "/simulator/callback", put).await;
    assert!(told["error"]["message"].as_str().unwrap().contains("403"), "{told}");
    let nobody = json!({ "url": "http://127.0.0.1:1/in", "verify_token": "x" });
    let (_, told) = scene.refused("PUT", "/simulator/callback", nobody).await;
    assert!(told["error"]["message"].as_str().unwrap().contains("cannot connect"), "{told}");
    // It stays where it was.
    assert_eq!(scene.simulator.state()["callback"], scene.callback.url("/in"));
    scene.ask("DELETE", "/simulator/callback", Value::Null).await;
    assert_eq!(scene.simulator.state()["callback"], Value::Null);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_run() {
    let run = async || {
        let mut scene = Scene::start().await;
        let mix = json!([
            { "weight": 1, "behaviour": { "kind": "accept" } },
            { "weight": 1, "behaviour": { "kind": "accept", "statuses": { "order": "shuffled" } } },
        ]);
        scene.ask("POST", "/simulator/behaviours", json!({ "mix": mix })).await;
        let ana = scene.customer("15550100001", json!({})).await;
        let mut told =
            scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "image": {} })).await.to_string();
        scene.told().await;
        for number in 0..5 {
            told += &scene.send("15550100001", text(&number.to_string())).await;
            told += &scene.words().await.concat();
        }
        told
    };
    assert_eq!(run().await, run().await);
}
