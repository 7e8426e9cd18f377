//! Messages of type `system`: a person has another number or id than before, or another device key.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::{
    Timestamp,
    change::{Change, IdentityChanged, Notice},
};

use crate::lenient::{self, Text};

use super::{
    identity,
    wire::{Contact, Message},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct System<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow)]
    wa_id: Text<'a>,
    /// The older name of `wa_id`.
    #[serde(borrow)]
    new_wa_id: Text<'a>,
    #[serde(borrow)]
    user_id: Text<'a>,
    #[serde(borrow)]
    previous_user_id: Text<'a>,
}

/// What a system message changes. One that we cannot make sense of is passed on as a notice, whole.
pub(super) fn change(message: &Message<'_>, raw: &RawValue, contacts: &[Contact<'_>], at: Timestamp) -> Change {
    let system: System<'_> = lenient::read_field(message.system);
    let kind = system.kind.filled().unwrap_or("system");
    let changed = match kind {
        "user_changed_number" | "customer_changed_number" => changed_number(message, &system, contacts, at),
        "user_changed_user_id" => changed_user_id(message, &system, contacts, at),
        _ => None,
    };
    changed.map_or_else(
        || Change::Notice(Notice { notice: kind.to_owned(), details: lenient::value(raw), timestamp: Some(at) }),
        Change::IdentityChanged,
    )
}

/// The number before is `from`, the contact's, or only told in the text.
fn changed_number(
    message: &Message<'_>,
    system: &System<'_>,
    contacts: &[Contact<'_>],
    at: Timestamp,
) -> Option<IdentityChanged> {
    let number = system.wa_id.filled().or(system.new_wa_id.filled())?;
    let user_id = system.user_id.filled();
    let old_number = [message.from.filled(), only(contacts).and_then(|contact| contact.wa_id.filled())]
        .into_iter()
        .flatten()
        .find(|old| *old != number)
        .or_else(|| old_in_text(system.body.get()?, number));
    let old_user_id = [
        system.previous_user_id.filled(),
        message.from_user_id.filled(),
        only(contacts).and_then(|contact| contact.user_id.filled()),
    ]
    .into_iter()
    .flatten()
    .find(|old| user_id.is_some_and(|new| new != *old));
    let before = identity::identities(old_number, old_user_id);
    let after = identity::identities(Some(number), user_id);
    (!before.is_empty()).then_some(IdentityChanged { before, after, timestamp: at })
}

/// The id before is given, or only told in the text; else the person is found by a number that stays its own.
fn changed_user_id(
    message: &Message<'_>,
    system: &System<'_>,
    contacts: &[Contact<'_>],
    at: Timestamp,
) -> Option<IdentityChanged> {
    let user_id = system.user_id.filled()?;
    let old = [system.previous_user_id.filled(), message.from_user_id.filled()]
        .into_iter()
        .flatten()
        .find(|old| *old != user_id)
        .or_else(|| old_in_text(system.body.get()?, user_id));
    let number = message.from.filled().or_else(|| only(contacts)?.wa_id.filled()).filter(|_| old.is_none());
    if old.is_none() && number.is_none() {
        return None;
    }
    Some(IdentityChanged {
        before: identity::identities(None, old),
        after: identity::identities(number, Some(user_id)),
        timestamp: at,
    })
}

fn only<'c, 'a>(contacts: &'c [Contact<'a>]) -> Option<&'c Contact<'a>> {
    match contacts {
        [only] => Some(only),
        _ => None,
    }
}

/// X of "… changed from X to Y", if Y is the new one. The person's own name stands before it and may say anything,
/// so that the last such words count.
fn old_in_text<'t>(text: &'t str, new: &str) -> Option<&'t str> {
    let (_, ids) = text.rsplit_once(" changed from ")?;
    let (old, told) = ids.split_once(" to ")?;
    let is_one = |id: &str| !id.is_empty() && !id.contains(char::is_whitespace);
    (told.trim_end_matches('.') == new && is_one(old) && old != new).then_some(old)
}
