//! The verbs of [`tidings_store::Log`], a file for each subject.

pub(crate) mod attempts;
mod consumers;
pub(crate) mod deliveries;
pub(crate) mod events;
pub(crate) mod leases;
mod replays;

use std::sync::Arc;

use async_trait::async_trait;
use tidings_domain::{
    AttemptId, EndpointId, EventId, JobId, Timestamp, WorkspaceId,
    audit::Act,
    delivery::{AttemptRecord, DeliveryChange, DeliveryState, Outcome},
    event::{EventKind, LogEntry, OrderingKey, Position},
    replay::{Replay, ReplayScope},
};
use tidings_store::{
    AttemptFilter, Claim, Claimed, CommitListener, Consumer, EventFilter, Listing, Log, Page, ReplayPage, StoreError,
    Undelivered,
};
use uuid::Uuid;

use crate::{open::SqliteStore, queue::Urgency, session::Session};

#[async_trait]
impl Log for SqliteStore {
    fn listen(&self, listener: Arc<dyn CommitListener>) {
        self.writer.listen(listener);
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.writer.disk_is_full() {
            return Err(StoreError::DiskFull);
        }
        self.readers.run(events::head).await.map(drop)
    }

    async fn log_head(&self) -> Result<Position, StoreError> {
        self.readers.run(events::head).await
    }

    async fn log_read(&self, after: Position, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.readers.run(move |reader| events::after(reader, after, limit)).await
    }

    async fn log_read_key(
        &self,
        workspace: WorkspaceId,
        key: OrderingKey,
        after: Position,
        up_to: Position,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.readers.run(move |reader| events::of_key(reader, workspace, key, after, up_to, limit)).await
    }

    async fn log_at(&self, position: Position) -> Result<Option<LogEntry>, StoreError> {
        self.readers.run(move |reader| events::at(reader, position)).await
    }

    async fn event_get(&self, workspace: WorkspaceId, id: EventId) -> Result<Option<LogEntry>, StoreError> {
        self.readers.run(move |reader| events::get(reader, workspace, id)).await
    }

    async fn event_oldest(&self, workspace: WorkspaceId) -> Result<Option<EventId>, StoreError> {
        self.browsers.run(move |reader| events::oldest(reader, workspace)).await
    }

    async fn event_list(
        &self,
        workspace: WorkspaceId,
        filter: EventFilter,
        after: Position,
        limit: usize,
    ) -> Result<Listing<LogEntry>, StoreError> {
        self.browsers.run(move |reader| events::list(reader, workspace, &filter, after, limit)).await
    }

    async fn event_newest(&self, workspace: WorkspaceId, number: u64) -> Result<Position, StoreError> {
        self.browsers.run(move |reader| events::newest(reader, workspace, number)).await
    }

    async fn event_count(&self, workspace: WorkspaceId, after: Position) -> Result<u64, StoreError> {
        self.browsers.run(move |reader| events::count(reader, workspace, after)).await
    }

    async fn lease_acquire(&self, kind: &'static str, id: Uuid, holder: &str) -> Result<u64, StoreError> {
        let holder = holder.to_owned();
        self.writer.run(Urgency::Now, id, move |session| leases::acquire(session, kind, id, &holder)).await
    }

    async fn delivery_load(&self, endpoint: EndpointId) -> Result<DeliveryState, StoreError> {
        self.readers.run(move |reader| deliveries::load(reader, endpoint)).await
    }

    async fn delivery_record(
        &self,
        endpoint: EndpointId,
        epoch: u64,
        change: DeliveryChange,
    ) -> Result<(), StoreError> {
        self.writer
            .run(Urgency::Soon, endpoint.uuid(), move |session| deliveries::record(session, endpoint, epoch, &change))
            .await
    }

    async fn consumer_get(&self, workspace: WorkspaceId, name: String) -> Result<Option<Consumer>, StoreError> {
        self.readers.run(move |reader| consumers::get(reader, workspace, &name)).await
    }

    async fn consumer_list(&self, workspace: WorkspaceId, page: Page) -> Result<Listing<Consumer>, StoreError> {
        self.browsers.run(move |reader| consumers::list(reader, workspace, page)).await
    }

    async fn consumer_acknowledge(
        &self,
        workspace: WorkspaceId,
        name: String,
        up_to: Position,
        at: Timestamp,
    ) -> Result<Consumer, StoreError> {
        let tenant = workspace.uuid();
        self.writer
            .run(Urgency::Now, tenant, move |session| consumers::acknowledge(session, workspace, &name, up_to, at))
            .await
    }

    async fn consumer_delete(
        &self,
        workspace: WorkspaceId,
        name: String,
        act: Option<Act>,
    ) -> Result<bool, StoreError> {
        let tenant = workspace.uuid();
        self.act(tenant, act, move |session| consumers::delete(session, workspace, &name)).await
    }

    async fn log_between(
        &self,
        since: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<Option<(Position, Position)>, StoreError> {
        self.browsers.run(move |reader| events::between(reader, since, until)).await
    }

    async fn replay_count(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        scope: ReplayScope,
    ) -> Result<u64, StoreError> {
        self.browsers.run(move |reader| replays::count(reader, workspace, endpoint, &scope)).await
    }

    async fn replay_create(
        &self,
        replay: Replay,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError> {
        let tenant = replay.workspace_id.uuid();
        self.act(tenant, act, move |session| replays::create(session, &replay, claim.as_ref())).await
    }

    async fn replay_get(&self, workspace: WorkspaceId, id: JobId) -> Result<Option<Replay>, StoreError> {
        self.readers.run(move |reader| replays::get(reader, workspace, id)).await
    }

    async fn replay_list(&self, workspace: WorkspaceId, page: Page) -> Result<Listing<Replay>, StoreError> {
        self.browsers.run(move |reader| replays::list(reader, workspace, page)).await
    }

    async fn replay_running(&self, endpoint: EndpointId) -> Result<Option<Replay>, StoreError> {
        self.readers.run(move |reader| replays::running(reader, endpoint)).await
    }

    async fn replay_cancel(
        &self,
        workspace: WorkspaceId,
        id: JobId,
        at: Timestamp,
        act: Option<Act>,
    ) -> Result<Option<Replay>, StoreError> {
        let tenant = workspace.uuid();
        let work = move |session: &mut Session<'_>| replays::cancel(session, workspace, id, at, act.as_ref());
        self.writer.run(Urgency::Now, tenant, work).await
    }

    async fn replay_next(&self, replay: Replay, after: Position, limit: usize) -> Result<ReplayPage, StoreError> {
        self.readers.run(move |reader| replays::next(reader, &replay, after, limit)).await
    }

    async fn delivery_backlog(
        &self,
        endpoint: EndpointId,
        kinds: Vec<EventKind>,
        at_most: u64,
    ) -> Result<Undelivered, StoreError> {
        self.browsers.run(move |reader| deliveries::backlog(reader, endpoint, &kinds, at_most)).await
    }

    async fn attempt_newest(&self, endpoint: EndpointId, limit: usize) -> Result<Vec<(Outcome, u64)>, StoreError> {
        self.browsers.run(move |reader| attempts::newest(reader, endpoint, limit)).await
    }

    async fn dead_count(&self, endpoint: EndpointId) -> Result<u64, StoreError> {
        self.browsers.run(move |reader| attempts::dead(reader, endpoint)).await
    }

    async fn attempt_get(&self, workspace: WorkspaceId, id: AttemptId) -> Result<Option<AttemptRecord>, StoreError> {
        self.browsers.run(move |reader| attempts::get(reader, workspace, id)).await
    }

    async fn attempt_of_event(
        &self,
        workspace: WorkspaceId,
        position: Position,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.browsers.run(move |reader| attempts::of_event(reader, workspace, position)).await
    }

    async fn attempt_list(
        &self,
        endpoint: EndpointId,
        filter: AttemptFilter,
        page: Page,
    ) -> Result<Listing<AttemptRecord>, StoreError> {
        self.browsers.run(move |reader| attempts::list(reader, endpoint, &filter, page)).await
    }
}
