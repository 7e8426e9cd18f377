//! One message on its way: it is marked, sent, settled. What cannot be written down is tried again until it can, since
//! until then nobody may touch the message.

use std::{sync::Arc, time::Duration};

use tidings_channels::{CallAnswer, Letter, Outbound};
use tidings_domain::{
    MediaId, MessageId, Timestamp,
    decide::Called,
    message::MessageError,
    sending::{Scope, SendOutcome, Terms, TroubleCategory, Turn},
};
use tidings_store::{Marked, Settlement, StoreError};
use tokio::{sync::watch, time::sleep};

use super::{
    Shared,
    files::{self, AtVendor},
    pacer::Condition,
};
use crate::{
    flow::vendor::{CALL_TIMEOUT, Reply, Vendor, unreachable},
    registry::LiveChannel,
    telemetry::SendLabels,
};

/// How long to wait after the store has refused.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
/// The longest wait before an unreachable vendor is called again.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// What sending is done with.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) shared: Arc<Shared>,
    pub(super) live: Arc<LiveChannel>,
    pub(super) outbound: &'static dyn Outbound,
    pub(super) vendor: Vendor,
    pub(super) epoch: u64,
    /// When the channel worked last.
    pub(super) last_active_at: Option<Timestamp>,
    /// What a message is taken for.
    pub(super) turn: Turn,
    /// Whether an end has been asked for: it does not wait for a store that refuses.
    pub(super) stopping: watch::Receiver<bool>,
}

/// What became of a turn.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) message_id: MessageId,
    /// Who has to wait for how long, if anybody has.
    pub(super) pause: Option<(Scope, Duration)>,
    /// How the vendor seemed, if it was called with the message.
    pub(super) vendor: Option<Condition>,
    /// Whether it took the message.
    pub(super) accepted: bool,
    /// Whether it showed that something is wrong with the channel.
    pub(super) troubled: bool,
    /// The file that the vendor does not have any more, if it said so.
    pub(super) lost_file: Option<MediaId>,
    /// Whether the channel is another process's now, or gone.
    pub(super) lost: bool,
}

impl Ended {
    fn nothing(message_id: MessageId) -> Self {
        Self { message_id, pause: None, vendor: None, accepted: false, troubled: false, lost_file: None, lost: false }
    }
}

/// Sends a message, if it is still to be sent, with its file, if it has one.
pub(super) async fn send(means: Means, message_id: MessageId, file: Option<(MediaId, AtVendor)>) -> Ended {
    let marked = match begin(&means, message_id).await {
        Ok(marked) => marked,
        Err(ended) => return ended,
    };
    let tries = marked.sending.tries;
    let (outcome, vendor) = match &file {
        Some((_, Err(missing))) => (files::outcome(means.outbound, missing, tries), None),
        Some((_, Ok(file))) => seen(call(&means, &marked, Some(file)).await),
        None => seen(call(&means, &marked, None).await),
    };
    let lost_file = file.and_then(|(media, file)| {
        let lacks_it = outcome.error().is_some_and(|error| means.outbound.lacks_file(error));
        Some((media, file.ok()?)).filter(|_| lacks_it)
    });
    count(&means, &marked, &outcome);
    let is_outdated = speaks_of_others(&means, &outcome);
    // It may have been refused for something else than its file, so that is believed once.
    let outcome = if is_outdated || (lost_file.is_some() && tries == 0) { outcome.at_once() } else { outcome };
    let now = means.shared.clock.now();
    let pause = match &outcome {
        SendOutcome::Later { scope, after, .. } => Some((*scope, *after)),
        _ => None,
    };
    let accepted = matches!(outcome, SendOutcome::Accepted { .. });
    let troubled = outcome.trouble().is_some() || matches!(outcome, SendOutcome::Unknown { .. });
    let lost_file = match lost_file {
        Some((media, vendor_id)) => {
            forget(&means, media, vendor_id).await;
            Some(media)
        }
        None => None,
    };
    let lost = !settle(&means, settlement(&means, &marked, outcome, now)).await;
    Ended { message_id, pause, vendor, accepted, troubled, lost_file, lost }
}

/// What came of a call, and how the vendor seemed.
fn seen(outcome: SendOutcome) -> (SendOutcome, Option<Condition>) {
    let is_unwell = match &outcome {
        SendOutcome::Unknown { .. } => true,
        _ => outcome
            .trouble()
            .is_some_and(|trouble| matches!(trouble.category, TroubleCategory::Provider | TroubleCategory::Network)),
    };
    (outcome, Some(if is_unwell { Condition::Unwell } else { Condition::Well }))
}

/// Whether it speaks of credentials that are not the channel's any more.
fn speaks_of_others(means: &Means, outcome: &SendOutcome) -> bool {
    let channel = &means.live.channel;
    outcome.trouble().is_some_and(|trouble| trouble.disconnects.is_some())
        && (means.shared.registry.channels.get(channel.workspace_id, channel.id))
            .is_some_and(|now| !Arc::ptr_eq(&now.secrets, &means.live.secrets))
}

/// The vendor does not have a file any more: it is to be uploaded anew.
async fn forget(means: &Means, media: MediaId, vendor_id: String) {
    let channel = means.live.channel.id;
    if let Err(error) = means.shared.store.media_at_vendor_forget(media, channel, vendor_id).await {
        tracing::warn!(channel.id = %channel, media.id = %media, %error, "a file that the vendor lacks is not forgotten");
    }
}

/// Ends a message that it is too late for.
pub(super) async fn end(means: Means, message_id: MessageId) -> Ended {
    let mut means = Means { turn: Turn::End, ..means };
    let Err(ended) = begin(&means, message_id).await else { return Ended::nothing(message_id) };
    if let Some((_, pause)) = ended.pause {
        // Else it would be tried without end while the store refuses.
        tokio::select! {
            () = sleep(pause) => {}
            _ = means.stopping.wait_for(|stopping| *stopping) => {}
        }
    }
    ended
}

/// Marks an attempt. Without one, the turn has ended.
async fn begin(means: &Means, message_id: MessageId) -> Result<Marked, Ended> {
    if *means.stopping.borrow() {
        return Err(Ended::nothing(message_id));
    }
    let channel = means.live.channel.id;
    match mark(means, message_id).await {
        Ok(Some(marked)) => Ok(marked),
        Ok(None) => Err(Ended::nothing(message_id)),
        Err(StoreError::StaleLease(_) | StoreError::NotFound(_) | StoreError::Stopped) => {
            Err(Ended { lost: true, ..Ended::nothing(message_id) })
        }
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(channel.id = %channel, message.id = %message_id, %error, "a message cannot be read, and holds up its line");
            Err(Ended { pause: Some((Scope::Line, LONGEST_WAIT)), ..Ended::nothing(message_id) })
        }
        Err(error) => {
            tracing::warn!(channel.id = %channel, %error, "an attempt cannot be marked; not sent");
            Err(Ended { pause: Some((Scope::Channel, PATIENCE)), ..Ended::nothing(message_id) })
        }
    }
}

fn settlement(means: &Means, marked: &Marked, outcome: SendOutcome, at: Timestamp) -> Settlement {
    Settlement {
        message_id: marked.message.id,
        called: Called { attempt: marked.message.attempt, marked_at: marked.sending.marked_at.unwrap_or(at) },
        outcome,
        last_active_at: means.last_active_at,
        at,
    }
}

/// Marks an attempt, or ends what it is too late for.
async fn mark(means: &Means, message_id: MessageId) -> Result<Option<Marked>, StoreError> {
    let Means { shared, live, epoch, .. } = means;
    let terms = Terms { turn: means.turn, ..live.terms() };
    shared.store.send_mark(live.channel.clone(), *epoch, message_id, terms, shared.clock.now()).await
}

async fn call(means: &Means, marked: &Marked, file: Option<&str>) -> SendOutcome {
    let Marked { message, sending } = marked;
    let letter = Letter {
        message_id: message.id,
        attempt: message.attempt,
        to: &message.handle,
        outgoing: &sending.outgoing,
        reply_to: message.reply_to.as_ref().and_then(|target| target.vendor_id.as_deref()),
        file,
    };
    let call = means.outbound.send(means.live.access(), &letter);
    match means.vendor.call(call, CALL_TIMEOUT).await {
        Reply::Answered { status, retry_after, body } => {
            means.outbound.read_answer(CallAnswer { status, retry_after, body: &body }, sending.tries)
        }
        Reply::Lost(reason) => SendOutcome::Unknown { reason },
        Reply::NotSent(reason) => not_reached(reason, sending.tries),
    }
}

/// The vendor cannot be reached: nobody's message can.
pub(super) fn not_reached(reason: String, tries: u32) -> SendOutcome {
    SendOutcome::Later {
        trouble: Some(unreachable(&reason)),
        error: MessageError { key: "network_error".to_owned(), message: reason, vendor: None },
        after: after_failure(tries),
        scope: Scope::Channel,
    }
}

/// How long to wait after something has failed so often.
pub(super) fn after_failure(tries: u32) -> Duration {
    Duration::from_secs(1 << tries.min(9)).min(LONGEST_WAIT)
}

/// Writes down what came of an attempt. Answers false if that is no longer ours to do.
async fn settle(means: &Means, settlement: Settlement) -> bool {
    let Means { shared, live, epoch, .. } = means;
    loop {
        let settled = shared.store.send_settle(live.channel.clone(), *epoch, settlement.clone()).await;
        let error = match settled {
            Ok(()) => return true,
            Err(StoreError::StaleLease(_) | StoreError::NotFound(_) | StoreError::Stopped) => return false,
            Err(error) => error,
        };
        let message = settlement.message_id;
        tracing::error!(channel.id = %live.channel.id, message.id = %message, %error, "what came of an attempt cannot be written down yet");
        let is_hopeless = matches!(error, StoreError::Corrupt { .. } | StoreError::Conflict(_));
        if is_hopeless || *means.stopping.borrow() {
            // It stays marked: whoever finds it so waits for the vendor to tell of it.
            return is_hopeless;
        }
        sleep(PATIENCE).await;
    }
}

/// Counts and logs what came of an attempt. What the message says is in neither.
fn count(means: &Means, marked: &Marked, outcome: &SendOutcome) {
    let (word, code) = match outcome {
        SendOutcome::Accepted { .. } => ("accepted", ""),
        SendOutcome::Later { error, .. } => ("later", label(error)),
        SendOutcome::Refused { error, .. } => ("refused", label(error)),
        SendOutcome::Unknown { .. } => ("unknown", "no_answer"),
    };
    let channel = means.live.channel.id.to_string();
    let (message, attempt) = (marked.message.id, marked.message.attempt);
    if word != "accepted" {
        tracing::info!(channel.id = %channel, message.id = %message, attempt, outcome = word, code, "a message was not taken");
    }
    if outcome.trouble().is_some_and(|trouble| trouble.disconnects.is_some()) {
        tracing::warn!(channel.id = %channel, code, "the vendor takes no messages of this channel");
    }
    let labels = SendLabels { channel, outcome: word, code: code.to_owned() };
    means.shared.metrics.sends.get_or_create(&labels).inc();
}

/// An error's code as a label. A vendor could make any number of series by codes of its own making; all that are known
/// are numbers of up to six digits.
fn label(error: &MessageError) -> &str {
    let is_number = error.key.len() <= 6 && error.key.bytes().all(|byte| byte.is_ascii_digit());
    if error.vendor.is_none() || is_number { &error.key } else { "other" }
}
