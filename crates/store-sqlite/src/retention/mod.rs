//! The verbs of [`tidings_store::Retention`], a file for each subject. What must be remembered of what is gone stands in the
//! table `pruned`.
//!
//! A slice runs in a commit of its own when nothing else waits for the writer, or nothing else has let it for a while. It
//! goes on in small steps until its time is over, so that whoever comes meanwhile waits for no longer than that. Each step
//! reads only what it deletes: the oldest rows in the order in which they were recorded, or by an index.

mod events;
mod gaps;
pub(crate) mod pruned;
mod records;
mod space;
mod step;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use tidings_domain::{EndpointId, Timestamp};
use tidings_store::{EventSlice, Gap, Place, Records, Retention, Slice, StoreError, Wants};
use uuid::Uuid;

use crate::{open::SqliteStore, queue::Urgency::Idle};

/// Whose turn it takes: nobody's.
const NOBODY: Uuid = Uuid::nil();

#[async_trait]
impl Retention for SqliteStore {
    async fn records_prune(&self, which: Records, before: Timestamp, from: Place) -> Result<Slice, StoreError> {
        self.writer.run(Idle, NOBODY, move |session| records::prune(session, which, before, from)).await
    }

    async fn events_prune(&self, before: Timestamp, wants: Wants) -> Result<EventSlice, StoreError> {
        self.writer.run(Idle, NOBODY, move |session| events::prune(session, before, wants)).await
    }

    async fn gap_all(&self) -> Result<Vec<Gap>, StoreError> {
        self.browsers.run(gaps::all).await
    }

    async fn gap_tell(&self, endpoint: EndpointId, backlog: u64, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(Idle, NOBODY, move |session| gaps::tell(session, endpoint, backlog, at)).await
    }

    async fn space_release(&self) -> Result<bool, StoreError> {
        self.writer.run(Idle, NOBODY, move |session| space::release(&session.reader)).await
    }

    async fn log_begin(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.run(events::begin).await
    }
}
