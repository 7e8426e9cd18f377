//! The verbs of [`tidings_store::Retention`], a file for each subject. What must be remembered of what is gone stands in the
//! table `pruned`.
//!
//! A slice runs in a commit of its own when nothing else waits for the writer, or nothing else has let it for a while. It
//! goes on in small steps until its time is over, so that whoever comes meanwhile waits for no longer than that. Each step
//! reads only what it deletes: the oldest rows in the order in which they were recorded, or by an index. A slice changes
//! hundreds of pages, and so slices come seldom while the write-ahead log is long: one that a backup reads cannot be moved.

mod events;
mod gaps;
pub(crate) mod pruned;
mod records;
mod space;
mod step;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use tidings_domain::{EndpointId, Timestamp};
use tidings_store::{EventSlice, Gap, Place, Records, Retention, Slice, StoreError, Wants};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{open::SqliteStore, queue::Urgency::Idle, session::Session};

/// Whose turn it takes: nobody's.
const NOBODY: Uuid = Uuid::nil();
/// How long a slice waits while the write-ahead log is long.
const FOR_THE_LOG: Duration = Duration::from_secs(1);

impl SqliteStore {
    /// Runs a slice.
    async fn slice<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        if self.write_ahead.is_much() {
            sleep(FOR_THE_LOG).await;
        }
        self.writer.run(Idle, NOBODY, work).await
    }
}

#[async_trait]
impl Retention for SqliteStore {
    async fn records_prune(&self, which: Records, before: Timestamp, from: Place) -> Result<Slice, StoreError> {
        self.slice(move |session| records::prune(session, which, before, from)).await
    }

    async fn events_prune(&self, before: Timestamp, wants: Wants) -> Result<EventSlice, StoreError> {
        self.slice(move |session| events::prune(session, before, wants)).await
    }

    async fn gap_all(&self) -> Result<Vec<Gap>, StoreError> {
        self.browsers.run(gaps::all).await
    }

    async fn gap_tell(&self, endpoint: EndpointId, backlog: u64, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(Idle, NOBODY, move |session| gaps::tell(session, endpoint, backlog, at)).await
    }

    async fn space_release(&self) -> Result<bool, StoreError> {
        self.slice(move |session| space::release(&session.reader)).await
    }

    async fn log_begin(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.run(events::begin).await
    }
}
