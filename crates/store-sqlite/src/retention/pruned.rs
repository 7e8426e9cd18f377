//! Up to which numbers something was deleted.

use tidings_domain::event::Position;
use tidings_store::StoreError;

use crate::{
    codec::{self, signed},
    error::refused,
    session::Reader,
};

/// Up to here all events are deleted.
pub(crate) fn events_up_to(reader: &Reader<'_>) -> Result<Position, StoreError> {
    let mut statement = reader.statement("SELECT up_to FROM pruned WHERE kind = 'event'")?;
    let rows = statement.query([]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::count(row, "up_to").map(Position))?.unwrap_or_default())
}

/// Something of this kind was deleted: no number up to here is given out again.
pub(crate) fn mark(reader: &Reader<'_>, kind: &'static str, up_to: u64) -> Result<(), StoreError> {
    reader
        .statement("UPDATE pruned SET up_to = ?2 WHERE kind = ?1")?
        .execute(rusqlite::params![kind, signed(up_to)])
        .map(drop)
        .map_err(refused)
}
