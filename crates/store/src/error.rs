//! Why a verb was refused.

use tidings_domain::{EventId, Timestamp};

/// Why a verb was refused. A refused verb has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It contradicts what is stored.
    #[error("{0} exists already")]
    Conflict(&'static str),
    /// What it speaks of is not stored.
    #[error("{0} is not there")]
    NotFound(&'static str),
    /// It is not what may be done now.
    #[error(transparent)]
    Refused(#[from] tidings_domain::decide::Refusal),
    /// The workspace has sent as many messages as it may on a day.
    #[error("the workspace may send no more messages until {until}")]
    SpentToday {
        /// When it may again.
        until: Timestamp,
    },
    /// The workspace has as many bytes of files as it may, or would have more.
    #[error("the workspace has {has} bytes of files, and may have {most}")]
    NoRoom {
        /// How many it has.
        has: u64,
        /// How many it may have.
        most: u64,
    },
    /// Of what comes after that place in the log, something was deleted for its age.
    #[error("what comes after that place in the log is not all there any more")]
    Expired {
        /// The oldest event that is there.
        oldest: Option<EventId>,
    },
    /// A page is to begin where one of another list ended, or of this one in another order.
    #[error("the place is one of another list")]
    ForeignMark,
    /// The idempotency key was used with another request.
    #[error("the idempotency key was used with another request")]
    IdempotencyConflict,
    /// The lease has passed to another holder.
    #[error("the lease on {0} has passed to another holder")]
    StaleLease(String),
    /// Too much is waiting to be written.
    #[error("the writer's queue is full")]
    Overloaded,
    /// The disk is full. Nothing was written; it can be tried again.
    #[error("the disk is full")]
    DiskFull,
    /// The store has stopped, because a commit failed in a way after which nothing can be promised.
    #[error("the store has stopped")]
    Stopped,
    /// What is stored cannot be understood.
    #[error("cannot read {what}: {detail}")]
    Corrupt {
        /// Which record.
        what: String,
        /// In words.
        detail: String,
    },
    /// The backend refused.
    #[error("the database refused: {0}")]
    Backend(String),
}
