//! Workspaces, and the hash of the operator's key, which stands above them.

use rusqlite::{Row, params};
use tidings_domain::{
    WorkspaceId,
    workspace::{Quotas, Workspace},
};
use tidings_store::{Claim, Claimed, StoreError};

use crate::{
    codec,
    error::{refused, refused_as},
    session::{Reader, Session},
    state::claims,
};

/// The row of `settings` that holds the hash of the operator's key.
const NAME_TAKEN: &str = "a workspace of this name";

fn read(row: &Row<'_>) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: WorkspaceId::from_bytes(codec::id(row, "id")?),
        name: codec::column(row, "name")?,
        created_at: codec::time(row, "created_at")?,
        quotas: codec::optional_document(row, "quotas")?.unwrap_or_default(),
        updated_at: codec::time(row, "updated_at")?,
    })
}

/// Every workspace, oldest first.
pub(crate) fn all(reader: &Reader<'_>) -> Result<Vec<Workspace>, StoreError> {
    let mut statement = reader.statement("SELECT * FROM workspaces ORDER BY number")?;
    let rows = statement.query([]).map_err(refused)?;
    codec::collect(rows, read)
}

pub(crate) fn create(
    session: &mut Session<'_>,
    workspace: &Workspace,
    claim: Option<&Claim>,
) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| {
        session
            .reader
            .statement("INSERT INTO workspaces (id, name, quotas, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                workspace.id.to_bytes(),
                workspace.name,
                quotas(workspace)?,
                workspace.created_at.as_millis(),
                workspace.updated_at.as_millis(),
            ])
            .map_err(refused_as(NAME_TAKEN))?;
        Ok(())
    })
}

fn quotas(workspace: &Workspace) -> Result<Option<String>, StoreError> {
    let limited = workspace.quotas != Quotas::default();
    limited.then(|| codec::to_document("quotas", &workspace.quotas)).transpose()
}

pub(crate) fn update(session: &Session<'_>, workspace: &Workspace) -> Result<(), StoreError> {
    let rows = session
        .reader
        .statement("UPDATE workspaces SET name = ?2, quotas = ?3, updated_at = ?4 WHERE id = ?1")?
        .execute(params![workspace.id.to_bytes(), workspace.name, quotas(workspace)?, workspace.updated_at.as_millis()])
        .map_err(refused_as(NAME_TAKEN))?;
    if rows == 0 { Err(StoreError::NotFound("the workspace")) } else { Ok(()) }
}
