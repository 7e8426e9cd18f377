//! How far a message to send has come, and what a vendor may answer.
//!
//! The story: a message waits until it is due; its attempt is marked before the vendor is called; the answer settles
//! the mark. A mark without an answer means that the message may have gone out: nobody sends it again, and after
//! [`UNKNOWN_FOR`] without a word from the vendor it fails. [`crate::decide::order`] moves it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    channel::words,
    contact::{Identity, RecipientNews},
    id::MessageId,
    message::MessageError,
    outgoing::{Outgoing, Priority},
    time::Timestamp,
};

/// How long a message whose outcome is unknown is given for the vendor to tell of it.
pub const UNKNOWN_FOR: Duration = Duration::from_mins(10);
/// How long a message is tried before it fails with its last error.
pub const TRIED_FOR: Duration = Duration::from_hours(24);

/// How far a message to send has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    /// What it is to say.
    pub outgoing: Outgoing,
    /// Who waits for it.
    pub priority: Priority,
    /// Its place in the line of its recipient: when it was accepted, or is scheduled for.
    pub queued_at: Timestamp,
    /// When something is to be done about it; `None` when nothing is.
    pub due_at: Option<Timestamp>,
    /// When the attempt under way was marked. What is due then is giving it up.
    pub marked_at: Option<Timestamp>,
    /// How often the vendor has refused it for the time being, in this attempt.
    pub tries: u32,
    /// When that was first.
    pub tried_since: Option<Timestamp>,
    /// It is not sent after this.
    pub expires_at: Option<Timestamp>,
}

impl Sending {
    /// It waits to be sent, and no attempt is under way.
    pub fn is_waiting(&self) -> bool {
        self.due_at.is_some() && self.marked_at.is_none()
    }

    /// Nothing more is to be done.
    pub(crate) fn end(&mut self) {
        self.due_at = None;
        self.marked_at = None;
    }
}

/// On what terms a channel sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// For how long after the contact's last message free content may be sent; `None`: always.
    pub window: Option<Duration>,
    /// For how long messages wait for a channel that is disconnected.
    pub hold: Duration,
    /// What it is taken for.
    pub turn: Turn,
}

/// What a message that is due is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// To be sent, unless the channel is disconnected.
    Send,
    /// To be sent though the channel is disconnected, to find out whether it still is.
    Trial,
    /// To end, if it is too late for it.
    End,
}

/// What came of calling the vendor.
#[derive(Debug, Clone, PartialEq)]
pub enum SendOutcome {
    /// The vendor took it.
    Accepted {
        /// The vendor's id of it.
        vendor_id: String,
        /// Who the vendor says that the recipient is.
        identities: Vec<Identity>,
    },
    /// The vendor did not take it, and may later.
    Later {
        /// What it said.
        error: MessageError,
        /// How long to wait.
        after: Duration,
        /// Who has to wait.
        scope: Scope,
        /// What is wrong with the channel, if that is the reason.
        trouble: Option<Trouble>,
    },
    /// The vendor will not take it.
    Refused {
        /// What it said.
        error: MessageError,
        /// What is wrong with the channel, if that is the reason.
        trouble: Option<Trouble>,
        /// What it says of the recipient, if that is the reason.
        recipient: Option<RecipientNews>,
    },
    /// Nobody knows whether the vendor took it.
    Unknown {
        /// In words.
        reason: String,
    },
}

impl SendOutcome {
    /// What the vendor said, if it did not take the message.
    pub fn error(&self) -> Option<&MessageError> {
        match self {
            Self::Later { error, .. } | Self::Refused { error, .. } => Some(error),
            Self::Accepted { .. } | Self::Unknown { .. } => None,
        }
    }

    /// What is wrong with the channel, if the vendor said that anything is.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Later { trouble, .. } | Self::Refused { trouble, .. } => trouble.as_ref(),
            Self::Accepted { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The same message once more, at once, if this was not taken: what was said speaks neither of it nor of the channel.
    #[must_use]
    pub fn at_once(self) -> Self {
        match self {
            Self::Later { error, .. } | Self::Refused { error, .. } => {
                Self::Later { error, after: Duration::ZERO, scope: Scope::Line, trouble: None }
            }
            Self::Accepted { .. } | Self::Unknown { .. } => self,
        }
    }
}

/// Who has to wait when a message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This message, and what comes after it in its line: to the same recipient, with the same priority.
    Line,
    /// Everything to the same recipient.
    Recipient,
    /// Everything on the channel.
    Channel,
}

/// What is wrong with a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub category: TroubleCategory,
    /// Why the channel is disconnected by it, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnects: Option<DisconnectionReason>,
    /// The vendor's code, or our word for it.
    pub code: String,
    /// For people.
    pub message: String,
}

words! {
    /// Kinds of trouble, in the lifecycle format's words.
    TroubleCategory {
        /// More than the vendor allows.
        RateLimit = "rate_limit",
        /// The vendor does not let us.
        Auth = "auth_error",
        /// The vendor has a problem of its own.
        Provider = "provider_error",
        /// The vendor cannot be reached.
        Network = "network_error",
        /// Anything else.
        Unknown = "unknown",
    }
}

words! {
    /// Why a channel is disconnected, in the lifecycle format's words.
    DisconnectionReason {
        /// The token is no longer valid.
        TokenExpired = "token_expired",
        /// The right was taken away.
        Revoked = "revoked",
        /// The phone is off.
        PhoneOffline = "phone_offline",
        /// Another session took its place.
        SessionConflict = "session_conflict",
        /// The vendor does not say.
        Unknown = "unknown",
    }
}

/// What is remembered of a channel's trouble.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelHealth {
    /// The failures in a row, oldest first: only the last few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// When `channel.error` was told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_told_at: Option<Timestamp>,
    /// When it was last found to work after something had been wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    /// Since when it is disconnected, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnected_at: Option<Timestamp>,
    /// It is disconnected by what became of a message, and no probe has found the reason: one that finds nothing proves
    /// nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_hidden_from_probes: bool,
}

/// A send that failed because of the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// The message; `None` for a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
}
