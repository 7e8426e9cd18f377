//! The beginning: one commit, after which nobody finds the contact, and nothing more is sent to it.

use rusqlite::params;
use tidings_domain::{
    decide::{self, Context},
    event::OrderingKey,
};
use tidings_store::{ContactErasure, StoreError};
use uuid::Uuid;

use super::Stage;
use crate::{
    codec::{self, signed},
    error::refused,
    retention::pruned,
    session::{Reader, Session},
    state::contacts::verbs::there,
};

/// Hides a contact and tells of it. Answers by which keys the events are ordered that speak of it.
pub(super) fn begin(session: &mut Session<'_>, erasure: &ContactErasure) -> Result<Vec<OrderingKey>, StoreError> {
    let workspace = session.workspace(erasure.workspace_id)?;
    let known = there(&session.reader, erasure.workspace_id, erasure.contact_id)?;
    let (contact, last_body) = (known.number, session.counters.body);
    let keys = keys(&session.reader, workspace, contact, erasure)?;
    let mut context = Context { now: erasure.at, ids: &mut *session.ids };
    let event = decide::delete_contact(&known.contact, erasure.by.clone(), &mut context);
    session.append(workspace, None, None, event)?;
    let told_at = session.counters.position;
    // Others may have come by the webhooks that go with it, and must not be taken to have come by later ones.
    pruned::mark(&session.reader, "body", last_body)?;
    // Messages that wait are not due any more; with each of them goes the file that it was to be sent with. One that is under
    // way just now is settled by nobody: it is deleted with the others.
    let statements = [
        "UPDATE outbox SET due_at = NULL WHERE due_at IS NOT NULL AND marked_at IS NULL AND priority IN (0, 1) \
         AND channel IN (SELECT number FROM channels WHERE workspace = ?2) \
         AND recipient IN (SELECT number FROM handles WHERE contact = ?1)",
        "UPDATE handles SET detached = 1 WHERE contact = ?1 AND workspace = ?2",
        "DELETE FROM contact_tags WHERE contact = ?1 AND workspace = ?2",
    ];
    for statement in statements {
        session.reader.statement(statement)?.execute(params![contact, workspace]).map_err(refused)?;
    }
    session
        .reader
        .statement(
            "UPDATE contacts SET name = NULL, phone = NULL, email = NULL, search = '', document = '{\"source\":\"\"}', \
             sequence = sequence + 1, erased_at = ?2 WHERE number = ?1",
        )?
        .execute(params![contact, erasure.at.as_millis()])
        .map_err(refused)?;
    session
        .reader
        .statement("UPDATE idempotency_keys SET status = 410, answer = x'' WHERE contact = ?1")?
        .execute([erasure.contact_id.to_bytes()])
        .map_err(refused)?;
    session
        .reader
        .statement(
            "INSERT INTO erasures (contact, workspace, told_at, began_at, last_body, stage) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            contact,
            workspace,
            signed(told_at),
            erasure.at.as_millis(),
            signed(last_body),
            Stage::Deleting.name()
        ])
        .map_err(refused)?;
    Ok(keys)
}

/// The contact's own, those of contacts that were merged into it, and those of its conversations.
fn keys(
    reader: &Reader<'_>,
    workspace: i64,
    contact: i64,
    erasure: &ContactErasure,
) -> Result<Vec<OrderingKey>, StoreError> {
    let mut keys = vec![OrderingKey::from(erasure.contact_id)];
    for sql in [
        "SELECT id FROM merged_contacts WHERE contact = ?1 AND workspace = ?2",
        "SELECT id FROM conversations WHERE contact = ?1 AND workspace = ?2",
    ] {
        let mut statement = reader.statement(sql)?;
        let rows = statement.query(params![contact, workspace]).map_err(refused)?;
        keys.extend(codec::collect(rows, |row| Ok(OrderingKey(Uuid::from_bytes(codec::id(row, "id")?))))?);
    }
    Ok(keys)
}
