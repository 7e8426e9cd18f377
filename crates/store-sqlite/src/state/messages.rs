//! Messages and the vendors' ids of them.

use std::borrow::Cow;

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, HandleId, MessageId, Timestamp, WorkspaceId,
    channel::ChannelType,
    contact::HandleKind,
    content::Content,
    message::{
        Direction, HandleRef, HistoryEntry, Message, MessageError, MessageKind, Reaction, RemovedReaction, ReplyTo,
        Source,
    },
    status::MessageStatus,
};
use tidings_store::{Listing, MessageFilter, Page, StoreError};

use crate::{
    codec,
    error::{corrupt, refused, refused_as},
    session::Reader,
    state::{conversations, listing, situation::Place},
};

const SELECT: &str = "SELECT messages.*, workspaces.id AS workspace_id, conversations.id AS conversation_id, \
     contacts.id AS contact_id, channels.id AS channel_id, channels.type AS channel_type, handles.id AS handle_id, \
     handles.kind AS handle_kind, handles.value AS handle_value FROM messages \
     JOIN workspaces ON workspaces.number = messages.workspace \
     JOIN conversations ON conversations.number = messages.conversation \
     JOIN contacts ON contacts.number = messages.contact AND contacts.erased_at IS NULL \
     JOIN channels ON channels.number = messages.channel \
     JOIN handles ON handles.number = messages.handle";

/// A message as it was loaded, with the numbers of what it belongs to.
pub(crate) struct Found {
    pub(crate) number: i64,
    pub(crate) conversation: i64,
    pub(crate) contact: i64,
    pub(crate) channel: i64,
    /// The attempt that the vendor's id belongs to, if it was found by that.
    pub(crate) attempt: Option<u32>,
    pub(crate) message: Message,
}

/// What is neither listed nor looked up by: what is said, and what is rarely there.
#[derive(Serialize, Deserialize)]
struct Document<'a> {
    #[serde(default, skip_serializing_if = "is_message")]
    kind: MessageKind,
    content: Cow<'a, Content>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forwarded: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<Cow<'a, ReplyTo>>,
    #[serde(default, skip_serializing_if = "no_items")]
    reactions: Cow<'a, [Reaction]>,
    #[serde(default, skip_serializing_if = "no_items")]
    removed_reactions: Cow<'a, [RemovedReaction]>,
    #[serde(default, skip_serializing_if = "no_items")]
    errors: Cow<'a, [MessageError]>,
    #[serde(default, skip_serializing_if = "no_items")]
    history: Cow<'a, [HistoryEntry]>,
    #[serde(default = "first_attempt", skip_serializing_if = "is_first_attempt")]
    attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vendor_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vendor_details: Option<Cow<'a, Value>>,
    #[serde(default, skip_serializing_if = "is_vendor")]
    source: Cow<'a, Source>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_sensitive: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ai_generation_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "no_fields")]
    metadata: Cow<'a, Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_message(kind: &MessageKind) -> bool {
    *kind == MessageKind::Message
}

const fn first_attempt() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_first_attempt(attempt: &u32) -> bool {
    *attempt == first_attempt()
}

#[expect(clippy::ptr_arg, reason = "the signature is serde's")]
fn no_items<T: Clone>(items: &Cow<'_, [T]>) -> bool {
    items.is_empty()
}

#[expect(clippy::ptr_arg, reason = "the signature is serde's")]
fn no_fields(fields: &Cow<'_, Map<String, Value>>) -> bool {
    fields.is_empty()
}

#[expect(clippy::ptr_arg, reason = "the signature is serde's")]
fn is_vendor(source: &Cow<'_, Source>) -> bool {
    **source == Source::Vendor
}

impl Document<'_> {
    fn of(message: &Message) -> Result<String, StoreError> {
        use Cow::Borrowed;
        codec::to_document(
            "message",
            &Document {
                kind: message.kind,
                content: Borrowed(&message.content),
                forwarded: message.forwarded,
                reply_to: message.reply_to.as_ref().map(Borrowed),
                reactions: Borrowed(&message.reactions),
                removed_reactions: Borrowed(&message.removed_reactions),
                errors: Borrowed(&message.errors),
                history: Borrowed(&message.history),
                attempt: message.attempt,
                vendor_id: message.vendor_id.as_deref().map(Borrowed),
                vendor_details: message.vendor_details.as_ref().map(Borrowed),
                source: Borrowed(&message.source),
                is_sensitive: message.is_sensitive,
                ai_generation_id: message.ai_generation_id.as_deref().map(Borrowed),
                metadata: Borrowed(&message.metadata),
                scheduled_at: message.scheduled_at,
                edited_at: message.edited_at,
            },
        )
    }
}

fn read(row: &Row<'_>) -> Result<Found, StoreError> {
    let document: Document<'static> = codec::document(row, "document")?;
    let message = Message {
        id: MessageId::from_bytes(codec::id(row, "id")?),
        workspace_id: WorkspaceId::from_bytes(codec::id(row, "workspace_id")?),
        conversation_id: ConversationId::from_bytes(codec::id(row, "conversation_id")?),
        contact_id: ContactId::from_bytes(codec::id(row, "contact_id")?),
        channel_id: ChannelId::from_bytes(codec::id(row, "channel_id")?),
        channel_type: codec::word(row, "channel_type", ChannelType::from_name)?,
        handle: HandleRef {
            id: HandleId::from_bytes(codec::id(row, "handle_id")?),
            kind: codec::word(row, "handle_kind", HandleKind::from_name)?,
            value: codec::column(row, "handle_value")?,
        },
        kind: document.kind,
        direction: codec::word(row, "direction", Direction::from_name)?,
        status: codec::word(row, "status", MessageStatus::from_name)?,
        content: document.content.into_owned(),
        forwarded: document.forwarded,
        reply_to: document.reply_to.map(Cow::into_owned),
        reactions: document.reactions.into_owned(),
        removed_reactions: document.removed_reactions.into_owned(),
        errors: document.errors.into_owned(),
        history: document.history.into_owned(),
        attempt: document.attempt,
        vendor_id: document.vendor_id.map(Cow::into_owned),
        vendor_timestamp: codec::time(row, "vendor_timestamp")?,
        vendor_details: document.vendor_details.map(Cow::into_owned),
        source: document.source.into_owned(),
        is_sensitive: document.is_sensitive,
        ai_generation_id: document.ai_generation_id.map(Cow::into_owned),
        metadata: document.metadata.into_owned(),
        scheduled_at: document.scheduled_at,
        created_at: codec::time(row, "created_at")?,
        updated_at: codec::time(row, "updated_at")?,
        sent_at: codec::optional_time(row, "sent_at")?,
        delivered_at: codec::optional_time(row, "delivered_at")?,
        read_at: codec::optional_time(row, "read_at")?,
        edited_at: document.edited_at,
        failed_at: codec::optional_time(row, "failed_at")?,
    };
    Ok(Found {
        number: codec::column(row, "number")?,
        conversation: codec::column(row, "conversation")?,
        contact: codec::column(row, "contact")?,
        channel: codec::column(row, "channel")?,
        attempt: None,
        message,
    })
}

/// A message by our id.
pub(crate) fn find(reader: &Reader<'_>, workspace: i64, id: MessageId) -> Result<Option<Found>, StoreError> {
    let mut statement = reader.statement(&format!("{SELECT} WHERE messages.id = ?1 AND messages.workspace = ?2"))?;
    let rows = statement.query(rusqlite::params![id.to_bytes(), workspace]).map_err(refused)?;
    codec::first(rows, read)
}

/// A message by the vendor's id of it, or of one of its parts.
pub(crate) fn find_by_vendor_id(
    reader: &Reader<'_>,
    workspace: i64,
    channel: i64,
    vendor_id: &str,
) -> Result<Option<Found>, StoreError> {
    let mut statement = reader.statement(
        "SELECT message, attempt FROM vendor_ids WHERE workspace = ?1 AND channel = ?2 AND vendor_id = ?3",
    )?;
    let rows = statement.query(rusqlite::params![workspace, channel, vendor_id]).map_err(refused)?;
    let linked =
        codec::first(rows, |row| Ok((codec::column::<i64>(row, "message")?, codec::column::<u32>(row, "attempt")?)))?;
    let Some((number, attempt)) = linked else { return Ok(None) };
    let mut statement = reader.statement(&format!("{SELECT} WHERE messages.number = ?1"))?;
    let rows = statement.query([number]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|found| Found { attempt: Some(attempt), ..found }))
}

/// Links a vendor's id to a message that was known before. One that belongs to another message stays there.
pub(crate) fn link(reader: &Reader<'_>, place: &Place, message: &Message, vendor_id: &str) -> Result<(), StoreError> {
    let number = place.message.ok_or_else(|| corrupt("message", "it was not loaded"))?;
    reader
        .statement(
            "INSERT OR IGNORE INTO vendor_ids (workspace, channel, vendor_id, message, part, attempt) \
             VALUES (?1, ?2, ?3, ?4, 0, ?5)",
        )?
        .execute(rusqlite::params![place.workspace, place.channel, vendor_id, number, message.attempt])
        .map(drop)
        .map_err(refused)
}

/// The newest message of each of these conversations of a workspace.
pub(crate) fn newest_of(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    conversations: &[ConversationId],
) -> Result<Vec<Message>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(Vec::new()) };
    let mut statement = reader.statement(&format!(
        "{SELECT} WHERE messages.workspace = ?1 \
         AND messages.conversation = (SELECT number FROM conversations WHERE id = ?2) \
         ORDER BY messages.number DESC LIMIT 1"
    ))?;
    let mut newest = Vec::with_capacity(conversations.len());
    for id in conversations {
        let rows = statement.query(rusqlite::params![workspace, id.to_bytes()]).map_err(refused)?;
        newest.extend(codec::first(rows, read)?.map(|found| found.message));
    }
    Ok(newest)
}

/// The newest message from the contact in a conversation.
pub(crate) fn newest_inbound(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<Option<Message>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    let mut statement = reader.statement(&format!(
        "{SELECT} WHERE messages.workspace = ?1 \
         AND messages.conversation = (SELECT number FROM conversations WHERE id = ?2) \
         AND messages.direction = 'inbound' ORDER BY messages.number DESC LIMIT 1"
    ))?;
    let rows = statement.query(rusqlite::params![workspace, conversation.to_bytes()]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|found| found.message))
}

/// Inserts a message, and links the vendor's id to it as its part 0.
pub(crate) fn insert(reader: &Reader<'_>, place: &Place, message: &Message) -> Result<i64, StoreError> {
    let contact = place.contact.as_ref().ok_or_else(|| corrupt("message", "it has no contact"))?;
    let handle = contact.handle(message.handle.id);
    let number = reader
        .statement(
            "INSERT INTO messages (workspace, id, conversation, contact, channel, handle, direction, status, type, \
             vendor_timestamp, created_at, updated_at, sent_at, delivered_at, read_at, failed_at, document) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .insert(rusqlite::params![
            place.workspace,
            message.id.to_bytes(),
            place.conversation,
            contact.number,
            place.channel,
            handle,
            message.direction.name(),
            message.status.name(),
            message.content.message_type().name(),
            message.vendor_timestamp.as_millis(),
            message.created_at.as_millis(),
            message.updated_at.as_millis(),
            message.sent_at.map(Timestamp::as_millis),
            message.delivered_at.map(Timestamp::as_millis),
            message.read_at.map(Timestamp::as_millis),
            message.failed_at.map(Timestamp::as_millis),
            Document::of(message)?,
        ])
        .map_err(refused_as("a message with this id"))?;
    if let Some(vendor_id) = &message.vendor_id {
        reader
            .statement(
                "INSERT INTO vendor_ids (workspace, channel, vendor_id, message, part) VALUES (?1, ?2, ?3, ?4, 0)",
            )?
            .execute(rusqlite::params![place.workspace, place.channel, vendor_id, number])
            .map_err(refused_as("a message with this vendor id"))?;
    }
    Ok(number)
}

/// Writes what can change of a message.
pub(crate) fn update(reader: &Reader<'_>, place: &Place, number: i64, message: &Message) -> Result<(), StoreError> {
    // It is for one of the contact's identities, or still for one that the contact has given up.
    let handle = place.contact.as_ref().and_then(|contact| contact.handle(message.handle.id));
    reader
        .statement(
            "UPDATE messages SET status = ?2, type = ?3, updated_at = ?4, sent_at = ?5, delivered_at = ?6, \
             read_at = ?7, failed_at = ?8, document = ?9, handle = coalesce(?10, handle) WHERE number = ?1",
        )?
        .execute(rusqlite::params![
            number,
            message.status.name(),
            message.content.message_type().name(),
            message.updated_at.as_millis(),
            message.sent_at.map(Timestamp::as_millis),
            message.delivered_at.map(Timestamp::as_millis),
            message.read_at.map(Timestamp::as_millis),
            message.failed_at.map(Timestamp::as_millis),
            Document::of(message)?,
            handle,
        ])
        .map_err(refused)?;
    Ok(())
}

/// A message of a workspace.
pub(crate) fn get(reader: &Reader<'_>, workspace: WorkspaceId, id: MessageId) -> Result<Option<Message>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    Ok(find(reader, workspace, id)?.map(|found| found.message))
}

/// Messages of a workspace, newest first.
pub(crate) fn list(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    filter: &MessageFilter,
    page: Page,
) -> Result<Listing<Message>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(listing::empty()) };
    let conversations = match (filter.conversation_id, filter.contact_id) {
        (Some(id), _) => {
            Some(conversations::find(reader, workspace, id)?.map(|(_, number)| number).into_iter().collect())
        }
        (None, Some(contact)) => Some(conversations::numbers_of(reader, workspace, contact)?),
        (None, None) => None,
    };
    let is_common = |status| matches!(status, MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::Read);
    let is_rare = filter.status.is_some_and(|status| !is_common(status));
    let (index, is_by_time) = match filter.channel_id {
        _ if conversations.is_some() => ("messages_by_conversation", false),
        _ if is_rare => ("messages_in_other_states", false),
        Some(_) => ("messages_by_channel", true),
        None => ("messages_by_time", true),
    };
    let select = listing::by_index(SELECT, "messages", index);
    let mut query = listing::Query::new(&select, "messages", ("workspace", workspace), page);
    match conversations.as_deref() {
        Some([one]) => query.and("messages.conversation", Some(*one)),
        _ => query.any("messages.conversation IN (", conversations, ")"),
    }
    query.and("contacts.id", filter.contact_id.map(ContactId::to_bytes));
    query.and("channels.id", filter.channel_id.map(ChannelId::to_bytes));
    if is_rare {
        query.only("messages.status NOT IN ('sent', 'delivered', 'read')");
    }
    query.and("messages.status", filter.status.map(MessageStatus::name));
    query.and("messages.direction", filter.direction.map(Direction::name));
    query.between("created_at", filter.since, filter.until);
    if is_by_time {
        query.by_time("created_at");
    }
    query.run(reader, |row| read(row).map(|found| (found.number, found.message)))
}
