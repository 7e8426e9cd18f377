//! What somebody may want of a message that was accepted, for as long as no attempt at sending it is under way.

use crate::{
    event::{EventKind, MessageChange},
    message::{Direction, HistorySource},
    sending::{Sending, Terms},
    status::MessageStatus,
    time::Timestamp,
};

use super::{Refusal, check_window, end};
use crate::decide::{desk::Desk, status::move_to};

/// Another time for a message that waits for its time.
pub(super) fn reschedule(desk: &mut Desk<'_, '_>, at: Timestamp) -> Result<(), Refusal> {
    if free_to_change(desk)? != MessageStatus::Scheduled {
        return Err(Refusal::AlreadySending);
    }
    if desk.sending().and_then(|sending| sending.expires_at).is_some_and(|expires_at| expires_at <= at) {
        return Err(Refusal::NotPossible("the message expires before that time: cancel it and send another"));
    }
    if let Some(sending) = desk.change_sending() {
        sending.queued_at = at;
        sending.due_at = Some(at);
    }
    if let Some(message) = desk.change_message() {
        message.scheduled_at = Some(at);
    }
    let now = desk.now();
    desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Rescheduled), now);
    Ok(())
}

pub(super) fn cancel(desk: &mut Desk<'_, '_>) -> Result<(), Refusal> {
    free_to_change(desk)?;
    end(desk);
    let now = desk.now();
    let Some(message) = desk.change_message() else { return Ok(()) };
    let at = move_to(message, MessageStatus::Deleted, now, HistorySource::Api);
    desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Cancelled), at);
    Ok(())
}

/// A failed message goes out again, as another attempt: what the vendor still says of the old one no longer counts.
pub(super) fn retry(desk: &mut Desk<'_, '_>, terms: Terms) -> Result<(), Refusal> {
    let message = desk.message().ok_or(Refusal::NoSuchMessage)?;
    if message.status != MessageStatus::Failed {
        return Err(Refusal::NotPossible("only a failed message can be tried again"));
    }
    let sending = desk.sending().ok_or(Refusal::NotPossible("the message was not sent from here"))?;
    check_window(desk, &sending.outgoing, terms)?;
    let now = desk.now();
    if let Some(sending) = desk.change_sending() {
        *sending = Sending {
            queued_at: now,
            due_at: Some(now),
            marked_at: None,
            tries: 0,
            tried_since: None,
            // Whoever asks for it now wants it sent, however late.
            expires_at: None,
            outgoing: sending.outgoing.clone(),
            priority: sending.priority,
        };
    }
    let Some(message) = desk.change_message() else { return Ok(()) };
    message.attempt += 1;
    message.vendor_id = None;
    message.errors.clear();
    message.failed_at = None;
    let at = move_to(message, MessageStatus::Pending, now, HistorySource::Api);
    desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Status), at);
    Ok(())
}

/// The status of a message that can still be changed: nothing of it has gone out.
fn free_to_change(desk: &Desk<'_, '_>) -> Result<MessageStatus, Refusal> {
    let message = desk.message().ok_or(Refusal::NoSuchMessage)?;
    if message.direction != Direction::Outbound {
        return Err(Refusal::NotPossible("the contact wrote the message"));
    }
    match message.status {
        MessageStatus::Pending | MessageStatus::Scheduled => {}
        MessageStatus::Failed => return Err(Refusal::NotPossible("the message has failed")),
        MessageStatus::Deleted => return Err(Refusal::NotPossible("the message is deleted")),
        MessageStatus::None | MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read => {
            return Err(Refusal::NotPossible("the message has been sent, and the channel cannot change it"));
        }
    }
    if desk.sending().is_none_or(Sending::is_waiting) { Ok(message.status) } else { Err(Refusal::AlreadySending) }
}
