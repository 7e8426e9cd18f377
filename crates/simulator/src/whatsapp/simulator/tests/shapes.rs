//! What the simulator posts, against real payloads that others have collected: of each kind it writes no path that none of
//! them has and no other type of value, and leaves out none that all of them have.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

use super::{Scene, buttons, text};

/// A path within an item, and what kind of value stands there.
type Shape = BTreeSet<(String, &'static str)>;
/// The shapes of all items of each kind, such as `message text`.
type Kinds = BTreeMap<String, Vec<Shape>>;

const STATUS: &str = "Webhooks › Status messages webhook reference";
const USER_IDS: &str = "Business-scoped user IDs";
const TEMPLATE: &str = "Webhooks › message_template_status_update webhook reference";

/// What the vendor documents and the collection does not have: kind, path, page.
const DOCUMENTED: [(&str, &str, &str); 6] = [
    ("status", "/biz_opaque_callback_data", STATUS),
    ("status", "/pricing/type", STATUS),
    ("status", "/recipient_user_id", USER_IDS),
    ("template", "/value/message_template_category", TEMPLATE),
    ("template", "/value/other_info", TEMPLATE),
    ("template", "/value/rejection_info", TEMPLATE),
];

/// What all of the collection have and the simulator does not write: kind, path, and where it is said when it is left out.
const LEFT_OUT: [(&str, &str, &str); 3] = [
    ("status", "/conversation", STATUS),
    ("status played", "/pricing", STATUS),
    // The only picture of the collection is one that could not be fetched.
    ("message image", "/errors", "Webhooks › Image messages webhook reference"),
];

#[tokio::test]
async fn every_webhook_has_the_shape_of_real_ones() {
    let Some(folder) = std::env::var_os("TIDINGS_FIXTURES").map(|folder| Path::new(&folder).join("whatsapp")) else {
        println!("skipped: TIDINGS_FIXTURES names no folder of payloads");
        return;
    };
    if !folder.exists() {
        println!("skipped: {} does not exist", folder.display());
        return;
    }
    let mut real = Kinds::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        gather(&serde_json::from_slice(&bytes).unwrap(), &mut real);
    }
    let mut ours = Kinds::new();
    for webhook in everything_that_is_posted().await {
        gather(&webhook, &mut ours);
    }
    let mut wrong = Vec::new();
    for (kind, shapes) in &ours {
        let written: Shape = shapes.iter().flatten().cloned().collect();
        // Beside its content, every message has the same fields, and so has every status.
        let family = kind.split(' ').next().unwrap_or(kind);
        let known: Shape = real
            .iter()
            .filter(|(other, _)| other.starts_with(family))
            .flat_map(|(_, all)| all.iter().flatten())
            .cloned()
            .collect();
        for (path, value) in &written {
            if !known.contains(&(path.clone(), *value)) && !is_listed(&DOCUMENTED, kind, path) {
                wrong.push(format!("{kind}: {path} is a {value} in no real payload"));
            }
        }
        let mut theirs = real.get(kind).into_iter().flatten();
        let first = theirs.next().cloned().unwrap_or_default();
        let always = theirs.fold(first, |always, shape| &always & shape);
        for (path, _) in &always {
            if !written.iter().any(|(ours, _)| ours == path) && !is_listed(&LEFT_OUT, kind, path) {
                wrong.push(format!("{kind}: {path} is in every real payload and never written"));
            }
        }
    }
    assert!(ours.len() >= 20 && real.len() >= 20, "too little to compare: {:?}, {:?}", ours.keys(), real.keys());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_listed(list: &[(&str, &str, &str)], kind: &str, path: &str) -> bool {
    list.iter().any(|(of, known, _)| kind.starts_with(of) && path.starts_with(known))
}

/// Takes a webhook apart. Of groups the simulator plays nothing.
fn gather(webhook: &Value, kinds: &mut Kinds) {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut add = |kind: String, item: &Value| {
        let mut shape = Shape::new();
        walk(item, "", &mut shape);
        kinds.entry(kind).or_default().push(shape);
    };
    for entry in items(&webhook["entry"]) {
        for change in items(&entry["changes"]) {
            let value = &change["value"];
            match change["field"].as_str() {
                Some("message_template_status_update") => add("template".to_owned(), &change),
                // Some of the collection have only the value.
                None => {}
                Some("messages") => {
                    let mut around = change.clone();
                    for list in ["messages", "statuses", "contacts"] {
                        around["value"].as_object_mut().unwrap().remove(list);
                    }
                    add("change".to_owned(), &around);
                }
                Some(_) => continue,
            }
            for contact in items(&value["contacts"]) {
                add("contact".to_owned(), &contact);
            }
            for message in items(&value["messages"]).iter().filter(|message| message.get("group_id").is_none()) {
                let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let kind = format!("message {} {}", word(&message["type"]), word(&message["interactive"]["type"]));
                add(kind.trim_end().to_owned(), message);
            }
            for status in items(&value["statuses"]).iter().filter(|status| status["recipient_type"] != "group") {
                add(format!("status {}", status["status"].as_str().unwrap_or_default()), status);
            }
        }
    }
}

fn walk(value: &Value, path: &str, shape: &mut Shape) {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    shape.insert((path.to_owned(), name));
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}/*"), shape)),
        Value::Object(fields) => fields.iter().for_each(|(key, field)| walk(field, &format!("{path}/{key}"), shape)),
        _ => {}
    }
}

/// Every kind of webhook that there is.
async fn everything_that_is_posted() -> Vec<Value> {
    let mut scene = Scene::start().await;
    let ana = scene.customer("15550100001", json!({ "username": "ana" })).await;
    let row = json!({ "id": "r", "title": "Row", "description": "The only one" });
    let action = json!({ "button": "Open", "sections": [{ "title": "All", "rows": [row] }] });
    let list = json!({ "type": "list", "body": { "text": "Well?" }, "action": action });
    let parameters = json!([{ "type": "text", "text": "Ana" }, { "type": "text", "text": "A-7" }]);
    let components = json!([{ "type": "body", "parameters": parameters }]);
    let template = json!({ "name": "order_ready", "language": { "code": "en_US" }, "components": components });
    for asked in [
        buttons(),
        json!({ "type": "interactive", "interactive": list }),
        json!({ "type": "template", "template": template, "biz_opaque_callback_data": "msg_1" }),
    ] {
        scene.send("15550100001", asked).await;
        scene.ask("POST", "/simulator/messages", json!({ "customer": ana, "press": {} })).await;
    }
    let first = scene.chat(&ana).await[0]["id"].clone();
    let file = json!({ "base64": "AAAA", "caption": "Look", "filename": "a" });
    for content in [
        json!({ "text": "Hello?" }),
        json!({ "text": "Hello?", "reply_to": first }),
        json!({ "image": { "caption": "Look" } }),
        json!({ "document": file }),
        json!({ "audio": { "base64": "AAAA", "voice": true } }),
        json!({ "video": { "base64": "AAAA", "caption": "Look" } }),
        json!({ "sticker": { "base64": "AAAA" } }),
        json!({ "location": { "latitude": 1.5, "longitude": 2.5, "name": "Here", "address": "Street 1" } }),
        json!({ "contacts": [{ "name": "Rui Costa", "phones": ["+351 1"] }] }),
        json!({ "reaction": { "to": first, "emoji": "👍" } }),
        json!({ "reaction": { "to": first } }),
    ] {
        let mut message = content;
        message["customer"] = json!(ana);
        scene.ask("POST", "/simulator/messages", message).await;
    }
    let steps = json!(["sent", "delivered", "read", "played", "deleted", { "failed": 131_026 }]);
    let every = json!({ "kind": "accept", "statuses": { "steps": steps } });
    scene.ask("POST", "/simulator/behaviours", json!({ "next": [every] })).await;
    scene.send("15550100001", text("x")).await;
    for status in ["PENDING", "REJECTED", "PAUSED", "DISABLED", "APPROVED"] {
        scene.ask("POST", "/simulator/templates", json!({ "name": "hello_world", "status": status })).await;
    }
    scene.simulator.idle().await;
    scene.callback.arrived().iter().map(|arrival| serde_json::from_slice(&arrival.body).unwrap()).collect()
}
