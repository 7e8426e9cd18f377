//! Files: those that were uploaded to be sent, and those of messages, which are fetched from their vendors. Their bytes are
//! kept elsewhere, by the hash of their content.

use serde::{Deserialize, Serialize};

use crate::{
    content::Media,
    id::{ChannelId, MediaId, WorkspaceId},
    message::Message,
    time::Timestamp,
};

/// A file that we have.
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
    /// When we got it.
    pub created_at: Timestamp,
}

/// A file of a message that we do not have: it is, or was, with the message's vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedFile {
    /// Our id.
    pub id: MediaId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The channel that the message came by.
    pub channel_id: ChannelId,
    /// What the vendor says of it.
    pub told: ToldOfFile,
    /// When the message was sent, by the vendor's clock: from then on the vendor keeps the file for a while.
    pub sent_at: Timestamp,
    /// How often fetching it has failed.
    pub tries: u32,
    /// How often in a row the vendor has said that it has no such file.
    pub denials: u32,
}

/// What a file is called, without the path that some give with it: whoever saves it by its name must not follow that.
pub fn without_path(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// What a vendor says of a file before it hands it out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToldOfFile {
    /// The vendor's id, by which it is fetched.
    pub vendor_id: String,
    /// MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// SHA-256 of its content, as the vendor spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// We have it.
    Stored(StoredMedia),
    /// It is still to be fetched.
    Awaited {
        /// The file.
        file: AwaitedFile,
        /// When that is tried next.
        due_at: Timestamp,
    },
    /// We never got it, and it is not tried any more.
    Lost {
        /// The file.
        file: AwaitedFile,
        /// Why.
        reason: String,
    },
}

impl FileState {
    /// Whose it is.
    pub const fn workspace_id(&self) -> WorkspaceId {
        match self {
            Self::Stored(media) => media.workspace_id,
            Self::Awaited { file, .. } | Self::Lost { file, .. } => file.workspace_id,
        }
    }
}

impl Message {
    /// The files of a message that its vendor has and we do not, with our ids of them.
    pub fn files_at_vendor(&self) -> impl Iterator<Item = (MediaId, ToldOfFile)> {
        let files = self.content.attachments.iter().enumerate();
        files.filter_map(|(index, part)| Some((self.id.media(index), ToldOfFile::of(part.media()?)?)))
    }
}

impl ToldOfFile {
    /// Of one that is to be fetched: neither uploaded to us nor sent by a link.
    fn of(media: &Media) -> Option<Self> {
        let vendor_id = media.vendor_media_id.clone()?;
        (media.uploaded_id.is_none() && media.source_url.is_none()).then(|| Self {
            vendor_id,
            content_type: media.content_type.clone(),
            filename: media.name.clone(),
            sha256: media.sha256.clone(),
        })
    }
}
