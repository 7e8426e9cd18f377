//! `/v1/conversations`: conversations as they stand. What happened to them is told by events.

pub(crate) mod receipts;
pub(crate) mod update;

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, MessageId, WorkspaceId,
    channel::ChannelType,
    content::MessageType,
    conversation::{ActorType, Conversation, ConversationStatus},
    key::{Access, Area},
    message::{Direction, Message},
    status::MessageStatus,
};
use tidings_store::ConversationFilter;
use utoipa::{IntoParams, ToSchema};

use super::{parameter, time};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, Params, json},
        page::{List, listed, number, page},
        problem::{Answer, Problem},
    },
};

/// How many characters of a message's text are shown with its conversation.
const PREVIEW: usize = 200;

/// The last message of a conversation.
#[derive(Debug, Serialize, ToSchema)]
struct LastMessage {
    /// `msg_…`
    #[schema(value_type = String)]
    id: MessageId,
    /// `inbound` or `outbound`.
    #[schema(value_type = String, example = "inbound")]
    direction: Direction,
    /// What kind of content it has.
    #[schema(value_type = String, example = "text")]
    r#type: MessageType,
    /// How far it has come.
    #[schema(value_type = String, example = "delivered")]
    status: MessageStatus,
    /// The beginning of its text.
    text: Option<String>,
    /// When it was recorded.
    created_at: String,
}

impl LastMessage {
    fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            direction: message.direction,
            r#type: message.content.message_type(),
            status: message.status,
            text: message.content.text.as_ref().map(|text| text.chars().take(PREVIEW).collect()),
            created_at: message.created_at.to_string(),
        }
    }
}

/// Everything said with one contact on one channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(crate) struct ConversationView {
    /// `conv_…`
    #[schema(value_type = String)]
    id: ConversationId,
    /// Whose it is.
    #[schema(value_type = String)]
    workspace_id: WorkspaceId,
    /// With whom.
    #[schema(value_type = String)]
    contact_id: ContactId,
    /// By which channel.
    #[schema(value_type = String)]
    channel_id: ChannelId,
    /// That channel's type.
    #[schema(value_type = String, example = "whatsapp")]
    channel_type: ChannelType,
    /// `open` or `closed`.
    #[schema(value_type = String, example = "open")]
    status: ConversationStatus,
    /// Who looks after it.
    assigned_to: Option<String>,
    /// `attendant` or `agent`.
    #[schema(value_type = Option<String>)]
    assigned_type: Option<ActorType>,
    /// Tags.
    tags: Vec<String>,
    /// The company's own fields.
    metadata: Map<String, Value>,
    /// How many messages it has.
    message_count: u64,
    /// How many messages of the contact have come since somebody answered, or called `…/read`.
    unread_count: u64,
    /// The last message, in or out.
    last_message: Option<LastMessage>,
    /// When its last message was recorded.
    last_message_at: Option<String>,
    /// The vendor's time of the contact's last message.
    last_inbound_at: Option<String>,
    /// When the channel's window closes, unless the contact writes again: from then on only templates can be sent. Null
    /// where the contact has not written, or the channel has no window.
    window_closes_at: Option<String>,
    /// When it was recorded.
    created_at: String,
    /// When its last change was recorded.
    updated_at: String,
    /// When it was reopened last.
    reopened_at: Option<String>,
    /// When it was closed.
    closed_at: Option<String>,
    /// How it ended, if it is closed: `resolved`, `unresolved`, `spam`, or nothing was said of that.
    resolution: Option<String>,
}

impl ConversationView {
    fn of(conversation: Conversation, newest: Option<&Message>) -> Self {
        let window = tidings_channels::adapter(conversation.channel_type)
            .and_then(|adapter| adapter.capabilities().window_hours)
            .map(|hours| Duration::from_secs(u64::from(hours) * 3600));
        let window_closes_at = conversation.last_inbound_at.zip(window).map(|(at, window)| at.plus(window));
        Self {
            id: conversation.id,
            workspace_id: conversation.workspace_id,
            contact_id: conversation.contact_id,
            channel_id: conversation.channel_id,
            channel_type: conversation.channel_type,
            status: conversation.status,
            assigned_to: conversation.assigned_to,
            assigned_type: conversation.assigned_type,
            tags: conversation.tags,
            metadata: conversation.metadata,
            message_count: conversation.message_count,
            unread_count: conversation.unread_count,
            last_message: newest.map(LastMessage::of),
            last_message_at: conversation.last_message_at.map(|at| at.to_string()),
            last_inbound_at: conversation.last_inbound_at.map(|at| at.to_string()),
            window_closes_at: window_closes_at.map(|at| at.to_string()),
            created_at: conversation.created_at.to_string(),
            updated_at: conversation.updated_at.to_string(),
            reopened_at: conversation.reopened_at.map(|at| at.to_string()),
            closed_at: conversation.closed_at.map(|at| at.to_string()),
            resolution: conversation.resolution,
        }
    }
}

/// Which conversations are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Of this channel.
    #[serde(default)]
    channel_id: Option<String>,
    /// Of this contact.
    #[serde(default)]
    contact_id: Option<String>,
    /// `open` or `closed`.
    #[serde(default)]
    status: Option<String>,
    /// Whom this one looks after; empty: nobody.
    #[serde(default)]
    assigned_to: Option<String>,
    /// With this tag.
    #[serde(default)]
    tag: Option<String>,
    /// `true`: with something that nobody has read; `false`: without.
    #[serde(default)]
    unread: Option<String>,
    /// Recorded at this time or later.
    #[serde(default)]
    since: Option<String>,
    /// Recorded before this time.
    #[serde(default)]
    until: Option<String>,
}

/// List the conversations
#[utoipa::path(
    get, path = "/conversations", operation_id = "list_conversations", tag = "conversations",
    params(ConversationParams),
    responses((status = 200, description = "The newest first", body = List<ConversationView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<ConversationParams>,
) -> Answer<Response> {
    caller.may(Area::Conversations, Access::Read)?;
    let filter = ConversationFilter {
        channel_id: parameter("channel_id", params.channel_id.as_deref(), |text| text.parse().ok())?,
        contact_id: parameter("contact_id", params.contact_id.as_deref(), |text| text.parse().ok())?,
        status: parameter("status", params.status.as_deref(), ConversationStatus::from_name)?,
        assigned_to: params.assigned_to.map(|assignee| (!assignee.is_empty()).then_some(assignee)),
        tag: params.tag,
        unread: parameter("unread", params.unread.as_deref(), |text| text.parse().ok())?,
        since: time("since", params.since.as_deref())?,
        until: time("until", params.until.as_deref())?,
    };
    let page = page("conversations", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.conversation_list(caller.workspace_id, filter, page).await?;
    let ids = listing.items.iter().map(|conversation| conversation.id).collect();
    let newest = gateway.store.conversation_newest_messages(caller.workspace_id, ids).await?;
    let view = |conversation: Conversation| {
        let newest = newest.iter().find(|message| message.conversation_id == conversation.id);
        ConversationView::of(conversation, newest)
    };
    json(StatusCode::OK, &listed("conversations", listing, view))
}

/// Get a conversation
#[utoipa::path(
    get, path = "/conversations/{id}", operation_id = "get_conversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 200, description = "The conversation", body = ConversationView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Conversations, Access::Read)?;
    let found = gateway.store.conversation_get(caller.workspace_id, id.of("conversation")?).await?;
    let conversation = found.ok_or_else(|| Problem::not_found("conversation"))?;
    json(StatusCode::OK, &view(&gateway, &caller, conversation).await?)
}

/// A conversation with its last message.
async fn view(gateway: &Gateway, caller: &Caller, conversation: Conversation) -> Answer<ConversationView> {
    let newest = gateway.store.conversation_newest_messages(caller.workspace_id, vec![conversation.id]).await?;
    Ok(ConversationView::of(conversation, newest.first()))
}
