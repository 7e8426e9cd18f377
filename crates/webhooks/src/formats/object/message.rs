//! `message.*` in the object format: the whole message, each time.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    MediaId,
    channel::ChannelType,
    content::MessageType,
    event::{Event, MessageEvent},
    message::{Direction, HistoryEntry, Message, MessageError, MessageKind, Reaction, ReplyTo, Source},
    status::MessageStatus,
};

use super::{
    super::{
        MediaLinks,
        parts::{Attachments, Spelling},
        spelling::{AnyId, CamelKeys, Hyphenated, Millis, something},
    },
    HandleBody, Names, seal,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageBody<'a> {
    id: Hyphenated,
    created_at: Millis,
    updated_at: Millis,
    chat_id: Hyphenated,
    channel_id: Hyphenated,
    r#type: MessageKind,
    sender: Direction,
    sources: [SourceBody<'a>; 1],
    status: MessageStatus,
    scheduled_at: Option<Millis>,
    content: ContentBody<'a>,
    forwarded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<ReplyToBody<'a>>,
    reactions: Vec<ReactionBody<'a>>,
    errors: Vec<ErrorBody<'a>>,
    history: Vec<HistoryBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_id: Option<&'a str>,
    timestamp: Millis,
    vendor_details: Option<CamelKeys<'a>>,
    is_sensitive: bool,
    ai_generation_id: Option<&'a str>,
    metadata: &'a Map<String, Value>,
    chat: ChatBody,
    handle: HandleBody<'a>,
    contact: ContactBody<'a>,
    channel: ChannelBody<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum SourceBody<'a> {
    Vendor,
    Campaign { campaign_id: AnyId<'a> },
    Automation { automation_id: AnyId<'a> },
    Inbox { user_id: AnyId<'a> },
    Api { api_key_id: AnyId<'a> },
    AiAgent { ai_agent_id: AnyId<'a> },
}

#[derive(Serialize)]
struct ContentBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Attachments<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReplyToBody<'a> {
    id: Option<Hyphenated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_id: Option<&'a str>,
    sender: Option<Direction>,
    preview_type: Option<MessageType>,
    timestamp: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_text: Option<&'a str>,
}

#[derive(Serialize)]
struct ReactionBody<'a> {
    emoji: &'a str,
    sender: Direction,
    timestamp: Millis,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    key: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_error: Option<VendorErrorBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VendorErrorBody<'a> {
    code: &'a str,
    title: Option<&'a str>,
    r#type: Option<&'a str>,
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
}

#[derive(Serialize)]
struct HistoryBody {
    status: MessageStatus,
    timestamp: Millis,
}

#[derive(Serialize)]
struct ChatBody {
    id: Hyphenated,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactBody<'a> {
    id: Hyphenated,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    phone_number: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct ChannelBody<'a> {
    id: Hyphenated,
    r#type: ChannelType,
    name: &'a str,
}

/// `None` where the event is no message's, which no maker of events makes.
pub(super) fn render(event: &Event, told: &MessageEvent, links: &dyn MediaLinks) -> Option<Bytes> {
    if !event.kind.name().starts_with("message.") {
        return None;
    }
    let link = |id| links.media_url(event.id, id);
    Some(seal(event, body(told, &link)))
}

fn body<'a>(told: &'a MessageEvent, link: &'a dyn Fn(MediaId) -> String) -> MessageBody<'a> {
    let message = &*told.message;
    let names = Names::of(told.contact_name.as_deref());
    MessageBody {
        id: Hyphenated(message.id.uuid()),
        created_at: Millis(message.created_at),
        updated_at: Millis(message.updated_at),
        chat_id: Hyphenated(message.conversation_id.uuid()),
        channel_id: Hyphenated(message.channel_id.uuid()),
        r#type: message.kind,
        sender: message.direction,
        sources: [source(&message.source)],
        status: message.status,
        scheduled_at: message.scheduled_at.map(Millis),
        content: content(message, link),
        forwarded: message.forwarded,
        reply_to: message.reply_to.as_ref().map(reply_to),
        reactions: message.reactions.iter().map(reaction).collect(),
        errors: message.errors.iter().map(error).collect(),
        history: message.history.iter().map(history).collect(),
        vendor_id: message.vendor_id.as_deref(),
        timestamp: Millis(message.vendor_timestamp),
        vendor_details: something(message.vendor_details.as_ref()).map(CamelKeys),
        is_sensitive: message.is_sensitive,
        ai_generation_id: message.ai_generation_id.as_deref(),
        metadata: &message.metadata,
        chat: ChatBody { id: Hyphenated(message.conversation_id.uuid()) },
        handle: HandleBody {
            id: Hyphenated(message.handle.id.uuid()),
            r#type: message.handle.kind,
            value: &message.handle.value,
        },
        contact: ContactBody {
            id: Hyphenated(message.contact_id.uuid()),
            first_name: names.first,
            last_name: names.last,
            phone_number: told.contact_phone.as_deref(),
            email: told.contact_email.as_deref(),
        },
        channel: ChannelBody {
            id: Hyphenated(message.channel_id.uuid()),
            r#type: message.channel_type,
            name: &told.channel_name,
        },
    }
}

fn source(source: &Source) -> SourceBody<'_> {
    match source {
        Source::Vendor => SourceBody::Vendor,
        Source::Campaign { id } => SourceBody::Campaign { campaign_id: AnyId(id) },
        Source::Automation { id } => SourceBody::Automation { automation_id: AnyId(id) },
        Source::Inbox { id } => SourceBody::Inbox { user_id: AnyId(id) },
        Source::Api { id } => SourceBody::Api { api_key_id: AnyId(id) },
        Source::AiAgent { id } => SourceBody::AiAgent { ai_agent_id: AnyId(id) },
    }
}

fn content<'a>(message: &'a Message, link: &'a dyn Fn(MediaId) -> String) -> ContentBody<'a> {
    let content = &message.content;
    ContentBody {
        body: content.text.as_deref(),
        attachments: (!content.attachments.is_empty()).then_some(Attachments {
            message,
            spelling: Spelling::Camel,
            link,
        }),
        header: content.header.as_deref(),
        footer: content.footer.as_deref(),
        payload: something(content.payload.as_ref()),
    }
}

fn reply_to(quoted: &ReplyTo) -> ReplyToBody<'_> {
    ReplyToBody {
        id: quoted.id.map(|id| Hyphenated(id.uuid())),
        vendor_id: quoted.vendor_id.as_deref(),
        sender: quoted.sender,
        preview_type: quoted.preview_type,
        timestamp: quoted.timestamp.map(Millis),
        preview_text: quoted.preview_text.as_deref(),
    }
}

fn reaction(reaction: &Reaction) -> ReactionBody<'_> {
    ReactionBody { emoji: &reaction.emoji, sender: reaction.sender, timestamp: Millis(reaction.timestamp) }
}

fn error(error: &MessageError) -> ErrorBody<'_> {
    ErrorBody {
        key: &error.key,
        message: &error.message,
        vendor_error: error.vendor.as_ref().map(|vendor| VendorErrorBody {
            code: &vendor.code,
            title: vendor.title.as_deref(),
            r#type: vendor.kind.as_deref(),
            message: vendor.message.as_deref(),
            trace_id: vendor.trace_id.as_deref(),
        }),
    }
}

fn history(entry: &HistoryEntry) -> HistoryBody {
    HistoryBody { status: entry.status, timestamp: Millis(entry.at) }
}
