//! A message's status: one ladder for every channel.

use serde::{Deserialize, Serialize};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// No delivery at all: notes and system lines.
    None,
    /// Accepted by us, not yet by the channel.
    Pending,
    /// Waits for its time.
    Scheduled,
    /// Accepted by the channel.
    Sent,
    /// On the receiver's device. Inbound messages are born so.
    Delivered,
    /// Seen.
    Read,
    /// Given up.
    Failed,
    /// Cancelled, unsent or taken back.
    Deleted,
}

impl MessageStatus {
    /// The word used in formats and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Scheduled => "scheduled",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::None,
            Self::Pending,
            Self::Scheduled,
            Self::Sent,
            Self::Delivered,
            Self::Read,
            Self::Failed,
            Self::Deleted,
        ]
        .into_iter()
        .find(|status| status.name() == name)
    }
}
