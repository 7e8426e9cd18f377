//! `GET /v1/messages/{id}/trace`: a message's whole story, from the vendor's webhook through what happened to the message
//! to what every endpoint answered.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use tidings_domain::{
    EventId,
    event::{EventKind, EventPayload, LogEntry, OrderingKey, Position},
    key::{Access, Area},
    message::Message,
};
use tidings_store::StoredBody;
use utoipa::ToSchema;

use super::{MessageView, find};
use crate::{
    Gateway,
    http::{
        api::attempts::AttemptView,
        auth::Caller,
        body::{Id, json},
        problem::Answer,
    },
};

/// How many events of a conversation are read at once.
const CHUNK: usize = 256;
/// How many of them are looked at from the message's first on.
const LOOKED_AT: usize = 20_000;
/// How far before the making of a message its events are looked for: clocks differ.
const AROUND: Duration = Duration::from_mins(1);
/// How many bytes of a webhook are shown.
const MOST_SHOWN: usize = 64 << 10;

/// A message's whole story.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trace {
    /// The message as it is now.
    message: MessageView,
    /// What happened to it, in order.
    events: Vec<TracedEvent>,
}

/// Something that happened to a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TracedEvent {
    /// `evt_…`
    #[schema(value_type = String)]
    event_id: EventId,
    /// Its name.
    #[schema(value_type = String, example = "message.sent")]
    event: EventKind,
    /// When it happened, as the vendor says where it is the vendor's.
    timestamp: String,
    /// When we recorded it.
    recorded_at: String,
    /// The vendor's webhook that said so; null where none did, because we called the vendor or were called ourselves.
    webhook: Option<Webhook>,
    /// Every attempt at delivering it, to whatever endpoint, with what was answered.
    attempts: Vec<AttemptView>,
}

/// A vendor's webhook as it came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// When it came.
    received_at: String,
    /// How many bytes it has.
    size: usize,
    /// The first 64 KiB of it, unless the message is sensitive. It may tell of other messages, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl Webhook {
    fn of(stored: &StoredBody, is_sensitive: bool) -> Self {
        let shown = &stored.body[..stored.body.len().min(MOST_SHOWN)];
        Self {
            received_at: stored.received_at.to_string(),
            size: stored.body.len(),
            body: (!is_sensitive).then(|| String::from_utf8_lossy(shown).into_owned()),
        }
    }
}

/// Get a message's whole story
///
/// What happened to it, what the vendor posted of it, and every attempt at telling an endpoint of it. `GET /v1/attempts/{id}` has what was sent and
/// answered, to the byte.
#[utoipa::path(
    get, path = "/messages/{id}/trace", operation_id = "trace_message", tag = "messages",
    params(("id" = String, Path, description = "The message")),
    responses((status = 200, description = "Its story", body = Trace)),
)]
pub(crate) async fn trace(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    for area in [Area::Messages, Area::Events, Area::Endpoints] {
        caller.may(area, Access::Read)?;
    }
    let message = find(&gateway, &caller, &id).await?;
    let mut told = Vec::new();
    for entry in events(&gateway, &message).await? {
        let attempts = gateway.store.attempt_of_event(caller.workspace_id, entry.position).await?;
        let webhook = gateway.store.body_of_event(caller.workspace_id, entry.position).await?;
        told.push(TracedEvent {
            event_id: entry.event.id,
            event: entry.event.kind,
            timestamp: entry.event.at.to_string(),
            recorded_at: entry.event.recorded_at.to_string(),
            webhook: webhook.map(|stored| Webhook::of(&stored, message.is_sensitive)),
            attempts: attempts.iter().map(AttemptView::of).collect(),
        });
    }
    json(
        StatusCode::OK,
        &Trace { message: MessageView::of(&gateway.links, gateway.clock.now(), message), events: told },
    )
}

/// What happened to a message, as far as it is in the log.
pub(crate) async fn events(gateway: &Gateway, message: &Message) -> Answer<Vec<LogEntry>> {
    let (workspace, key) = (message.workspace_id, OrderingKey::from(message.conversation_id));
    let head = gateway.store.log_head().await?;
    // Something was recorded about then, or nothing was until much later.
    let (since, until) = (message.created_at.minus(AROUND), message.created_at.plus(AROUND));
    let about_then = gateway.store.log_between(since, Some(until)).await?;
    let since_then = if about_then.is_some() { about_then } else { gateway.store.log_between(since, None).await? };
    let Some((first, _)) = since_then else { return Ok(Vec::new()) };
    let (mut found, mut after, mut looked_at) = (Vec::new(), Position(first.0.saturating_sub(1)), 0);
    while looked_at < LOOKED_AT {
        let entries = gateway.store.log_read_key(workspace, key, after, head, CHUNK).await?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        looked_at += entries.len();
        let is_its = |entry: &LogEntry| matches!(&entry.event.payload, EventPayload::Message(told) if told.message.id == message.id);
        found.extend(entries.into_iter().filter(is_its));
    }
    Ok(found)
}
