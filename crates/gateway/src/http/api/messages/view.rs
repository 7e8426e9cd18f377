//! A message as the API shows it.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, MessageId, Timestamp, WorkspaceId,
    channel::ChannelType,
    content::MessageType,
    message::{Direction, HistoryEntry, HistorySource, Message, MessageError, Reaction, ReplyTo, Source},
    status::MessageStatus,
};
use tidings_webhooks::formats::{Attachments, Spelling};
use utoipa::ToSchema;

use crate::{flow::links::Links, http::api::media::end_of_link};

/// A message, in or out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageView {
    /// `msg_…`
    #[schema(value_type = String)]
    id: MessageId,
    /// Whose it is.
    #[schema(value_type = String)]
    workspace_id: WorkspaceId,
    /// The conversation that it belongs to.
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    /// The contact at the other end.
    #[schema(value_type = String)]
    contact_id: ContactId,
    /// The channel that it came or goes by.
    #[schema(value_type = String)]
    channel_id: ChannelId,
    /// That channel's type.
    #[schema(value_type = String, example = "whatsapp")]
    channel_type: ChannelType,
    /// `inbound` or `outbound`.
    #[schema(value_type = String, example = "inbound")]
    direction: Direction,
    /// Where it stands: `none`, `pending`, `scheduled`, `sent`, `delivered`, `read`, `failed` or `deleted`.
    #[schema(value_type = String, example = "delivered")]
    status: MessageStatus,
    /// `text`, `image`, `audio`, `video`, `document`, `location` or `sticker`.
    #[schema(value_type = String, example = "text")]
    r#type: MessageType,
    /// The text, or the caption.
    text: Option<String>,
    /// The other parts.
    #[schema(value_type = Vec<Object>)]
    attachments: Value,
    /// A line above the text.
    header: Option<String>,
    /// A line below the text.
    footer: Option<String>,
    /// What an interactive reply carries.
    payload: Option<Value>,
    /// What it answers.
    reply_to: Option<ReplyView>,
    /// Reactions to it.
    reactions: Vec<ReactionView>,
    /// Whether it was passed on from elsewhere.
    forwarded: bool,
    /// The vendor's id.
    vendor_id: Option<String>,
    /// Where it came from.
    #[schema(value_type = Object)]
    source: Source,
    /// What went wrong, of a message that failed or that could not be received as it was sent.
    error: Option<ErrorView>,
    /// Changes of its status.
    history: Vec<HistoryView>,
    /// The company's own fields.
    metadata: Map<String, Value>,
    /// Whether its body is kept out of logs.
    is_sensitive: bool,
    /// When it is to go out.
    scheduled_at: Option<String>,
    /// When we recorded it.
    created_at: String,
    /// When the channel accepted it.
    sent_at: Option<String>,
    /// When it reached the device.
    delivered_at: Option<String>,
    /// When it was seen.
    read_at: Option<String>,
    /// When it failed.
    failed_at: Option<String>,
}

/// What a message answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageReplyTo)]
pub(crate) struct ReplyView {
    /// Our id, if we have it.
    #[schema(value_type = Option<String>)]
    id: Option<MessageId>,
    /// The vendor's id.
    vendor_id: Option<String>,
    /// Who wrote it.
    #[schema(value_type = Option<String>)]
    sender: Option<Direction>,
    /// What kind it is.
    #[schema(value_type = Option<String>)]
    preview_type: Option<MessageType>,
    /// Its first words.
    preview_text: Option<String>,
    /// When it was written.
    timestamp: Option<String>,
}

/// A reaction.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageReaction)]
pub(crate) struct ReactionView {
    /// The emoji.
    emoji: String,
    /// Whose it is: `inbound` the contact's, `outbound` ours.
    #[schema(value_type = String)]
    sender: Direction,
    /// When.
    timestamp: String,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageFailure)]
pub(crate) struct ErrorView {
    /// A stable word, or the vendor's code.
    code: String,
    /// For people.
    message: String,
    /// The vendor's code.
    vendor_code: Option<String>,
}

/// A change of status.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageHistory)]
pub(crate) struct HistoryView {
    /// What it became.
    #[schema(value_type = String)]
    status: MessageStatus,
    /// When.
    at: String,
    /// Who said so: `channel`, `api` or `system`.
    #[schema(value_type = String)]
    source: HistorySource,
}

impl MessageView {
    /// Shows messages by these links, fresh ones as of now.
    pub(crate) fn shown(links: &Links, now: Timestamp) -> impl Fn(&Message) -> Self + Send + Sync + 'static + use<> {
        let links = links.clone();
        move |message| Self::of(&links, now, message.clone())
    }

    pub(crate) fn of(links: &Links, now: Timestamp, message: Message) -> Self {
        let end = end_of_link(now);
        let link = |media| links.until(media, end);
        // One that failed may still arrive.
        let has_failed = message.status == MessageStatus::Failed || message.direction == Direction::Inbound;
        let attachments = json!(Attachments { message: &message, spelling: Spelling::Snake, link: &link });
        Self {
            id: message.id,
            workspace_id: message.workspace_id,
            conversation_id: message.conversation_id,
            contact_id: message.contact_id,
            channel_id: message.channel_id,
            channel_type: message.channel_type,
            direction: message.direction,
            status: message.status,
            r#type: message.content.message_type(),
            text: message.content.text,
            attachments,
            header: message.content.header,
            footer: message.content.footer,
            payload: message.content.payload,
            reply_to: message.reply_to.map(ReplyView::of),
            reactions: message.reactions.into_iter().map(ReactionView::of).collect(),
            forwarded: message.forwarded,
            vendor_id: message.vendor_id,
            source: message.source,
            error: message.errors.into_iter().next_back().filter(|_| has_failed).map(ErrorView::of),
            history: message.history.iter().map(HistoryView::of).collect(),
            metadata: message.metadata,
            is_sensitive: message.is_sensitive,
            scheduled_at: message.scheduled_at.map(|at| at.to_string()),
            created_at: message.created_at.to_string(),
            sent_at: message.sent_at.map(|at| at.to_string()),
            delivered_at: message.delivered_at.map(|at| at.to_string()),
            read_at: message.read_at.map(|at| at.to_string()),
            failed_at: message.failed_at.map(|at| at.to_string()),
        }
    }
}

impl ReplyView {
    fn of(reply: ReplyTo) -> Self {
        Self {
            id: reply.id,
            vendor_id: reply.vendor_id,
            sender: reply.sender,
            preview_type: reply.preview_type,
            preview_text: reply.preview_text,
            timestamp: reply.timestamp.map(|at| at.to_string()),
        }
    }
}

impl ReactionView {
    fn of(reaction: Reaction) -> Self {
        Self { emoji: reaction.emoji, sender: reaction.sender, timestamp: reaction.timestamp.to_string() }
    }
}

impl ErrorView {
    fn of(error: MessageError) -> Self {
        Self { code: error.key, message: error.message, vendor_code: error.vendor.map(|vendor| vendor.code) }
    }
}

impl HistoryView {
    fn of(entry: &HistoryEntry) -> Self {
        Self { status: entry.status, at: entry.at.to_string(), source: entry.source }
    }
}
