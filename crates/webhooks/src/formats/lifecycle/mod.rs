//! The lifecycle format: one event for each step, flat fields in `snake_case`, prefixed ids, times in whole seconds.
//!
//! Every body is `event, event_id, timestamp, workspace_id, data`; `timestamp` is the time of the event, as is the one
//! `*_at` in `data` that names its step. After the fields of its kind each `data` has `sequence`, the event's number
//! among those of its conversation (contact, channel, endpoint), and then what a message has beyond the kind's fields:
//! `media_id`, `attachments`, `header`, `footer`, `payload`, each only where there is one.

mod channel;
mod contact;
mod conversation;
mod endpoint;
mod message;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tidings_domain::{
    EventId, MediaId, WorkspaceId,
    event::{Event, EventPayload},
};

use super::{MediaLinks, parts::Attachments, spelling::Seconds, to_bytes};

pub(super) fn render(event: &Event, links: &dyn MediaLinks) -> Option<Bytes> {
    match &event.payload {
        EventPayload::Message(told) => message::render(event, told, links),
        EventPayload::Conversation(told) => Some(conversation::render(event, told)),
        EventPayload::Contact(told) => Some(contact::render(event, told)),
        EventPayload::Channel(told) => Some(channel::render(event, told)),
        EventPayload::Endpoint(told) => Some(endpoint::render(event, told)),
        EventPayload::Erased => None,
    }
}

#[derive(Serialize)]
struct Envelope<'a, F> {
    event: &'static str,
    event_id: EventId,
    timestamp: Seconds,
    workspace_id: WorkspaceId,
    data: Data<'a, F>,
}

#[derive(Serialize)]
struct Data<'a, F> {
    #[serde(flatten)]
    fields: F,
    sequence: u64,
    #[serde(flatten)]
    additions: Additions<'a>,
}

/// What only some events have, behind the fields that all of a kind have.
#[derive(Serialize, Default)]
struct Additions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    media_id: Option<MediaId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Attachments<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Value>,
}

fn seal(event: &Event, fields: impl Serialize) -> Bytes {
    seal_with(event, fields, Additions::default())
}

fn seal_with(event: &Event, fields: impl Serialize, additions: Additions<'_>) -> Bytes {
    to_bytes(&Envelope {
        event: event.kind.name(),
        event_id: event.id,
        timestamp: Seconds(event.at),
        workspace_id: event.workspace_id,
        data: Data { fields, sequence: event.sequence, additions },
    })
}
