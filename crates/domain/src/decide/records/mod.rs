//! What the company does with its records: contacts and conversations that it makes, changes, merges and erases.
//!
//! Each function takes a record as it is and answers it as it is to be written, with what happened. A function that finds
//! nothing to do answers `None`: nothing happened then, and nobody is told.

mod contact;
mod conversation;
mod merge;
#[cfg(test)]
mod tests;

use crate::{
    contact::{Contact, Identity},
    conversation::Conversation,
    event::{ContactDetail, ContactEvent, ConversationDetail, ConversationEvent, Event, EventKind, EventPayload},
    id::ContactId,
};

use super::{Context, happening};

pub(super) use contact::differences;
pub use contact::{MOST_CUSTOM_FIELDS, change_contact, create_contact, delete_contact};
pub use conversation::{MOST_METADATA, change_conversation};
pub use merge::{Merged, Parting, Rivalry, give_up, merge_contacts, rivalry};

/// A record to write, and what happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<T> {
    /// As it is to be written.
    pub record: T,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Who has an identity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The identity.
    pub identity: Identity,
    /// Whose it is.
    pub contact_id: ContactId,
}

/// Tells of a contact, among its own events.
fn tell_of_contact(contact: &mut Contact, kind: EventKind, detail: ContactDetail, context: &mut Context<'_>) -> Event {
    contact.sequence += 1;
    let payload = EventPayload::Contact(ContactEvent { contact: contact.clone(), detail });
    happening(context, contact.workspace_id, kind, (contact.id.into(), contact.sequence), None, payload)
}

/// Tells of a conversation.
fn tell_of_conversation(
    conversation: &mut Conversation,
    kind: EventKind,
    detail: ConversationDetail,
    context: &mut Context<'_>,
) -> Event {
    conversation.sequence += 1;
    let payload = EventPayload::Conversation(ConversationEvent { conversation: conversation.clone(), detail });
    let place = (conversation.id.into(), conversation.sequence);
    happening(context, conversation.workspace_id, kind, place, Some(conversation.channel_id), payload)
}
