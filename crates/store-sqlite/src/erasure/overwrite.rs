//! Overwriting what deletions have left behind. Pages are read a few thousand at a time beside the writer; those that hold
//! something in a part that means nothing are written by it, a few in each commit, through SQLite's own interface to pages
//! (`sqlite_dbpage`). Then the write-ahead log, which holds pages as they were, is emptied.

use std::time::Duration;

use rusqlite::params;
use tidings_store::StoreError;
use tokio::time::sleep;

use super::page::Layout;
use crate::{
    codec::{self, signed, unsigned},
    error::{corrupt, refused},
    open::SqliteStore,
    queue::Urgency::Soon,
    session::{Reader, Session},
    state::OPERATOR,
};

/// How many pages are read at once.
const READ: u64 = 2_000;
/// How many pages are written at once.
const WRITTEN: usize = 64;
/// How often it is tried to empty the log, and how long is waited between, a little longer each time: readers may be in it, and
/// a backup is for minutes. In all that is ten minutes.
const TRIES: u32 = 625;
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Overwrites what pages hold in their parts that mean nothing.
pub(super) async fn pages(store: &SqliteStore) -> Result<(), StoreError> {
    let mut next = 1;
    loop {
        let (unclean, count) = store.browsers.run(move |reader| unclean(reader, next)).await?;
        for some in unclean.chunks(WRITTEN) {
            let some = some.to_vec();
            store.writer.run(Soon, OPERATOR, move |session| clean(session, &some)).await?;
        }
        next += READ;
        if next > count {
            return Ok(());
        }
    }
}

/// Empties the write-ahead log.
pub(super) async fn log(store: &SqliteStore) -> Result<(), StoreError> {
    store.emptying.ask();
    for tries in 1..=TRIES {
        // The writer does it after a commit.
        store.writer.run(Soon, OPERATOR, |_| Ok(())).await?;
        if store.emptying.is_done() {
            return Ok(());
        }
        sleep((PAUSE * tries).min(LONGEST_PAUSE)).await;
    }
    Err(StoreError::Backend("the write-ahead log is read without a pause and cannot be emptied".to_owned()))
}

/// Which of the next pages are to be overwritten; and how many pages there are.
fn unclean(reader: &Reader<'_>, first: u64) -> Result<(Vec<u64>, u64), StoreError> {
    let layout = layout(reader)?;
    let count: i64 = reader.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(refused)?;
    let count = unsigned(count);
    let mut unclean = Vec::new();
    for number in first..(first + READ).min(count + 1) {
        if page(reader, number)?.is_some_and(|page| layout.cleaned(number, &page).is_some()) {
            unclean.push(number);
        }
    }
    Ok((unclean, count))
}

/// Overwrites what is to be, if it still is.
fn clean(session: &mut Session<'_>, numbers: &[u64]) -> Result<(), StoreError> {
    let reader = &session.reader;
    let layout = layout(reader)?;
    for number in numbers {
        let Some(cleaned) = page(reader, *number)?.and_then(|page| layout.cleaned(*number, &page)) else { continue };
        reader
            .statement("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?
            .execute(params![signed(*number), cleaned])
            .map_err(refused)?;
    }
    Ok(())
}

fn layout(reader: &Reader<'_>) -> Result<Layout, StoreError> {
    let first = page(reader, 1)?.and_then(|first| Layout::of(&first));
    first.ok_or_else(|| corrupt("the database", "its first page is not there"))
}

fn page(reader: &Reader<'_>, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = reader.statement("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
    let rows = statement.query([signed(number)]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::column::<Option<Vec<u8>>>(row, "data"))?.flatten())
}
