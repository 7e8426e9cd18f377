//! Idempotency keys: the same request twice is done once and answered twice.

use std::{fmt, sync::Arc, time::Duration};

use tidings_domain::{Timestamp, WorkspaceId};

use crate::records::Sealed;

/// For how long an answer is kept.
pub const ANSWERS_KEPT_FOR: Duration = Duration::from_hours(24);

/// An idempotency key with the answer to keep under it, written in the verb's own transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose key it is.
    pub workspace_id: WorkspaceId,
    /// The key, unique in its workspace.
    pub key: String,
    /// SHA-256 over what makes another request another: who asks, method, path and body.
    pub fingerprint: [u8; 32],
    /// The answer to keep.
    pub answer: Answer,
    /// When it was made.
    pub at: Timestamp,
}

/// An idempotency key whose answer shows the record that the verb makes or changes.
pub struct ShowingClaim<T> {
    /// Whose key it is.
    pub workspace_id: WorkspaceId,
    /// The key, unique in its workspace.
    pub key: String,
    /// As [`Claim::fingerprint`].
    pub fingerprint: [u8; 32],
    /// Makes the answer to keep.
    pub answer: Arc<dyn Fn(&T) -> Answer + Send + Sync>,
    /// When it was made.
    pub at: Timestamp,
}

impl<T> ShowingClaim<T> {
    /// The claim, now that the record is known.
    pub fn with(&self, record: &T) -> Claim {
        Claim {
            workspace_id: self.workspace_id,
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            answer: (self.answer)(record),
            at: self.at,
        }
    }
}

impl<T> fmt::Debug for ShowingClaim<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ShowingClaim").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What became of a verb whose answer shows a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown<T> {
    /// It was done now; this is the record.
    Done(Arc<T>),
    /// It had been done before; this was the answer.
    Replayed(Answer),
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body, sealed since it may carry secrets.
    pub body: Sealed,
}

/// What became of a verb with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It was done now.
    Done,
    /// It had been done before; this was the answer.
    Replayed(Answer),
}
