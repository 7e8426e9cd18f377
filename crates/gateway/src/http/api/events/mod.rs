//! `/v1/events`: the log in its own order, polled or streamed. An item is what a webhook of that event would say.

mod last;
pub(crate) mod list;
pub(crate) mod resend;
pub(crate) mod stream;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tidings_domain::{
    EventId,
    endpoint::WebhookFormat,
    event::{Event, EventKind, EventPayload, LogEntry, Position},
    key::{Access, Area},
    pattern::EventPattern,
};
use tidings_store::EventFilter;
use tidings_webhooks::{render, rendered_kind};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::parameter;
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, Params, json_bytes},
        problem::{Answer, Code, Problem},
    },
};

/// What every event says about itself, in the lifecycle format.
#[derive(ToSchema)]
#[schema(as = EventEnvelope)]
#[expect(dead_code, reason = "it only describes what is rendered elsewhere")]
pub(crate) struct EventEnvelope {
    /// The event's name.
    event: String,
    /// `evt_…`, the same over retries, replays and formats.
    event_id: String,
    /// When it happened.
    timestamp: String,
    /// Whose it is.
    workspace_id: String,
    /// True if the contact that it spoke of was erased, and with it what it said.
    erased: Option<bool>,
    /// What it speaks of.
    data: serde_json::Map<String, serde_json::Value>,
}

/// Which events are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "crate::http::page::number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// The events after this one; from the oldest on unless told.
    #[serde(default)]
    after: Option<String>,
    /// The last so many of them, instead of from the oldest on; 0 for none that has happened yet.
    #[serde(default, deserialize_with = "crate::http::page::number")]
    last: Option<usize>,
    /// Names or patterns, with commas between them: `message.*,contact.created`.
    #[serde(default)]
    types: Option<String>,
    /// Of this channel.
    #[serde(default)]
    channel_id: Option<String>,
    /// The shape of the items: `lifecycle` (the default) or `object`.
    #[serde(default)]
    format: Option<String>,
}

impl EventParams {
    /// Those of these types and this channel, in this format.
    pub(super) fn of(types: Option<String>, channel_id: Option<String>, format: Option<String>) -> Self {
        Self { types, channel_id, format, ..Self::default() }
    }

    pub(super) fn format(&self) -> Answer<WebhookFormat> {
        let asked = parameter("format", self.format.as_deref(), WebhookFormat::from_name)?;
        Ok(asked.unwrap_or(WebhookFormat::Lifecycle))
    }

    pub(super) fn filter(&self, format: WebhookFormat) -> Answer<EventFilter> {
        let channel_id = parameter("channel_id", self.channel_id.as_deref(), |text| text.parse().ok())?;
        let Some(types) = self.types.as_deref().filter(|types| !types.is_empty()) else {
            return Ok(EventFilter { kinds: None, channel_id });
        };
        let patterns = types
            .split(',')
            .map(|text| text.trim().parse::<EventPattern>())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Problem::field("/types", error.to_string()))?;
        let wanted = |kind: &EventKind| {
            let rendered = rendered_kind(*kind, format);
            patterns.iter().any(|pattern| pattern.matches(*kind, rendered))
        };
        Ok(EventFilter { kinds: Some(EventKind::ALL.iter().copied().filter(wanted).collect()), channel_id })
    }
}

/// An event's id as either format spells it.
pub(super) fn event_id(text: &str) -> Option<EventId> {
    text.parse().ok().or_else(|| Uuid::parse_str(text).ok().map(EventId::from_uuid))
}

/// The place of the event that a consumer saw last.
async fn place_after(gateway: &Gateway, caller: &Caller, after: Option<&str>) -> Answer<Position> {
    let Some(after) = after.filter(|after| !after.is_empty()) else { return Ok(Position::default()) };
    let known = match event_id(after) {
        Some(id) => gateway.store.event_get(caller.workspace_id, id).await?,
        None => None,
    };
    if let Some(entry) = known {
        return Ok(entry.position);
    }
    let oldest = gateway.store.event_oldest(caller.workspace_id).await?;
    Err(Problem::cursor_expired(oldest.map(|id| id.to_string())))
}

/// What a webhook of this event says; `None` if the format does not tell of it. Of what was erased only that it happened.
fn envelope(gateway: &Gateway, event: &Event, format: WebhookFormat) -> Option<Bytes> {
    match event.payload {
        EventPayload::Erased => Some(Bytes::from(erased(event).to_string())),
        _ => render(event, format, &*gateway.links),
    }
}

/// What is left of an event whose contact was erased.
fn erased(event: &Event) -> Value {
    json!({
        "event": event.kind,
        "event_id": event.id,
        "timestamp": event.at.to_string(),
        "workspace_id": event.workspace_id,
        "erased": true,
        "data": {},
    })
}

/// The same of many, as JSON; those that the format does not tell of are left out.
pub(super) fn bodies(gateway: &Gateway, entries: &[LogEntry], format: WebhookFormat) -> Answer<Vec<Box<RawValue>>> {
    let bodies = entries.iter().filter_map(|entry| envelope(gateway, &entry.event, format));
    bodies
        .map(|body| String::from_utf8(body.to_vec()).map_err(|error| Problem::internal(&error)))
        .map(|text| RawValue::from_string(text?).map_err(|error| Problem::internal(&error)))
        .collect()
}

/// How one event is to be shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneEventParams {
    /// The shape: `lifecycle` (the default) or `object`.
    #[serde(default)]
    format: Option<String>,
}

/// Get an event
#[utoipa::path(
    get, path = "/events/{id}", operation_id = "get_event", tag = "events",
    params(("id" = String, Path, description = "The event"), OneEventParams),
    responses((status = 200, description = "What its webhook says", body = EventEnvelope)),
)]
pub(crate) async fn get(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    Params(params): Params<OneEventParams>,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Read)?;
    let params = EventParams { format: params.format, ..EventParams::default() };
    let format = params.format()?;
    let missing = || Problem::not_found("event");
    let id = event_id(id.text()).ok_or_else(missing)?;
    let entry = gateway.store.event_get(caller.workspace_id, id).await?.ok_or_else(missing)?;
    match envelope(&gateway, &entry.event, format) {
        Some(body) => Ok(json_bytes(StatusCode::OK, body.to_vec())),
        None => Err(Problem::new(Code::NotFound, "this format does not tell of the event")),
    }
}
