//! What came of calling the vendor.

use std::time::Duration;

use crate::{
    change::{Change, Person, Reacted, ReportedStatus, StatusReport},
    channel::ChannelStatus,
    contact::Identity,
    message::{Direction, HistorySource, MessageError},
    outgoing::Outgoing,
    sending::{SendOutcome, TRIED_FOR, Trouble, TroubleCategory},
    status::MessageStatus,
    time::Timestamp,
};

use super::{Called, end, fail, status};
use crate::decide::{
    desk::Desk,
    health::{self, Found},
    identity,
};

/// Settles an attempt. A refusal of one that is no longer under way only tells how the channel is doing.
pub(super) fn settle(
    desk: &mut Desk<'_, '_>,
    called: Called,
    outcome: &SendOutcome,
    last_active_at: Option<Timestamp>,
) {
    let message_id = desk.message().map(|message| message.id);
    match outcome {
        SendOutcome::Accepted { .. } => health::took_message(desk, called.marked_at),
        SendOutcome::Later { trouble: Some(trouble), .. } | SendOutcome::Refused { trouble: Some(trouble), .. } => {
            health::is_troubled(desk, trouble, Found { by: message_id, at: called.marked_at }, last_active_at);
        }
        SendOutcome::Unknown { reason } => {
            let trouble = Trouble {
                category: TroubleCategory::Network,
                disconnects: None,
                code: "no_answer".to_owned(),
                message: reason.clone(),
            };
            health::is_troubled(desk, &trouble, Found { by: message_id, at: called.marked_at }, last_active_at);
        }
        SendOutcome::Later { trouble: None, .. } | SendOutcome::Refused { trouble: None, .. } => {}
    }
    if desk.message().is_none_or(|message| message.attempt != called.attempt) {
        return;
    }
    if let SendOutcome::Refused { recipient: Some(news), .. } = outcome {
        identity::hear(desk, *news);
    }
    let under_way = desk.sending().is_some_and(|sending| sending.marked_at.is_some());
    match outcome {
        // However late this is told, it is so.
        SendOutcome::Accepted { vendor_id, identities } => accepted(desk, vendor_id, identities),
        _ if !under_way => {}
        SendOutcome::Later { error, after, trouble, .. } => later(desk, error, *after, trouble.is_some()),
        SendOutcome::Refused { error, .. } if is_pending(desk) => {
            fail(desk, error.clone(), HistorySource::Channel);
        }
        // The vendor has told otherwise.
        SendOutcome::Refused { .. } => end(desk),
        // It stays marked: what is due is giving it up.
        SendOutcome::Unknown { .. } => {}
    }
}

fn is_pending(desk: &Desk<'_, '_>) -> bool {
    desk.message().is_some_and(|message| message.status == MessageStatus::Pending)
}

fn accepted(desk: &mut Desk<'_, '_>, vendor_id: &str, identities: &[Identity]) {
    let now = desk.now();
    let reacts = desk.sending().is_some_and(|sending| matches!(sending.outgoing, Outgoing::Reaction { .. }));
    end(desk);
    desk.link(vendor_id);
    if let Some(by) = desk.message().map(|message| message.source.actor()) {
        identity::reopen(desk, by);
    }
    let report = StatusReport {
        vendor_id: vendor_id.to_owned(),
        message_id: None,
        attempt: None,
        status: ReportedStatus::Sent,
        timestamp: now,
        errors: Vec::new(),
        trouble: None,
        recipient: None,
        lacks_file: false,
        vendor_details: None,
    };
    status::sent(desk, &report);
    if !identities.is_empty() {
        identity::learn(desk, &Person { identities: identities.to_vec(), ..Person::default() });
    }
    if reacts {
        react(desk, vendor_id, now);
    }
}

/// A reaction that the vendor took changes the message that it is a reaction to.
fn react(desk: &mut Desk<'_, '_>, vendor_id: &str, now: Timestamp) {
    let Some(message) = desk.message() else { return };
    let Some(target) = message.reply_to.as_ref().and_then(|target| target.vendor_id.clone()) else { return };
    let reacted = Reacted {
        vendor_id: vendor_id.to_owned(),
        target,
        by: Direction::Outbound,
        contact: Person {
            identities: vec![Identity::new(message.handle.kind, message.handle.value.clone())],
            ..Person::default()
        },
        emoji: message.content.text.clone(),
        timestamp: now,
    };
    desk.follow_up(Change::Reacted(reacted));
}

/// It is tried again, for a day. What a disconnected channel did to it is no try, and it loses nothing of that day.
fn later(desk: &mut Desk<'_, '_>, error: &MessageError, after: Duration, is_the_channels: bool) {
    if !is_pending(desk) {
        return end(desk);
    }
    let now = desk.now();
    let held = is_the_channels && desk.channel().status == ChannelStatus::Disconnected;
    let due_at = if held { now } else { now.plus(after) };
    let tried_since = desk.sending().and_then(|sending| sending.tried_since).unwrap_or(now);
    if !held && due_at.since(tried_since) > TRIED_FOR {
        return fail(desk, error.clone(), HistorySource::Channel);
    }
    let Some(sending) = desk.change_sending() else { return };
    sending.marked_at = None;
    // When it expires is told when it does.
    sending.due_at = Some(sending.expires_at.map_or(due_at, |expires_at| due_at.min(expires_at.max(now))));
    if !held {
        sending.tries += 1;
        sending.tried_since = Some(tried_since);
    }
}
