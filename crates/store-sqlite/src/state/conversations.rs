//! Conversations.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, WorkspaceId,
    channel::{Channel, ChannelType},
    contact::Contact,
    conversation::{ActorType, Conversation, ConversationStatus},
};
use tidings_store::{ConversationFilter, Listing, Page, StoreError};

use crate::{
    codec::{self, signed},
    error::{refused, refused_as},
    session::Reader,
    state::listing,
};

const SELECT: &str = "SELECT conversations.*, workspaces.id AS workspace_id, contacts.id AS contact_id, \
     channels.id AS channel_id, channels.type AS channel_type FROM conversations \
     JOIN workspaces ON workspaces.number = conversations.workspace \
     JOIN contacts ON contacts.number = conversations.contact \
     JOIN channels ON channels.number = conversations.channel";

/// What is neither listed nor looked up by.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_type: Option<ActorType>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
}

impl Document {
    fn of(conversation: &Conversation) -> Result<String, StoreError> {
        codec::to_document(
            "conversation",
            &Self {
                assigned_to: conversation.assigned_to.clone(),
                assigned_type: conversation.assigned_type,
                tags: conversation.tags.clone(),
                metadata: conversation.metadata.clone(),
            },
        )
    }
}

/// Whose a conversation is and where it is held.
struct Between {
    workspace_id: WorkspaceId,
    contact_id: ContactId,
    channel_id: ChannelId,
    channel_type: ChannelType,
}

fn read(row: &Row<'_>) -> Result<(i64, Conversation), StoreError> {
    let between = Between {
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        contact_id: ContactId::from_bytes(codec::id(row, "contact_id")?),
        channel_id: ChannelId::from_bytes(codec::id(row, "channel_id")?),
        channel_type: codec::word(row, "channel_type", ChannelType::from_name)?,
    };
    read_between(row, &between)
}

fn read_between(row: &Row<'_>, between: &Between) -> Result<(i64, Conversation), StoreError> {
    let document: Document = codec::document(row, "document")?;
    let conversation = Conversation {
        id: ConversationId::from_bytes(codec::id(row, "id")?),
        workspace_id: between.workspace_id,
        contact_id: between.contact_id,
        channel_id: between.channel_id,
        channel_type: between.channel_type,
        status: codec::word(row, "status", ConversationStatus::from_name)?,
        assigned_to: document.assigned_to,
        assigned_type: document.assigned_type,
        tags: document.tags,
        metadata: document.metadata,
        message_count: codec::count(row, "message_count")?,
        sequence: codec::count(row, "sequence")?,
        last_message_at: codec::optional_time(row, "last_message_at")?,
        last_inbound_at: codec::optional_time(row, "last_inbound_at")?,
        created_at: codec::time(row, "created_at")?,
        updated_at: codec::time(row, "updated_at")?,
        closed_at: codec::optional_time(row, "closed_at")?,
    };
    Ok((codec::column(row, "number")?, conversation))
}

/// The numbers of a conversation's contact and of itself.
pub(crate) fn find(reader: &Reader<'_>, workspace: i64, id: ConversationId) -> Result<Option<(i64, i64)>, StoreError> {
    let mut statement =
        reader.statement("SELECT contact, number FROM conversations WHERE id = ?1 AND workspace = ?2")?;
    let rows = statement.query(rusqlite::params![id.to_bytes(), workspace]).map_err(refused)?;
    codec::first(rows, |row| Ok((codec::column(row, "contact")?, codec::column(row, "number")?)))
}

/// The conversation with this number.
pub(crate) fn load(reader: &Reader<'_>, number: i64) -> Result<Option<(i64, Conversation)>, StoreError> {
    let mut statement = reader.statement(&format!("{SELECT} WHERE conversations.number = ?1"))?;
    let rows = statement.query([number]).map_err(refused)?;
    codec::first(rows, read)
}

/// The newest conversation of a contact on a channel, given with their numbers.
pub(crate) fn newest(
    reader: &Reader<'_>,
    workspace: i64,
    (contact_number, contact): (i64, &Contact),
    (channel_number, channel): (i64, &Channel),
) -> Result<Option<(i64, Conversation)>, StoreError> {
    let mut statement = reader.statement(
        "SELECT * FROM conversations WHERE workspace = ?1 AND contact = ?2 AND channel = ?3 \
         ORDER BY number DESC LIMIT 1",
    )?;
    let rows = statement.query([workspace, contact_number, channel_number]).map_err(refused)?;
    let between = Between {
        workspace_id: channel.workspace_id,
        contact_id: contact.id,
        channel_id: channel.id,
        channel_type: channel.channel_type,
    };
    codec::first(rows, |row| read_between(row, &between))
}

pub(crate) fn insert(
    reader: &Reader<'_>,
    workspace: i64,
    contact: i64,
    channel: i64,
    conversation: &Conversation,
) -> Result<i64, StoreError> {
    reader
        .statement(
            "INSERT INTO conversations (workspace, id, contact, channel, status, message_count, sequence, \
             last_message_at, last_inbound_at, document, created_at, updated_at, closed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .insert(rusqlite::params![
            workspace,
            conversation.id.to_bytes(),
            contact,
            channel,
            conversation.status.name(),
            signed(conversation.message_count),
            signed(conversation.sequence),
            conversation.last_message_at.map(tidings_domain::Timestamp::as_millis),
            conversation.last_inbound_at.map(tidings_domain::Timestamp::as_millis),
            Document::of(conversation)?,
            conversation.created_at.as_millis(),
            conversation.updated_at.as_millis(),
            conversation.closed_at.map(tidings_domain::Timestamp::as_millis),
        ])
        .map_err(refused_as("an open conversation with this contact on this channel"))
}

pub(crate) fn update(reader: &Reader<'_>, number: i64, conversation: &Conversation) -> Result<(), StoreError> {
    reader
        .statement(
            "UPDATE conversations SET status = ?2, message_count = ?3, sequence = ?4, last_message_at = ?5, \
             last_inbound_at = ?6, document = ?7, updated_at = ?8, closed_at = ?9 WHERE number = ?1",
        )?
        .execute(rusqlite::params![
            number,
            conversation.status.name(),
            signed(conversation.message_count),
            signed(conversation.sequence),
            conversation.last_message_at.map(tidings_domain::Timestamp::as_millis),
            conversation.last_inbound_at.map(tidings_domain::Timestamp::as_millis),
            Document::of(conversation)?,
            conversation.updated_at.as_millis(),
            conversation.closed_at.map(tidings_domain::Timestamp::as_millis),
        ])
        .map_err(refused_as("an open conversation with this contact on this channel"))?;
    Ok(())
}

/// A conversation of a workspace.
pub(crate) fn get(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    id: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    let mut statement = reader.statement(&format!("{SELECT} WHERE conversations.id = ?1 AND workspaces.id = ?2"))?;
    let rows = statement.query([id.to_bytes(), workspace.to_bytes()]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|(_, conversation)| conversation))
}

/// Conversations of a workspace, newest first.
pub(crate) fn list(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    filter: &ConversationFilter,
    page: Page,
) -> Result<Listing<Conversation>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    let mut query = listing::Query::new(SELECT, "conversations", ("workspace", workspace), page);
    query.and("channels.id", filter.channel_id.map(ChannelId::to_bytes));
    query.and("contacts.id", filter.contact_id.map(ContactId::to_bytes));
    query.and("conversations.status", filter.status.map(ConversationStatus::name));
    query.run(reader, read)
}
