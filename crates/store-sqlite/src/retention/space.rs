//! Space that is not used any more, given back to the file system.
//!
//! SQLite keeps pages that have become free and fills them first. Some are left to it, since what is deleted each day is
//! written anew on the next; the rest is given back by moving the file's last pages into them. The file becomes shorter when
//! the write-ahead log is moved into it.

use tidings_store::StoreError;

use super::step::Stopwatch;
use crate::{error::refused, session::Reader};

/// Which part of the file may be free.
const FREE: i64 = 16;
/// How many pages one step gives back.
const PAGES: u32 = 16;

/// Gives some back. Answers whether there may be more. A database that cannot has kept the way of an older version, until
/// it is compacted.
pub(super) fn release(reader: &Reader<'_>) -> Result<bool, StoreError> {
    let asked = |pragma: &str| -> Result<i64, StoreError> {
        reader.connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).map_err(refused)
    };
    let stopwatch = Stopwatch::start();
    while asked("freelist_count")? > asked("page_count")? / FREE && crate::open::gives_back(reader.connection)? {
        reader.connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES})")).map_err(refused)?;
        if stopwatch.is_over() {
            return Ok(true);
        }
    }
    Ok(false)
}
