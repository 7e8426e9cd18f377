//! The log: reading it in its own order.

use std::sync::Arc;

use rusqlite::{Row, ToSql};
use tidings_domain::{
    ChannelId, EventId, Timestamp, WorkspaceId,
    event::{Event, EventKind, LogEntry, OrderingKey, Position},
};
use tidings_store::{EventFilter, Listing, Mark, StoreError};
use uuid::Uuid;

use crate::{
    codec::{self, signed},
    error::{corrupt, refused},
    session::Reader,
    state::listing,
};

/// How many bytes of payload one reading holds at most, but for the last entry.
const READ_BYTES: usize = 4 << 20;

/// The kinds that the index of events by kind leaves out.
const COMMON: [&str; 5] = ["message.received", "message.sent", "message.delivered", "message.read", "message.updated"];

const SELECT: &str = "SELECT events.*, workspaces.id AS workspace_id, channels.id AS channel_id FROM events \
     JOIN workspaces ON workspaces.number = events.workspace LEFT JOIN channels ON channels.number = events.channel";

fn read(row: &Row<'_>) -> Result<LogEntry, StoreError> {
    let event = Event {
        id: EventId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        kind: codec::word(row, "kind", EventKind::from_name)?,
        schema: codec::column(row, "schema")?,
        key: OrderingKey(Uuid::from_bytes(codec::id(row, "key")?)),
        sequence: codec::count(row, "sequence")?,
        channel_id: codec::column::<Option<[u8; 16]>>(row, "channel_id")?.map(ChannelId::from_bytes),
        at: codec::time(row, "at")?,
        recorded_at: codec::time(row, "recorded_at")?,
        payload: codec::document(row, "payload")?,
    };
    let size = row.get_ref("payload").and_then(|payload| Ok(payload.as_bytes()?.len()));
    let size = size.map_err(|error| corrupt("payload", error))?;
    Ok(LogEntry { position: Position(codec::count(row, "position")?), event: Arc::new(event), size })
}

/// Reads entries until they are enough to hold. Answers also whether there may be more than that.
pub(super) fn query(
    reader: &Reader<'_>,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<(Vec<LogEntry>, bool), StoreError> {
    let mut statement = reader.statement(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query(values).map_err(refused)?;
    let (mut entries, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.next().map_err(refused)? {
        let entry = read(row)?;
        size += entry.size;
        entries.push(entry);
        if size >= READ_BYTES {
            return Ok((entries, true));
        }
    }
    Ok((entries, false))
}

/// The newest position.
pub(crate) fn head(reader: &Reader<'_>) -> Result<Position, StoreError> {
    let mut statement = reader.statement("SELECT coalesce(max(position), 0) AS head FROM events")?;
    let rows = statement.query([]).map_err(refused)?;
    Ok(Position(codec::first(rows, |row| codec::count(row, "head"))?.unwrap_or(0)))
}

/// Between which positions everything lies that was recorded in this time.
pub(crate) fn between(
    reader: &Reader<'_>,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<Option<(Position, Position)>, StoreError> {
    let mut statement = reader.statement(
        "SELECT min(position) AS first, max(position) AS last FROM events INDEXED BY events_by_time \
         WHERE recorded_at >= ?1 AND recorded_at < ?2",
    )?;
    let rows = statement.query([since.as_millis(), until.map_or(i64::MAX, Timestamp::as_millis)]).map_err(refused)?;
    let found = codec::first(rows, |row| {
        let (first, last): (Option<i64>, Option<i64>) = (codec::column(row, "first")?, codec::column(row, "last")?);
        Ok(first.zip(last).map(|(first, last)| (Position(codec::unsigned(first)), Position(codec::unsigned(last)))))
    })?;
    Ok(found.flatten())
}

/// The position after which a workspace has so many events.
pub(crate) fn newest(reader: &Reader<'_>, workspace: WorkspaceId, number: u64) -> Result<Position, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(Position(0)) };
    let mut statement = reader
        .statement("SELECT position FROM events WHERE workspace = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2")?;
    let rows = statement.query([workspace, signed(number)]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::count(row, "position").map(Position))?.unwrap_or_default())
}

/// Everything after a position.
pub(crate) fn after(reader: &Reader<'_>, after: Position, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
    let condition = "WHERE events.position > ?1 ORDER BY events.position LIMIT ?2";
    Ok(query(reader, condition, &[&signed(after.0), &signed(limit as u64)])?.0)
}

/// The events of one key.
pub(crate) fn of_key(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    key: OrderingKey,
    after: Position,
    up_to: Position,
    limit: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let workspace = reader.workspace(workspace)?;
    let (entries, _) = query(
        reader,
        "WHERE events.workspace = ?1 AND events.key = ?2 AND events.position > ?3 AND events.position <= ?4 \
         ORDER BY events.position LIMIT ?5",
        &[&workspace, key.0.as_bytes(), &signed(after.0), &signed(up_to.0), &signed(limit as u64)],
    )?;
    Ok(entries)
}

/// What stands at a position.
pub(crate) fn at(reader: &Reader<'_>, position: Position) -> Result<Option<LogEntry>, StoreError> {
    Ok(query(reader, "WHERE events.position = ?1", &[&signed(position.0)])?.0.pop())
}

/// An event of a workspace.
pub(crate) fn get(reader: &Reader<'_>, workspace: WorkspaceId, id: EventId) -> Result<Option<LogEntry>, StoreError> {
    let condition = "WHERE events.id = ?1 AND workspaces.id = ?2";
    Ok(query(reader, condition, &[&id.to_bytes(), &workspace.to_bytes()])?.0.pop())
}

/// A workspace's oldest event.
pub(crate) fn oldest(reader: &Reader<'_>, workspace: WorkspaceId) -> Result<Option<EventId>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    let mut statement = reader.statement("SELECT id FROM events WHERE workspace = ?1 ORDER BY position LIMIT 1")?;
    let rows = statement.query([workspace]).map_err(refused)?;
    codec::first(rows, |row| codec::id(row, "id").map(EventId::from_bytes))
}

/// The newest of a workspace's events that was deleted.
fn pruned_up_to(reader: &Reader<'_>, workspace: i64) -> Result<Position, StoreError> {
    let mut statement = reader.statement("SELECT pruned_up_to FROM workspaces WHERE number = ?1")?;
    let rows = statement.query([workspace]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::count(row, "pruned_up_to").map(Position))?.unwrap_or_default())
}

/// A workspace's events after a position.
pub(crate) fn list(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    filter: &EventFilter,
    after: Position,
    limit: usize,
) -> Result<Listing<LogEntry>, StoreError> {
    let Some(number) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    if after > Position(0) && after < pruned_up_to(reader, number)? {
        return Err(StoreError::Expired { oldest: oldest(reader, workspace)? });
    }
    let chosen = chosen(filter.kinds.as_deref());
    let condition = format!("WHERE {chosen} AND (?4 IS NULL OR channels.id = ?4) ORDER BY events.position LIMIT ?3");
    let channel = filter.channel_id.map(ChannelId::to_bytes);
    // One more than asked for, to know whether there is more.
    let most = signed(limit as u64 + 1);
    let (mut items, cut) = query(reader, &condition, &[&number, &signed(after.0), &most, &channel])?;
    let more = cut || items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| Mark::at_number(last.position.0));
    Ok(Listing { items, next })
}

/// Those after a position that are of some kinds, whose names are ours and need no quoting. Those of common kinds are soon
/// found where events are read in their order; of each of the others the first are looked up.
fn chosen(kinds: Option<&[EventKind]>) -> String {
    let Some(kinds) = kinds else { return "events.workspace = ?1 AND events.position > ?2".to_owned() };
    if kinds.is_empty() || kinds.iter().any(|kind| COMMON.contains(&kind.name())) {
        let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
        return format!("events.workspace = ?1 AND events.position > ?2 AND events.kind IN ({})", names.join(", "));
    }
    let common = COMMON.map(|name| format!("'{name}'")).join(", ");
    let first = kinds.iter().map(|kind| {
        format!(
            "SELECT position FROM (SELECT position FROM events INDEXED BY events_of_other_kinds \
             WHERE workspace = ?1 AND kind = '{}' AND kind NOT IN ({common}) AND position > ?2 \
             AND (?4 IS NULL OR channel = (SELECT number FROM channels WHERE id = ?4)) ORDER BY position LIMIT ?3)",
            kind.name()
        )
    });
    format!("events.position IN ({})", first.collect::<Vec<_>>().join(" UNION ALL "))
}

/// How many events a workspace has after a position.
pub(crate) fn count(reader: &Reader<'_>, workspace: WorkspaceId, after: Position) -> Result<u64, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(0) };
    let mut statement =
        reader.statement("SELECT count(*) AS count FROM events WHERE workspace = ?1 AND position > ?2")?;
    let rows = statement.query([workspace, signed(after.0)]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::count(row, "count"))?.unwrap_or(0))
}
