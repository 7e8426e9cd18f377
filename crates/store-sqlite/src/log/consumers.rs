//! Places in the log that are kept for those who read it by themselves.

use rusqlite::{Row, params};
use tidings_domain::{Timestamp, WorkspaceId, event::Position};
use tidings_store::{Consumer, Listing, Page, StoreError};

use crate::{
    codec::{self, signed},
    error::refused,
    session::{Reader, Session},
    state::listing,
};

fn read(row: &Row<'_>) -> Result<(i64, Consumer), StoreError> {
    let consumer = Consumer {
        name: codec::column(row, "name")?,
        position: Position(codec::count(row, "position")?),
        updated_at: codec::time(row, "updated_at")?,
    };
    Ok((codec::column(row, "number")?, consumer))
}

pub(crate) fn get(reader: &Reader<'_>, workspace: WorkspaceId, name: &str) -> Result<Option<Consumer>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    let mut statement = reader.statement("SELECT * FROM consumers WHERE workspace = ?1 AND name = ?2")?;
    let rows = statement.query(params![workspace, name]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|(_, consumer)| consumer))
}

pub(crate) fn list(reader: &Reader<'_>, workspace: WorkspaceId, page: Page) -> Result<Listing<Consumer>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    listing::Query::new("SELECT * FROM consumers", "consumers", ("workspace", workspace), page).run(reader, read)
}

/// Moves a consumer on, never back.
pub(crate) fn acknowledge(
    session: &Session<'_>,
    workspace_id: WorkspaceId,
    name: &str,
    up_to: Position,
    at: Timestamp,
) -> Result<Consumer, StoreError> {
    let workspace = session.reader.workspace(workspace_id)?;
    session
        .reader
        .statement(
            "INSERT INTO consumers (workspace, name, position, updated_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (workspace, name) DO UPDATE SET position = max(position, ?3), updated_at = ?4",
        )?
        .execute(params![workspace, name, signed(up_to.0), at.as_millis()])
        .map_err(refused)?;
    get(&session.reader, workspace_id, name)?.ok_or(StoreError::NotFound("the consumer"))
}

/// Forgets a consumer.
pub(crate) fn delete(session: &Session<'_>, workspace: WorkspaceId, name: &str) -> Result<bool, StoreError> {
    let workspace = session.reader.workspace(workspace)?;
    let deleted = session
        .reader
        .statement("DELETE FROM consumers WHERE workspace = ?1 AND name = ?2")?
        .execute(params![workspace, name])
        .map_err(refused)?;
    Ok(deleted > 0)
}
