//! Channels. A deleted one stays, without its secrets, for the messages that came by it.

use rusqlite::{Row, params};
use tidings_domain::{
    ChannelId, Timestamp, WorkspaceId,
    channel::{Channel, ChannelStatus, ChannelType, DeliveryReceipts, Provider, Receipts},
    decide::ChannelWrite,
    sending::ChannelHealth,
};
use tidings_store::{ChannelRecord, Claim, Claimed, Sealed, StoreError};

use crate::{
    codec,
    error::{refused, refused_as},
    session::{Reader, Session},
    state::claims,
};

const ACCOUNT_TAKEN: &str = "a channel for this account";

fn read(row: &Row<'_>) -> Result<ChannelRecord, StoreError> {
    let channel = Channel {
        id: ChannelId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        channel_type: codec::word(row, "type", ChannelType::from_name)?,
        name: codec::column(row, "name")?,
        phone_number: codec::column(row, "phone_number")?,
        provider: codec::word(row, "provider", Provider::from_name)?,
        receipts: Receipts {
            delivered: codec::word(row, "tells_delivered", DeliveryReceipts::from_name)?,
            read: codec::column(row, "tells_read")?,
        },
        status: codec::word(row, "status", ChannelStatus::from_name)?,
        created_at: codec::time(row, "created_at")?,
    };
    Ok(ChannelRecord {
        channel,
        account: codec::column(row, "account")?,
        account_group: codec::column(row, "account_group")?,
        settings: codec::document(row, "settings")?,
        secrets: Sealed(codec::column(row, "secrets")?),
        updated_at: codec::time(row, "updated_at")?,
    })
}

/// Every channel that is not deleted, oldest first.
pub(crate) fn all(reader: &Reader<'_>) -> Result<Vec<ChannelRecord>, StoreError> {
    let mut statement = reader.statement(
        "SELECT channels.*, workspaces.id AS workspace_id FROM channels \
         JOIN workspaces ON workspaces.number = channels.workspace \
         WHERE channels.deleted_at IS NULL ORDER BY channels.number",
    )?;
    let rows = statement.query([]).map_err(refused)?;
    codec::collect(rows, read)
}

pub(crate) fn create(
    session: &mut Session<'_>,
    record: &ChannelRecord,
    claim: Option<&Claim>,
) -> Result<Claimed, StoreError> {
    claims::once(session, claim, |session| {
        let channel = &record.channel;
        session
            .reader
            .statement(
                "INSERT INTO channels (workspace, id, type, name, account, account_group, phone_number, provider, \
                 tells_delivered, tells_read, status, settings, secrets, created_at, updated_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            )?
            .execute(params![
                session.reader.workspace(channel.workspace_id)?,
                channel.id.to_bytes(),
                channel.channel_type.name(),
                channel.name,
                record.account,
                record.account_group,
                channel.phone_number,
                channel.provider.name(),
                channel.receipts.delivered.name(),
                channel.receipts.read,
                channel.status.name(),
                codec::to_document("settings", &record.settings)?,
                record.secrets.0,
                channel.created_at.as_millis(),
                record.updated_at.as_millis(),
            ])
            .map_err(refused_as(ACCOUNT_TAKEN))?;
        Ok(())
    })
}

/// Writes everything but the status, which only decisions write.
pub(crate) fn update(session: &Session<'_>, record: &ChannelRecord) -> Result<(), StoreError> {
    let channel = &record.channel;
    session
        .reader
        .statement(
            "DELETE FROM media_at_vendors WHERE channel = (SELECT number FROM channels WHERE id = ?1 AND account <> ?2)",
        )?
        .execute(params![channel.id.to_bytes(), record.account])
        .map_err(refused)?;
    let rows = session
        .reader
        .statement(
            "UPDATE channels SET name = ?3, account = ?4, account_group = ?5, phone_number = ?6, provider = ?7, \
             tells_delivered = ?8, tells_read = ?9, settings = ?10, secrets = ?11, updated_at = ?12 \
             WHERE id = ?1 AND workspace = ?2 AND deleted_at IS NULL",
        )?
        .execute(params![
            channel.id.to_bytes(),
            session.reader.workspace(channel.workspace_id)?,
            channel.name,
            record.account,
            record.account_group,
            channel.phone_number,
            channel.provider.name(),
            channel.receipts.delivered.name(),
            channel.receipts.read,
            codec::to_document("settings", &record.settings)?,
            record.secrets.0,
            record.updated_at.as_millis(),
        ])
        .map_err(refused_as(ACCOUNT_TAKEN))?;
    if rows == 0 { Err(StoreError::NotFound("the channel")) } else { Ok(()) }
}

/// Writes how a channel is doing.
pub(crate) fn write_health(reader: &Reader<'_>, number: i64, channel: &ChannelWrite) -> Result<(), StoreError> {
    let health = (channel.health != ChannelHealth::default())
        .then(|| codec::to_document("health", &channel.health))
        .transpose()?;
    reader
        .statement("UPDATE channels SET status = ?2, sequence = ?3, health = ?4 WHERE number = ?1")?
        .execute(params![number, channel.status.name(), codec::signed(channel.sequence), health])
        .map(drop)
        .map_err(refused)
}

pub(crate) fn delete(
    session: &Session<'_>,
    workspace: WorkspaceId,
    channel: ChannelId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = session
        .reader
        .statement(
            "UPDATE channels SET deleted_at = ?3, updated_at = ?3, secrets = x'' \
             WHERE id = ?1 AND workspace = ?2 AND deleted_at IS NULL",
        )?
        .execute(params![channel.to_bytes(), session.reader.workspace(workspace)?, at.as_millis()])
        .map_err(refused)?;
    if rows == 0 { Err(StoreError::NotFound("the channel")) } else { Ok(()) }
}
