//! API keys: their hashes, never their secrets.

use rusqlite::{Row, params};
use tidings_domain::{
    KeyId, Timestamp, WorkspaceId,
    key::{ApiKey, Scope},
};
use tidings_store::{Claim, Claimed, StoreError};

use crate::{
    codec,
    error::{corrupt, refused, refused_as},
    session::{Reader, Session},
    state::claims,
};

fn read(row: &Row<'_>) -> Result<ApiKey, StoreError> {
    let scopes: Vec<String> = codec::document(row, "scopes")?;
    let scopes = scopes.iter().map(|scope| scope.parse::<Scope>()).collect::<Result<_, _>>();
    Ok(ApiKey {
        id: KeyId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        name: codec::column(row, "name")?,
        hint: codec::column(row, "hint")?,
        hash: codec::column(row, "hash")?,
        scopes: scopes.map_err(|error| corrupt("scopes", error))?,
        created_at: codec::time(row, "created_at")?,
        expires_at: codec::optional_time(row, "expires_at")?,
        last_used_at: codec::optional_time(row, "last_used_at")?,
    })
}

/// Every API key, oldest first.
pub(crate) fn all(reader: &Reader<'_>) -> Result<Vec<ApiKey>, StoreError> {
    let mut statement = reader.statement(
        "SELECT api_keys.*, workspaces.id AS workspace_id FROM api_keys \
         JOIN workspaces ON workspaces.number = api_keys.workspace ORDER BY api_keys.number",
    )?;
    let rows = statement.query([]).map_err(refused)?;
    codec::collect(rows, read)
}

pub(crate) fn create(session: &mut Session<'_>, key: &ApiKey, claim: Option<&Claim>) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| {
        let scopes: Vec<String> = key.scopes.iter().map(Scope::to_string).collect();
        session
            .reader
            .statement(
                "INSERT INTO api_keys (workspace, id, name, hint, hash, scopes, created_at, expires_at, \
                 last_used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                session.reader.workspace(key.workspace_id)?,
                key.id.to_bytes(),
                key.name,
                key.hint,
                key.hash,
                codec::to_document("scopes", &scopes)?,
                key.created_at.as_millis(),
                key.expires_at.map(Timestamp::as_millis),
                key.last_used_at.map(Timestamp::as_millis),
            ])
            .map_err(refused_as("this API key"))?;
        Ok(())
    })
}

/// Remembers when it was used last.
pub(crate) fn used(
    session: &mut Session<'_>,
    workspace: WorkspaceId,
    key: KeyId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let workspace = session.workspace(workspace)?;
    session
        .reader
        .statement(
            "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), ?3) WHERE id = ?1 AND workspace = ?2",
        )?
        .execute(params![key.to_bytes(), workspace, at.as_millis()])
        .map(drop)
        .map_err(refused)
}

pub(crate) fn delete(session: &Session<'_>, workspace: WorkspaceId, key: KeyId) -> Result<(), StoreError> {
    let rows = session
        .reader
        .statement("DELETE FROM api_keys WHERE id = ?1 AND workspace = ?2")?
        .execute(params![key.to_bytes(), session.reader.workspace(workspace)?])
        .map_err(refused)?;
    if rows == 0 { Err(StoreError::NotFound("the API key")) } else { Ok(()) }
}
