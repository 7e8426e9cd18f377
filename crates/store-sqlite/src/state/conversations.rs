//! Conversations.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, Timestamp, WorkspaceId,
    channel::{Channel, ChannelType},
    contact::Contact,
    conversation::{ActorType, Conversation, ConversationStatus},
    decide::{self, Context, Refusal},
};
use tidings_store::{ConversationChange, ConversationFilter, Listing, Page, StoreError};

use crate::{
    codec::{self, signed},
    error::{refused, refused_as},
    session::{Reader, Session},
    state::listing,
};

const SELECT: &str = "SELECT conversations.*, workspaces.id AS workspace_id, contacts.id AS contact_id, \
     channels.id AS channel_id, channels.type AS channel_type FROM conversations \
     JOIN workspaces ON workspaces.number = conversations.workspace \
     JOIN contacts ON contacts.number = conversations.contact AND contacts.erased_at IS NULL \
     JOIN channels ON channels.number = conversations.channel";

/// What is neither listed nor looked up by.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_type: Option<ActorType>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
}

impl Document {
    fn of(conversation: &Conversation) -> Result<String, StoreError> {
        codec::to_document(
            "conversation",
            &Self {
                assigned_type: conversation.assigned_type,
                tags: conversation.tags.clone(),
                metadata: conversation.metadata.clone(),
                resolution: conversation.resolution.clone(),
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
        assigned_to: codec::column(row, "assigned_to")?,
        assigned_type: document.assigned_type,
        tags: document.tags,
        metadata: document.metadata,
        message_count: codec::count(row, "message_count")?,
        unread_count: codec::count(row, "unread_count")?,
        sequence: codec::count(row, "sequence")?,
        last_message_at: codec::optional_time(row, "last_message_at")?,
        last_inbound_at: codec::optional_time(row, "last_inbound_at")?,
        created_at: codec::time(row, "created_at")?,
        updated_at: codec::time(row, "updated_at")?,
        reopened_at: codec::optional_time(row, "reopened_at")?,
        closed_at: codec::optional_time(row, "closed_at")?,
        resolution: document.resolution,
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

/// The conversation that goes on with a contact on a channel: the open one, else the newest. Given with their numbers.
pub(crate) fn newest(
    reader: &Reader<'_>,
    workspace: i64,
    (contact_number, contact): (i64, &Contact),
    (channel_number, channel): (i64, &Channel),
) -> Result<Option<(i64, Conversation)>, StoreError> {
    let mut statement = reader.statement(
        "SELECT * FROM conversations WHERE workspace = ?1 AND contact = ?2 AND channel = ?3 \
         ORDER BY status = 'open' DESC, number DESC LIMIT 1",
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
             last_message_at, last_inbound_at, document, created_at, updated_at, closed_at, unread_count, \
             assigned_to, reopened_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .insert(rusqlite::params![
            workspace,
            conversation.id.to_bytes(),
            contact,
            channel,
            conversation.status.name(),
            signed(conversation.message_count),
            signed(conversation.sequence),
            conversation.last_message_at.map(Timestamp::as_millis),
            conversation.last_inbound_at.map(Timestamp::as_millis),
            Document::of(conversation)?,
            conversation.created_at.as_millis(),
            conversation.updated_at.as_millis(),
            conversation.closed_at.map(Timestamp::as_millis),
            signed(conversation.unread_count),
            conversation.assigned_to,
            conversation.reopened_at.map(Timestamp::as_millis),
        ])
        .map_err(refused_as("an open conversation with this contact on this channel"))
}

pub(crate) fn update(reader: &Reader<'_>, number: i64, conversation: &Conversation) -> Result<(), StoreError> {
    reader
        .statement(
            "UPDATE conversations SET status = ?2, message_count = ?3, sequence = ?4, last_message_at = ?5, \
             last_inbound_at = ?6, document = ?7, updated_at = ?8, closed_at = ?9, unread_count = ?10, \
             assigned_to = ?11, reopened_at = ?12 WHERE number = ?1",
        )?
        .execute(rusqlite::params![
            number,
            conversation.status.name(),
            signed(conversation.message_count),
            signed(conversation.sequence),
            conversation.last_message_at.map(Timestamp::as_millis),
            conversation.last_inbound_at.map(Timestamp::as_millis),
            Document::of(conversation)?,
            conversation.updated_at.as_millis(),
            conversation.closed_at.map(Timestamp::as_millis),
            signed(conversation.unread_count),
            conversation.assigned_to,
            conversation.reopened_at.map(Timestamp::as_millis),
        ])
        .map_err(refused_as("an open conversation with this contact on this channel"))?;
    Ok(())
}

/// Changes a conversation because the company wants it.
pub(crate) fn change(session: &mut Session<'_>, change: &ConversationChange) -> Result<Conversation, StoreError> {
    let workspace = session.workspace(change.workspace_id)?;
    let (_, number) = find(&session.reader, workspace, change.conversation_id)?.ok_or(Refusal::NoSuchConversation)?;
    let (_, before) = load(&session.reader, number)?.ok_or(Refusal::NoSuchConversation)?;
    if change.patch.status == Some(ConversationStatus::Open)
        && before.status == ConversationStatus::Closed
        && another_is_open(&session.reader, number)?
    {
        let told = "another conversation with the contact is open on this channel by now";
        return Err(Refusal::Contradicts(told).into());
    }
    let mut context = Context { now: change.at, ids: &mut *session.ids };
    let Some(changed) = decide::change_conversation(&before, &change.patch, &change.by, &mut context)? else {
        return Ok(before);
    };
    update(&session.reader, number, &changed.record)?;
    if changed.record.tags != before.tags {
        write_tags(&session.reader, workspace, number, &changed.record.tags)?;
    }
    let channel = session.channel(changed.record.channel_id)?;
    for event in changed.events {
        session.append(workspace, Some(channel), None, event)?;
    }
    Ok(changed.record)
}

fn another_is_open(reader: &Reader<'_>, number: i64) -> Result<bool, StoreError> {
    reader
        .statement(
            "SELECT 1 FROM conversations AS this JOIN conversations AS other ON other.workspace = this.workspace \
             AND other.contact = this.contact AND other.channel = this.channel AND other.status = 'open' \
             WHERE this.number = ?1",
        )?
        .exists([number])
        .map_err(refused)
}

fn write_tags(reader: &Reader<'_>, workspace: i64, number: i64, tags: &[String]) -> Result<(), StoreError> {
    reader.statement("DELETE FROM conversation_tags WHERE conversation = ?1")?.execute([number]).map_err(refused)?;
    for tag in tags {
        reader
            .statement("INSERT OR IGNORE INTO conversation_tags (workspace, tag, conversation) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![workspace, tag, number])
            .map_err(refused)?;
    }
    Ok(())
}

/// Somebody has read what there is.
pub(crate) fn mark_read(
    session: &mut Session<'_>,
    workspace: WorkspaceId,
    id: ConversationId,
) -> Result<(), StoreError> {
    let workspace = session.workspace(workspace)?;
    session
        .reader
        .statement("UPDATE conversations SET unread_count = 0 WHERE id = ?1 AND workspace = ?2 AND unread_count > 0")?
        .execute(rusqlite::params![id.to_bytes(), workspace])
        .map_err(refused)?;
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

/// The numbers of a contact's conversations.
pub(crate) fn numbers_of(reader: &Reader<'_>, workspace: i64, contact: ContactId) -> Result<Vec<i64>, StoreError> {
    let mut statement = reader.statement(
        "SELECT number FROM conversations WHERE workspace = ?1 AND contact = (SELECT number FROM contacts WHERE id = ?2)",
    )?;
    let rows = statement.query(rusqlite::params![workspace, contact.to_bytes()]).map_err(refused)?;
    codec::collect(rows, |row| codec::column(row, "number"))
}

/// Conversations of a workspace, newest first.
pub(crate) fn list(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    filter: &ConversationFilter,
    page: Page,
) -> Result<Listing<Conversation>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    let select = match filter.contact_id {
        Some(_) => listing::by_index(SELECT, "conversations", "conversations_by_contact"),
        None => SELECT.to_owned(),
    };
    let mut query = listing::Query::new(&select, "conversations", ("workspace", workspace), page);
    query.and("channels.id", filter.channel_id.map(ChannelId::to_bytes));
    query.any(
        "conversations.contact = (SELECT number FROM contacts WHERE id = ",
        filter.contact_id.map(|id| vec![id.to_bytes()]),
        ")",
    );
    query.and("conversations.status", filter.status.map(ConversationStatus::name));
    match &filter.assigned_to {
        None => {}
        Some(None) => query.only("conversations.assigned_to IS NULL"),
        Some(Some(assignee)) => query.and("conversations.assigned_to", Some(assignee.clone())),
    }
    let tagged =
        "conversations.number IN (SELECT conversation FROM conversation_tags WHERE workspace = ?1 AND tag IN (";
    query.any(tagged, filter.tag.clone().map(|tag| vec![tag]), "))");
    match filter.unread {
        None => {}
        Some(true) => query.only("conversations.unread_count > 0"),
        Some(false) => query.only("conversations.unread_count = 0"),
    }
    query.between("created_at", filter.since, filter.until);
    query.run(reader, read)
}
