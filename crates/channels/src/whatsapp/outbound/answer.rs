//! What Meta's answer to a message means (Cloud API, "Messages API"). An answer that says neither that the message was
//! taken nor that it was refused leaves it open: it is never sent again on a guess.

use serde::Deserialize;
use tidings_domain::sending::SendOutcome;

use crate::{
    lenient::{List, Object, Text},
    outbound::CallAnswer,
};

use super::{super::identity, refusal};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Accepted<'a> {
    #[serde(borrow)]
    messages: List<Object<Message<'a>>>,
    #[serde(borrow)]
    contacts: List<Object<Contact<'a>>>,
}

/// Beside the id may stand `message_status`: that Meta holds a template back for a while. A status follows either way.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Contact<'a> {
    #[serde(borrow)]
    wa_id: Text<'a>,
    #[serde(borrow)]
    user_id: Text<'a>,
}

/// What the send came to.
pub(super) fn read(answer: CallAnswer<'_>, tries: u32) -> SendOutcome {
    if let Some(accepted) = accepted(answer) {
        return accepted;
    }
    match refusal::read(answer) {
        Some(refusal) => refusal.outcome(answer, tries),
        None => SendOutcome::Unknown { reason: refusal::unreadable(answer.status) },
    }
}

fn accepted(answer: CallAnswer<'_>) -> Option<SendOutcome> {
    let body: Accepted<'_> = refusal::taken(answer)?;
    let vendor_id = body.messages.items().first()?.get()?.id.owned()?;
    let contact = body.contacts.items().first().and_then(Object::get);
    let identities = contact
        .map(|contact| identity::identities(contact.wa_id.filled(), contact.user_id.filled()))
        .unwrap_or_default();
    Some(SendOutcome::Accepted { vendor_id, identities })
}
