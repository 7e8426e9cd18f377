//! For how long links to the files of events are valid.

use rusqlite::params;
use tidings_domain::{EventId, Timestamp, event::Position};
use tidings_store::StoreError;

use crate::{
    codec::{self, signed},
    error::refused,
    session::{Reader, Session},
};

/// Since when links to the files of an event are valid.
pub(super) fn valid_since(reader: &Reader<'_>, event: EventId) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = reader.statement(
        "SELECT max(recorded_at, coalesce(links_extended_at, recorded_at)) AS since FROM events WHERE id = ?1",
    )?;
    let rows = statement.query([event.to_bytes()]).map_err(refused)?;
    codec::first(rows, |row| codec::time(row, "since"))
}

/// Extends that.
pub(super) fn extend(session: &mut Session<'_>, event: Position, at: Timestamp) -> Result<(), StoreError> {
    session
        .reader
        .statement(
            "UPDATE events SET links_extended_at = max(?2, coalesce(links_extended_at, ?2)) WHERE position = ?1",
        )?
        .execute(params![signed(event.0), at.as_millis()])
        .map(drop)
        .map_err(refused)
}
