//! A message is due: its attempt is marked, so that nobody sends it a second time; or it is too late for it.

use crate::{
    channel::ChannelStatus,
    event::{EventKind, MessageChange},
    message::HistorySource,
    sending::{Terms, Turn, UNKNOWN_FOR},
    status::MessageStatus,
};

use super::{Refusal, address, check_window, end, fail, opted_out, own_error};
use crate::decide::{
    desk::Desk,
    status::{OUTCOME_UNKNOWN, move_to},
};

/// Nobody knows what became of the attempt that is marked, and nobody will find out.
fn give_up(desk: &mut Desk<'_, '_>) {
    let told = "the vendor was called, and never told whether it took the message";
    fail(desk, own_error(OUTCOME_UNKNOWN, told), HistorySource::System);
}

/// Ends what is left to do about a message whose channel is about to be deleted.
pub(super) fn abandon(desk: &mut Desk<'_, '_>) {
    let (Some(message), Some(sending)) = (desk.message(), desk.sending()) else { return };
    if !matches!(message.status, MessageStatus::Pending | MessageStatus::Scheduled) {
        return end(desk);
    }
    if sending.marked_at.is_some() {
        return give_up(desk);
    }
    fail(desk, own_error("channel_deleted", "the channel was deleted"), HistorySource::System);
}

/// Marks an attempt, unless there is nothing to send any more.
pub(super) fn begin(desk: &mut Desk<'_, '_>, terms: Terms) {
    let now = desk.now();
    let (Some(message), Some(sending)) = (desk.message(), desk.sending()) else { return };
    if sending.due_at.is_none_or(|due_at| due_at > now) {
        return;
    }
    if !matches!(message.status, MessageStatus::Pending | MessageStatus::Scheduled) {
        // The vendor has told of it already: it did go out, whatever was answered.
        return end(desk);
    }
    if sending.marked_at.is_some() {
        return give_up(desk);
    }
    if sending.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return fail(desk, own_error("expired", "the message was not sent in time"), HistorySource::System);
    }
    if desk.channel().status == ChannelStatus::Disconnected {
        let held_since = desk.channel_health().disconnected_at.max(Some(sending.queued_at));
        if held_since.is_some_and(|since| now.since(since) >= terms.hold) {
            let told = "the channel is disconnected, and the message was held for as long as it may be";
            return fail(desk, own_error("channel_disconnected", told), HistorySource::System);
        }
        if terms.turn != Turn::Trial {
            return;
        }
    }
    if let Err(Refusal::WindowClosed { .. }) = check_window(desk, &sending.outgoing, terms) {
        let told = "the contact has not written within the channel's window; only a template can be sent";
        return fail(desk, own_error("window_closed", told), HistorySource::System);
    }
    if terms.turn == Turn::End {
        return;
    }
    if !address::follow(desk) {
        let told = "the contact has given up the identity that the message is for, and has no other on this channel";
        return fail(desk, own_error("recipient_gone", told), HistorySource::System);
    }
    if let (Some(message), Some(sending)) = (desk.message(), desk.sending())
        && opted_out(desk, Some(message.handle.id), &sending.outgoing, &message.source).is_some()
    {
        let told = "the contact has opted out since the message was accepted";
        return fail(desk, own_error("opted_out", told), HistorySource::System);
    }
    if let Some(sending) = desk.change_sending() {
        sending.marked_at = Some(now);
        sending.due_at = Some(now.plus(UNKNOWN_FOR));
    }
    if desk.message().is_some_and(|message| message.status == MessageStatus::Scheduled)
        && let Some(message) = desk.change_message()
    {
        let at = move_to(message, MessageStatus::Pending, now, HistorySource::System);
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Status), at);
    }
}
