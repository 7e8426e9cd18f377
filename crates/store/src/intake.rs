//! What comes in: a vendor's raw body with the updates that were read from it, committed as one.

use std::sync::Arc;

use bytes::Bytes;
use tidings_domain::{
    ChannelId, Timestamp, WorkspaceId,
    change::{DedupKey, News},
    channel::Channel,
};

/// The number of a stored raw body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodyNumber(pub u64);

/// A vendor's webhook: raw body, changes, events and dedup keys are committed together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Intake {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The channel that it was posted to.
    pub channel_id: ChannelId,
    /// When it came.
    pub received_at: Timestamp,
    /// The body: a new one, or the number of one that is stored and read again.
    pub body: Result<Bytes, BodyNumber>,
    /// What was read from it, or why it could not be read.
    pub updates: Result<Vec<RoutedUpdate>, String>,
}

/// An update and the channel that it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutedUpdate {
    /// The channel that it is for.
    pub target: Target,
    /// How a repetition of it is told.
    pub dedup: Option<DedupKey>,
    /// What it says.
    pub news: News,
}

/// The channel that an update is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// This one.
    Channel(Arc<Channel>),
    /// None that we have; kept under the vendor's id of the account until such a channel is added.
    Unrouted(String),
}

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IntakeReceipt {
    /// Updates that were decided on.
    pub applied: u32,
    /// Updates that had come before.
    pub repeated: u32,
    /// Updates that were kept without being understood, routed or matched.
    pub kept: u32,
}

/// A raw body as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// Its number.
    pub number: BodyNumber,
    /// The channel that it was posted to.
    pub channel_id: ChannelId,
    /// When it came.
    pub received_at: Timestamp,
    /// The body.
    pub body: Bytes,
}

/// Which kept bodies are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBodies<'a> {
    /// Those posted to this channel that could not be parsed, or hold updates of unknown kinds.
    NotUnderstood(ChannelId),
    /// Those that hold updates for this account, which no channel had.
    Unrouted(&'a str),
}
