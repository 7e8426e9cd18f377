//! Vendors' webhooks as they came, and what of them changed nothing yet.

use bytes::Bytes;
use rusqlite::Row;
use tidings_domain::{ChannelId, Timestamp, WorkspaceId, event::Position};
use tidings_store::{BodyNumber, StoreError, StoredBody};

use crate::{
    codec::{self, signed},
    error::{corrupt, refused},
    session::{Reader, Session},
};

/// Which kept bodies are asked for; see [`tidings_store::KeptBodies`].
#[derive(Debug, Clone)]
pub(crate) enum OwnedKept {
    NotUnderstood(ChannelId),
    Unrouted(String),
}

/// An update that is kept.
pub(crate) struct Keep<'a> {
    pub(crate) workspace: i64,
    pub(crate) channel: i64,
    pub(crate) body: BodyNumber,
    pub(crate) reason: &'static str,
    pub(crate) subject: &'a str,
    pub(crate) detail: Option<&'a str>,
}

/// A change that waited for its message.
pub(crate) struct Waiting {
    /// The body that it was read from.
    pub(crate) body: BodyNumber,
    /// The change.
    pub(crate) detail: String,
}

pub(crate) fn insert(
    session: &Session<'_>,
    number: BodyNumber,
    workspace: i64,
    channel: i64,
    received_at: Timestamp,
    body: &Bytes,
) -> Result<(), StoreError> {
    // Stored as text where it is, so that a person can read it.
    let text = std::str::from_utf8(body);
    let body: &dyn rusqlite::ToSql = match &text {
        Ok(text) => text,
        Err(_) => &&body[..],
    };
    session
        .reader
        .statement(
            "INSERT INTO inbound_bodies (number, workspace, channel, received_at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(rusqlite::params![signed(number.0), workspace, channel, received_at.as_millis(), body])
        .map_err(refused)?;
    Ok(())
}

pub(crate) fn keep(session: &Session<'_>, keep: &Keep<'_>, now: Timestamp) -> Result<(), StoreError> {
    session
        .reader
        .statement(
            "INSERT INTO kept_updates (workspace, channel, body, reason, subject, detail, kept_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(rusqlite::params![
            keep.workspace,
            keep.channel,
            signed(keep.body.0),
            keep.reason,
            keep.subject,
            keep.detail,
            now.as_millis()
        ])
        .map_err(refused)?;
    Ok(())
}

/// A body is read again: what was kept of it is decided anew. What waits for its message stays.
pub(crate) fn forget_kept(session: &Session<'_>, body: BodyNumber) -> Result<(), StoreError> {
    session
        .reader
        .statement("DELETE FROM kept_updates WHERE body = ?1 AND reason IN ('unparsed', 'unknown', 'unrouted')")?
        .execute([signed(body.0)])
        .map_err(refused)?;
    Ok(())
}

/// The changes that wait for a vendor's message id, oldest first; they are kept no longer.
pub(crate) fn take_waiting(
    session: &Session<'_>,
    workspace: i64,
    channel: i64,
    vendor_id: &str,
) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = session.reader.statement(
        // Without the plus, the index by channel might be taken, and everything that the channel keeps be read.
        "SELECT number, body, detail FROM kept_updates \
         WHERE workspace = ?1 AND reason IN ('status', 'revoked') AND subject = ?2 AND +channel = ?3",
    )?;
    let rows = statement.query(rusqlite::params![workspace, vendor_id, channel]).map_err(refused)?;
    let mut waiting = codec::collect(rows, |row| {
        let waiting = Waiting { body: BodyNumber(codec::count(row, "body")?), detail: codec::column(row, "detail")? };
        Ok((codec::column::<i64>(row, "number")?, waiting))
    })?;
    // Hardly ever is there any, so that sorting and deleting are not prepared for.
    waiting.sort_unstable_by_key(|(number, _)| *number);
    for (number, _) in &waiting {
        let mut delete = session.reader.statement("DELETE FROM kept_updates WHERE number = ?1")?;
        delete.execute([number]).map_err(refused)?;
    }
    Ok(waiting.into_iter().map(|(_, waiting)| waiting).collect())
}

/// Bodies of which something was kept, oldest first.
pub(crate) fn kept(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    which: &OwnedKept,
    after: BodyNumber,
    limit: usize,
) -> Result<Vec<StoredBody>, StoreError> {
    let workspace = reader.workspace(workspace)?;
    let (condition, subject): (&str, Box<dyn rusqlite::ToSql>) = match which {
        OwnedKept::NotUnderstood(channel) => (
            "channel = (SELECT number FROM channels WHERE id = ?2) AND reason IN ('unparsed', 'unknown')",
            Box::new(channel.to_bytes()),
        ),
        OwnedKept::Unrouted(account) => ("reason = 'unrouted' AND subject = ?2", Box::new(account.clone())),
    };
    let mut statement = reader.statement(&format!(
        "SELECT body.number, channels.id AS channel_id, body.received_at, body.body FROM inbound_bodies AS body \
         JOIN channels ON channels.number = body.channel \
         WHERE body.number IN (SELECT body FROM kept_updates WHERE workspace = ?1 AND {condition}) \
         AND body.number > ?3 ORDER BY body.number LIMIT ?4"
    ))?;
    let rows = statement
        .query(rusqlite::params![workspace, subject, signed(after.0), signed(limit as u64)])
        .map_err(refused)?;
    codec::collect(rows, stored)
}

/// The body that an event came from.
pub(crate) fn of_event(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    position: Position,
) -> Result<Option<StoredBody>, StoreError> {
    let mut statement = reader.statement(
        "SELECT body.number, channels.id AS channel_id, body.received_at, body.body FROM events \
         JOIN inbound_bodies AS body ON body.number = events.body JOIN channels ON channels.number = body.channel \
         WHERE events.position = ?1 AND events.workspace = ?2 AND body.workspace = ?2",
    )?;
    let rows = statement.query([signed(position.0), reader.workspace(workspace)?]).map_err(refused)?;
    codec::first(rows, stored)
}

fn stored(row: &Row<'_>) -> Result<StoredBody, StoreError> {
    let body = row.get_ref("body").and_then(|body| Ok(Bytes::copy_from_slice(body.as_bytes()?)));
    Ok(StoredBody {
        number: BodyNumber(codec::count(row, "number")?),
        channel_id: ChannelId::from_bytes(codec::id(row, "channel_id")?),
        received_at: codec::time(row, "received_at")?,
        body: body.map_err(|error| corrupt("body", error))?,
    })
}
