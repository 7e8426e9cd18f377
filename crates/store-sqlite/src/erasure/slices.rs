//! Deleting, a little in each commit.

use rusqlite::params;
use tidings_domain::{MediaId, Timestamp};
use tidings_store::StoreError;

use super::{ERASED, Job, Stage};
use crate::{
    codec,
    error::refused,
    files::media,
    session::{Reader, Session},
};

/// How many events or messages go in one commit.
const SLICE: i64 = 100;

/// Deletes some of what is left. False if there is nothing but vendors' webhooks, and the event that told of it.
pub(super) fn delete_some(session: &mut Session<'_>, job: &Job) -> Result<bool, StoreError> {
    let reader = &session.reader;
    if let Some((conversation, key)) = conversation(reader, job)? {
        if !erase_events(reader, job, key)? && !delete_messages(reader, job, conversation)? {
            delete_conversation(reader, job, conversation)?;
        }
        return Ok(true);
    }
    if let Some(key) = merged(reader, job)? {
        if !erase_events(reader, job, key)? {
            let mut statement = reader.statement("DELETE FROM merged_contacts WHERE workspace = ?1 AND id = ?2")?;
            statement.execute(params![job.workspace, key]).map_err(refused)?;
            begin_next_key(reader, job)?;
        }
        return Ok(true);
    }
    let mut statement = reader.statement("SELECT id FROM contacts WHERE number = ?1")?;
    let own = codec::first(statement.query([job.contact]).map_err(refused)?, |row| codec::id(row, "id"))?;
    own.map_or(Ok(false), |key| erase_events(reader, job, key))
}

fn conversation(reader: &Reader<'_>, job: &Job) -> Result<Option<(i64, [u8; 16])>, StoreError> {
    let mut statement =
        reader.statement("SELECT number, id FROM conversations WHERE workspace = ?1 AND contact = ?2 LIMIT 1")?;
    let rows = statement.query(params![job.workspace, job.contact]).map_err(refused)?;
    codec::first(rows, |row| Ok((codec::column(row, "number")?, codec::id(row, "id")?)))
}

fn merged(reader: &Reader<'_>, job: &Job) -> Result<Option<[u8; 16]>, StoreError> {
    let mut statement =
        reader.statement("SELECT id FROM merged_contacts WHERE contact = ?1 AND workspace = ?2 LIMIT 1")?;
    let rows = statement.query(params![job.contact, job.workspace]).map_err(refused)?;
    codec::first(rows, |row| codec::id(row, "id"))
}

/// Erases the next events of a key, but for the one that tells of the erasure. False if there are none.
fn erase_events(reader: &Reader<'_>, job: &Job, key: [u8; 16]) -> Result<bool, StoreError> {
    let mut statement = reader.statement(
        "SELECT position FROM events WHERE workspace = ?1 AND key = ?2 AND position > ?3 AND position <> ?4 \
         ORDER BY position LIMIT ?5",
    )?;
    let rows = statement.query(params![job.workspace, key, job.event, job.told_at, SLICE]).map_err(refused)?;
    let positions: Vec<i64> = codec::collect(rows, |row| codec::column(row, "position"))?;
    for position in &positions {
        erase_event(reader, job, *position)?;
    }
    let Some(last) = positions.last() else { return Ok(false) };
    let mut statement = reader.statement("UPDATE erasures SET event = ?2 WHERE contact = ?1")?;
    statement.execute(params![job.contact, last]).map_err(refused)?;
    Ok(true)
}

/// Erases an event, what endpoints answered to it, and the vendor's webhook that it came from.
fn erase_event(reader: &Reader<'_>, job: &Job, position: i64) -> Result<(), StoreError> {
    let mut statement = reader.statement("SELECT body FROM events WHERE position = ?1")?;
    let rows = statement.query([position]).map_err(refused)?;
    if let Some(body) = codec::first(rows, |row| codec::column::<Option<i64>>(row, "body"))?.flatten() {
        delete_body(reader, body)?;
    }
    reader
        .statement("UPDATE events SET payload = ?2, body = NULL WHERE position = ?1")?
        .execute(params![position, ERASED])
        .map_err(refused)?;
    reader
        .statement(
            "UPDATE attempts SET response_headers = NULL, response_body = NULL \
             WHERE endpoint IN (SELECT number FROM endpoints WHERE workspace = ?1) AND position = ?2",
        )?
        .execute(params![job.workspace, position])
        .map(drop)
        .map_err(refused)
}

/// Deletes a vendor's webhook, with what was kept of it.
pub(super) fn delete_body(reader: &Reader<'_>, body: i64) -> Result<(), StoreError> {
    for sql in ["DELETE FROM kept_updates WHERE body = ?1", "DELETE FROM inbound_bodies WHERE number = ?1"] {
        reader.statement(sql)?.execute([body]).map_err(refused)?;
    }
    Ok(())
}

/// Deletes the next messages of a conversation. False if there are none.
fn delete_messages(reader: &Reader<'_>, job: &Job, conversation: i64) -> Result<bool, StoreError> {
    let mut statement =
        reader.statement("SELECT number FROM messages WHERE workspace = ?1 AND conversation = ?2 LIMIT ?3")?;
    let rows = statement.query(params![job.workspace, conversation, SLICE]).map_err(refused)?;
    let messages: Vec<i64> = codec::collect(rows, |row| codec::column(row, "number"))?;
    for message in &messages {
        delete_message(reader, *message)?;
    }
    Ok(!messages.is_empty())
}

fn delete_message(reader: &Reader<'_>, message: i64) -> Result<(), StoreError> {
    let mut statement = reader.statement("SELECT media FROM outbox WHERE message = ?1")?;
    let rows = statement.query([message]).map_err(refused)?;
    let sent = codec::first(rows, |row| codec::column::<Option<[u8; 16]>>(row, "media"))?.flatten();
    for sql in [
        "DELETE FROM outbox WHERE message = ?1",
        "DELETE FROM vendor_ids WHERE message = ?1",
        "DELETE FROM awaited_files WHERE message = ?1",
        "DELETE FROM messages WHERE number = ?1",
    ] {
        reader.statement(sql)?.execute([message]).map_err(refused)?;
    }
    let mut statement = reader.statement("SELECT number FROM media WHERE message = ?1")?;
    let rows = statement.query([message]).map_err(refused)?;
    for file in codec::collect(rows, |row| codec::column(row, "number"))? {
        media::forget(reader, file)?;
    }
    sent.map_or(Ok(()), |media| forget_unsent(reader, MediaId::from_bytes(media)))
}

/// Forgets an uploaded file that no message is sent with any more.
fn forget_unsent(reader: &Reader<'_>, id: MediaId) -> Result<(), StoreError> {
    let mut statement = reader.statement(
        "SELECT number FROM media WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.media = ?1)",
    )?;
    let rows = statement.query([id.to_bytes()]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "number"))?.map_or(Ok(()), |number| media::forget(reader, number))
}

fn delete_conversation(reader: &Reader<'_>, job: &Job, conversation: i64) -> Result<(), StoreError> {
    for sql in ["DELETE FROM conversation_tags WHERE conversation = ?1", "DELETE FROM conversations WHERE number = ?1"]
    {
        reader.statement(sql)?.execute([conversation]).map_err(refused)?;
    }
    begin_next_key(reader, job)
}

fn begin_next_key(reader: &Reader<'_>, job: &Job) -> Result<(), StoreError> {
    let mut statement = reader.statement("UPDATE erasures SET event = 0 WHERE contact = ?1")?;
    statement.execute([job.contact]).map(drop).map_err(refused)
}

/// All is deleted but the event that tells of it; that, too, if everybody has heard it.
pub(super) fn deleted(session: &mut Session<'_>, job: &Job, told_until: Timestamp) -> Result<(), StoreError> {
    let reader = &session.reader;
    for sql in ["DELETE FROM handles WHERE contact = ?1", "DELETE FROM contact_tags WHERE contact = ?1"] {
        reader.statement(sql)?.execute([job.contact]).map_err(refused)?;
    }
    if !end_telling(session, job, told_until)? {
        enter(&session.reader, job.contact, Stage::Overwriting)?;
    }
    Ok(())
}

/// Erases the event that tells of it, if every endpoint and consumer has heard it, or has had its time.
pub(super) fn end_telling(session: &mut Session<'_>, job: &Job, told_until: Timestamp) -> Result<bool, StoreError> {
    let reader = &session.reader;
    if job.began_at > told_until && !is_told(reader, job)? {
        return Ok(false);
    }
    erase_event(reader, job, job.told_at)?;
    enter(reader, job.contact, Stage::Ending)?;
    Ok(true)
}

/// Whether no endpoint has still to be sent the event, and no consumer to fetch it.
fn is_told(reader: &Reader<'_>, job: &Job) -> Result<bool, StoreError> {
    let mut statement = reader.statement(
        "SELECT NOT EXISTS (SELECT 1 FROM endpoints WHERE workspace = ?1 AND (low_water < ?2 OR EXISTS \
         (SELECT 1 FROM retries WHERE retries.endpoint = endpoints.number AND retries.position = ?2))) \
         AND NOT EXISTS (SELECT 1 FROM consumers WHERE workspace = ?1 AND position < ?2) AS told",
    )?;
    let rows = statement.query(params![job.workspace, job.told_at]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::column(row, "told"))?.unwrap_or(true))
}

/// What these jobs had deleted is overwritten.
pub(super) fn overwritten(session: &mut Session<'_>, before: &[Job]) -> Result<(), StoreError> {
    let reader = &session.reader;
    for job in before {
        match job.stage {
            Stage::Deleting | Stage::Telling => {}
            Stage::Overwriting => enter(reader, job.contact, Stage::Telling)?,
            Stage::Ending => {
                for sql in ["DELETE FROM contacts WHERE number = ?1", "DELETE FROM erasures WHERE contact = ?1"] {
                    reader.statement(sql)?.execute([job.contact]).map_err(refused)?;
                }
            }
        }
    }
    Ok(())
}

fn enter(reader: &Reader<'_>, contact: i64, stage: Stage) -> Result<(), StoreError> {
    let mut statement = reader.statement("UPDATE erasures SET stage = ?2 WHERE contact = ?1")?;
    statement.execute(params![contact, stage.name()]).map(drop).map_err(refused)
}
