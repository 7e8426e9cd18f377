//! Files that were uploaded to be sent. Their bytes are kept elsewhere, by the hash of their content.

use crate::{
    id::{MediaId, WorkspaceId},
    time::Timestamp,
};

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMedia {
    /// Our id.
    pub id: MediaId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// Its MIME type, as it was given.
    pub content_type: String,
    /// What it was called.
    pub filename: Option<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}
