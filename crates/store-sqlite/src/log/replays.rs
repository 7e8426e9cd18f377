//! Replays: what they are about, how far they have come, and what they find.

use rusqlite::{Row, params};
use tidings_domain::{
    EndpointId, JobId, Timestamp, WorkspaceId,
    audit::Act,
    event::Position,
    replay::{JobStatus, Replay, ReplayOnly, ReplayProgress, ReplayScope},
};
use tidings_store::{Claim, Claimed, Found, Listing, Page, ReplayPage, StoreError};

use super::{deliveries::endpoint_number, events};
use crate::{
    codec::{self, signed},
    error::{refused, refused_as},
    session::{Reader, Session},
    state::{acts, claims, listing},
};

const SELECT: &str = "SELECT replays.*, workspaces.id AS workspace_id, endpoints.id AS endpoint_id FROM replays \
     JOIN workspaces ON workspaces.number = replays.workspace JOIN endpoints ON endpoints.number = replays.endpoint";

fn read(row: &Row<'_>) -> Result<(i64, Replay), StoreError> {
    let replay = Replay {
        id: JobId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        endpoint_id: EndpointId::from_bytes(codec::id(row, "endpoint_id")?),
        scope: codec::document(row, "scope")?,
        count: codec::count(row, "count")?,
        reached: Position(codec::count(row, "reached")?),
        sent: codec::count(row, "sent")?,
        status: codec::word(row, "status", JobStatus::from_name)?,
        created_at: codec::time(row, "created_at")?,
        finished_at: codec::optional_time(row, "finished_at")?,
    };
    Ok((codec::column(row, "number")?, replay))
}

pub(crate) fn create(session: &mut Session<'_>, replay: &Replay, claim: Option<&Claim>) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| {
        let reader = &session.reader;
        reader
            .statement(
                "INSERT INTO replays (id, workspace, endpoint, scope, count, reached, sent, status, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                replay.id.to_bytes(),
                reader.workspace(replay.workspace_id)?,
                endpoint_number(reader, replay.endpoint_id)?,
                codec::to_document("scope", &replay.scope)?,
                signed(replay.count),
                signed(replay.reached.0),
                signed(replay.sent),
                replay.status.name(),
                replay.created_at.as_millis(),
            ])
            .map(drop)
            .map_err(refused_as("a job with this id"))
    })
}

pub(crate) fn get(reader: &Reader<'_>, workspace: WorkspaceId, id: JobId) -> Result<Option<Replay>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    let mut statement = reader.statement(&format!("{SELECT} WHERE replays.id = ?1 AND replays.workspace = ?2"))?;
    let rows = statement.query(params![id.to_bytes(), workspace]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|(_, replay)| replay))
}

/// A workspace's, the newest first.
pub(crate) fn list(reader: &Reader<'_>, workspace: WorkspaceId, page: Page) -> Result<Listing<Replay>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    listing::Query::new(SELECT, "replays", ("workspace", workspace), page).run(reader, read)
}

/// The oldest that an endpoint has not come to the end of.
pub(crate) fn running(reader: &Reader<'_>, endpoint: EndpointId) -> Result<Option<Replay>, StoreError> {
    let mut statement = reader.statement(&format!(
        "{SELECT} WHERE replays.endpoint = (SELECT number FROM endpoints WHERE id = ?1) AND replays.status = 'running' \
         ORDER BY replays.number LIMIT 1"
    ))?;
    let rows = statement.query([endpoint.to_bytes()]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|(_, replay)| replay))
}

/// Ends one, if it has not come to its end.
pub(crate) fn cancel(
    session: &Session<'_>,
    workspace: WorkspaceId,
    id: JobId,
    at: Timestamp,
    act: Option<&Act>,
) -> Result<Option<Replay>, StoreError> {
    let cancelled = session
        .reader
        .statement("UPDATE replays SET status = 'cancelled', finished_at = ?2 WHERE id = ?1 AND status = 'running' AND workspace = ?3")?
        .execute(params![id.to_bytes(), at.as_millis(), session.reader.workspace(workspace)?])
        .map_err(refused)?;
    if cancelled > 0 {
        acts::keep(session, act)?;
    }
    get(&session.reader, workspace, id)
}

/// Remembers how far one has come.
pub(crate) fn progress(session: &Session<'_>, progress: &ReplayProgress) -> Result<(), StoreError> {
    session
        .reader
        .statement(
            "UPDATE replays SET reached = ?2, sent = ?3, finished_at = ?4, status = iif(?4 IS NULL, status, 'done') \
             WHERE id = ?1 AND status = 'running'",
        )?
        .execute(params![
            progress.id.to_bytes(),
            signed(progress.reached.0),
            signed(progress.sent),
            progress.finished_at.map(Timestamp::as_millis),
        ])
        .map(drop)
        .map_err(refused)
}

/// Which events a scope is about, as a condition on `events` with parameters from `?1` to `?6`.
fn condition(scope: &ReplayScope) -> String {
    // The names are ours, so they need no quoting.
    let names: Vec<String> = scope.kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
    let tried = |outcomes: &str| {
        format!(
            "EXISTS (SELECT 1 FROM attempts WHERE attempts.endpoint = ?2 AND attempts.position = events.position \
             AND attempts.outcome IN ({outcomes}))"
        )
    };
    // To be tried again, or behind one of its key that holds it up.
    let waits = "(EXISTS (SELECT 1 FROM retries WHERE retries.endpoint = ?2 AND retries.position = events.position) \
         OR EXISTS (SELECT 1 FROM retries WHERE retries.endpoint = ?2 AND retries.key = events.key AND retries.holds \
         AND retries.position < events.position))";
    let only = match scope.only {
        ReplayOnly::All => String::new(),
        // One that was given up and delivered since is no dead letter.
        ReplayOnly::Failed => {
            format!(" AND {} AND NOT {} AND NOT {waits}", tried("'dead'"), tried("'delivered'"))
        }
        ReplayOnly::Missing => format!(" AND NOT {} AND NOT {waits}", tried("'delivered', 'dead'")),
    };
    format!(
        "events.workspace = ?1 AND events.position > ?3 AND events.position <= ?4 AND +events.recorded_at >= ?5 \
         AND (?6 IS NULL OR +events.recorded_at < ?6) AND events.kind IN ({}){only}",
        names.join(", ")
    )
}

/// How many events a replay to an endpoint would be about.
pub(crate) fn count(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    endpoint: EndpointId,
    scope: &ReplayScope,
) -> Result<u64, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(0) };
    let sql = format!("SELECT count(*) AS count FROM events WHERE {}", condition(scope));
    let mut statement = reader.statement(&sql)?;
    let rows = statement
        .query(params![
            workspace,
            endpoint_number(reader, endpoint)?,
            signed(scope.after.0),
            signed(scope.up_to.0),
            scope.since.as_millis(),
            scope.until.map(Timestamp::as_millis),
        ])
        .map_err(refused)?;
    Ok(codec::first(rows, |row| codec::count(row, "count"))?.unwrap_or(0))
}

/// The next events that a replay is about, after a position.
pub(crate) fn next(
    reader: &Reader<'_>,
    replay: &Replay,
    after: Position,
    limit: usize,
) -> Result<ReplayPage, StoreError> {
    let scope = &replay.scope;
    let endpoint = endpoint_number(reader, replay.endpoint_id)?;
    let limit_reached = signed(limit as u64);
    let rest = format!("WHERE {} ORDER BY events.position LIMIT ?7", condition(scope));
    let (entries, cut) = events::query(
        reader,
        &rest,
        &[
            &reader.workspace(replay.workspace_id)?,
            &endpoint,
            &signed(after.0),
            &signed(scope.up_to.0),
            &scope.since.as_millis(),
            &scope.until.map(Timestamp::as_millis),
            &limit_reached,
        ],
    )?;
    let is_last = !cut && entries.len() < limit;
    let mut statement = reader.statement(
        "SELECT coalesce(max(attempt), 0) AS attempts FROM attempts WHERE endpoint = ?1 AND position = ?2",
    )?;
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        let rows = statement.query([endpoint, signed(entry.position.0)]).map_err(refused)?;
        let attempts = codec::first(rows, |row| codec::column(row, "attempts"))?.unwrap_or(0);
        found.push(Found { entry, attempts });
    }
    Ok(ReplayPage { found, is_last })
}
