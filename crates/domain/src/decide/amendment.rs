//! Reactions, edits and revocations: changes to a message that was said before.

use crate::{
    change::{Edited, Person, Reacted, ReportedStatus, Revoked, Said, StatusReport},
    content::Content,
    event::{EventKind, MessageChange},
    message::{Direction, Reaction, RemovedReaction},
    status::MessageStatus,
};

use super::{Kept, Later, desk::Desk, said, status};

/// A reaction to a message that we have changes that message. One to a message that we do not have is a message
/// itself, since a thumbs-up is often the only answer; taking such a one away changes nothing.
pub(super) fn reacted(desk: &mut Desk<'_, '_>, reacted: &Reacted) {
    desk.channel_is_alive();
    let Some(message) = desk.message() else {
        match &reacted.emoji {
            None => desk.keep(Kept::Unmatched { kind: "reaction_removed", vendor_id: reacted.target.clone() }),
            // It has come before, or the vendor uses an id twice.
            Some(_) if desk.recorded => {}
            Some(emoji) => said::record(
                desk,
                &Said {
                    vendor_id: reacted.vendor_id.clone(),
                    contact: reacted.contact.clone(),
                    timestamp: reacted.timestamp,
                    content: Content::text(emoji.clone()),
                    forwarded: false,
                    reply_to: Some(reacted.target.clone()),
                    errors: Vec::new(),
                    vendor_details: None,
                },
                reacted.by,
                None,
            ),
        }
        return;
    };
    let current = message.reactions.iter().find(|reaction| reaction.sender == reacted.by);
    let removed = message.removed_reactions.iter().find(|removed| removed.sender == reacted.by);
    let newest = current.map(|reaction| reaction.timestamp).max(removed.map(|removed| removed.timestamp));
    if newest.is_some_and(|newest| newest > reacted.timestamp) {
        return;
    }
    let change = match (&reacted.emoji, current) {
        (None, None) if newest == Some(reacted.timestamp) => return,
        // Nothing to tell, but from now on what is older than this is late.
        (None, None) => None,
        (Some(emoji), Some(reaction)) if reaction.emoji == *emoji => None,
        (None, Some(_)) => Some(MessageChange::ReactionRemoved),
        (Some(_), _) => Some(MessageChange::ReactionAdded),
    };
    let Some(message) = desk.change_message() else { return };
    message.reactions.retain(|reaction| reaction.sender != reacted.by);
    message.removed_reactions.retain(|removed| removed.sender != reacted.by);
    let (sender, timestamp) = (reacted.by, reacted.timestamp);
    match &reacted.emoji {
        Some(emoji) => message.reactions.push(Reaction { emoji: emoji.clone(), sender, timestamp }),
        None => message.removed_reactions.push(RemovedReaction { sender, timestamp }),
    }
    if change.is_some() {
        desk.emit_message(EventKind::MessageUpdated, change, reacted.timestamp);
    }
}

/// An edit that overtakes its message, or whose message we never had, is recorded as that message.
pub(super) fn edited(desk: &mut Desk<'_, '_>, edited: &Edited) {
    desk.channel_is_alive();
    let Some(message) = desk.message() else {
        said::record(
            desk,
            &Said {
                vendor_id: edited.target.clone(),
                contact: edited.contact.clone(),
                timestamp: edited.timestamp,
                content: edited.content.clone(),
                forwarded: false,
                reply_to: None,
                errors: Vec::new(),
                vendor_details: None,
            },
            edited.by,
            Some(edited.timestamp),
        );
        return;
    };
    if !is_by_its_writer(desk, edited.by, &edited.contact) {
        desk.keep(Kept::Unmatched { kind: "edited", vendor_id: edited.target.clone() });
        return;
    }
    let says_the_same = message.content == edited.content;
    let overtaken =
        message.edited_at.is_some_and(|at| at > edited.timestamp || (at == edited.timestamp && says_the_same));
    if overtaken || message.status == MessageStatus::Deleted {
        return;
    }
    let Some(message) = desk.change_message() else { return };
    message.content = edited.content.clone();
    message.edited_at = Some(edited.timestamp);
    if !says_the_same {
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Edited), edited.timestamp);
    }
}

/// Who wrote a message took it back. That may overtake the message.
pub(super) fn revoked(desk: &mut Desk<'_, '_>, revoked: &Revoked) {
    desk.channel_is_alive();
    if desk.message().is_none() {
        desk.keep(Kept::Later(Later::Revoked(revoked.clone())));
        return;
    }
    if !is_by_its_writer(desk, revoked.by, &revoked.contact) {
        desk.keep(Kept::Unmatched { kind: "revoked", vendor_id: revoked.target.clone() });
        return;
    }
    let report = StatusReport {
        vendor_id: revoked.target.clone(),
        message_id: None,
        attempt: None,
        status: ReportedStatus::Deleted,
        timestamp: revoked.timestamp,
        errors: Vec::new(),
        trouble: None,
        recipient: None,
        lacks_file: false,
        vendor_details: None,
    };
    status::deleted(desk, &report);
}

/// Whether the message on the desk goes this way, and with this contact, if one is named.
fn is_by_its_writer(desk: &Desk<'_, '_>, by: Direction, person: &Person) -> bool {
    desk.message().is_some_and(|message| message.direction == by)
        && (person.identities.is_empty()
            || desk
                .contact()
                .is_some_and(|contact| person.identities.iter().any(|identity| contact.handle(identity).is_some())))
}
