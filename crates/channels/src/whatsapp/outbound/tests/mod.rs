//! What is sent to Meta, and what its answers are taken for. All ids, names and texts are invented.

mod answers;
mod collection;
mod limits;
mod requests;
mod robustness;
mod small;
mod template_fit;
mod templates;

use serde_json::{Map, Value, json};
use tidings_domain::{
    MessageId, Timestamp,
    contact::HandleKind,
    id::{HandleId, MediaId, OrderedIds},
    message::HandleRef,
    outgoing::Outgoing,
    template::Template,
};

use crate::outbound::{Access, Call, CallAnswer, Letter, Outbound};

use super::super::Whatsapp;

const WHATSAPP: &dyn Outbound = &Whatsapp;

fn ids() -> OrderedIds<impl FnMut(&mut [u8])> {
    OrderedIds::new(|bytes: &mut [u8]| bytes.fill(7))
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_790_000_000)
}

fn message_id() -> MessageId {
    MessageId::next(&mut ids(), now())
}

fn media_id() -> MediaId {
    MediaId::next(&mut ids(), now())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

/// Makes a request with a channel's credentials and settings.
fn with_access<T>(make: impl FnOnce(Access<'_>) -> T) -> T {
    let credentials = object(json!({"access_token": "token-1", "app_secret": "secret"}));
    let settings = object(json!({
        "api_version": "v26.0", "phone_number_id": "4400", "business_account_id": "55",
        "api_base": "https://graph.example",
    }));
    make(Access { credentials: &credentials, settings: &settings })
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

fn handle(kind: HandleKind, value: &str) -> HandleRef {
    HandleRef { id: HandleId::next(&mut ids(), now()), kind, value: value.to_owned() }
}

/// The body of a letter to Ada.
fn sent(outgoing: &Outgoing, reply_to: Option<&str>, file: Option<&str>) -> Value {
    let to = handle(HandleKind::PhoneNumber, "+4915100000001");
    let letter = Letter { message_id: message_id(), attempt: 1, to: &to, outgoing, reply_to, file };
    body(&with_access(|access| WHATSAPP.send(access, &letter)))
}

fn answer(status: u16, body: &[u8]) -> CallAnswer<'_> {
    CallAnswer { status, retry_after: None, body }
}

/// An approved template with these parts.
fn template(components: Value) -> Template {
    Template {
        vendor_id: Some("1".to_owned()),
        name: "order_ready".to_owned(),
        language: "pt_BR".to_owned(),
        status: "approved".to_owned(),
        category: None,
        quality: None,
        components: list(components),
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("{other} is no list"),
    }
}

fn text(text: &str) -> Outgoing {
    Outgoing::Text { text: text.to_owned(), preview_url: false }
}
