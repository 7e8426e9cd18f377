//! Files that we have, and what vendors call those that were uploaded to be sent.

use rusqlite::{Row, params};
use tidings_domain::{ChannelId, MediaId, Timestamp, WorkspaceId, media::StoredMedia};
use tidings_store::{Claim, Claimed, Listing, Page, StoreError};

use crate::{
    codec::{self, signed},
    error::{refused, refused_as},
    session::{Reader, Session},
    state::{claims, listing, usage},
};

/// Remembers a file that was uploaded, if there is room for it.
pub(super) fn create(
    session: &mut Session<'_>,
    media: &StoredMedia,
    most_bytes: Option<u64>,
    claim: Option<&Claim>,
) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| {
        if let Some(most) = most_bytes {
            let has = usage::holdings(&session.reader, media.workspace_id)?.media_bytes;
            if has.saturating_add(media.size) > most {
                return Err(StoreError::NoRoom { has, most });
            }
        }
        insert(session, media, None)
    })
}

/// Remembers a file, which came with a message or was uploaded.
pub(super) fn insert(session: &mut Session<'_>, media: &StoredMedia, message: Option<i64>) -> Result<(), StoreError> {
    let workspace = session.workspace(media.workspace_id)?;
    session
        .reader
        .statement(
            "INSERT INTO media (workspace, id, sha256, size, content_type, filename, created_at, message) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            workspace,
            media.id.to_bytes(),
            media.sha256,
            signed(media.size),
            media.content_type,
            media.filename,
            media.created_at.as_millis(),
            message,
        ])
        .map(drop)
        .map_err(refused_as("a file with this id"))
}

const SELECT: &str = "SELECT media.*, workspaces.id AS workspace_id FROM media \
     JOIN workspaces ON workspaces.number = media.workspace";

fn read(row: &Row<'_>) -> Result<StoredMedia, StoreError> {
    Ok(StoredMedia {
        id: MediaId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        sha256: codec::column(row, "sha256")?,
        size: codec::count(row, "size")?,
        content_type: codec::column(row, "content_type")?,
        filename: codec::column(row, "filename")?,
        created_at: codec::time(row, "created_at")?,
    })
}

/// A file, whosever it is.
pub(super) fn find(reader: &Reader<'_>, id: MediaId) -> Result<Option<StoredMedia>, StoreError> {
    let mut statement = reader.statement(&format!("{SELECT} WHERE media.id = ?1"))?;
    let rows = statement.query([id.to_bytes()]).map_err(refused)?;
    codec::first(rows, read)
}

/// A file of a workspace.
pub(super) fn get(
    reader: &Reader<'_>,
    workspace_id: WorkspaceId,
    id: MediaId,
) -> Result<Option<StoredMedia>, StoreError> {
    Ok(find(reader, id)?.filter(|media| media.workspace_id == workspace_id))
}

/// The files of a workspace, newest first.
pub(super) fn list(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    page: Page,
) -> Result<Listing<StoredMedia>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    let query = listing::Query::new(SELECT, "media", ("workspace", workspace), page);
    query.run(reader, |row| Ok((codec::column(row, "number")?, read(row)?)))
}

/// Forgets files that are from before a time, unless a message waits to be sent with them.
pub(super) fn expire(session: &mut Session<'_>, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
    let mut statement = session.reader.statement(
        "SELECT number FROM media WHERE created_at < ?1 AND NOT EXISTS \
         (SELECT 1 FROM outbox WHERE outbox.media = media.id AND outbox.media IS NOT NULL AND due_at IS NOT NULL) \
         ORDER BY created_at LIMIT ?2",
    )?;
    let mut rows = statement.query(params![before.as_millis(), signed(limit as u64)]).map_err(refused)?;
    let mut expired: Vec<i64> = Vec::new();
    while let Some(row) = rows.next().map_err(refused)? {
        expired.push(codec::column(row, "number")?);
    }
    for number in &expired {
        forget(&session.reader, *number)?;
    }
    Ok(expired.len())
}

/// Forgets a file.
pub(crate) fn forget(reader: &Reader<'_>, number: i64) -> Result<(), StoreError> {
    for sql in ["DELETE FROM media_at_vendors WHERE media = ?1", "DELETE FROM media WHERE number = ?1"] {
        reader.statement(sql)?.execute([number]).map_err(refused)?;
    }
    Ok(())
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
