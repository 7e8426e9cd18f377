//! Files that were uploaded to be sent, and what vendors call them.

use rusqlite::params;
use tidings_domain::{ChannelId, MediaId, Timestamp, WorkspaceId, media::StoredMedia};
use tidings_store::{Claim, Claimed, StoreError};

use crate::{
    codec::{self, signed},
    error::{refused, refused_as},
    session::{Reader, Session},
    state::claims,
};

/// Remembers a file.
pub(crate) fn create(
    session: &mut Session<'_>,
    media: &StoredMedia,
    claim: Option<&Claim>,
) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| insert(session, media))
}

fn insert(session: &mut Session<'_>, media: &StoredMedia) -> Result<(), StoreError> {
    let workspace = session.workspace(media.workspace_id)?;
    session
        .reader
        .statement(
            "INSERT INTO media (workspace, id, sha256, size, content_type, filename, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            workspace,
            media.id.to_bytes(),
            media.sha256,
            signed(media.size),
            media.content_type,
            media.filename,
            media.created_at.as_millis(),
        ])
        .map(drop)
        .map_err(refused_as("a file with this id"))
}

/// A file of a workspace.
pub(crate) fn get(
    reader: &Reader<'_>,
    workspace_id: WorkspaceId,
    id: MediaId,
) -> Result<Option<StoredMedia>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace_id)? else { return Ok(None) };
    let mut statement = reader.statement("SELECT * FROM media WHERE id = ?1 AND workspace = ?2")?;
    let rows = statement.query(params![id.to_bytes(), workspace]).map_err(refused)?;
    codec::first(rows, |row| {
        Ok(StoredMedia {
            id,
            workspace_id,
            sha256: codec::column(row, "sha256")?,
            size: codec::count(row, "size")?,
            content_type: codec::column(row, "content_type")?,
            filename: codec::column(row, "filename")?,
            created_at: codec::time(row, "created_at")?,
        })
    })
}

/// What the vendor of a channel calls a file, if that is still good.
pub(crate) fn at_vendor(
    reader: &Reader<'_>,
    media: MediaId,
    channel: ChannelId,
    at: Timestamp,
) -> Result<Option<String>, StoreError> {
    let mut statement = reader.statement(
        "SELECT vendor_id FROM media_at_vendors JOIN media ON media.number = media_at_vendors.media \
         JOIN channels ON channels.number = media_at_vendors.channel \
         WHERE media.id = ?1 AND channels.id = ?2 AND media_at_vendors.good_until > ?3",
    )?;
    let rows = statement.query(params![media.to_bytes(), channel.to_bytes(), at.as_millis()]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "vendor_id"))
}

/// The vendor of a channel does not have a file any more that it called so.
pub(crate) fn forget_at_vendor(
    session: &mut Session<'_>,
    media: MediaId,
    channel: ChannelId,
    vendor_id: &str,
) -> Result<(), StoreError> {
    let channel = session.channel(channel)?;
    session
        .reader
        .statement(
            "DELETE FROM media_at_vendors \
             WHERE media = (SELECT number FROM media WHERE id = ?1) AND channel = ?2 AND vendor_id = ?3",
        )?
        .execute(params![media.to_bytes(), channel, vendor_id])
        .map(drop)
        .map_err(refused)
}

/// The vendor of a channel does not have the file of a message any more, whatever it calls it.
pub(crate) fn forget_of_message(reader: &Reader<'_>, channel: i64, message: i64) -> Result<(), StoreError> {
    reader
        .statement(
            "DELETE FROM media_at_vendors WHERE channel = ?1 AND media = \
             (SELECT media.number FROM outbox JOIN media ON media.id = outbox.media WHERE outbox.message = ?2)",
        )?
        .execute(params![channel, message])
        .map(drop)
        .map_err(refused)
}

/// Remembers what the vendor of a channel calls a file.
pub(crate) fn remember_at_vendor(
    session: &mut Session<'_>,
    media: MediaId,
    channel: ChannelId,
    vendor_id: &str,
    good_until: Timestamp,
) -> Result<(), StoreError> {
    let channel = session.channel(channel)?;
    session
        .reader
        .statement(
            "INSERT OR REPLACE INTO media_at_vendors (media, channel, vendor_id, good_until) \
             SELECT number, ?2, ?3, ?4 FROM media WHERE id = ?1",
        )?
        .execute(params![media.to_bytes(), channel, vendor_id, good_until.as_millis()])
        .map(drop)
        .map_err(refused)
}
