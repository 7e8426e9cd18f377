//! That a message was read, and that somebody is writing an answer: one request, which Meta only takes together
//! (Cloud API, "Mark messages as read", "Typing indicators").

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tidings_domain::sending::Trouble;

use crate::{
    lenient::Text,
    outbound::{Access, Call, CallAnswer},
};

use super::{graph, refusal, request::MESSAGES};

/// The request.
pub(super) fn request(access: Access<'_>, vendor_id: &str, typing: bool) -> Call {
    let mut body = Map::from_iter([
        ("messaging_product".to_owned(), Value::from("whatsapp")),
        ("status".to_owned(), Value::from("read")),
        ("message_id".to_owned(), Value::from(vendor_id)),
    ]);
    if typing {
        body.insert("typing_indicator".to_owned(), json!({"type": "text"}));
    }
    graph::post_json(access, MESSAGES, body)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done<'a> {
    #[serde(borrow)]
    success: Text<'a>,
}

/// Whether Meta took it.
pub(super) fn answer(answer: CallAnswer<'_>) -> Result<(), Trouble> {
    let done: Option<Done<'_>> = refusal::taken(answer);
    match done {
        Some(done) if done.success.get() == Some("true") => Ok(()),
        _ => Err(refusal::trouble(answer)),
    }
}
