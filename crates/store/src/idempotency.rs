//! Idempotency keys: the same request twice is done once and answered twice.

use tidings_domain::{Timestamp, WorkspaceId};

use crate::records::Sealed;

/// An idempotency key with the answer to keep under it, written in the verb's own transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose key it is.
    pub workspace_id: WorkspaceId,
    /// The key, unique in its workspace.
    pub key: String,
    /// SHA-256 over method, path and raw body.
    pub fingerprint: [u8; 32],
    /// The answer to keep.
    pub answer: Answer,
    /// When it was made.
    pub at: Timestamp,
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
