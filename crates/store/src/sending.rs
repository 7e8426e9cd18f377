//! Messages on their way out: accepted with what they are to say, taken when they are due, marked, settled.

use std::sync::Arc;

use tidings_domain::{
    HandleId, MediaId, MessageId, Timestamp,
    channel::Channel,
    decide::Called,
    message::Message,
    outgoing::{Draft, Priority},
    sending::{SendOutcome, Sending, Terms, Trouble},
};

/// What the lease on a channel's sends is called.
pub const CHANNEL_LEASE: &str = "channel";

/// A message to accept.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// By which channel.
    pub channel: Arc<Channel>,
    /// What is to be sent.
    pub draft: Draft,
    /// On what terms.
    pub terms: Terms,
    /// How many messages its workspace may send on a day in UTC, if there is a limit.
    pub most_per_day: Option<u64>,
    /// When it was asked for.
    pub at: Timestamp,
}

/// What somebody wants of a message that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It is to go out at another time.
    Reschedule(Timestamp),
    /// It is not to go out.
    Cancel,
    /// It failed, and is to be tried again.
    Retry,
}

/// A wish for a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Wished {
    /// The message's channel.
    pub channel: Arc<Channel>,
    /// The message.
    pub message_id: MessageId,
    /// What is wanted.
    pub wish: Wish,
    /// On what terms its channel sends.
    pub terms: Terms,
    /// When it was asked for.
    pub at: Timestamp,
}

/// A message that waits to be sent: the first of its recipient's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The message.
    pub message_id: MessageId,
    /// To whom.
    pub recipient: HandleId,
    /// Who waits for it.
    pub priority: Priority,
    /// Its place in the line.
    pub queued_at: Timestamp,
    /// It is not sent after this.
    pub expires_at: Option<Timestamp>,
    /// The uploaded file that it sends.
    pub media: Option<MediaId>,
}

/// How many messages of each priority are asked for at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueLimits {
    /// Those that people wait for.
    pub interactive: usize,
    /// The others.
    pub bulk: usize,
}

/// What is to be done on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Messages to send, those that people wait for first, and then the longest waiting.
    pub waiting: Vec<Waiting>,
    /// Messages whose outcome has been unknown for too long.
    pub unknown: Vec<MessageId>,
    /// When something else becomes due.
    pub next_at: Option<Timestamp>,
    /// Since when the channel is disconnected, if it is.
    pub disconnected_at: Option<Timestamp>,
}

/// How many messages wait on a channel, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Messages that are due, not those that are scheduled for later.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// Messages whose outcome is unknown.
    pub unknown: u64,
}

/// A message whose attempt is marked: the vendor may be called now.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    /// The message.
    pub message: Arc<Message>,
    /// How far it has come.
    pub sending: Sending,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The message.
    pub message_id: MessageId,
    /// Which attempt.
    pub called: Called,
    /// What came of it.
    pub outcome: SendOutcome,
    /// When the channel worked last, as far as the sender knows.
    pub last_active_at: Option<Timestamp>,
    /// When it was found out.
    pub at: Timestamp,
}

/// What a probe of a channel found.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// Nothing is wrong, or what is.
    pub finding: Result<(), Trouble>,
    /// Whether somebody asked for it.
    pub on_request: bool,
    /// When the channel worked last, as far as the sender knows.
    pub last_active_at: Option<Timestamp>,
    /// When it was found out.
    pub at: Timestamp,
}
