//! The request that sends a message: to whom, in answer to what, and by which mark we know it again (Cloud API,
//! "Messages API"). What it says is `content`'s.

use serde_json::{Map, Value, json};
use tidings_domain::{
    contact::{HandleKind, Identity},
    message::HandleRef,
    outgoing::Outgoing,
};

use crate::outbound::{Access, Call, Letter};

use super::{content, graph};

/// The edge of the number that takes messages.
pub(super) const MESSAGES: &str = "/messages";

/// The request for this letter.
pub(super) fn send(access: Access<'_>, letter: &Letter<'_>) -> Call {
    let (kind, said) = content::of(letter);
    let (recipient_field, recipient) = recipient(letter.to);
    let mut body = Map::from_iter([
        ("messaging_product".to_owned(), Value::from("whatsapp")),
        ("recipient_type".to_owned(), Value::from("individual")),
        (recipient_field.to_owned(), Value::from(recipient)),
        ("type".to_owned(), Value::from(kind)),
        (kind.to_owned(), said),
        ("biz_opaque_callback_data".to_owned(), Value::from(mark(letter))),
    ]);
    // A reaction names its message itself.
    let is_reaction = matches!(letter.outgoing, Outgoing::Reaction { .. });
    if let Some(quoted) = letter.reply_to.filter(|_| !is_reaction) {
        body.insert("context".to_owned(), json!({ "message_id": quoted }));
    }
    graph::post_json(access, MESSAGES, body)
}

/// A number goes into `to`, always with `+`: without it Meta puts the business's own country before it. A
/// business-scoped user id goes into `recipient`.
fn recipient(to: &HandleRef) -> (&'static str, String) {
    match to.kind {
        HandleKind::WhatsappUserId => ("recipient", to.value.clone()),
        _ => ("to", Identity::phone(&to.value).value),
    }
}

/// What Meta carries back with every status of the message: our id, and the attempt from the second on.
fn mark(letter: &Letter<'_>) -> String {
    match letter.attempt {
        0 | 1 => letter.message_id.to_string(),
        attempt => format!("{}:{attempt}", letter.message_id),
    }
}
