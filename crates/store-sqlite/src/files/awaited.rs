//! Files of messages that are still with their vendors.

use rusqlite::{Row, params};
use tidings_domain::{
    ChannelId, MediaId, Timestamp, WorkspaceId,
    media::{AwaitedFile, FileState, StoredMedia},
    message::Message,
};
use tidings_store::{DueFiles, StoreError};

use super::{contents, media};
use crate::{
    codec,
    error::{refused, refused_as},
    session::{Reader, Session},
    state::situation::Place,
};

const SELECT: &str = "SELECT awaited_files.*, workspaces.id AS workspace_id, channels.id AS channel_id \
     FROM awaited_files JOIN workspaces ON workspaces.number = awaited_files.workspace \
     JOIN channels ON channels.number = awaited_files.channel";

fn read(row: &Row<'_>) -> Result<AwaitedFile, StoreError> {
    Ok(AwaitedFile {
        id: MediaId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        channel_id: ChannelId::from_bytes(codec::id(row, "channel_id")?),
        told: codec::document(row, "document")?,
        sent_at: codec::time(row, "sent_at")?,
        tries: codec::column(row, "tries")?,
        denials: codec::column(row, "denials")?,
    })
}

/// The files of a message that was just written are to be fetched.
pub(crate) fn expect(reader: &Reader<'_>, place: &Place, number: i64, message: &Message) -> Result<(), StoreError> {
    for (id, told) in message.files_at_vendor() {
        reader
            .statement(
                "INSERT INTO awaited_files (workspace, id, channel, message, sent_at, due_at, document) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                place.workspace,
                id.to_bytes(),
                place.channel,
                number,
                message.vendor_timestamp.as_millis(),
                message.created_at.as_millis(),
                codec::to_document("a file", &told)?,
            ])
            .map_err(refused_as("a file with this id"))?;
    }
    Ok(())
}

/// What is known of one.
pub(super) fn find(reader: &Reader<'_>, id: MediaId) -> Result<Option<FileState>, StoreError> {
    let mut statement = reader.statement(&format!("{SELECT} WHERE awaited_files.id = ?1"))?;
    let rows = statement.query([id.to_bytes()]).map_err(refused)?;
    codec::first(rows, |row| {
        let file = read(row)?;
        Ok(match codec::optional_time(row, "due_at")? {
            Some(due_at) => FileState::Awaited { file, due_at },
            None => FileState::Lost { file, reason: codec::column::<Option<_>>(row, "failure")?.unwrap_or_default() },
        })
    })
}

/// Those that are due. Channels are found one after the other in the index, so that one with many costs no more than
/// another.
pub(super) fn due(reader: &Reader<'_>, at: Timestamp, of_each: usize) -> Result<DueFiles, StoreError> {
    let mut due = DueFiles::default();
    let mut after = 0_i64;
    while let Some((channel, first)) = next_channel(reader, after)? {
        after = channel;
        if first > at {
            due.wait_for(first);
            continue;
        }
        let mut statement = reader.statement(&format!(
            "{SELECT} WHERE awaited_files.channel = ?1 AND due_at IS NOT NULL AND due_at <= ?2 ORDER BY due_at LIMIT ?3"
        ))?;
        let limit = codec::signed(of_each as u64);
        let mut rows = statement.query(params![channel, at.as_millis(), limit]).map_err(refused)?;
        while let Some(row) = rows.next().map_err(refused)? {
            due.files.push(read(row)?);
        }
        let mut statement = reader.statement(
            "SELECT min(due_at) AS due_at FROM awaited_files WHERE channel = ?1 AND due_at IS NOT NULL AND due_at > ?2",
        )?;
        let rows = statement.query(params![channel, at.as_millis()]).map_err(refused)?;
        if let Some(later) = codec::first(rows, |row| codec::optional_time(row, "due_at"))?.flatten() {
            due.wait_for(later);
        }
    }
    Ok(due)
}

/// The next channel with files to fetch, and when the first of them is due.
fn next_channel(reader: &Reader<'_>, after: i64) -> Result<Option<(i64, Timestamp)>, StoreError> {
    let mut statement = reader.statement(
        "SELECT channel, due_at FROM awaited_files WHERE due_at IS NOT NULL AND channel > ?1 \
         ORDER BY channel, due_at LIMIT 1",
    )?;
    let rows = statement.query([after]).map_err(refused)?;
    codec::first(rows, |row| Ok((codec::column(row, "channel")?, codec::time(row, "due_at")?)))
}

/// One is here.
pub(super) fn fetched(session: &mut Session<'_>, stored: &StoredMedia) -> Result<bool, StoreError> {
    let mut statement = session.reader.statement("DELETE FROM awaited_files WHERE id = ?1 RETURNING message")?;
    let rows = statement.query([stored.id.to_bytes()]).map_err(refused)?;
    let message = codec::first(rows, |row| codec::column::<i64>(row, "message"))?;
    drop(statement);
    match message {
        Some(message) => media::insert(session, stored, Some(message)).map(|()| true),
        None => contents::may_be_unnamed(session, &stored.sha256).map(|()| false),
    }
}

/// One could not be fetched.
pub(super) fn failed(
    session: &mut Session<'_>,
    file: &AwaitedFile,
    reason: &str,
    next_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    session
        .reader
        .statement("UPDATE awaited_files SET tries = ?2, denials = ?3, failure = ?4, due_at = ?5 WHERE id = ?1")?
        .execute(params![file.id.to_bytes(), file.tries, file.denials, reason, next_at.map(Timestamp::as_millis)])
        .map(drop)
        .map_err(refused)
}
