//! Messages: from the contact, and from people of the company in the vendor's own app.

use std::sync::Arc;

use crate::{
    change::Said,
    event::EventKind,
    id::MessageId,
    message::{Direction, Message, MessageKind, ReplyTo, Source},
    status::MessageStatus,
    time::Timestamp,
};

use super::{
    Kept,
    desk::Desk,
    identity::{self, Correspondent, Writer},
};

/// How many characters of a quoted message are shown with the answer.
const PREVIEW_CHARACTERS: usize = 100;

pub(super) fn received(desk: &mut Desk<'_, '_>, said: &Said) {
    record(desk, said, Direction::Inbound, None);
}

pub(super) fn echoed(desk: &mut Desk<'_, '_>, said: &Said) {
    record(desk, said, Direction::Outbound, None);
}

/// Records a message that happened at the vendor, unless it is known. `edited_at` is the vendor's time of the edit, if
/// only an edit of it is known.
pub(super) fn record(desk: &mut Desk<'_, '_>, said: &Said, direction: Direction, edited_at: Option<Timestamp>) {
    desk.channel_is_alive();
    if desk.message().is_some() {
        return;
    }
    let writer = match direction {
        Direction::Inbound => Writer::Contact,
        Direction::Outbound => Writer::App,
    };
    let Some(Correspondent { contact_id, conversation_id, handle }) =
        identity::find_or_create(desk, &said.contact, writer)
    else {
        desk.keep(Kept::Unmatched { kind: "message_of_nobody", vendor_id: said.vendor_id.clone() });
        return;
    };
    let now = desk.now();
    let (status, kind) = match direction {
        Direction::Inbound => (MessageStatus::Delivered, EventKind::MessageReceived),
        Direction::Outbound => (MessageStatus::Sent, EventKind::MessageSent),
    };
    let reply_to = said.reply_to.as_deref().map(|vendor_id| reply_to(vendor_id, desk.quoted.as_ref()));
    let message = Message {
        id: MessageId::next(desk.context.ids, now),
        workspace_id: desk.channel().workspace_id,
        conversation_id,
        contact_id,
        channel_id: desk.channel().id,
        channel_type: desk.channel().channel_type,
        handle,
        kind: MessageKind::Message,
        direction,
        status,
        content: said.content.clone(),
        forwarded: said.forwarded,
        reply_to,
        reactions: Vec::new(),
        removed_reactions: Vec::new(),
        errors: said.errors.clone(),
        history: Vec::new(),
        attempt: 1,
        vendor_id: Some(said.vendor_id.clone()),
        vendor_timestamp: said.timestamp,
        vendor_details: said.vendor_details.clone(),
        source: Source::Vendor,
        is_sensitive: false,
        ai_generation_id: None,
        metadata: serde_json::Map::new(),
        scheduled_at: None,
        created_at: now,
        updated_at: now,
        sent_at: (direction == Direction::Outbound).then_some(said.timestamp),
        delivered_at: (direction == Direction::Inbound).then_some(now),
        read_at: None,
        edited_at,
        failed_at: None,
    };
    desk.new_message(message);
    if let Some(conversation) = desk.change_conversation() {
        conversation.message_count += 1;
        conversation.last_message_at = Some(now);
        if direction == Direction::Outbound {
            conversation.unread_count = 0;
        } else {
            conversation.unread_count += 1;
            conversation.last_inbound_at = conversation.last_inbound_at.max(Some(said.timestamp));
        }
    }
    let at = if direction == Direction::Inbound { now } else { said.timestamp };
    desk.emit_message(kind, None, at);
}

/// What is shown of the message that another one answers.
pub(super) fn reply_to(vendor_id: &str, quoted: Option<&Arc<Message>>) -> ReplyTo {
    let vendor_id = Some(vendor_id.to_owned());
    match quoted {
        None => ReplyTo { id: None, vendor_id, sender: None, preview_type: None, timestamp: None, preview_text: None },
        Some(message) => ReplyTo {
            id: Some(message.id),
            vendor_id,
            sender: Some(message.direction),
            preview_type: Some(message.content.message_type()),
            timestamp: Some(message.vendor_timestamp),
            preview_text: message.content.text.as_ref().map(|text| text.chars().take(PREVIEW_CHARACTERS).collect()),
        },
    }
}
