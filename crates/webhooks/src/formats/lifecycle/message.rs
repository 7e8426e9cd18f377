//! `message.*` in the lifecycle format.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use tidings_domain::{
    ChannelId, ContactId, ConversationId, MediaId, MessageId,
    channel::ChannelType,
    content::{Attachment, Media, MessageType},
    event::{Event, EventKind, MessageChange, MessageEvent},
    message::{Direction, Message, Reaction, Source},
    status::MessageStatus,
};

use super::{
    super::{
        MediaLinks, media_url,
        parts::{Attachments, Spelling},
        readable,
        spelling::{Seconds, something},
    },
    Additions, seal, seal_with,
};

#[derive(Serialize)]
struct Subject {
    message_id: MessageId,
    conversation_id: ConversationId,
    contact_id: ContactId,
    channel_id: ChannelId,
    channel_type: ChannelType,
}

#[derive(Serialize)]
struct Received<'a> {
    #[serde(flatten)]
    subject: Subject,
    content: Option<Cow<'a, str>>,
    r#type: MessageType,
    direction: Direction,
    media_url: Option<Cow<'a, str>>,
    media_mime_type: Option<&'a str>,
    location: Option<Place<'a>>,
    received_at: Seconds,
}

#[derive(Serialize)]
struct Sent<'a> {
    #[serde(flatten)]
    subject: Subject,
    content: Option<Cow<'a, str>>,
    r#type: MessageType,
    direction: Direction,
    sent_by: Option<&'a str>,
    sent_by_type: &'static str,
    media_url: Option<Cow<'a, str>>,
    sent_at: Seconds,
}

#[derive(Serialize)]
struct Delivered {
    #[serde(flatten)]
    subject: Subject,
    delivered_at: Seconds,
}

#[derive(Serialize)]
struct Read {
    #[serde(flatten)]
    subject: Subject,
    read_at: Seconds,
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    subject: Subject,
    error_code: &'a str,
    error_message: &'a str,
    failed_at: Seconds,
}

#[derive(Serialize)]
struct Updated<'a> {
    #[serde(flatten)]
    subject: Subject,
    change: Option<MessageChange>,
    status: MessageStatus,
    content: Option<Cow<'a, str>>,
    reactions: Vec<ReactionBody<'a>>,
    updated_at: Seconds,
}

#[derive(Serialize)]
struct ReactionBody<'a> {
    emoji: &'a str,
    sender: Direction,
    timestamp: Seconds,
}

#[derive(Serialize)]
struct Place<'a> {
    lat: f64,
    lng: f64,
    label: Option<&'a str>,
}

/// `None` where the payload is no message's, which no maker of events makes.
pub(super) fn render(event: &Event, told: &MessageEvent, links: &dyn MediaLinks) -> Option<Bytes> {
    let message = &*told.message;
    let subject = subject(message);
    let at = Seconds(event.at);
    let media = first_media(message);
    let media_url = media.map(|(id, media)| media_url(event, id, media, links));
    let link = |id| links.media_url(event.id, id);
    let additions = || additions(message, media.map(|(id, _)| id), &link);
    let body = match event.kind {
        EventKind::MessageReceived => {
            let fields = Received {
                subject,
                content: readable::content(message),
                r#type: message.content.message_type(),
                direction: message.direction,
                media_url,
                media_mime_type: media.and_then(|(_, media)| media.content_type.as_deref()),
                location: place(message),
                received_at: at,
            };
            seal_with(event, fields, additions())
        }
        EventKind::MessageSent => {
            let (sent_by, sent_by_type) = sender(&message.source);
            let fields = Sent {
                subject,
                content: readable::content(message),
                r#type: message.content.message_type(),
                direction: message.direction,
                sent_by,
                sent_by_type,
                media_url,
                sent_at: at,
            };
            seal_with(event, fields, additions())
        }
        EventKind::MessageDelivered => seal(event, Delivered { subject, delivered_at: at }),
        EventKind::MessageRead => seal(event, Read { subject, read_at: at }),
        EventKind::MessageFailed => {
            let (error_code, error_message) = failure(message);
            seal(event, Failed { subject, error_code, error_message, failed_at: at })
        }
        EventKind::MessageUpdated => {
            let fields = Updated {
                subject,
                change: told.change,
                status: message.status,
                content: readable::content(message),
                reactions: message.reactions.iter().map(reaction).collect(),
                updated_at: at,
            };
            seal_with(event, fields, additions())
        }
        _ => return None,
    };
    Some(body)
}

fn subject(message: &Message) -> Subject {
    Subject {
        message_id: message.id,
        conversation_id: message.conversation_id,
        contact_id: message.contact_id,
        channel_id: message.channel_id,
        channel_type: message.channel_type,
    }
}

fn additions<'a>(
    message: &'a Message,
    media_id: Option<MediaId>,
    link: &'a dyn Fn(MediaId) -> String,
) -> Additions<'a> {
    let content = &message.content;
    Additions {
        media_id,
        attachments: (!content.attachments.is_empty()).then_some(Attachments {
            message,
            spelling: Spelling::Snake,
            link,
        }),
        header: content.header.as_deref(),
        footer: content.footer.as_deref(),
        payload: something(content.payload.as_ref()),
    }
}

fn first_media(message: &Message) -> Option<(MediaId, &Media)> {
    message
        .content
        .first_media()
        .map(|(index, media)| (media.uploaded_id.unwrap_or_else(|| message.id.media(index)), media))
}

fn place(message: &Message) -> Option<Place<'_>> {
    message.content.attachments.iter().find_map(|part| match part {
        Attachment::Location { latitude, longitude, name, address } => {
            Some(Place { lat: *latitude, lng: *longitude, label: name.as_deref().or(address.as_deref()) })
        }
        _ => None,
    })
}

/// `sent_by` and `sent_by_type`. What comes from the vendor was typed by a person in the vendor's own app.
fn sender(source: &Source) -> (Option<&str>, &'static str) {
    match source {
        Source::Vendor => (None, "attendant"),
        Source::Api { id } => (Some(id), "api"),
        Source::Inbox { id } => (Some(id), "attendant"),
        Source::Automation { id } | Source::Campaign { id } => (Some(id), "automation"),
        Source::AiAgent { id } => (Some(id), "agent"),
    }
}

/// The vendor's code where it gave one, else our word for it; and the words for people.
fn failure(message: &Message) -> (&str, &str) {
    let Some(error) = message.errors.last() else { return ("unknown", "The channel gave no reason") };
    let vendor_code = error.vendor.as_ref().map(|vendor| vendor.code.as_str()).filter(|code| !code.is_empty());
    (vendor_code.unwrap_or(&error.key), &error.message)
}

fn reaction(reaction: &Reaction) -> ReactionBody<'_> {
    ReactionBody { emoji: &reaction.emoji, sender: reaction.sender, timestamp: Seconds(reaction.timestamp) }
}
