//! What is known of files. Their bytes lie elsewhere; here they are named by their content's hash.

use async_trait::async_trait;
use tidings_domain::{
    ChannelId, EventId, MediaId, Timestamp, WorkspaceId,
    event::Position,
    media::{AwaitedFile, FileState, StoredMedia},
};

use crate::{
    error::StoreError,
    idempotency::{Claim, Claimed},
    records::{Listing, Page},
};

/// SHA-256 of a file's content.
pub type ContentHash = [u8; 32];

/// Files that are to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DueFiles {
    /// Those that are due, of each channel those first that have been for longest.
    pub files: Vec<AwaitedFile>,
    /// When another one becomes due.
    pub next_at: Option<Timestamp>,
}

impl DueFiles {
    /// Something becomes due at a time.
    pub fn wait_for(&mut self, at: Timestamp) {
        self.next_at = Some(self.next_at.map_or(at, |next_at| next_at.min(at)));
    }
}

/// What is known of files. Each method is one transaction; see the crate's story.
#[async_trait]
pub trait Files: Send + Sync {
    /// Remembers a file that was uploaded, unless its workspace would then have more than so many bytes
    /// ([`StoreError::NoRoom`]).
    async fn media_create(
        &self,
        media: StoredMedia,
        most_bytes: Option<u64>,
        claim: Option<Claim>,
    ) -> Result<Claimed, StoreError>;
    /// A file that we have.
    async fn media_get(&self, workspace: WorkspaceId, id: MediaId) -> Result<Option<StoredMedia>, StoreError>;
    /// The files that a workspace has, the newest first.
    async fn media_list(&self, workspace: WorkspaceId, page: Page) -> Result<Listing<StoredMedia>, StoreError>;
    /// Forgets files that we got before a time, but for those that a message has still to be sent with: so many of them at
    /// most. Answers how many.
    async fn media_expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// What the vendor of a channel calls a file, if that is still good at a time.
    async fn media_at_vendor(
        &self,
        media: MediaId,
        channel: ChannelId,
        at: Timestamp,
    ) -> Result<Option<String>, StoreError>;
    /// The vendor of a channel does not have a file any more that it called so. What it calls so by now stays.
    async fn media_at_vendor_forget(
        &self,
        media: MediaId,
        channel: ChannelId,
        vendor_id: String,
    ) -> Result<(), StoreError>;
    /// Remembers what the vendor of a channel calls a file, and until when that is good.
    async fn media_at_vendor_remember(
        &self,
        media: MediaId,
        channel: ChannelId,
        vendor_id: String,
        good_until: Timestamp,
    ) -> Result<(), StoreError>;

    /// What is known of a file, whosever it is.
    async fn file_find(&self, id: MediaId) -> Result<Option<FileState>, StoreError>;
    /// Files of messages that are to be fetched at a time, so many of each channel at most.
    async fn file_due(&self, at: Timestamp, of_each: usize) -> Result<DueFiles, StoreError>;
    /// A file of a message is here. False if nobody waits for it (any more); its content is then to be collected.
    async fn file_fetched(&self, media: StoredMedia) -> Result<bool, StoreError>;
    /// A file of a message could not be fetched, so often by now as it says. It is tried again at a time, or never.
    async fn file_failed(
        &self,
        file: AwaitedFile,
        reason: String,
        next_at: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Since when links to the files of an event are valid: when it was recorded, or that was extended last. `None` if the
    /// event is not there (any more).
    async fn link_valid_since(&self, event: EventId) -> Result<Option<Timestamp>, StoreError>;
    /// Extends the validity of links to the files of an event.
    async fn link_extend(&self, event: Position, at: Timestamp) -> Result<(), StoreError>;

    /// Some of the contents that no record may name any more.
    async fn content_unnamed(&self, limit: usize) -> Result<Vec<ContentHash>, StoreError>;
    /// Those of these contents that a record names.
    async fn content_named(&self, contents: Vec<ContentHash>) -> Result<Vec<ContentHash>, StoreError>;
    /// These contents have been dealt with: [`Self::content_unnamed`] tells of them no more.
    async fn content_collected(&self, contents: Vec<ContentHash>) -> Result<(), StoreError>;
}
