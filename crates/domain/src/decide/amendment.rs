//! Reactions, edits and revocations: changes to a message that was said before.

use crate::{
    change::{Edited, Reacted, ReportedStatus, Revoked, Said, StatusReport},
    content::Content,
    event::{EventKind, MessageChange},
    message::Reaction,
    status::MessageStatus,
};

use super::{Kept, desk::Desk, said, status};

/// A reaction to a message that we have changes that message. One to a message that we do not have is a message
/// itself, since a thumbs-up is often the only answer; taking such a one away changes nothing.
pub(super) fn reacted(desk: &mut Desk<'_, '_>, reacted: &Reacted) {
    desk.channel_is_alive();
    let Some(message) = desk.message() else {
        match &reacted.emoji {
            None => desk.keep(Kept::Unmatched { kind: "reaction_removed", vendor_id: reacted.target.clone() }),
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
    if current.is_some_and(|reaction| reaction.timestamp > reacted.timestamp) {
        return;
    }
    let change = match (&reacted.emoji, current) {
        (None, None) => return,
        // Nothing to tell, but from now on what is older than this is late.
        (Some(emoji), Some(reaction)) if reaction.emoji == *emoji => None,
        (None, Some(_)) => Some(MessageChange::ReactionRemoved),
        (Some(_), _) => Some(MessageChange::ReactionAdded),
    };
    let Some(message) = desk.change_message() else { return };
    message.reactions.retain(|reaction| reaction.sender != reacted.by);
    if let Some(emoji) = &reacted.emoji {
        message.reactions.push(Reaction { emoji: emoji.clone(), sender: reacted.by, timestamp: reacted.timestamp });
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
    let says_the_same = message.content == edited.content;
    let overtaken =
        message.edited_at.is_some_and(|at| at > edited.timestamp || (at == edited.timestamp && says_the_same));
    if overtaken || message.direction != edited.by || message.status == MessageStatus::Deleted {
        return;
    }
    let Some(message) = desk.change_message() else { return };
    message.content = edited.content.clone();
    message.edited_at = Some(edited.timestamp);
    if !says_the_same {
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Edited), edited.timestamp);
    }
}

/// Who wrote a message took it back.
pub(super) fn revoked(desk: &mut Desk<'_, '_>, revoked: &Revoked) {
    desk.channel_is_alive();
    let Some(message) = desk.message() else {
        desk.keep(Kept::Unmatched { kind: "revoked", vendor_id: revoked.target.clone() });
        return;
    };
    if message.direction == revoked.by {
        let report = StatusReport {
            vendor_id: revoked.target.clone(),
            message_id: None,
            status: ReportedStatus::Deleted,
            timestamp: revoked.timestamp,
            errors: Vec::new(),
            vendor_details: None,
        };
        status::deleted(desk, &report);
    }
}
