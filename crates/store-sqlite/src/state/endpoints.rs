//! Endpoints. What is remembered of their deliveries is the log's business, but for where they begin and end.

use rusqlite::{Row, params};
use tidings_domain::{
    EndpointId, WorkspaceId,
    delivery::EndpointHealth,
    endpoint::{Endpoint, EndpointStatus},
};
use tidings_store::{Claim, Claimed, EndpointRecord, Sealed, StoreError};

use crate::{
    codec,
    error::{refused, refused_as},
    log::events,
    session::{Reader, Session},
    state::claims,
};

/// How many attempts one verb forgets: no verb may hold up the others for long.
const FORGOTTEN_AT_ONCE: i64 = 2_000;

fn read(row: &Row<'_>) -> Result<EndpointRecord, StoreError> {
    let endpoint: Endpoint = codec::document(row, "document")?;
    Ok(EndpointRecord {
        endpoint,
        secrets: Sealed(codec::column(row, "secrets")?),
        status: codec::word(row, "status", EndpointStatus::from_name)?,
    })
}

/// Every endpoint, oldest first.
pub(crate) fn all(reader: &Reader<'_>) -> Result<Vec<EndpointRecord>, StoreError> {
    let mut statement = reader.statement("SELECT document, secrets, status FROM endpoints ORDER BY number")?;
    let rows = statement.query([]).map_err(refused)?;
    codec::collect(rows, read)
}

/// The one with this number, without its secrets.
pub(crate) fn get(reader: &Reader<'_>, number: i64) -> Result<Endpoint, StoreError> {
    let mut statement = reader.statement("SELECT document FROM endpoints WHERE number = ?1")?;
    let rows = statement.query([number]).map_err(refused)?;
    codec::first(rows, |row| codec::document(row, "document"))?.ok_or(StoreError::NotFound("the endpoint"))
}

/// Its place is the end of the log: it hears of what happens from now on. That end is read from the log itself, since
/// the counter may have grown over events that were rolled back, and their positions may be given out again.
pub(crate) fn create(
    session: &mut Session<'_>,
    record: &EndpointRecord,
    claim: Option<&Claim>,
) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| {
        let endpoint = &record.endpoint;
        session
            .reader
            .statement(
                "INSERT INTO endpoints (workspace, id, status, document, secrets, low_water, health, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(position), 0) FROM events), ?6, ?7)",
            )?
            .execute(params![
                session.reader.workspace(endpoint.workspace_id)?,
                endpoint.id.to_bytes(),
                record.status.name(),
                codec::to_document("endpoint", endpoint)?,
                record.secrets.0,
                codec::to_document("health", &EndpointHealth::default())?,
                endpoint.created_at.as_millis(),
            ])
            .map_err(refused_as("this endpoint"))?;
        Ok(())
    })
}

pub(crate) fn update(
    session: &mut Session<'_>,
    record: &EndpointRecord,
    claim: Option<&Claim>,
) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| write(session, record))
}

fn write(session: &Session<'_>, record: &EndpointRecord) -> Result<(), StoreError> {
    let endpoint = &record.endpoint;
    let rows = session
        .reader
        .statement("UPDATE endpoints SET status = ?3, document = ?4, secrets = ?5 WHERE id = ?1 AND workspace = ?2")?
        .execute(params![
            endpoint.id.to_bytes(),
            session.reader.workspace(endpoint.workspace_id)?,
            record.status.name(),
            codec::to_document("endpoint", endpoint)?,
            record.secrets.0,
        ])
        .map_err(refused)?;
    if rows == 0 { Err(StoreError::NotFound("the endpoint")) } else { Ok(()) }
}

/// Writes it, and skips what it has missed.
pub(crate) fn resume_from_now(session: &Session<'_>, record: &EndpointRecord) -> Result<(), StoreError> {
    write(session, record)?;
    skip_missed(session, number_of(session, record.endpoint.workspace_id, record.endpoint.id)?)
}

/// It is not to be sent anything any more, whatever becomes of what is remembered of it.
pub(crate) fn abandon(session: &Session<'_>, workspace: WorkspaceId, endpoint: EndpointId) -> Result<(), StoreError> {
    skip_missed(session, number_of(session, workspace, endpoint)?)?;
    write_status(session, endpoint, EndpointStatus::Disabled)
}

/// Its place is the end of the log, and nothing is to be tried again.
fn skip_missed(session: &Session<'_>, number: i64) -> Result<(), StoreError> {
    let reader = &session.reader;
    reader.statement("DELETE FROM retries WHERE endpoint = ?1")?.execute([number]).map_err(refused)?;
    reader
        .statement("UPDATE endpoints SET low_water = max(low_water, ?2), health = ?3 WHERE number = ?1")?
        .execute(params![
            number,
            codec::signed(events::head(reader)?.0),
            codec::to_document("health", &EndpointHealth::default())?
        ])
        .map(drop)
        .map_err(refused)
}

/// Writes how it is doing, and with it whether it is enabled, but never enables it.
pub(crate) fn write_status(
    session: &Session<'_>,
    endpoint: EndpointId,
    status: EndpointStatus,
) -> Result<(), StoreError> {
    let enabled = match status {
        EndpointStatus::Healthy | EndpointStatus::Down => "true",
        EndpointStatus::Disabled | EndpointStatus::Paused => "false",
    };
    let rows = session
        .reader
        .statement(
            "UPDATE endpoints SET (status, document) = \
             (SELECT iif(?3 = 'true' AND status IN ('paused', 'disabled'), status, ?2), \
                     iif(?3 = 'true', document, json_set(document, '$.enabled', json('false')))) WHERE id = ?1",
        )?
        .execute(params![endpoint.to_bytes(), status.name(), enabled])
        .map_err(refused)?;
    if rows == 0 { Err(StoreError::NotFound("the endpoint")) } else { Ok(()) }
}

/// Forgets some of its attempts. Answers whether there may be more.
pub(crate) fn forget_attempts(
    session: &Session<'_>,
    workspace: WorkspaceId,
    endpoint: EndpointId,
) -> Result<bool, StoreError> {
    let number = number_of(session, workspace, endpoint)?;
    let forgotten = session
        .reader
        .statement(
            "DELETE FROM attempts WHERE endpoint = ?1 \
             AND number IN (SELECT number FROM attempts WHERE endpoint = ?1 ORDER BY number LIMIT ?2)",
        )?
        .execute([number, FORGOTTEN_AT_ONCE])
        .map_err(refused)?;
    Ok(codec::signed(forgotten as u64) == FORGOTTEN_AT_ONCE)
}

fn number_of(session: &Session<'_>, workspace: WorkspaceId, endpoint: EndpointId) -> Result<i64, StoreError> {
    let reader = &session.reader;
    let mut statement = reader.statement("SELECT number FROM endpoints WHERE id = ?1 AND workspace = ?2")?;
    let rows = statement.query(params![endpoint.to_bytes(), reader.workspace(workspace)?]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "number"))?.ok_or(StoreError::NotFound("the endpoint"))
}

/// Deletes it with everything that is remembered of its deliveries.
pub(crate) fn delete(session: &Session<'_>, workspace: WorkspaceId, endpoint: EndpointId) -> Result<(), StoreError> {
    let reader = &session.reader;
    let number = number_of(session, workspace, endpoint)?;
    for sql in [
        "DELETE FROM attempts WHERE endpoint = ?1",
        "DELETE FROM retries WHERE endpoint = ?1",
        "DELETE FROM replays WHERE endpoint = ?1",
        "DELETE FROM gaps WHERE endpoint = ?1",
        "DELETE FROM endpoints WHERE number = ?1",
    ] {
        reader.statement(sql)?.execute([number]).map_err(refused)?;
    }
    reader.statement("DELETE FROM leases WHERE id = ?1")?.execute([endpoint.to_bytes()]).map_err(refused)?;
    Ok(())
}
