//! Contents that no record may name any more. A trigger writes down the content of each file that is forgotten; whether
//! another record names the same is asked when it is collected.

use tidings_store::{ContentHash, StoreError};

use crate::{
    codec::{self, signed},
    error::refused,
    session::{Reader, Session},
};

/// Some of them.
pub(super) fn unnamed(reader: &Reader<'_>, limit: usize) -> Result<Vec<ContentHash>, StoreError> {
    let mut statement = reader.statement("SELECT sha256 FROM unnamed_contents LIMIT ?1")?;
    let mut rows = statement.query([signed(limit as u64)]).map_err(refused)?;
    let mut contents = Vec::new();
    while let Some(row) = rows.next().map_err(refused)? {
        contents.push(codec::column(row, "sha256")?);
    }
    Ok(contents)
}

/// Those of these contents that a record names.
pub(super) fn named(reader: &Reader<'_>, contents: &[ContentHash]) -> Result<Vec<ContentHash>, StoreError> {
    let mut statement = reader.statement("SELECT 1 FROM media WHERE sha256 = ?1 LIMIT 1")?;
    let mut named = Vec::new();
    for content in contents {
        if statement.exists([content]).map_err(refused)? {
            named.push(*content);
        }
    }
    Ok(named)
}

/// A content for which there was to be a record.
pub(super) fn may_be_unnamed(session: &mut Session<'_>, content: &ContentHash) -> Result<(), StoreError> {
    session
        .reader
        .statement("INSERT OR IGNORE INTO unnamed_contents (sha256) VALUES (?1)")?
        .execute([content])
        .map(drop)
        .map_err(refused)
}

/// These have been dealt with.
pub(super) fn collected(session: &mut Session<'_>, contents: &[ContentHash]) -> Result<(), StoreError> {
    let mut statement = session.reader.statement("DELETE FROM unnamed_contents WHERE sha256 = ?1")?;
    contents.iter().try_for_each(|content| statement.execute([content]).map(drop).map_err(refused))
}
