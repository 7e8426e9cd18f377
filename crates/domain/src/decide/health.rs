//! How a channel is doing: what its sends and probes find, and when that is worth telling.
//!
//! A success connects it. A dead token disconnects it at once. Other trouble is told when it comes several times in a
//! row, or at once where waiting would help nobody; and not again for a while, so that a channel which goes to and fro
//! does not fill the log.
//!
//! A vendor may lock an account so that it answers probes and refuses messages. What a message has found and no probe
//! has, is over only when a message is taken; for that, one is tried after each probe that finds nothing wrong. While
//! there is none to try, only a probe that somebody asked for is believed.

use std::time::Duration;

use crate::{
    channel::ChannelStatus,
    event::{ChannelDetail, EventKind},
    id::MessageId,
    sending::{Failure, Trouble, TroubleCategory},
    time::Timestamp,
};

use super::desk::Desk;

/// How many failures in a row are told.
const WORTH_TELLING: usize = 5;
/// Within what time they must have come, and for how long they are not told again.
const WITHIN: Duration = Duration::from_mins(10);

/// What found that something is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// The message that was to be sent; `None` for a probe.
    pub(super) by: Option<MessageId>,
    /// When the vendor was called, or when it says that it was so.
    pub(super) at: Timestamp,
}

/// The vendor took a message that it was sent then. Before the channel was disconnected, that says nothing of now.
pub(super) fn took_message(desk: &mut Desk<'_, '_>, sent_at: Timestamp) {
    if desk.channel_health().disconnected_at.is_none_or(|since| since <= sent_at) {
        works(desk);
    }
}

/// A probe found nothing wrong. What is hidden from probes is over if somebody `vouches` for it.
pub(super) fn answered_probe(desk: &mut Desk<'_, '_>, vouches: bool) {
    if vouches || !desk.channel_health().is_hidden_from_probes {
        works(desk);
    }
}

fn works(desk: &mut Desk<'_, '_>) {
    let health = desk.channel_health();
    if !health.failures.is_empty() || health.disconnected_at.is_some() {
        let health = desk.change_channel_health();
        health.failures.clear();
        health.disconnected_at = None;
        health.is_hidden_from_probes = false;
    }
    if desk.channel().status != ChannelStatus::Connected {
        desk.set_channel_status(ChannelStatus::Connected);
        let now = desk.now();
        desk.change_channel_health().connected_at = Some(now);
        desk.emit_channel(EventKind::ChannelConnected, ChannelDetail::Connected { connected_by: None }, now);
    }
}

/// The vendor did not, and the reason is the channel's. What was found before the channel worked again is over.
pub(super) fn is_troubled(desk: &mut Desk<'_, '_>, trouble: &Trouble, found: Found, last_active_at: Option<Timestamp>) {
    if desk.channel_health().connected_at.is_some_and(|since| found.at < since) {
        return;
    }
    let (now, message_id) = (desk.now(), found.by);
    let failures = &mut desk.change_channel_health().failures;
    failures.retain(|failure| now.since(failure.at) < WITHIN);
    failures.push(Failure { at: now, message_id });
    if failures.len() > WORTH_TELLING {
        failures.remove(0);
    }
    if desk.channel().status == ChannelStatus::Disconnected {
        if message_id.is_none() && trouble.disconnects.is_some() {
            desk.change_channel_health().is_hidden_from_probes = false;
        }
        return;
    }
    if let Some(reason) = trouble.disconnects {
        let health = desk.change_channel_health();
        health.disconnected_at = Some(now);
        health.is_hidden_from_probes = message_id.is_some();
        desk.set_channel_status(ChannelStatus::Disconnected);
        let detail = ChannelDetail::Disconnected { reason: reason.name().to_owned(), last_active_at };
        desk.emit_channel(EventKind::ChannelDisconnected, detail, now);
        return;
    }
    let health = desk.channel_health();
    let told_lately = health.error_told_at.is_some_and(|told| now.since(told) < WITHIN);
    let at_once = matches!(trouble.category, TroubleCategory::RateLimit | TroubleCategory::Auth);
    if desk.channel().status == ChannelStatus::Degraded
        || told_lately
        || (!at_once && health.failures.len() < WORTH_TELLING)
    {
        return;
    }
    let mut affected: Vec<String> = Vec::new();
    for failure in &health.failures {
        let id = failure.message_id.map(|id| id.to_string());
        affected.extend(id.filter(|id| !affected.contains(id)));
    }
    desk.change_channel_health().error_told_at = Some(now);
    desk.set_channel_status(ChannelStatus::Degraded);
    let detail = ChannelDetail::Error {
        code: trouble.code.clone(),
        message: trouble.message.clone(),
        category: trouble.category.name().to_owned(),
        affected_message_ids: affected,
    };
    desk.emit_channel(EventKind::ChannelError, detail, now);
}
