//! The two shapes of a webhook's body, and who wants which event.
//!
//! The **lifecycle** format has one event for each step of a message's life, with flat `snake_case` fields and prefixed
//! ids. The **object** format has one message object that is created and then updated, in `camelCase` with UUIDs. A body
//! is a pure function of the stored event and the format: it is the same to the byte each time it is sent. So nothing
//! here may depend on anything else, and a field once released is only ever joined by others, in a newer schema.

#[expect(clippy::struct_field_names, reason = "the names of the fields are the format's")]
mod lifecycle;
mod object;
mod parts;
mod readable;
mod spelling;

use std::borrow::Cow;

use bytes::Bytes;
use tidings_domain::{
    EventId, MediaId,
    content::Media,
    endpoint::{Endpoint, WebhookFormat},
    event::{Event, EventKind, EventPayload, MessageChange},
    pattern::EventPattern,
    status::MessageStatus,
};

pub use parts::{Attachments, Spelling};
pub(crate) use spelling::camel;

/// Where our own links to media come from: the public address and a keyed hash, the same each time.
pub trait MediaLinks {
    /// The link to a file, as it stands in the bodies of this event.
    fn media_url(&self, event: EventId, media: MediaId) -> String;
}

/// The body of an event: compact JSON. `None` where this format does not tell of this event.
pub fn render(event: &Event, format: WebhookFormat, links: &dyn MediaLinks) -> Option<Bytes> {
    if !renders(event, format) {
        return None;
    }
    match format {
        WebhookFormat::Lifecycle => lifecycle::render(event, links),
        WebhookFormat::Object => object::render(event, links),
    }
}

/// Whether this format tells of this event. What was erased is told of by none. The object format has told by `message.delivered` or `.read` already that a
/// failed message arrived after all, and does not tell it twice.
pub fn renders(event: &Event, format: WebhookFormat) -> bool {
    match (&event.payload, format) {
        (EventPayload::Erased, _) => false,
        (EventPayload::Message(told), WebhookFormat::Object) => {
            told.change != Some(MessageChange::Status)
                || !matches!(told.message.status, MessageStatus::Delivered | MessageStatus::Read)
        }
        _ => true,
    }
}

/// The name under which a format tells of an event: the object format has only one for all that comes after a
/// message's birth.
pub fn rendered_kind(kind: EventKind, format: WebhookFormat) -> EventKind {
    match (format, kind) {
        (
            WebhookFormat::Object,
            EventKind::MessageDelivered | EventKind::MessageRead | EventKind::MessageFailed | EventKind::MessageUpdated,
        ) => EventKind::MessageUpdated,
        (_, kind) => kind,
    }
}

/// The events of an endpoint that names none: those of the platform whose format it speaks.
pub fn default_events(format: WebhookFormat) -> Vec<EventPattern> {
    let kinds: &[EventKind] = match format {
        WebhookFormat::Lifecycle => &[
            EventKind::MessageReceived,
            EventKind::MessageSent,
            EventKind::MessageDelivered,
            EventKind::MessageRead,
            EventKind::MessageFailed,
        ],
        WebhookFormat::Object => &[EventKind::MessageReceived, EventKind::MessageSent, EventKind::MessageUpdated],
    };
    kinds.iter().copied().map(EventPattern::One).collect()
}

/// Whether an event is for this endpoint, aside from whether the endpoint is enabled: its workspace's, named by one of
/// its patterns (as it is or as it is rendered), told by its format, and of one of its channels if it names any; an
/// event without a channel is then not for it. Nobody hears of his own trouble, and nobody wants a test: that is sent
/// to its endpoint without asking.
pub fn wants(endpoint: &Endpoint, event: &Event) -> bool {
    endpoint.workspace_id == event.workspace_id
        && event.kind != EventKind::WebhookTest
        && (endpoint.channels.is_empty() || event.channel_id.is_some_and(|id| endpoint.channels.contains(&id)))
        && wants_kind(endpoint, event.kind)
        && !matches!(&event.payload, EventPayload::Endpoint(trouble) if trouble.endpoint_id == endpoint.id)
        && renders(event, endpoint.format)
}

/// Whether an endpoint wants events of a kind.
pub fn wants_kind(endpoint: &Endpoint, kind: EventKind) -> bool {
    let rendered = rendered_kind(kind, endpoint.format);
    endpoint.events.iter().any(|pattern| pattern.matches(kind, rendered))
}

/// The link to a file of a message: where it was sent by link that link, else ours.
fn media_url<'a>(event: &Event, id: MediaId, media: &'a Media, links: &dyn MediaLinks) -> Cow<'a, str> {
    match &media.source_url {
        Some(url) => Cow::Borrowed(url),
        None => Cow::Owned(links.media_url(event.id, id)),
    }
}

/// Compact JSON of a body.
fn to_bytes(body: &impl serde::Serialize) -> Bytes {
    let mut json = Vec::with_capacity(1024);
    serde_json::to_writer(&mut json, body).expect("text keys and plain values always have a JSON form");
    Bytes::from(json)
}
