//! What client libraries ask of the Graph API beside sending.

use serde_json::{Value, json};

use super::{SECRET, Scene, TOKEN};

const NUMBER: &str = "/v22.0/106540352242922";
const ACCOUNT: &str = "/v19.0/102290129340398";
const APP: &str = "2438000000000042";

#[tokio::test]
async fn number_account_and_profile_are_read_and_changed() {
    let mut scene = Scene::start().await;
    let numbers = scene.ask("GET", &format!("{ACCOUNT}/phone_numbers?fields=display_phone_number"), Value::Null).await;
    assert_eq!(numbers["data"], json!([{ "id": "106540352242922", "display_phone_number": "+15550783881" }]));
    let account = scene.ask("GET", &format!("{ACCOUNT}?fields=name,currency"), Value::Null).await;
    assert_eq!(account, json!({ "id": "102290129340398", "name": "Bistro Aurora", "currency": "USD" }));
    let change = json!({ "messaging_product": "whatsapp", "about": "Open", "vertical": "RESTAURANT" });
    scene.ask("POST", &format!("{NUMBER}/whatsapp_business_profile"), change).await;
    let path = format!("{NUMBER}/whatsapp_business_profile?fields=about");
    assert_eq!(scene.ask("GET", &path, Value::Null).await["data"], json!([{ "about": "Open" }]));
}

#[tokio::test]
async fn templates_are_made_sent_and_deleted() {
    let mut scene = Scene::start().await;
    let path = format!("{ACCOUNT}/message_templates");
    let body = json!([{ "type": "BODY", "text": "Bye {{1}}" }]);
    let template = json!({ "name": "bye", "language": "pt_BR", "category": "UTILITY", "components": body });
    let made = scene.ask("POST", &path, template.clone()).await;
    assert_eq!((&made["status"], &made["category"]), (&json!("PENDING"), &json!("UTILITY")));
    assert_eq!(scene.refused("POST", &path, template).await.0, 400);
    assert_eq!(scene.words().await, ["APPROVED"]);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.ask("GET", &format!("/v26.0/{id}?fields=name"), Value::Null).await["name"], "bye");
    let list = scene.ask("GET", &format!("{path}?name=bye"), Value::Null).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let counted = scene.ask("GET", &format!("{path}?limit=1&summary=total_count"), Value::Null).await;
    assert_eq!(counted["summary"], json!({ "total_count": 3 }));
    let words = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] }]);
    let sent = json!({ "name": "bye", "language": { "code": "pt_BR" }, "components": words });
    scene.send("1555", json!({ "type": "template", "template": sent })).await;
    assert_eq!(scene.chat("1555").await[0]["text"], "Bye Ana");
    scene.ask("DELETE", &format!("{path}?name=bye"), Value::Null).await;
    assert_eq!(scene.ask("GET", &path, Value::Null).await["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tokens_are_told_of_and_taken_as_a_parameter() {
    let mut scene = Scene::start().await;
    let app_token = format!("{APP}|{SECRET}").replace('|', "%7C").replace(' ', "%20");
    let good = scene.ask("GET", &format!("/v26.0/debug_token?input_token={TOKEN}"), Value::Null).await;
    assert_eq!((&good["data"]["is_valid"], &good["data"]["app_id"]), (&json!(true), &json!(APP)));
    let path = format!("/v26.0/debug_token?input_token=other&access_token={app_token}");
    assert_eq!(scene.ask("GET", &path, Value::Null).await["data"]["is_valid"], false);
    let request = http::Request::get(format!("/v26.0/me?access_token={TOKEN}")).body(http_body_util::Full::default());
    assert_eq!(scene.connection.send(request.unwrap()).await.unwrap().status(), 200);
    // The app's own token is not good for sending.
    let request =
        http::Request::get(format!("/v26.0/me?access_token={app_token}")).body(http_body_util::Full::default());
    assert_eq!(scene.connection.send(request.unwrap()).await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_callback_that_does_not_shake_hands_is_not_subscribed() {
    let mut scene = Scene::start().await;
    let subscriptions = format!("/v26.0/{APP}/subscriptions");
    let listed = scene.ask("GET", &subscriptions, Value::Null).await;
    assert_eq!(listed["data"][0]["callback_url"], scene.callback.url("/in"));
    let wish = json!({ "override_callback_uri": scene.callback.url("/other"), "verify_token": "x" });
    for (path, body) in [
        (format!("{ACCOUNT}/subscribed_apps"), wish.clone()),
        (format!("{NUMBER}/"), json!({ "webhook_configuration": wish })),
        (format!("{subscriptions}?object=whatsapp_business_account&callback_url=http://127.0.0.1:1/"), Value::Null),
    ] {
        let (status, told) = scene.refused("POST", &path, body).await;
        assert_eq!((status, &told["error"]["code"]), (400, &json!(2200)), "{path}: {told}");
    }
    assert_eq!(scene.ask("POST", &format!("{ACCOUNT}/subscribed_apps"), Value::Null).await["success"], true);
}

#[tokio::test]
async fn what_is_not_the_apis_is_refused_as_the_api_does() {
    let mut scene = Scene::start().await;
    for (method, path, code) in
        [("GET", "/v26.0/1/2/3", 2500), ("GET", "/v26.0/454545", 100), ("POST", "/v26.0/1/x", 100)]
    {
        let (status, told) = scene.refused(method, path, Value::Null).await;
        assert_eq!((status, &told["error"]["code"]), (400, &json!(code)), "{path}");
        assert!(told["error"]["fbtrace_id"].is_string());
    }
}
