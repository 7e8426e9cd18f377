//! Customers and their phones.

use std::sync::atomic::Ordering;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Scene, buttons, text};

#[tokio::test]
async fn who_is_online_reads_and_who_is_not_gets_it_later() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({})).await;
    scene.send("+1 555 010-0001", text("Hi")).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);

    scene.ask("PATCH", &format!("/simulator/customers/{ana}"), json!({ "online": false, "reads": false })).await;
    let id = scene.send("15550100001", text("Are you there?")).await;
    assert_eq!(scene.words().await, ["sent"]);
    scene.clock.fetch_add(3600, Ordering::Relaxed);
    scene.ask("PATCH", "/simulator/customers/+15550100001", json!({ "online": true })).await;
    let late = scene.told().await;
    assert_eq!(late.len(), 1);
    assert_eq!((&late[0]["status"], &late[0]["id"]), (&json!("delivered"), &json!(id)));
    assert_eq!(late[0]["timestamp"], "1776612600");
    assert_eq!(scene.chat(&ana).await[1]["status"], "delivered");
}

#[tokio::test]
async fn who_blocks_the_business_is_never_reached() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({ "blocked": true })).await;
    scene.send("15550100001", text("Hi")).await;
    let told = scene.told().await;
    assert_eq!((&told[0]["status"], &told[0]["errors"][0]["code"]), (&json!("failed"), &json!(131_026)));
    assert!(scene.chat(&ana).await.is_empty());
}

#[tokio::test]
async fn answers_follow_the_first_rule_that_fits_when_the_message_was_read() {
    let mut scene = Scene::start().await;
    let answers = json!([
        { "contains": "PRICE", "reply": "Too much", "react": "😱" },
        { "press": true },
        { "reply": "Fine" },
    ]);
    scene.customer("15550100001", json!({ "answers": answers })).await;
    let first = scene.send("15550100001", text("Our price is 5")).await;
    let told = scene.told().await;
    let words: Vec<&Value> = told.iter().map(|item| item.get("status").unwrap_or(&item["type"])).collect();
    assert_eq!(words, ["sent", "delivered", "read", "reaction", "text"]);
    assert_eq!(told[3]["reaction"], json!({ "message_id": first, "emoji": "😱" }));
    assert_eq!(told[4]["text"]["body"], "Too much");

    let asked = scene.send("15550100001", buttons()).await;
    let pressed = scene.told().await.pop().unwrap();
    assert_eq!(
        pressed["interactive"],
        json!({ "type": "button_reply", "button_reply": { "id": "y", "title": "Yes" } })
    );
    assert_eq!(pressed["context"], json!({ "from": "15550783881", "id": asked }));
    scene.send("15550100001", text("Bye")).await;
    assert_eq!(scene.told().await.pop().unwrap()["text"]["body"], "Fine");
}

#[tokio::test]
async fn a_customer_says_everything_that_customers_say() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({})).await;
    let asked = scene.send("15550100001", buttons()).await;
    scene.told().await;
    let contents = [
        json!({ "text": "Hello?", "reply_to": asked }),
        json!({ "image": { "caption": "Look" } }),
        json!({ "document": { "base64": "JVBERg==", "filename": "a.pdf" } }),
        json!({ "audio": { "base64": "T2dnUw==", "voice": true } }),
        json!({ "location": { "latitude": 1.5, "longitude": 2.5, "name": "Here" } }),
        json!({ "contacts": [{ "name": "Rui Costa", "phones": ["+351 1"] }] }),
        json!({ "press": { "id": "n" } }),
        json!({ "reaction": { "to": asked, "emoji": "👍" } }),
        json!({ "reaction": { "to": asked } }),
    ];
    let mut said = Vec::new();
    for content in contents {
        let mut message = json!({ "customer": ana });
        message.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        let answer = scene.ask("POST", "/simulator/messages", message).await;
        let told = scene.told().await.remove(0);
        assert_eq!(told["id"], answer["id"]);
        assert_eq!(told["from"], "15550100001");
        assert!(told["from_user_id"].as_str().unwrap().starts_with("US."));
        said.push(told);
    }
    assert_eq!(said[0]["context"]["id"], json!(asked));
    assert_eq!(said[1]["image"]["caption"], "Look");
    assert_eq!(said[2]["document"]["filename"], "a.pdf");
    assert_eq!(
        (&said[3]["audio"]["voice"], &said[3]["audio"]["mime_type"]),
        (&json!(true), &json!("audio/ogg; codecs=opus"))
    );
    assert_eq!(said[4]["location"]["name"], "Here");
    assert_eq!(said[5]["contacts"][0]["phones"][0]["wa_id"], "3511");
    assert_eq!(said[6]["interactive"]["button_reply"]["id"], "n");
    assert_eq!(said[7]["reaction"]["emoji"], "👍");
    assert!(said[8]["reaction"].get("emoji").is_none());

    // The picture can be fetched as the API has it, and its digest is the one that was told.
    let id = said[1]["image"]["id"].as_str().unwrap();
    let described = scene.ask("GET", &format!("/v26.0/{id}"), Value::Null).await;
    let link = described["url"].as_str().unwrap().strip_prefix(scene.simulator.base()).unwrap().to_owned();
    let bytes = scene.call("GET", &link, &Value::Null).await.into_body();
    assert!(bytes.starts_with(b"\x89PNG"));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(said[1]["image"]["sha256"], STANDARD.encode(digest));
}

#[tokio::test]
async fn whoever_is_written_to_becomes_a_customer_and_nobody_is_twice() {
    let mut scene = Scene::start().await;
    let hello = json!({ "name": "hello_world", "language": { "code": "en_US" } });
    scene.send("351910000001", json!({ "type": "template", "template": hello })).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);
    assert_eq!(scene.simulator.state()["customers"][0]["name"], "+351910000001");
    let (status, told) = scene.refused("POST", "/simulator/customers", json!({ "phone": "351910000001" })).await;
    assert_eq!((status, &told["error"]["message"]), (409, &json!("cust_1 has this phone or user_id")));

    // Without a number it is known by its id alone, and written to by it.
    let hidden = json!({ "name": "Julian", "hide_phone": true, "username": "julian", "delay_ms": 0 });
    let julian = scene.ask("POST", "/simulator/customers", hidden).await;
    let user_id = julian["user_id"].as_str().unwrap().to_owned();
    scene.ask("POST", "/simulator/messages", json!({ "customer": user_id, "text": "Oi" })).await;
    let told = scene.told().await.remove(0);
    assert_eq!((told.get("from"), &told["from_user_id"]), (None, &json!(user_id)));
    let message =
        json!({ "messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": { "body": "x" } });
    scene.ask("POST", super::MESSAGES, message).await;
    assert_eq!(scene.told().await[0]["recipient_user_id"], json!(user_id));
}

#[tokio::test]
async fn a_number_that_was_given_up_is_nobodys() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({})).await;
    scene.ask("PATCH", &format!("/simulator/customers/{ana}"), json!({ "phone": "15550100002" })).await;
    scene.send("15550100001", text("Hi")).await;
    assert_eq!(scene.told().await[0]["recipient_id"], "15550100001");
    assert!(scene.chat(&ana).await.is_empty());
    scene.send("15550100002", text("Hi")).await;
    assert_eq!(scene.chat(&ana).await.len(), 1);
}

#[tokio::test]
async fn what_the_business_reads_has_blue_ticks() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({})).await;
    let mut last = Value::Null;
    for words in ["One", "Two"] {
        let written = json!({ "customer": ana, "text": words });
        last = scene.ask("POST", "/simulator/messages", written).await["id"].clone();
    }
    scene.told().await;
    assert_eq!(scene.chat(&ana).await[0]["status"], "delivered");
    let receipt = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": last,
                          "typing_indicator": { "type": "text" } });
    let mut watched = scene.simulator.watch();
    scene.ask("POST", super::MESSAGES, receipt).await;
    let chat = scene.chat(&ana).await;
    assert!(chat.iter().all(|bubble| bubble["status"] == "read"), "{chat:?}");
    let events = [(); 4].map(|()| watched.try_recv().unwrap().event);
    assert_eq!(events, ["entry", "message", "message", "typing"]);
}

#[tokio::test]
async fn a_template_is_read_with_its_words_and_its_buttons_are_pressed() {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({})).await;
    let words = json!([{ "type": "text", "text": "Ana" }, { "type": "text", "text": "A-7" }]);
    let payload = json!([{ "type": "payload", "payload": "coming" }]);
    let components = json!([
        { "type": "body", "parameters": words },
        { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": payload },
    ]);
    let template = json!({ "name": "order_ready", "language": { "code": "en_US" }, "components": components });
    scene.send("15550100001", json!({ "type": "template", "template": template })).await;
    assert_eq!(scene.chat(&ana).await[0]["text"], "Hi Ana, your order A-7 is ready.");
    scene.told().await;
    scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "press": {} })).await;
    assert_eq!(scene.told().await[0]["button"], json!({ "payload": "coming", "text": "I am coming" }));
    let (status, _) =
        scene.refused("POST", "/simulator/messages", json!({ "customer": ana, "press": { "id": "x" } })).await;
    assert_eq!(status, 400);
}
