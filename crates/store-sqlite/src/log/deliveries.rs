//! How far each endpoint has come.

use rusqlite::Row;
use tidings_domain::{
    EndpointId,
    delivery::{Attempt, DeliveryChange, DeliveryState, Outcome, Retry},
    event::{Event, EventKind, OrderingKey, Position},
    usage::Usage,
};
use tidings_store::{ENDPOINT_LEASE, StoreError, Undelivered};
use uuid::Uuid;

use crate::{
    codec::{self, signed},
    error::refused,
    log::{attempts, leases, replays},
    retention::pruned,
    session::{Reader, Session},
    state::endpoints,
};

/// The number of an endpoint.
pub(crate) fn endpoint_number(reader: &Reader<'_>, id: EndpointId) -> Result<i64, StoreError> {
    let mut statement = reader.statement("SELECT number FROM endpoints WHERE id = ?1")?;
    let rows = statement.query([id.to_bytes()]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "number"))?.ok_or(StoreError::NotFound("the endpoint"))
}

/// How far an endpoint has come.
pub(crate) fn load(reader: &Reader<'_>, id: EndpointId) -> Result<DeliveryState, StoreError> {
    let endpoint = endpoint_number(reader, id)?;
    let mut statement = reader.statement("SELECT low_water, health FROM endpoints WHERE number = ?1")?;
    let rows = statement.query([endpoint]).map_err(refused)?;
    let (low_water, health) =
        codec::first(rows, |row| Ok((Position(codec::count(row, "low_water")?), codec::document(row, "health")?)))?
            .ok_or(StoreError::NotFound("the endpoint"))?;
    Ok(DeliveryState {
        low_water,
        settled: settled(reader, endpoint, low_water)?,
        retries: retries(reader, endpoint)?,
        health,
    })
}

/// What an endpoint has still to be sent: what comes after the low water and is not settled, and what is to be tried again.
pub(crate) fn backlog(
    reader: &Reader<'_>,
    id: EndpointId,
    kinds: &[EventKind],
    at_most: u64,
) -> Result<Undelivered, StoreError> {
    let endpoint = endpoint_number(reader, id)?;
    // The names are ours, so they need no quoting.
    let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
    let names = names.join(", ");
    // What comes after its place, and what a lane's head holds up before it.
    let sql = format!(
        "SELECT count(*) AS events, min(recorded_at) AS oldest FROM (\
         SELECT * FROM (SELECT events.position, events.kind, events.recorded_at FROM endpoints \
         JOIN events ON events.workspace = endpoints.workspace AND events.position > endpoints.low_water \
         WHERE endpoints.number = ?1 ORDER BY events.position LIMIT ?2) \
         UNION ALL \
         SELECT * FROM (SELECT events.position, events.kind, events.recorded_at FROM endpoints \
         JOIN retries ON retries.endpoint = endpoints.number AND retries.holds \
         JOIN events ON events.workspace = endpoints.workspace AND events.key = retries.key \
         AND events.position > retries.position AND events.position <= endpoints.low_water \
         WHERE endpoints.number = ?1 LIMIT ?2)) AS coming \
         WHERE kind IN ({names}) \
         AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.endpoint = ?1 AND attempts.position = coming.position \
         AND attempts.outcome IN ('delivered', 'dead')) \
         AND NOT EXISTS (SELECT 1 FROM retries WHERE retries.endpoint = ?1 AND retries.position = coming.position)"
    );
    let mut statement = reader.statement(&sql)?;
    let rows = statement.query([endpoint, signed(at_most)]).map_err(refused)?;
    let read = |row: &Row<'_>, name: &str| Ok((codec::count(row, name)?, codec::optional_time(row, "oldest")?));
    let (new, oldest_new) = codec::first(rows, |row| read(row, "events"))?.unwrap_or_default();
    let mut statement = reader.statement(
        "SELECT count(*) AS retries, min(events.recorded_at) AS oldest FROM retries \
         JOIN events ON events.position = retries.position WHERE retries.endpoint = ?1 AND retries.settled = 0",
    )?;
    let rows = statement.query([endpoint]).map_err(refused)?;
    let (retries, oldest_retry) = codec::first(rows, |row| read(row, "retries"))?.unwrap_or_default();
    let oldest = [oldest_new, oldest_retry].into_iter().flatten().min();
    Ok(Undelivered { events: new + retries, retries, oldest })
}

/// What has been settled above the low-water position.
fn settled(reader: &Reader<'_>, endpoint: i64, above: Position) -> Result<Vec<Position>, StoreError> {
    let mut statement = reader.statement(
        "SELECT DISTINCT position FROM attempts WHERE endpoint = ?1 AND position > ?2 \
         AND outcome IN ('delivered', 'dead') ORDER BY position",
    )?;
    let rows = statement.query([endpoint, signed(above.0)]).map_err(refused)?;
    codec::collect(rows, |row| codec::count(row, "position").map(Position))
}

fn retries(reader: &Reader<'_>, endpoint: i64) -> Result<Vec<Retry>, StoreError> {
    let mut statement = reader.statement("SELECT * FROM retries WHERE endpoint = ?1 ORDER BY position")?;
    let rows = statement.query([endpoint]).map_err(refused)?;
    codec::collect(rows, |row| {
        Ok(Retry {
            position: Position(codec::count(row, "position")?),
            key: OrderingKey(Uuid::from_bytes(codec::id(row, "key")?)),
            attempts: codec::column(row, "attempts")?,
            failures: codec::column(row, "failures")?,
            due_at: codec::time(row, "due_at")?,
            first_failed_at: codec::time(row, "first_failed_at")?,
            holds: codec::column(row, "holds")?,
            late: codec::column(row, "late")?,
            settled: codec::column(row, "settled")?,
            resend: codec::column(row, "resend")?,
        })
    })
}

/// Counts attempts as what their workspace has used.
fn count(session: &mut Session<'_>, endpoint: i64, attempts: &[Attempt]) -> Result<(), StoreError> {
    let mut statement = session.reader.statement("SELECT workspace FROM endpoints WHERE number = ?1")?;
    let rows = statement.query([endpoint]).map_err(refused)?;
    let workspace = codec::first(rows, |row| codec::column(row, "workspace"))?;
    let workspace: i64 = workspace.ok_or(StoreError::NotFound("the endpoint"))?;
    for attempt in attempts {
        let taken = u64::from(attempt.outcome == Outcome::Delivered);
        let usage = Usage { webhooks_delivered: taken, webhooks_failed: 1 - taken, ..Usage::default() };
        session.tally.add(workspace, attempt.at, usage);
    }
    Ok(())
}

/// The number of the next event about an endpoint's own trouble, from 1.
pub(crate) fn next_sequence(reader: &Reader<'_>, endpoint: i64) -> Result<u64, StoreError> {
    let mut statement =
        reader.statement("UPDATE endpoints SET sequence = sequence + 1 WHERE number = ?1 RETURNING sequence")?;
    let rows = statement.query([endpoint]).map_err(refused)?;
    codec::first(rows, |row| codec::count(row, "sequence"))?.ok_or(StoreError::NotFound("the endpoint"))
}

fn end(reader: &Reader<'_>, endpoint: i64, position: Position) -> Result<(), StoreError> {
    reader
        .statement("DELETE FROM retries WHERE endpoint = ?1 AND position = ?2")?
        .execute([endpoint, signed(position.0)])
        .map(drop)
        .map_err(refused)
}

fn write(reader: &Reader<'_>, endpoint: i64, retry: &Retry) -> Result<(), StoreError> {
    reader
        .statement(
            "INSERT OR REPLACE INTO retries (endpoint, position, key, attempts, failures, due_at, \
             first_failed_at, holds, late, settled, resend) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(rusqlite::params![
            endpoint,
            signed(retry.position.0),
            retry.key.0.as_bytes(),
            retry.attempts,
            retry.failures,
            retry.due_at.as_millis(),
            retry.first_failed_at.as_millis(),
            retry.holds,
            retry.late,
            retry.settled,
            retry.resend,
        ])
        .map(drop)
        .map_err(refused)
}

/// Remembers what became of deliveries, but for those of events that are gone. Of a retry of such a one only the place of
/// its lane stays, if it holds one.
pub(crate) fn record(
    session: &mut Session<'_>,
    id: EndpointId,
    epoch: u64,
    change: &DeliveryChange,
) -> Result<(), StoreError> {
    leases::check(&session.reader, ENDPOINT_LEASE, id.uuid(), epoch)?;
    let endpoint = endpoint_number(&session.reader, id)?;
    let gone = pruned::events_up_to(&session.reader)?;
    for attempt in change.attempts.iter().filter(|attempt| attempt.position > gone) {
        attempts::insert(session, endpoint, attempt)?;
    }
    count(session, endpoint, &change.attempts)?;
    let reader = &session.reader;
    for position in &change.ended {
        end(reader, endpoint, *position)?;
    }
    for retry in &change.retries {
        match retry {
            Retry { position, .. } if *position > gone => write(reader, endpoint, retry)?,
            Retry { holds: true, .. } => write(reader, endpoint, &Retry { settled: true, ..*retry })?,
            Retry { position, .. } => end(reader, endpoint, *position)?,
        }
    }
    if let Some(low_water) = change.low_water {
        reader
            .statement("UPDATE endpoints SET low_water = max(low_water, ?2) WHERE number = ?1")?
            .execute([endpoint, signed(low_water.0)])
            .map_err(refused)?;
    }
    if let Some(progress) = &change.replay {
        replays::progress(session, progress)?;
    }
    if let Some(health) = &change.health {
        session
            .reader
            .statement("UPDATE endpoints SET health = ?2 WHERE number = ?1")?
            .execute(rusqlite::params![endpoint, codec::to_document("health", health)?])
            .map_err(refused)?;
    }
    if let Some(status) = change.status {
        endpoints::write_status(session, id, status)?;
    }
    for event in &change.told {
        let sequence = next_sequence(&session.reader, endpoint)?;
        let workspace = session.reader.workspace(event.workspace_id)?;
        session.append(workspace, None, None, Event { sequence, ..event.clone() })?;
    }
    Ok(())
}
