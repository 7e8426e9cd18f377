//! Erasing a contact: everything that it said and was told, wherever it is written down.
//!
//! It begins with one commit, after which nobody sees the contact any more, and goes on in small ones that any start resumes.
//! What is deleted may still stand in files until something else takes its place; the last step overwrites that.

use async_trait::async_trait;
use tidings_domain::{
    ContactId, Timestamp, WorkspaceId,
    audit::Act,
    event::{Actor, OrderingKey},
};

use crate::error::StoreError;

/// A contact to erase.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactErasure {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The contact.
    pub contact_id: ContactId,
    /// Who wants it.
    pub by: Actor,
    /// When it is recorded.
    pub at: Timestamp,
}

/// How far erasures have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureProgress {
    /// There is more to do at once.
    Goes,
    /// What there was to delete is deleted; what files still hold of it is to be overwritten.
    Deleted,
    /// Nothing is left to do but to wait for endpoints to hear of it, or nothing at all.
    Rests,
}

/// Erasing contacts. Each method is one transaction; see the crate's story.
#[async_trait]
pub trait Erasure: Send + Sync {
    /// Begins to erase a contact: tells of it, hides it, and sends it nothing more. Refused
    /// ([`StoreError::Refused`]) if it is not there. Answers by which keys the events are ordered that speak of it.
    async fn erasure_begin(&self, erasure: ContactErasure, act: Option<Act>) -> Result<Vec<OrderingKey>, StoreError>;
    /// Goes on: deletes some of what there is. The event that told of an erasure is erased as well, once every endpoint has
    /// heard of it or it is from before `told_until`.
    async fn erasure_continue(&self, told_until: Timestamp) -> Result<ErasureProgress, StoreError>;
    /// Overwrites what the store's files still hold of what was deleted. It takes a while, and holds nobody up. What was
    /// deleted before it began counts as erased when it has ended.
    async fn erasure_overwrite(&self) -> Result<(), StoreError>;
    /// How many contacts are being erased.
    async fn erasure_count(&self) -> Result<u64, StoreError>;
}
