//! What is deleted for its age, a little at a time.
//!
//! Each verb here is a short transaction that gives way to everybody else's: it does as much as holds up nobody, and answers
//! how to go on. What is deleted is deleted for good, and whoever had a place in what is gone has one after it.

use async_trait::async_trait;
use tidings_domain::{
    ChannelId, EndpointId, Timestamp,
    delivery::Lost,
    endpoint::Endpoint,
    event::{EventKind, Position},
};

use crate::error::StoreError;

/// What is kept by age, beside the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Records {
    /// What endpoints answered. That they did, and with which status, is remembered as long as the event.
    AttemptDetails,
    /// Updates of vendors that changed nothing.
    KeptUpdates,
    /// Vendors' webhooks as they came, unless an update that is kept is in them.
    RawBodies,
    /// By which a vendor's repetition is told.
    DedupKeys,
    /// Answers to requests that bore an idempotency key.
    IdempotencyKeys,
    /// Who did what.
    Acts,
    /// What a workspace did on a day.
    Usage,
}

impl Records {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AttemptDetails,
        Self::KeptUpdates,
        Self::RawBodies,
        Self::DedupKeys,
        Self::IdempotencyKeys,
        Self::Acts,
        Self::Usage,
    ];
}

/// Where a slice ended and the next one goes on: whose records, and which of them. The first begins at the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Whose.
    pub owner: u64,
    /// Which of them.
    pub number: u128,
}

/// What a slice has deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slice {
    /// How many records, or the details of how many.
    pub deleted: u64,
    /// Where to go on, if there may be more.
    pub next: Option<Place>,
}

/// What a slice of the log has deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventSlice {
    /// How many events.
    pub events: u64,
    /// How many attempts at delivering them.
    pub attempts: u64,
    /// Everything up to here is gone.
    pub up_to: Position,
    /// Endpoints that had not come so far.
    pub overtaken: Vec<EndpointId>,
    /// Whether nothing is left that is as old.
    pub is_last: bool,
}

/// What an endpoint has lost and nobody has been told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// What it has lost.
    pub lost: Lost,
}

/// Whether an endpoint wants events of a kind that concern a channel.
pub type Wants = fn(&Endpoint, EventKind, Option<ChannelId>) -> bool;

/// What is deleted for its age. Each method is one transaction, and waits for everybody else's.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Deletes some of the records that are older than a time, from a place on.
    async fn records_prune(&self, which: Records, before: Timestamp, from: Place) -> Result<Slice, StoreError>;
    /// Deletes some of the oldest events with the attempts at delivering them, up to the first that was recorded at a time
    /// or later. Endpoints that had not come so far go on after them, and what they have lost by that is added to their
    /// [`Gap`].
    async fn events_prune(&self, before: Timestamp, wants: Wants) -> Result<EventSlice, StoreError>;
    /// What endpoints have lost and nobody has been told yet.
    async fn gap_all(&self) -> Result<Vec<Gap>, StoreError>;
    /// Tells what an endpoint has lost, by an event that is appended to the log; `backlog` is how many events wait for it.
    /// Nothing happens if it has lost nothing that was not told.
    async fn gap_tell(&self, endpoint: EndpointId, backlog: u64, at: Timestamp) -> Result<(), StoreError>;
    /// Gives some of the space that is not used any more back to the file system. Answers whether there may be more.
    async fn space_release(&self) -> Result<bool, StoreError>;
    /// When the oldest event was recorded.
    async fn log_begin(&self) -> Result<Option<Timestamp>, StoreError>;
}
