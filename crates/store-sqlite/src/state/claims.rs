//! Idempotency keys. An answer is kept by the verb that it answers, so there is never one without
//! the other.

use std::sync::Arc;

use rusqlite::params;
use tidings_domain::{ContactId, Timestamp, WorkspaceId};
use tidings_store::{ANSWERS_KEPT_FOR, Answer, Claim, Claimed, OfContact, Sealed, ShowingClaim, Shown, StoreError};

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
};

/// How many expired answers each new one takes with it: more than one, so that they cannot pile up.
const SWEPT_AT_ONCE: i64 = 8;

/// Does the work unless it was done before under the same key; then gives the first answer again.
pub(crate) fn once(
    session: &mut Session<'_>,
    claim: Option<&Claim>,
    work: impl FnOnce(&mut Session<'_>) -> Result<(), StoreError>,
) -> Result<Claimed, StoreError> {
    if let Some(claim) = claim
        && let Some(answer) = replay(&session.reader, claim.workspace_id, &claim.key, claim.fingerprint, claim.at)?
    {
        return Ok(Claimed::Replayed(answer));
    }
    work(session)?;
    if let Some(claim) = claim {
        keep(&session.reader, claim)?;
    }
    Ok(Claimed::Done)
}

/// The same for work on a record, which the answer shows.
pub(crate) fn once_showing<T: OfContact>(
    session: &mut Session<'_>,
    claim: Option<&ShowingClaim<T>>,
    work: impl FnOnce(&mut Session<'_>) -> Result<Arc<T>, StoreError>,
) -> Result<Shown<T>, StoreError> {
    if let Some(claim) = claim
        && let Some(answer) = replay(&session.reader, claim.workspace_id, &claim.key, claim.fingerprint, claim.at)?
    {
        return Ok(Shown::Replayed(answer));
    }
    let record = work(session)?;
    if let Some(claim) = claim {
        keep(&session.reader, &claim.with(&record))?;
    }
    Ok(Shown::Done(record))
}

/// The answer that was given under a key, if it was used; refused if it was used for another request.
fn replay(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    key: &str,
    fingerprint: [u8; 32],
    at: Timestamp,
) -> Result<Option<Answer>, StoreError> {
    match find(reader, workspace, key, at)? {
        Some((known, _)) if known != fingerprint => Err(StoreError::IdempotencyConflict),
        found => Ok(found.map(|(_, answer)| answer)),
    }
}

/// The answer kept under a key of the 24 hours before `at`, with its fingerprint.
pub(crate) fn find(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    key: &str,
    at: Timestamp,
) -> Result<Option<([u8; 32], Answer)>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    let mut statement = reader.statement(
        "SELECT fingerprint, status, answer FROM idempotency_keys \
         WHERE workspace = ?1 AND key = ?2 AND created_at > ?3",
    )?;
    let rows = statement.query(params![workspace, key, at.minus(ANSWERS_KEPT_FOR).as_millis()]).map_err(refused)?;
    codec::first(rows, |row| {
        let answer = Answer { status: codec::column(row, "status")?, body: Sealed(codec::column(row, "answer")?) };
        Ok((codec::column(row, "fingerprint")?, answer))
    })
}

/// Forgets some of the answers that were kept before a time. Answers how many.
pub(crate) fn sweep(reader: &Reader<'_>, before: Timestamp, at_once: i64) -> Result<u64, StoreError> {
    let swept = reader
        .statement(
            "DELETE FROM idempotency_keys WHERE (workspace, key) IN (SELECT workspace, key FROM idempotency_keys \
             WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)",
        )?
        .execute(params![before.as_millis(), at_once])
        .map_err(refused)?;
    Ok(swept as u64)
}

fn keep(reader: &Reader<'_>, claim: &Claim) -> Result<(), StoreError> {
    sweep(reader, claim.at.minus(ANSWERS_KEPT_FOR), SWEPT_AT_ONCE)?;
    // One under the same key can only be an expired one.
    reader
        .statement(
            "INSERT OR REPLACE INTO idempotency_keys (workspace, key, fingerprint, status, answer, created_at, contact) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            reader.workspace(claim.workspace_id)?,
            claim.key,
            claim.fingerprint,
            claim.answer.status,
            claim.answer.body.0,
            claim.at.as_millis(),
            claim.contact_id.map(ContactId::to_bytes),
        ])
        .map_err(refused)?;
    Ok(())
}
