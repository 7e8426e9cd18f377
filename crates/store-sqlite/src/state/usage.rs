//! What a workspace has used and what it has: counted while it happens, so that nothing is gone through here.

use rusqlite::params;
use tidings_domain::{
    WorkspaceId,
    usage::{Day, Holdings, Usage},
};
use tidings_store::StoreError;

use crate::{codec, error::refused, session::Reader};

/// The days from one to another on which something was done, in their order.
pub(crate) fn days(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    first: Day,
    last: Day,
) -> Result<Vec<(Day, Usage)>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(Vec::new()) };
    let mut statement =
        reader.statement("SELECT * FROM usage WHERE workspace = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day")?;
    let rows = statement.query(params![workspace, first.0, last.0]).map_err(refused)?;
    codec::collect(rows, |row| {
        let usage = Usage {
            messages_in: codec::count(row, "messages_in")?,
            messages_out: codec::count(row, "messages_out")?,
            events: codec::count(row, "events")?,
            webhooks_delivered: codec::count(row, "webhooks_delivered")?,
            webhooks_failed: codec::count(row, "webhooks_failed")?,
            media_bytes: codec::count(row, "media_bytes")?,
        };
        Ok((Day(codec::column(row, "day")?), usage))
    })
}

/// What it has.
pub(crate) fn holdings(reader: &Reader<'_>, workspace: WorkspaceId) -> Result<Holdings, StoreError> {
    let mut statement =
        reader.statement("SELECT contact_count, media_count, media_bytes FROM workspaces WHERE id = ?1")?;
    let rows = statement.query([workspace.to_bytes()]).map_err(refused)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Holdings {
            contacts: codec::count(row, "contact_count")?,
            media_files: codec::count(row, "media_count")?,
            media_bytes: codec::count(row, "media_bytes")?,
        })
    };
    Ok(codec::first(rows, read)?.unwrap_or_default())
}
