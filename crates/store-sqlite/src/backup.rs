//! A copy of the database as it was at one moment, made beside whatever process runs on it, and the way back.
//!
//! One reading transaction is held over the whole copy: the writer goes on, its commits are not in the copy, and none of
//! them makes it begin anew. Meanwhile the write-ahead log grows, since nothing that is still read may leave it.

use std::{fs::File, path::Path};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    params,
};
use tidings_domain::{Timestamp, sending::UNKNOWN_FOR};
use tidings_store::StoreError;

use crate::{
    error::{corrupt, refused},
    inspect::connect_alone,
    open::{connect, connect_reader},
};

/// How many pages are copied between two looks at the progress: 4 MiB at 4 KiB a page.
const PAGES_AT_ONCE: i32 = 1024;

/// Copies the database into a new file, of which only its owner may read anything. `progress` is told how many pages are
/// copied, and of how many. What it answers with is on the disk.
pub fn back_up(database: &Path, copy: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(), StoreError> {
    let source = connect_reader(database)?;
    let moment = source.unchecked_transaction().map_err(refused)?;
    // A transaction begins with what is read first.
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(refused)?;
    make_private(copy)?;
    let mut target = Connection::open(copy).map_err(refused)?;
    // A copy that was not finished is thrown away as a whole.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;").map_err(refused)?;
    let backup = Backup::new(&moment, &mut target).map_err(refused)?;
    loop {
        let step = backup.step(PAGES_AT_ONCE).map_err(refused)?;
        let told = backup.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0);
        progress(pages(told.pagecount - told.remaining), pages(told.pagecount));
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(StoreError::Backend("the database is locked by another program".to_owned())),
        }
    }
    drop(backup);
    target.close().map_err(|(_, error)| refused(error))?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(io_refused)
}

/// The hashes of the uploaded files that a copy names, each once.
pub fn named_files(copy: &Path) -> Result<Vec<[u8; 32]>, StoreError> {
    let connection = connect_alone(copy)?;
    let mut statement = connection.prepare("SELECT DISTINCT sha256 FROM media ORDER BY 1").map_err(refused)?;
    let hashes = statement.query_map([], |row| row.get(0)).map_err(refused)?;
    hashes.collect::<Result<_, _>>().map_err(refused)
}

/// Whether a copy is whole, as SQLite sees it: every page, row and index.
pub fn check_whole(copy: &Path) -> Result<(), StoreError> {
    let connection = connect_alone(copy)?;
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(refused)?;
    if found == "ok" { Ok(()) } else { Err(corrupt("the database", found)) }
}

/// Makes a copy ready to be gone on with at this time. Messages that were due may have gone out after the copy was made:
/// each becomes one whose attempt is under way, so that it is not sent unless the vendor is known not to have it, and
/// fails visibly after [`UNKNOWN_FOR`] without a word. Answers how many these are.
pub fn resume_from(copy: &Path, at: Timestamp) -> Result<usize, StoreError> {
    let connection = connect(copy)?;
    let held = connection
        .execute(
            "UPDATE outbox SET marked_at = ?1, due_at = ?2 WHERE due_at <= ?1 AND marked_at IS NULL",
            params![at.as_millis(), at.plus(UNKNOWN_FOR).as_millis()],
        )
        .map_err(refused)?;
    connection.close().map_err(|(_, error)| refused(error))?;
    Ok(held)
}

/// SQLite gives its other files the mode of the database.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(io_refused)
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn io_refused(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        _ => StoreError::Backend(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database with so many rows, which stays open.
    fn database(path: &Path, rows: u32) -> Connection {
        let connection = connect(path).unwrap();
        connection.execute_batch("CREATE TABLE words (number INTEGER PRIMARY KEY, word TEXT)").unwrap();
        write(&connection, 1, rows);
        connection
    }

    fn write(connection: &Connection, from: u32, to: u32) {
        let statement = "WITH RECURSIVE numbers (number) AS (SELECT ?1 UNION ALL SELECT number + 1 FROM numbers \
                         WHERE number < ?2) INSERT INTO words SELECT number, hex(zeroblob(2000)) FROM numbers";
        connection.execute(statement, [from, to]).unwrap();
    }

    fn rows(path: &Path) -> u32 {
        connect_alone(path).unwrap().query_row("SELECT count(*) FROM words", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn what_is_written_while_it_is_copied_is_not_in_the_copy_and_does_not_begin_it_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let writer = database(&path, 3000);
        let mut steps = Vec::new();
        back_up(&path, &copy, |done, all| {
            steps.push((done, all));
            let next = 3000 + u32::try_from(steps.len()).unwrap();
            write(&writer, next, next);
        })
        .unwrap();
        assert!(steps.len() > 1, "{steps:?}");
        assert!(steps.is_sorted() && steps.iter().all(|(_, all)| *all == steps[0].1), "{steps:?}");
        assert_eq!(rows(&copy), 3000);
        check_whole(&copy).unwrap();
        assert!(back_up(&path, &copy, |_, _| {}).is_err(), "nothing is written over");
    }

    #[test]
    fn a_copy_with_a_damaged_page_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let _writer = database(&path, 100);
        back_up(&path, &copy, |_, _| {}).unwrap();
        let mut bytes = std::fs::read(&copy).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0);
        std::fs::write(&copy, bytes).unwrap();
        assert!(check_whole(&copy).is_err());
    }
}
