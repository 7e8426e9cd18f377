//! What a start remembers for the next one.

use rusqlite::params;
use tidings_store::StoreError;

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
};

/// What is remembered by a name.
pub(crate) fn find(reader: &Reader<'_>, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = reader.statement("SELECT value FROM settings WHERE name = ?1")?;
    let rows = statement.query([name]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "value"))
}

/// Remembers a value, unless one is remembered.
pub(crate) fn remember(session: &Session<'_>, name: &str, value: &[u8]) -> Result<(), StoreError> {
    session
        .reader
        .statement("INSERT OR IGNORE INTO settings (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])
        .map_err(refused)?;
    Ok(())
}
