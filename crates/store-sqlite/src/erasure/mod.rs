//! The verbs of [`tidings_store::Erasure`].
//!
//! The story: [`begin`] hides the contact and tells of it, in one commit with a row in `erasures`. [`slices`] deletes the
//! rest, conversation by conversation: first what happened in one, then what was said in it, then itself; then what happened
//! to the contact, and vendors' webhooks that bear one of its identities ([`bodies`]). What a deletion leaves in the free
//! parts of pages is overwritten by [`overwrite`], and the write-ahead log is emptied. The event that told of the erasure
//! holds a name and a number itself: it goes last, once endpoints have heard it, and with it the contact's own row. A start
//! that finds a row in `erasures` goes on where it stands.

mod begin;
mod bodies;
mod overwrite;
mod page;
mod slices;

use async_trait::async_trait;
use tidings_domain::{Timestamp, audit::Act, event::OrderingKey};
use tidings_store::{ContactErasure, Erasure, ErasureProgress, StoreError};

use crate::{
    codec,
    error::refused,
    open::SqliteStore,
    queue::Urgency::{Now, Soon},
    session::{Reader, Session},
    state::{OPERATOR, acts},
};

/// What an event's payload is once it is erased.
pub(crate) const ERASED: &str = r#""erased""#;

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is more to delete.
    Deleting,
    /// What was deleted is to be overwritten, and the event that told of it is still to be heard.
    Overwriting,
    /// Endpoints are to hear of it.
    Telling,
    /// That event is erased, too; when that is overwritten, nothing is left.
    Ending,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Deleting, Self::Overwriting, Self::Telling, Self::Ending];

    const fn name(self) -> &'static str {
        match self {
            Self::Deleting => "deleting",
            Self::Overwriting => "overwriting",
            Self::Telling => "telling",
            Self::Ending => "ending",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// A contact that is being erased.
#[derive(Debug, Clone, Copy)]
struct Job {
    contact: i64,
    workspace: i64,
    /// Where in the log it was told of.
    told_at: i64,
    began_at: Timestamp,
    last_body: i64,
    stage: Stage,
    /// How far the events of the key at hand are erased.
    event: i64,
    /// How far vendors' webhooks have been looked through.
    body: i64,
}

/// The contacts that are being erased, those that began first first.
fn jobs(reader: &Reader<'_>) -> Result<Vec<Job>, StoreError> {
    let mut statement = reader.statement("SELECT * FROM erasures ORDER BY told_at")?;
    let rows = statement.query([]).map_err(refused)?;
    codec::collect(rows, |row| {
        Ok(Job {
            contact: codec::column(row, "contact")?,
            workspace: codec::column(row, "workspace")?,
            told_at: codec::column(row, "told_at")?,
            began_at: codec::time(row, "began_at")?,
            last_body: codec::column(row, "last_body")?,
            stage: codec::word(row, "stage", Stage::from_name)?,
            event: codec::column(row, "event")?,
            body: codec::column(row, "body")?,
        })
    })
}

#[async_trait]
impl Erasure for SqliteStore {
    async fn erasure_begin(&self, erasure: ContactErasure, act: Option<Act>) -> Result<Vec<OrderingKey>, StoreError> {
        let tenant = erasure.workspace_id.uuid();
        self.writer
            .run(Now, tenant, move |session| {
                let keys = begin::begin(session, &erasure)?;
                acts::keep(session, act.as_ref())?;
                Ok(keys)
            })
            .await
    }

    async fn erasure_continue(&self, told_until: Timestamp) -> Result<ErasureProgress, StoreError> {
        let jobs = self.readers.run(jobs).await?;
        if let Some(job) = jobs.iter().find(|job| job.stage == Stage::Deleting).copied() {
            if !self.writer.run(Soon, OPERATOR, move |session| slices::delete_some(session, &job)).await? {
                let found = self.browsers.run(move |reader| bodies::find(reader, &job)).await?;
                let work = move |session: &mut Session<'_>| bodies::delete(session, &job, &found, told_until);
                self.writer.run(Soon, OPERATOR, work).await?;
            }
            return Ok(ErasureProgress::Goes);
        }
        if jobs.iter().any(|job| matches!(job.stage, Stage::Overwriting | Stage::Ending)) {
            return Ok(ErasureProgress::Deleted);
        }
        for job in jobs {
            if self.writer.run(Soon, OPERATOR, move |session| slices::end_telling(session, &job, told_until)).await? {
                return Ok(ErasureProgress::Deleted);
            }
        }
        Ok(ErasureProgress::Rests)
    }

    async fn erasure_overwrite(&self) -> Result<(), StoreError> {
        // Only what was deleted before it begins is sure to be overwritten when it has ended.
        let before = self.readers.run(jobs).await?;
        overwrite::pages(self).await?;
        overwrite::log(self).await?;
        self.writer.run(Soon, OPERATOR, move |session| slices::overwritten(session, &before)).await
    }

    async fn erasure_count(&self) -> Result<u64, StoreError> {
        Ok(self.readers.run(jobs).await?.len() as u64)
    }
}
