//! A thorough look at a database of the newest schema, which changes nothing, also while a process runs on it: whether it
//! is whole, how much of it is free, which files it names, and what does not go on in it.

use std::{
    path::Path,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use tidings_domain::Timestamp;
use tidings_store::{ContentHash, StoreError};

use crate::{
    codec::{signed, unsigned},
    error::refused,
    inspect::connect_beside,
};

/// Looks at one database.
pub struct Examiner(Connection);

/// Whether a database is whole, as SQLite sees its pages and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wholeness {
    /// It is.
    Whole,
    /// There was not enough time to find out; nothing wrong was found.
    NotKnown,
    /// It is not: what was found first.
    Damaged(String),
}

/// How large a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// All of it.
    pub bytes: u64,
    /// What nothing is in.
    pub free: u64,
}

/// A content that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedFile {
    /// Its hash.
    pub sha256: ContentHash,
    /// How many bytes it has.
    pub size: u64,
}

/// Files of messages that could not be fetched so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingFiles {
    /// How many there are.
    pub count: u64,
    /// When the oldest message was sent that one of them is of.
    pub oldest: Timestamp,
    /// Why that one could not be fetched.
    pub failure: String,
}

impl Examiner {
    /// Opens a database.
    pub fn open(database: &Path) -> Result<Self, StoreError> {
        connect_beside(database).map(Self)
    }

    /// Whether it is whole. Indexes are not compared with their tables, which would take much longer.
    pub fn wholeness(&self, at_most: Duration) -> Result<Wholeness, StoreError> {
        let handle = self.0.get_interrupt_handle();
        let (done, waiting) = channel::<()>();
        let timer = thread::spawn(move || {
            if waiting.recv_timeout(at_most) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        let found = self.0.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        drop(done);
        // A timer that panicked has interrupted nothing.
        let _ = timer.join();
        match found {
            Ok(word) if word == "ok" => Ok(Wholeness::Whole),
            Ok(damage) => Ok(Wholeness::Damaged(damage)),
            Err(error) => match error.sqlite_error_code() {
                Some(ErrorCode::OperationInterrupted) => Ok(Wholeness::NotKnown),
                Some(ErrorCode::DatabaseCorrupt) => Ok(Wholeness::Damaged(error.to_string())),
                _ => Err(refused(error)),
            },
        }
    }

    /// How large it is.
    pub fn room(&self) -> Result<Room, StoreError> {
        let number = |pragma: &str| {
            let found = self.0.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
            found.map(unsigned).map_err(refused)
        };
        let page = number("page_size")?;
        Ok(Room { bytes: number("page_count")? * page, free: number("freelist_count")? * page })
    }

    /// What the gateway remembers by a name.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let asked = "SELECT value FROM settings WHERE name = ?1";
        self.0.query_row(asked, [name], |row| row.get(0)).optional().map_err(refused)
    }

    /// Files of messages that could not be fetched so far and are still tried; `None` if there are none.
    pub fn failing_files(&self) -> Result<Option<FailingFiles>, StoreError> {
        // With a minimum, SQLite takes the other columns from its row.
        let asked = "SELECT count(*), min(sent_at), failure FROM awaited_files \
                     WHERE due_at IS NOT NULL AND failure IS NOT NULL";
        let found = self.0.query_row(asked, [], |row| {
            let count = row.get::<_, i64>(0)?;
            if count == 0 {
                return Ok(None);
            }
            let oldest = Timestamp::from_millis(row.get(1)?);
            Ok(Some(FailingFiles { count: unsigned(count), oldest, failure: row.get(2)? }))
        });
        found.map_err(refused)
    }

    /// How many erasures that began before a time are not done.
    pub fn erasures_before(&self, at: Timestamp) -> Result<u64, StoreError> {
        let asked = "SELECT count(*) FROM erasures WHERE began_at < ?1";
        self.0.query_row(asked, [at.as_millis()], |row| row.get::<_, i64>(0)).map(unsigned).map_err(refused)
    }

    /// Some of the contents that records name, each once: those from this hash on, and as many from the lowest one as are
    /// missing then.
    pub fn named_from(&self, from: &ContentHash, limit: usize) -> Result<Vec<NamedFile>, StoreError> {
        let asked = "SELECT sha256, max(size) FROM media WHERE sha256 >= ?1 AND sha256 < ?2 \
                     GROUP BY sha256 ORDER BY sha256 LIMIT ?3";
        let mut statement = self.0.prepare(asked).map_err(refused)?;
        // Longer than every hash, so that it comes after all of them.
        let end = [u8::MAX; 33];
        let mut found = Vec::new();
        for (from, end) in [(&from[..], &end[..]), (&[], &from[..])] {
            let left = signed((limit - found.len()) as u64);
            let rows = statement.query_map(params![from, end, left], |row| {
                Ok(NamedFile { sha256: row.get(0)?, size: unsigned(row.get(1)?) })
            });
            for file in rows.map_err(refused)? {
                found.push(file.map_err(refused)?);
            }
        }
        Ok(found)
    }

    /// Whether a record names this content.
    pub fn is_named(&self, content: &ContentHash) -> Result<bool, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT 1 FROM media WHERE sha256 = ?1").map_err(refused)?;
        statement.exists([content]).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use tidings_domain::id::OrderedIds;

    use super::*;
    use crate::{Options, SqliteStore, open::connect};

    /// A database, with a connection that writes.
    fn database(folder: &Path) -> (Examiner, Connection) {
        let database = folder.join("tidings.db");
        let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| bytes.fill(1)));
        SqliteStore::open(Options { database: database.clone(), ids }).unwrap().close();
        let connection = connect(&database).unwrap();
        (Examiner::open(&database).unwrap(), connection)
    }

    #[test]
    fn contents_are_told_from_any_hash_on_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let (examiner, writer) = database(folder.path());
        for (number, first) in [3_u8, 200, 90, 3, 255].into_iter().enumerate() {
            let id = [u8::try_from(number).unwrap(); 16];
            writer
                .execute(
                    "INSERT INTO media (workspace, id, sha256, size, content_type, created_at) \
                     VALUES (1, ?1, ?2, ?3, 'image/png', 0)",
                    params![id, [first; 32], first],
                )
                .unwrap();
        }
        let firsts = |from: u8, limit| {
            let found = examiner.named_from(&[from; 32], limit).unwrap();
            assert!(found.iter().all(|file| file.size == u64::from(file.sha256[0])));
            found.into_iter().map(|file| file.sha256[0]).collect::<Vec<_>>()
        };
        assert_eq!(firsts(0, 9), [3, 90, 200, 255]);
        assert_eq!(firsts(90, 9), [90, 200, 255, 3]);
        assert_eq!(firsts(91, 2), [200, 255]);
        assert!(examiner.is_named(&[90; 32]).unwrap() && !examiner.is_named(&[91; 32]).unwrap());
    }

    #[test]
    fn what_does_not_go_on_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (examiner, writer) = database(folder.path());
        assert_eq!(examiner.failing_files().unwrap(), None);
        for (number, sent_at, due, failure) in [
            (1_u8, 30, true, Some("late")),
            (2, 20, true, Some("early")),
            (3, 10, false, Some("lost")),
            (4, 5, true, None),
        ] {
            writer
                .execute(
                    "INSERT INTO awaited_files (workspace, id, channel, message, sent_at, due_at, failure, document) \
                     VALUES (1, ?1, 1, 1, ?2, ?3, ?4, '{}')",
                    params![[number; 16], sent_at, due.then_some(99), failure],
                )
                .unwrap();
        }
        let found = FailingFiles { count: 2, oldest: Timestamp::from_millis(20), failure: "early".to_owned() };
        assert_eq!(examiner.failing_files().unwrap(), Some(found));
        let erasure = "INSERT INTO erasures (contact, workspace, told_at, began_at, last_body, stage) \
                       VALUES (1, 1, 1, 10, 0, 'telling')";
        writer.execute_batch(erasure).unwrap();
        let before = |millis| examiner.erasures_before(Timestamp::from_millis(millis)).unwrap();
        assert_eq!([before(10), before(11)], [0, 1]);
    }

    #[test]
    fn damage_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (examiner, writer) = database(folder.path());
        assert_eq!(examiner.wholeness(Duration::from_mins(1)), Ok(Wholeness::Whole));
        let fill = "CREATE TABLE words (word TEXT); WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL \
                    SELECT number + 1 FROM numbers WHERE number < 500) INSERT INTO words \
                    SELECT hex(zeroblob(2000)) FROM numbers; PRAGMA wal_checkpoint(TRUNCATE);";
        writer.execute_batch(fill).unwrap();
        assert!(examiner.room().unwrap().bytes > 2_000_000);
        drop((examiner, writer));
        let database = folder.path().join("tidings.db");
        let mut bytes = std::fs::read(&database).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0);
        std::fs::write(&database, bytes).unwrap();
        let found = Examiner::open(&database).unwrap().wholeness(Duration::from_mins(1)).unwrap();
        assert!(matches!(found, Wholeness::Damaged(_)), "{found:?}");
    }
}
