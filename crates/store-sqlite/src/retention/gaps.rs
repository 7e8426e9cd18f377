//! What endpoints have lost, until it is told.

use rusqlite::Row;
use tidings_domain::{
    EndpointId, Timestamp,
    decide::{Context, overtaken},
    delivery::Lost,
    event::Position,
};
use tidings_store::{Gap, StoreError};

use crate::{
    codec::{self, signed},
    error::refused,
    log::deliveries,
    session::{Reader, Session},
    state::endpoints,
};

fn lost(row: &Row<'_>) -> Result<Lost, StoreError> {
    Ok(Lost {
        from: Position(codec::count(row, "first")?),
        to: Position(codec::count(row, "last")?),
        count: codec::count(row, "count")?,
    })
}

/// All of it.
pub(super) fn all(reader: &Reader<'_>) -> Result<Vec<Gap>, StoreError> {
    let mut statement =
        reader.statement("SELECT endpoints.id, gaps.* FROM gaps JOIN endpoints ON endpoints.number = gaps.endpoint")?;
    let rows = statement.query([]).map_err(refused)?;
    codec::collect(rows, |row| Ok(Gap { endpoint_id: EndpointId::from_bytes(codec::id(row, "id")?), lost: lost(row)? }))
}

/// An endpoint has lost this, too. It comes after what it has lost before.
pub(super) fn add(reader: &Reader<'_>, endpoint: i64, more: Lost) -> Result<(), StoreError> {
    reader
        .statement(
            "INSERT INTO gaps (endpoint, first, last, count) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (endpoint) DO UPDATE SET last = excluded.last, count = count + excluded.count",
        )?
        .execute([endpoint, signed(more.from.0), signed(more.to.0), signed(more.count)])
        .map(drop)
        .map_err(refused)
}

/// What an endpoint has lost, which is not to be told again.
fn take(reader: &Reader<'_>, endpoint: i64) -> Result<Option<Lost>, StoreError> {
    let mut statement = reader.statement("DELETE FROM gaps WHERE endpoint = ?1 RETURNING *")?;
    codec::first(statement.query([endpoint]).map_err(refused)?, lost)
}

/// Tells what an endpoint has lost, which is told then.
pub(super) fn tell(session: &mut Session<'_>, id: EndpointId, backlog: u64, at: Timestamp) -> Result<(), StoreError> {
    let number = deliveries::endpoint_number(&session.reader, id)?;
    let Some(lost) = take(&session.reader, number)? else { return Ok(()) };
    let endpoint = endpoints::get(&session.reader, number)?;
    let sequence = deliveries::next_sequence(&session.reader, number)?;
    let event = overtaken(&endpoint, lost, backlog, sequence, &mut Context { now: at, ids: session.ids });
    session.append(session.reader.workspace(endpoint.workspace_id)?, None, None, event)
}
