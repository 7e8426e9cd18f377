//! One message, from a contact or from somebody in the business's own app.

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use tidings_domain::{
    Timestamp,
    change::{Change, Edited, News, Person, Reacted, Revoked, Said, Update},
    message::Direction,
};

use crate::lenient::{self, Text};

use super::{content, errors, identity, parse::Place, system, wire::Message};

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The contact: `messages[]`.
    Contact,
    /// Somebody in the WhatsApp Business app: `message_echoes[]`.
    App,
}

/// Reads one message.
pub(super) fn read(place: &Place<'_>, raw: &RawValue, source: Source) -> Update {
    let list = match source {
        Source::Contact => "messages",
        Source::App => "message_echoes",
    };
    let Some(message) = lenient::object::<Message<'_>>(raw) else {
        return place.unknown(&format!("{list}/malformed"), raw);
    };
    let kind = message.kind();
    let vendor_id = message.id.owned().unwrap_or_else(|| made_up_id(raw));
    let at = place.moment(&message.timestamp);
    let dedup = place.key(at, &["message", &vendor_id]);
    // An unknown one does not use this key, which is still free once a later version understands it.
    change(place, raw, &message, source, vendor_id, at).map_or_else(
        || place.unknown(&format!("{list}/{kind}"), raw),
        |change| place.update(Some(dedup), News::Change(Box::new(change))),
    )
}

/// What a message changes; `None` if nobody could be said to have written it.
fn change(
    place: &Place<'_>,
    raw: &RawValue,
    message: &Message<'_>,
    source: Source,
    vendor_id: String,
    at: Timestamp,
) -> Option<Change> {
    let by = match source {
        Source::Contact => Direction::Inbound,
        Source::App => Direction::Outbound,
    };
    let kind = message.kind();
    if kind == "system" {
        return Some(system::change(message, raw, &place.contacts, at));
    }
    let contact = person(place, message, source);
    if kind == "revoke"
        && let Some(target) = target_of(message.revoke)
    {
        return Some(Change::Revoked(Revoked { target, by, contact, timestamp: at }));
    }
    if contact.identities.is_empty() {
        return None;
    }
    if kind == "reaction"
        && let Some(reaction) = message.reaction.and_then(lenient::read::<Reaction<'_>>)
        && let Some(target) = reaction.message_id.owned()
    {
        let emoji = reaction.emoji.owned();
        return Some(Change::Reacted(Reacted { vendor_id, target, by, contact, emoji, timestamp: at }));
    }
    if kind == "edit"
        && let Some(target) = target_of(message.edit)
        && let Some(content) = message.edit.and_then(edited_content)
    {
        return Some(Change::Edited(Edited { target, by, contact, content, timestamp: at }));
    }
    let context = message.context.get();
    let is_true = |text: &Text<'_>| text.get() == Some("true");
    let said = Said {
        vendor_id,
        contact,
        timestamp: at,
        content: content::read(message, raw),
        forwarded: context.is_some_and(|context| is_true(&context.forwarded) || is_true(&context.frequently_forwarded)),
        reply_to: context.and_then(|context| context.id.owned()),
        errors: errors::read(message.errors),
        vendor_details: place.details(details(message)),
    };
    Some(match source {
        Source::Contact => Change::Received(said),
        Source::App => Change::Echoed(said),
    })
}

/// The contact at the other end. Echoes are addressed to it, but some senders give them the other way round.
fn person(place: &Place<'_>, message: &Message<'_>, source: Source) -> Person {
    let from = (message.from.filled(), message.from_user_id.filled());
    let to = (message.to.filled(), message.to_user_id.filled());
    let is_business = |phone: &str| {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let ours = digits(place.display_phone_number);
        !ours.is_empty() && digits(phone) == ours
    };
    let (phone, user_id) = match source {
        Source::Contact => from,
        Source::App if to.0.is_some_and(is_business) => from,
        Source::App => to,
    };
    identity::person(phone, user_id, &place.contacts)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reaction<'a> {
    #[serde(borrow)]
    message_id: Text<'a>,
    /// Empty or absent if the reaction is taken away.
    #[serde(borrow)]
    emoji: Text<'a>,
}

/// `edit` and `revoke`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Amendment<'a> {
    #[serde(borrow)]
    original_message_id: Text<'a>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

fn target_of(field: Option<&RawValue>) -> Option<String> {
    lenient::read::<Amendment<'_>>(field?)?.original_message_id.owned()
}

fn edited_content(edit: &RawValue) -> Option<tidings_domain::content::Content> {
    let raw = lenient::read::<Amendment<'_>>(edit)?.message?;
    let message: Message<'_> = lenient::object(raw)?;
    Some(content::read(&message, raw))
}

/// What stands beside the message and has no place in it. Ordinary messages have none of it.
fn details(message: &Message<'_>) -> Map<String, Value> {
    let mut details = Map::new();
    if let Some(group) = message.group_id.filled() {
        details.insert("group_id".to_owned(), group.into());
    }
    if let Some(product) = message.context.get().and_then(|context| context.referred_product) {
        details.insert("referred_product".to_owned(), lenient::value(product));
    }
    details
}

/// An id for a message that came without one, so that it is not lost and its repetition is still told.
fn made_up_id(raw: &RawValue) -> String {
    let hash = digest(&SHA256, raw.get().as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&hash.as_ref()[..8]);
    format!("without-id.{:016x}", u64::from_be_bytes(start))
}
