//! What the parser makes of webhooks. All ids, names and texts are invented.

mod batch;
mod collection;
mod content;
mod identities;
mod notices;
mod robustness;
mod statuses;

use serde_json::{Value, json};
use tidings_domain::{
    change::{Change, News, Update},
    contact::{HandleKind, Identity},
};

use super::parse::parse;

/// A body with one change of this field.
fn body(field: &str, value: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "waba-1", "time": 1_790_000_000, "changes": [{"field": field, "value": value}]}],
    })
}

fn metadata() -> Value {
    json!({"display_phone_number": "49 30 1234-0", "phone_number_id": "number-1"})
}

/// The value of a change with one message of Ada's.
fn value_with(message: Value) -> Value {
    let mut whole = json!({"from": "4915100000001", "id": "wamid.A", "timestamp": "1790000001"});
    if let (Some(whole), Value::Object(message)) = (whole.as_object_mut(), message) {
        whole.extend(message);
    }
    json!({
        "messaging_product": "whatsapp",
        "metadata": metadata(),
        "contacts": [{"wa_id": "4915100000001", "user_id": "DE.700", "profile": {"name": "Ada", "username": "@ada"}}],
        "messages": [whole],
    })
}

fn updates(body: &Value) -> Vec<Update> {
    parse(body.to_string().as_bytes()).unwrap()
}

/// The only update of a body.
fn update(body: &Value) -> Update {
    let mut updates = updates(body);
    assert_eq!(updates.len(), 1, "{updates:#?}");
    updates.remove(0)
}

fn change_of(update: Update) -> Change {
    match update.news {
        News::Change(change) => *change,
        News::Unknown { kind } => panic!("unknown: {kind}"),
    }
}

/// What one message of Ada's changes.
fn message(message: Value) -> Change {
    change_of(update(&body("messages", &value_with(message))))
}

fn unknown_kind(update: &Update) -> &str {
    match &update.news {
        News::Unknown { kind } => kind,
        News::Change(change) => panic!("understood: {change:?}"),
    }
}

fn phone(digits: &str) -> Identity {
    Identity::phone(digits)
}

fn user_id(id: &str) -> Identity {
    Identity::new(HandleKind::WhatsappUserId, id)
}
