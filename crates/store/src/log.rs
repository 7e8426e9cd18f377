//! What happened, in the one order in which it is read, and how far each endpoint has come.

use std::sync::Arc;

use async_trait::async_trait;
use tidings_domain::{
    AttemptId, ChannelId, EndpointId, EventId, JobId, Timestamp, WorkspaceId,
    audit::Act,
    delivery::{AttemptRecord, DeliveryChange, DeliveryState, Outcome},
    event::{EventKind, LogEntry, OrderingKey, Position},
    replay::{Replay, ReplayScope},
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    idempotency::{Claim, Claimed},
    records::{AttemptFilter, Listing, Page},
};

/// What the lease on an endpoint's deliveries is called.
pub const ENDPOINT_LEASE: &str = "endpoint";

/// Hears of what was committed, in order of position, after it reached the disk. Called by the writer: must not block.
pub trait CommitListener: Send + Sync {
    /// These were committed. Positions grow from call to call.
    fn committed(&self, entries: &[LogEntry]);
}

/// Which events are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Of these kinds; of all if `None`.
    pub kinds: Option<Vec<EventKind>>,
    /// Of this channel.
    pub channel_id: Option<ChannelId>,
}

/// An event that a replay is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The event.
    pub entry: LogEntry,
    /// How many attempts the endpoint has seen at it.
    pub attempts: u32,
}

/// What an endpoint has still to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Undelivered {
    /// How many events, with those that are to be tried again.
    pub events: u64,
    /// How many of them are to be tried again.
    pub retries: u64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
}

/// Somebody who reads the log by himself, and how far he has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// His name, unique in its workspace.
    pub name: String,
    /// Everything up to here has been acknowledged.
    pub position: Position,
    /// When he acknowledged last.
    pub updated_at: Timestamp,
}

/// The next part of a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayPage {
    /// What it is about.
    pub found: Vec<Found>,
    /// Whether there is nothing after that.
    pub is_last: bool,
}

/// What happened. Each method is one transaction; see the crate's story.
#[async_trait]
pub trait Log: Send + Sync {
    /// From now on `listener` hears of commits. There is one; another one takes its place.
    fn listen(&self, listener: Arc<dyn CommitListener>);

    /// Whether work is taken: it fails as verbs that write do, or just did.
    async fn ready(&self) -> Result<(), StoreError>;

    /// The newest position; zero if nothing ever happened.
    async fn log_head(&self) -> Result<Position, StoreError>;
    /// Everything after a position, oldest first, of all workspaces: at most so many, and fewer where they are large.
    /// None only if there is none.
    async fn log_read(&self, after: Position, limit: usize) -> Result<Vec<LogEntry>, StoreError>;
    /// The events of one key after a position and up to another, oldest first: at most so many, and fewer where they
    /// are large. None only if there is none.
    async fn log_read_key(
        &self,
        workspace: WorkspaceId,
        key: OrderingKey,
        after: Position,
        up_to: Position,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError>;
    /// What stands at a position.
    async fn log_at(&self, position: Position) -> Result<Option<LogEntry>, StoreError>;

    /// An event of a workspace.
    async fn event_get(&self, workspace: WorkspaceId, id: EventId) -> Result<Option<LogEntry>, StoreError>;
    /// A workspace's oldest event.
    async fn event_oldest(&self, workspace: WorkspaceId) -> Result<Option<EventId>, StoreError>;
    /// A workspace's events after a position, oldest first: at most so many, and fewer where they are large. `next` is
    /// the last one's position if there is more. From zero on it is what there is; after another position that some event
    /// has been deleted behind, it is [`StoreError::Expired`].
    async fn event_list(
        &self,
        workspace: WorkspaceId,
        filter: EventFilter,
        after: Position,
        limit: usize,
    ) -> Result<Listing<LogEntry>, StoreError>;
    /// The position after which a workspace has so many events, or all of them if it has fewer.
    async fn event_newest(&self, workspace: WorkspaceId, number: u64) -> Result<Position, StoreError>;
    /// How many events a workspace has after a position.
    async fn event_count(&self, workspace: WorkspaceId, after: Position) -> Result<u64, StoreError>;

    /// Takes the lease on something; whoever had it loses it. Answers the new epoch.
    async fn lease_acquire(&self, kind: &'static str, id: Uuid, holder: &str) -> Result<u64, StoreError>;

    /// How far an endpoint has come.
    async fn delivery_load(&self, endpoint: EndpointId) -> Result<DeliveryState, StoreError>;
    /// Remembers what became of deliveries, but for those of events that were deleted meanwhile; its place never goes back.
    /// It may wait a few milliseconds for a commit to share. Refused with [`StoreError::StaleLease`] if the endpoint's
    /// [`ENDPOINT_LEASE`] has another epoch.
    async fn delivery_record(&self, endpoint: EndpointId, epoch: u64, change: DeliveryChange)
    -> Result<(), StoreError>;
    /// How far a consumer of this name has come, if it has acknowledged anything.
    async fn consumer_get(&self, workspace: WorkspaceId, name: String) -> Result<Option<Consumer>, StoreError>;
    /// The consumers of a workspace, those that are new first.
    async fn consumer_list(&self, workspace: WorkspaceId, page: Page) -> Result<Listing<Consumer>, StoreError>;
    /// A consumer has dealt with everything up to here; it never goes back. Answers how far it has come.
    async fn consumer_acknowledge(
        &self,
        workspace: WorkspaceId,
        name: String,
        up_to: Position,
        at: Timestamp,
    ) -> Result<Consumer, StoreError>;
    /// Forgets a consumer. False if there was none, and then nothing is written down.
    async fn consumer_delete(&self, workspace: WorkspaceId, name: String, act: Option<Act>)
    -> Result<bool, StoreError>;

    /// The first and the last position at which something was recorded at `since` or later and before `until`.
    async fn log_between(
        &self,
        since: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<Option<(Position, Position)>, StoreError>;
    /// How many events a replay of this scope would be about, but for what the endpoint's filter says of them.
    async fn replay_count(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        scope: ReplayScope,
    ) -> Result<u64, StoreError>;
    /// Begins a replay.
    async fn replay_create(
        &self,
        replay: Replay,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError>;
    /// A replay of a workspace. How far it has come is written by [`Self::delivery_record`].
    async fn replay_get(&self, workspace: WorkspaceId, id: JobId) -> Result<Option<Replay>, StoreError>;
    /// The replays of a workspace, newest first.
    async fn replay_list(&self, workspace: WorkspaceId, page: Page) -> Result<Listing<Replay>, StoreError>;
    /// The oldest replay of an endpoint that has not come to its end.
    async fn replay_running(&self, endpoint: EndpointId) -> Result<Option<Replay>, StoreError>;
    /// Ends a replay, unless it has come to its end; the act is written down if it ends now. Answers what it is then, if it is there.
    async fn replay_cancel(
        &self,
        workspace: WorkspaceId,
        id: JobId,
        at: Timestamp,
        act: Option<Act>,
    ) -> Result<Option<Replay>, StoreError>;
    /// What a replay is about after a position, in order: at most so many, and fewer where they are large.
    async fn replay_next(&self, replay: Replay, after: Position, limit: usize) -> Result<ReplayPage, StoreError>;

    /// What an endpoint has still to be sent of these kinds, but for what its filter and its channels say of them. No more
    /// than so many events are looked at from its place in the log on, and none beyond that is counted.
    async fn delivery_backlog(
        &self,
        endpoint: EndpointId,
        kinds: Vec<EventKind>,
        at_most: u64,
    ) -> Result<Undelivered, StoreError>;
    /// What came of the newest attempts at an endpoint, so many of them, and how many milliseconds each took.
    async fn attempt_newest(&self, endpoint: EndpointId, limit: usize) -> Result<Vec<(Outcome, u64)>, StoreError>;
    /// How many events an endpoint was given up on and has not taken since.
    async fn dead_count(&self, endpoint: EndpointId) -> Result<u64, StoreError>;

    /// An attempt at an endpoint of a workspace.
    async fn attempt_get(&self, workspace: WorkspaceId, id: AttemptId) -> Result<Option<AttemptRecord>, StoreError>;
    /// The attempts at an event of a workspace, to whatever endpoint, oldest first for each of them.
    async fn attempt_of_event(
        &self,
        workspace: WorkspaceId,
        position: Position,
    ) -> Result<Vec<AttemptRecord>, StoreError>;
    /// The attempts at an endpoint, newest first.
    async fn attempt_list(
        &self,
        endpoint: EndpointId,
        filter: AttemptFilter,
        page: Page,
    ) -> Result<Listing<AttemptRecord>, StoreError>;
}
