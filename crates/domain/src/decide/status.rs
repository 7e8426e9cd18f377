//! The ladder: what a vendor's report does to a message of ours.
//!
//! A report moves a message up or not at all. What a report proves but was never said is said first: `read` proves
//! `delivered` (where the channel knows of delivery at all), and both prove `sent`. What a channel cannot know is not
//! taken from a report either.

use crate::{
    change::{ReportedStatus, StatusReport},
    channel::DeliveryReceipts,
    event::{EventKind, MessageChange},
    message::{Direction, HistoryEntry, HistorySource, Message, MessageError},
    status::MessageStatus,
    time::Timestamp,
};

use super::{
    Kept, Later,
    desk::Desk,
    health::{self, Found},
    identity,
};

/// The error key of a message whose outcome the vendor never told. Any later evidence revives it.
pub(crate) const OUTCOME_UNKNOWN: &str = "outcome_unknown";

pub(super) fn reported(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    desk.channel_is_alive();
    let Some(message) = desk.message() else {
        desk.keep(Kept::Later(Later::Status(report.clone())));
        return;
    };
    if message.direction != Direction::Outbound {
        return;
    }
    let attempt = report.attempt.or(desk.attempt).unwrap_or(message.attempt);
    if attempt != message.attempt {
        // It speaks of an attempt that somebody has given up for another one.
        return;
    }
    if message.vendor_id.is_none() {
        desk.link(&report.vendor_id);
    }
    match report.status {
        ReportedStatus::Sent => sent(desk, report),
        ReportedStatus::Delivered => delivered(desk, report),
        ReportedStatus::Read => read(desk, report),
        ReportedStatus::Failed => failed(desk, report),
        ReportedStatus::Deleted => deleted(desk, report),
    }
}

/// The vendor took it.
pub(super) fn sent(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    let Some(message) = desk.message() else { return };
    if outcome_is_unknown(message) || matches!(message.status, MessageStatus::Pending | MessageStatus::Scheduled) {
        climb_to_sent(desk, report);
    }
}

fn delivered(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    let Some(message) = desk.message() else { return };
    let from = message.status;
    if desk.channel().receipts.delivered != DeliveryReceipts::Confirmed
        || !matches!(
            from,
            MessageStatus::Pending | MessageStatus::Scheduled | MessageStatus::Sent | MessageStatus::Failed
        )
    {
        return;
    }
    climb_to_sent(desk, report);
    climb_to_delivered(desk, report);
    tell_of_revival(desk, from, report);
}

fn read(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    let Some(message) = desk.message() else { return };
    let from = message.status;
    if !desk.channel().receipts.read
        || matches!(from, MessageStatus::Read | MessageStatus::Deleted | MessageStatus::None)
    {
        return;
    }
    climb_to_sent(desk, report);
    climb_to_delivered(desk, report);
    let Some(message) = desk.change_message() else { return };
    let at = step(message, MessageStatus::Read, report);
    message.read_at = Some(at);
    desk.emit_message(EventKind::MessageRead, None, at);
    tell_of_revival(desk, from, report);
}

/// A message whose outcome was unknown has failed already; it only gets its reason.
fn failed(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    let Some(message) = desk.message() else { return };
    let failed_already = outcome_is_unknown(message);
    if !failed_already
        && !matches!(message.status, MessageStatus::Pending | MessageStatus::Scheduled | MessageStatus::Sent)
    {
        return;
    }
    if let Some(trouble) = &report.trouble {
        let message_id = message.id;
        health::is_troubled(desk, trouble, Found { by: Some(message_id), at: report.timestamp }, None);
    }
    if report.lacks_file {
        desk.lose_file();
    }
    if let Some(news) = report.recipient {
        identity::hear(desk, news);
    }
    let Some(message) = desk.change_message() else { return };
    if report.errors.is_empty() {
        // Else an older error would pass for the reason.
        let message_text = "the channel gave no reason".to_owned();
        message.errors.push(MessageError { key: "unknown".to_owned(), message: message_text, vendor: None });
    }
    message.errors.extend(report.errors.iter().cloned());
    if failed_already {
        let at = at_least_after(message, report.timestamp);
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Status), at);
        return;
    }
    let at = step(message, MessageStatus::Failed, report);
    message.failed_at = Some(at);
    desk.emit_message(EventKind::MessageFailed, None, at);
}

/// What is taken back was there: this proves `sent` too.
pub(super) fn deleted(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    let Some(message) = desk.message() else { return };
    match message.status {
        MessageStatus::Pending | MessageStatus::Scheduled => climb_to_sent(desk, report),
        MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read => {}
        MessageStatus::Failed | MessageStatus::Deleted | MessageStatus::None => return,
    }
    let Some(message) = desk.change_message() else { return };
    let at = step(message, MessageStatus::Deleted, report);
    desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Deleted), at);
}

/// `message.sent`, once in a message's life.
fn climb_to_sent(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    let Some(message) = desk.message() else { return };
    let first_time = message.sent_at.is_none();
    if !first_time && report.status != ReportedStatus::Sent {
        return;
    }
    let Some(message) = desk.change_message() else { return };
    let at = step(message, MessageStatus::Sent, report);
    if first_time {
        message.sent_at = Some(at);
        desk.emit_message(EventKind::MessageSent, None, at);
    } else {
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Status), at);
    }
}

/// `message.delivered`, once in a message's life, where the channel knows of delivery.
fn climb_to_delivered(desk: &mut Desk<'_, '_>, report: &StatusReport) {
    if desk.channel().receipts.delivered == DeliveryReceipts::None
        || desk.message().is_none_or(|message| message.delivered_at.is_some())
    {
        return;
    }
    let Some(message) = desk.change_message() else { return };
    let at = step(message, MessageStatus::Delivered, report);
    message.delivered_at = Some(at);
    desk.emit_message(EventKind::MessageDelivered, None, at);
}

fn outcome_is_unknown(message: &Message) -> bool {
    message.status == MessageStatus::Failed && message.errors.last().is_some_and(|error| error.key == OUTCOME_UNKNOWN)
}

/// Against the ladder: it had failed, and arrived after all.
fn tell_of_revival(desk: &mut Desk<'_, '_>, from: MessageStatus, report: &StatusReport) {
    if from == MessageStatus::Failed {
        let at = desk.message().and_then(|message| message.history.last()).map_or(report.timestamp, |entry| entry.at);
        desk.emit_message(EventKind::MessageUpdated, Some(MessageChange::Status), at);
    }
}

/// Takes a step and answers its time, never earlier than the step before.
fn step(message: &mut Message, status: MessageStatus, report: &StatusReport) -> Timestamp {
    if let Some(details) = &report.vendor_details {
        merge(message, details);
    }
    move_to(message, status, report.timestamp, HistorySource::Channel)
}

/// Moves a message, and answers the time of that, never earlier than the move before.
pub(super) fn move_to(message: &mut Message, status: MessageStatus, at: Timestamp, source: HistorySource) -> Timestamp {
    let at = at_least_after(message, at);
    message.status = status;
    message.history.push(HistoryEntry { status, at, source });
    at
}

/// The time, or that of the message's last step if it is later. Its first step is its birth: an echo is born `sent`,
/// a contact's message `delivered`, any other when we recorded it.
fn at_least_after(message: &Message, at: Timestamp) -> Timestamp {
    let birth = message.sent_at.or(message.delivered_at).unwrap_or(message.created_at);
    at.max(message.history.last().map_or(birth, |entry| entry.at))
}

fn merge(message: &mut Message, details: &serde_json::Value) {
    use serde_json::Value;
    fn into(target: &mut Value, news: &Value) {
        match (target, news) {
            (Value::Object(target), Value::Object(news)) => {
                for (name, value) in news {
                    into(target.entry(name).or_insert(Value::Null), value);
                }
            }
            (target, news) => *target = news.clone(),
        }
    }
    into(message.vendor_details.get_or_insert(Value::Null), details);
}
