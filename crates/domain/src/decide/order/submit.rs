//! Accepting a message: who it goes to, what it answers, and whether it may go out at all.

use crate::{
    change::Person,
    event::{EventKind, MessageChange},
    id::MessageId,
    message::{Direction, Message, MessageKind, ReplyTo},
    outgoing::{Draft, Outgoing, Recipient},
    sending::{Sending, Terms},
    status::MessageStatus,
};

use super::{Refusal, TargetProblem, address, check_window, opted_out};
use crate::decide::{
    desk::Desk,
    identity::{self, Correspondent, Writer},
    said,
};

pub(super) fn submit(desk: &mut Desk<'_, '_>, draft: &Draft, terms: Terms) -> Result<(), Refusal> {
    let now = desk.now();
    if matches!(draft.to, Recipient::Conversation(_)) && desk.conversation().is_none() {
        return Err(Refusal::NoSuchConversation);
    }
    check_opt_out(desk, draft)?;
    let scheduled_at = draft.scheduled_at.filter(|at| *at > now);
    if scheduled_at.is_none() {
        check_window(desk, &draft.outgoing, terms)?;
    }
    let reply_to = target(desk, draft)?;
    let Correspondent { contact_id, conversation_id, handle } = correspondent(desk, draft)?;
    let message = Message {
        id: MessageId::next(desk.context.ids, now),
        workspace_id: desk.channel().workspace_id,
        conversation_id,
        contact_id,
        channel_id: desk.channel().id,
        channel_type: desk.channel().channel_type,
        handle,
        kind: MessageKind::Message,
        direction: Direction::Outbound,
        status: if scheduled_at.is_some() { MessageStatus::Scheduled } else { MessageStatus::Pending },
        content: draft.outgoing.content(),
        forwarded: false,
        reply_to,
        reactions: Vec::new(),
        removed_reactions: Vec::new(),
        errors: Vec::new(),
        history: Vec::new(),
        attempt: 1,
        vendor_id: None,
        vendor_timestamp: now,
        vendor_details: None,
        source: draft.source.clone(),
        is_sensitive: draft.is_sensitive,
        ai_generation_id: draft.ai_generation_id.clone(),
        metadata: draft.metadata.clone(),
        scheduled_at,
        created_at: now,
        updated_at: now,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        edited_at: None,
        failed_at: None,
    };
    desk.new_message(message);
    let queued_at = scheduled_at.unwrap_or(now);
    desk.new_sending(Sending {
        outgoing: draft.outgoing.clone(),
        priority: draft.priority,
        queued_at,
        due_at: Some(queued_at),
        marked_at: None,
        tries: 0,
        tried_since: None,
        expires_at: draft.expires_at,
    });
    if let Some(conversation) = desk.change_conversation() {
        conversation.message_count += 1;
        conversation.last_message_at = Some(now);
        if draft.source.has_read() {
            conversation.unread_count = 0;
        }
    }
    if scheduled_at.is_some() {
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Scheduled), now);
    }
    Ok(())
}

/// Whoever has opted out of this is not written to.
fn check_opt_out(desk: &Desk<'_, '_>, draft: &Draft) -> Result<(), Refusal> {
    let Some(contact) = desk.contact() else { return Ok(()) };
    let handle_id = match &draft.to {
        Recipient::Identity(identity) => contact.handle(identity).map(|handle| handle.id),
        Recipient::Conversation(_) => address::of(contact, desk.channel().channel_type).map(|handle| handle.id),
    };
    opted_out(desk, handle_id, &draft.outgoing, &draft.source).map_or(Ok(()), |out| Err(Refusal::OptedOut(out)))
}

/// What the message answers or reacts to: something that the vendor knows, in the same conversation.
fn target(desk: &Desk<'_, '_>, draft: &Draft) -> Result<Option<ReplyTo>, Refusal> {
    let reacts = matches!(draft.outgoing, Outgoing::Reaction { .. });
    if !reacts && draft.reply_to.is_none() {
        return Ok(None);
    }
    let quoted = desk.quoted.as_ref().ok_or(Refusal::Target(TargetProblem::Missing))?;
    if desk.conversation().is_none_or(|conversation| conversation.id != quoted.conversation_id) {
        return Err(Refusal::Target(TargetProblem::OtherConversation));
    }
    let vendor_id = quoted.vendor_id.as_deref().ok_or(Refusal::Target(TargetProblem::NotSent))?;
    Ok(Some(said::reply_to(vendor_id, Some(quoted))))
}

fn correspondent(desk: &mut Desk<'_, '_>, draft: &Draft) -> Result<Correspondent, Refusal> {
    let writer = Writer::Api(&draft.source);
    match &draft.to {
        Recipient::Identity(identity) => {
            let person = Person { identities: vec![identity.clone()], ..Person::default() };
            identity::find_or_create(desk, &person, writer).ok_or(Refusal::NobodyToWriteTo)
        }
        Recipient::Conversation(_) => {
            let contact = desk.contact().ok_or(Refusal::NoSuchConversation)?;
            let handle = address::of(contact, desk.channel().channel_type).ok_or(Refusal::NobodyToWriteTo)?;
            let contact_id = contact.id;
            identity::reopen(desk, draft.source.actor());
            let conversation_id = desk.conversation().ok_or(Refusal::NoSuchConversation)?.id;
            Ok(Correspondent { contact_id, conversation_id, handle })
        }
    }
}
