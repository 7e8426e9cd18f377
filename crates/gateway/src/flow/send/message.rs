//! One message on its way: its file is uploaded, it is marked, sent, settled. What cannot be written down is tried again
//! until it can, since until then nobody may touch the message.

use std::{sync::Arc, time::Duration};

use tidings_channels::{CallAnswer, Letter, Outbound};
use tidings_domain::{
    MediaId, MessageId, Timestamp,
    message::MessageError,
    sending::{Scope, SendOutcome},
};
use tidings_store::{Marked, Settlement, StoreError};
use tokio::{
    sync::{Semaphore, watch},
    time::sleep,
};

use super::{Shared, file};
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
    /// Whose turn it is to upload a file.
    pub(super) uploads: Arc<Semaphore>,
    /// Whether an end has been asked for: it does not wait for a store that refuses.
    pub(super) stopping: watch::Receiver<bool>,
}

/// What became of a turn.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) message_id: MessageId,
    /// Who has to wait for how long, if anybody has.
    pub(super) pause: Option<(Scope, Duration)>,
    /// Whether the vendor took the message.
    pub(super) accepted: bool,
    /// Whether the channel is another process's now, or gone.
    pub(super) lost: bool,
}

impl Ended {
    fn nothing(message_id: MessageId) -> Self {
        Self { message_id, pause: None, accepted: false, lost: false }
    }
}

/// Sends a message, if it is still to be sent.
pub(super) async fn send(means: Means, message_id: MessageId, media: Option<MediaId>) -> Ended {
    let mut stopping = means.stopping.clone();
    let file = match media {
        None => Ok(None),
        Some(media) => tokio::select! {
            file = file::at_vendor(&means, media) => file.map(Some),
            // Nothing is marked yet: an end does not wait for a long file.
            _ = stopping.wait_for(|stopping| *stopping) => return Ended::nothing(message_id),
        },
    };
    let marked = match begin(&means, message_id).await {
        Ok(marked) => marked,
        Err(ended) => return ended,
    };
    let outcome = match &file {
        Ok(file) => call(&means, &marked, file.as_deref()).await,
        Err(missing) => file::outcome(&means, missing, marked.sending.tries),
    };
    let now = means.shared.clock.now();
    count(&means, &marked, &outcome);
    let pause = match &outcome {
        SendOutcome::Later { scope, after, .. } => Some((*scope, *after)),
        _ => None,
    };
    let accepted = matches!(outcome, SendOutcome::Accepted { .. });
    let lost = !settle(&means, settlement(&means, &marked, outcome, now)).await;
    Ended { message_id, pause, accepted, lost }
}

/// Ends a message that it is too late for.
pub(super) async fn end(means: Means, message_id: MessageId) -> Ended {
    let marked = match begin(&means, message_id).await {
        Ok(marked) => marked,
        Err(ended) => return ended,
    };
    // It is not too late any more: the channel works again, or somebody wished it so. It waits for its turn.
    let outcome = SendOutcome::Later {
        trouble: None,
        error: MessageError { key: "held".to_owned(), message: "the message was held".to_owned(), vendor: None },
        after: Duration::ZERO,
        scope: Scope::Recipient,
    };
    let now = means.shared.clock.now();
    let lost = !settle(&means, settlement(&means, &marked, outcome, now)).await;
    Ended { lost, ..Ended::nothing(message_id) }
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
            Err(Ended { pause: Some((Scope::Recipient, LONGEST_WAIT)), ..Ended::nothing(message_id) })
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
        attempt: marked.message.attempt,
        outcome,
        last_active_at: means.last_active_at,
        at,
    }
}

/// Marks an attempt, or ends what it is too late for.
async fn mark(means: &Means, message_id: MessageId) -> Result<Option<Marked>, StoreError> {
    let Means { shared, live, epoch, .. } = means;
    shared.store.send_mark(live.channel.clone(), *epoch, message_id, live.terms(), shared.clock.now()).await
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
        Reply::NotSent(reason) => SendOutcome::Later {
            trouble: Some(unreachable(&reason)),
            error: MessageError { key: "network_error".to_owned(), message: reason, vendor: None },
            after: Duration::from_secs(1 << sending.tries.min(9)).min(LONGEST_WAIT),
            scope: Scope::Channel,
        },
    }
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
        SendOutcome::Later { error, .. } => ("later", error.key.as_str()),
        SendOutcome::Refused { error, .. } => ("refused", error.key.as_str()),
        SendOutcome::Unknown { .. } => ("unknown", "no_answer"),
    };
    let channel = means.live.channel.id.to_string();
    let (message, attempt) = (marked.message.id, marked.message.attempt);
    if word != "accepted" {
        tracing::info!(channel.id = %channel, message.id = %message, attempt, outcome = word, code, "a message was not taken");
    }
    let labels = SendLabels { channel, outcome: word, code: code.to_owned() };
    means.shared.metrics.sends.get_or_create(&labels).inc();
}
