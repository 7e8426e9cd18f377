//! Idempotency keys: the same request twice is done once and answered twice.

use std::{fmt, sync::Arc, time::Duration};

use tidings_domain::{ContactId, Timestamp, WorkspaceId, contact::Contact, message::Message};

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
    /// The contact that the answer speaks of, if it speaks of one: it is erased with it.
    pub contact_id: Option<ContactId>,
    /// When it was made.
    pub at: Timestamp,
}

/// A record that speaks of a contact.
pub trait OfContact {
    /// Which one.
    fn contact_id(&self) -> ContactId;
}

impl OfContact for Message {
    fn contact_id(&self) -> ContactId {
        self.contact_id
    }
}

impl OfContact for Contact {
    fn contact_id(&self) -> ContactId {
        self.id
    }
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

impl<T: OfContact> ShowingClaim<T> {
    /// The claim, now that the record is known.
    pub fn with(&self, record: &T) -> Claim {
        Claim {
            workspace_id: self.workspace_id,
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            answer: (self.answer)(record),
            contact_id: Some(record.contact_id()),
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
    /// Its body, sealed since it may carry secrets. Empty if it was erased with the contact that it spoke of.
    pub body: Sealed,
}

impl Answer {
    /// Whether it was erased.
    pub fn is_erased(&self) -> bool {
        self.body.0.is_empty()
    }
}

/// What became of a verb with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It was done now.
    Done,
    /// It had been done before; this was the answer.
    Replayed(Answer),
}
