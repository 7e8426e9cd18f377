//! Everything that is kept by age beside the log.

use rusqlite::{Params, params};
use tidings_domain::{Timestamp, usage::Day};
use tidings_store::{Place, Records, Slice, StoreError};

use super::{pruned, step::Stopwatch};
use crate::{
    codec::{self, signed},
    error::refused,
    session::{Reader, Session},
    state::claims,
};

/// How many records one step looks at.
const STEP: i64 = 128;

/// What a step has done: how many records it has deleted, and where the next one goes on.
type Done = (u64, Option<Place>);

/// Deletes some of what is older than a time.
pub(super) fn prune(
    session: &mut Session<'_>,
    which: Records,
    before: Timestamp,
    from: Place,
) -> Result<Slice, StoreError> {
    let stopwatch = Stopwatch::start();
    let mut slice = Slice { deleted: 0, next: Some(from) };
    while let Some(place) = slice.next {
        let reader = &session.reader;
        let (deleted, next) = match which {
            Records::AttemptDetails => attempt_details(reader, before, place)?,
            Records::KeptUpdates => kept_updates(reader, before)?,
            Records::RawBodies => raw_bodies(reader, before, place)?,
            Records::DedupKeys => dedup_keys(reader, before, place)?,
            Records::IdempotencyKeys => all_of(claims::sweep(reader, before, STEP)?),
            Records::Acts => acts(reader, before)?,
            Records::Usage => usage(reader, before, place)?,
        };
        slice = Slice { deleted: slice.deleted + deleted, next };
        if stopwatch.is_over() {
            break;
        }
    }
    if which == Records::RawBodies && slice.deleted > 0 {
        pruned::mark(&session.reader, "body", session.counters.body)?;
    }
    Ok(slice)
}

/// Where all that a step finds is deleted, the next one begins where this one did.
fn all_of(deleted: u64) -> Done {
    (deleted, (deleted == codec::unsigned(STEP)).then_some(Place::default()))
}

fn execute(reader: &Reader<'_>, sql: &str, values: impl Params) -> Result<u64, StoreError> {
    Ok(reader.statement(sql)?.execute(values).map_err(refused)? as u64)
}

/// The endpoint or workspace that a place speaks of, or the next one.
fn owner(reader: &Reader<'_>, table: &str, place: Place) -> Result<Option<i64>, StoreError> {
    let mut statement =
        reader.statement(&format!("SELECT number FROM {table} WHERE number >= ?1 ORDER BY number LIMIT 1"))?;
    let rows = statement.query([signed(place.owner)]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "number"))
}

/// Of rows in the order of recording, `(number, time)`: how many are read, and the last that is old with all before it.
fn old(
    reader: &Reader<'_>,
    sql: &str,
    values: impl Params,
    before: Timestamp,
) -> Result<(bool, Option<i64>), StoreError> {
    let mut statement = reader.statement(sql)?;
    let mut rows = statement.query(values).map_err(refused)?;
    let (mut count, mut last) = (0, None);
    while let Some(row) = rows.next().map_err(refused)? {
        if codec::time(row, "at")? >= before {
            return Ok((false, last));
        }
        count += 1;
        last = Some(codec::column(row, "number")?);
    }
    Ok((count == STEP, last))
}

/// Attempts stay as long as their event; what was answered does not. An endpoint's are gone through in order, and it is
/// remembered how far.
fn attempt_details(reader: &Reader<'_>, before: Timestamp, place: Place) -> Result<Done, StoreError> {
    let Some(endpoint) = owner(reader, "endpoints", place)? else { return Ok((0, None)) };
    let (is_full, last) = old(
        reader,
        "SELECT number, at FROM attempts WHERE endpoint = ?1 \
         AND number > (SELECT stripped_up_to FROM endpoints WHERE number = ?1) ORDER BY number LIMIT ?2",
        [endpoint, STEP],
        before,
    )?;
    let mut stripped = 0;
    if let Some(last) = last {
        stripped = execute(
            reader,
            "UPDATE attempts SET response_headers = NULL, response_body = NULL WHERE endpoint = ?1 \
             AND number > (SELECT stripped_up_to FROM endpoints WHERE number = ?1) AND number <= ?2 \
             AND (response_headers IS NOT NULL OR response_body IS NOT NULL)",
            [endpoint, last],
        )?;
        execute(reader, "UPDATE endpoints SET stripped_up_to = ?2 WHERE number = ?1", [endpoint, last])?;
    }
    let owner = codec::unsigned(endpoint) + u64::from(!is_full);
    Ok((stripped, Some(Place { owner, number: 0 })))
}

fn kept_updates(reader: &Reader<'_>, before: Timestamp) -> Result<Done, StoreError> {
    let sql = "SELECT number, kept_at AS at FROM kept_updates ORDER BY number LIMIT ?1";
    let (is_full, last) = old(reader, sql, [STEP], before)?;
    let Some(last) = last else { return Ok((0, None)) };
    let deleted = execute(reader, "DELETE FROM kept_updates WHERE number <= ?1", [last])?;
    Ok((deleted, is_full.then_some(Place::default())))
}

/// Those in which nothing is kept any more.
fn raw_bodies(reader: &Reader<'_>, before: Timestamp, place: Place) -> Result<Done, StoreError> {
    let after = i64::try_from(place.number).unwrap_or(i64::MAX);
    let sql = "SELECT number, received_at AS at FROM inbound_bodies WHERE number > ?1 ORDER BY number LIMIT ?2";
    let (is_full, last) = old(reader, sql, [after, STEP], before)?;
    let Some(last) = last else { return Ok((0, None)) };
    let deleted = execute(
        reader,
        "DELETE FROM inbound_bodies WHERE number > ?1 AND number <= ?2 \
         AND NOT EXISTS (SELECT 1 FROM kept_updates WHERE kept_updates.body = inbound_bodies.number)",
        [after, last],
    )?;
    let next = Place { owner: 0, number: u128::from(codec::unsigned(last)) };
    Ok((deleted, is_full.then_some(next)))
}

/// Keys begin with the vendor's time, so those of a workspace are gone through from the oldest to where they are younger than
/// what may be deleted. What the vendor repeated later than it happened stays for as long after that.
fn dedup_keys(reader: &Reader<'_>, before: Timestamp, place: Place) -> Result<Done, StoreError> {
    let Some(workspace) = owner(reader, "workspaces", place)? else { return Ok((0, None)) };
    let owner = codec::unsigned(workspace);
    // One that was not gone through in part already begins anew.
    let from = if owner == place.owner { place.number } else { 0 };
    let seconds = u32::try_from(before.as_seconds()).unwrap_or_default();
    let until = u128::from(seconds) << 96;
    let mut statement = reader.statement(
        "SELECT key FROM dedup_keys WHERE workspace = ?1 AND key >= ?2 AND key < ?3 ORDER BY key LIMIT 1 OFFSET ?4",
    )?;
    let rows = statement.query(params![workspace, from.to_be_bytes(), until.to_be_bytes(), STEP]).map_err(refused)?;
    let next = codec::first(rows, |row| codec::id(row, "key").map(u128::from_be_bytes))?;
    let deleted = execute(
        reader,
        "DELETE FROM dedup_keys WHERE workspace = ?1 AND key >= ?2 AND key < ?3 AND seen_on < ?4",
        params![workspace, from.to_be_bytes(), next.unwrap_or(until).to_be_bytes(), Day::of(before).0],
    )?;
    let next = next.map_or(Place { owner: owner + 1, number: 0 }, |number| Place { owner, number });
    Ok((deleted, Some(next)))
}

fn acts(reader: &Reader<'_>, before: Timestamp) -> Result<Done, StoreError> {
    execute(
        reader,
        "DELETE FROM acts WHERE number IN (SELECT number FROM acts WHERE at < ?1 ORDER BY at LIMIT ?2)",
        [before.as_millis(), STEP],
    )
    .map(all_of)
}

/// A workspace's days at once: on one day there is one more.
fn usage(reader: &Reader<'_>, before: Timestamp, place: Place) -> Result<Done, StoreError> {
    let Some(workspace) = owner(reader, "workspaces", place)? else { return Ok((0, None)) };
    let deleted =
        execute(reader, "DELETE FROM usage WHERE workspace = ?1 AND day < ?2", [workspace, Day::of(before).0])?;
    Ok((deleted, Some(Place { owner: codec::unsigned(workspace) + 1, number: 0 })))
}
