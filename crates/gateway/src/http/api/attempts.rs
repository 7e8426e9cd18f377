//! The delivery log: what was sent to an endpoint, when, and what it answered. A request's body is not stored; it is
//! rendered again, which gives the same bytes.

use std::borrow::Cow;
use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidings_domain::{
    AttemptId, EndpointId, EventId,
    delivery::{AttemptRecord, Outcome, Trigger},
    endpoint::Endpoint,
    event::{Event, EventKind, EventPayload},
    key::{Access, Area},
};
use tidings_store::AttemptFilter;
use tidings_webhooks::{Attempt, headers, render};
use utoipa::{IntoParams, ToSchema};

use super::{
    endpoints::{REDACTED, find},
    messages::trace,
    parameter, time,
};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, Params, json},
        page::{List, PageParams, listed, number, page},
        problem::{Answer, Problem},
    },
    registry::LiveEndpoint,
};

/// An attempt at delivering an event to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptView {
    /// `atm_…`
    #[schema(value_type = String)]
    id: AttemptId,
    /// The endpoint.
    #[schema(value_type = String)]
    endpoint_id: EndpointId,
    /// The event.
    #[schema(value_type = String)]
    event_id: EventId,
    /// The number of the attempt at this event, from 1.
    attempt: u32,
    /// Why it was made: `new`, `retry`, `probe` or `resend`.
    #[schema(value_type = String, example = "new")]
    trigger: Trigger,
    /// What came of it: `delivered`, `failed` or `dead` (there will be none after it).
    #[schema(value_type = String, example = "delivered")]
    outcome: Outcome,
    /// The receiver's status code, if it answered.
    status_code: Option<u16>,
    /// What went wrong, if it was not the receiver's status code.
    error: Option<String>,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// When it was made.
    at: String,
    /// When there will be another one.
    next_at: Option<String>,
}

/// An attempt with what was sent and what came back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptDetail {
    /// The attempt.
    #[serde(flatten)]
    attempt: AttemptView,
    /// The event's name; null if the event is not in the log any more.
    #[schema(value_type = Option<String>)]
    event: Option<EventKind>,
    /// What was sent; null if the event is not in the log any more.
    request: Option<AttemptRequest>,
    /// What came back; null if nothing did.
    response: Option<AttemptResponse>,
}

/// What was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptRequest {
    /// Where to.
    url: String,
    /// Its headers; the values of the company's own are not shown.
    headers: BTreeMap<String, String>,
    /// Its body; not shown if the message is sensitive.
    body: String,
    /// Whether the endpoint was changed since: address, headers and format are shown as they are now.
    endpoint_changed_since: bool,
}

/// What came back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptResponse {
    /// The status code.
    status_code: u16,
    /// The headers.
    headers: Value,
    /// The first 16 KiB of the body; not shown if the message is sensitive.
    body: String,
}

impl AttemptView {
    pub(crate) fn of(record: &AttemptRecord) -> Self {
        let attempt = &record.attempt;
        Self {
            id: record.id,
            endpoint_id: record.endpoint_id,
            event_id: attempt.event_id,
            attempt: attempt.number,
            trigger: attempt.trigger,
            outcome: attempt.outcome,
            status_code: attempt.status_code,
            error: attempt.error.clone(),
            duration_ms: attempt.duration_ms,
            at: attempt.at.to_string(),
            next_at: attempt.next_at.map(|at| at.to_string()),
        }
    }
}

/// Which attempts are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttemptParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// At this event.
    #[serde(default)]
    event_id: Option<String>,
    /// At the events of this message.
    #[serde(default)]
    message_id: Option<String>,
    /// Answered with this status code.
    #[serde(default)]
    status_code: Option<String>,
    /// With this outcome: `delivered`, `failed` or `dead`.
    #[serde(default)]
    outcome: Option<String>,
    /// Made at this time or later.
    #[serde(default)]
    since: Option<String>,
    /// Made before this time.
    #[serde(default)]
    until: Option<String>,
}

/// List the attempts at an endpoint
#[utoipa::path(
    get, path = "/endpoints/{id}/attempts", operation_id = "list_attempts", tag = "endpoints",
    params(("id" = String, Path, description = "The endpoint"), AttemptParams),
    responses((status = 200, description = "The newest first", body = List<AttemptView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    Params(params): Params<AttemptParams>,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let live = find(&gateway, &caller, &id)?;
    let mut events: Option<Vec<EventId>> =
        parameter("event_id", params.event_id.as_deref(), |text| text.parse().ok())?.map(|id| vec![id]);
    if let Some(message) = parameter("message_id", params.message_id.as_deref(), |text| text.parse().ok())? {
        let found = gateway.store.message_get(caller.workspace_id, message).await?;
        let message = found.ok_or_else(|| Problem::field("/message_id", "there is no such message"))?;
        let mut its: Vec<EventId> =
            trace::events(&gateway, &message).await?.iter().map(|entry| entry.event.id).collect();
        its.retain(|id| events.as_ref().is_none_or(|asked| asked.contains(id)));
        events = Some(its);
    }
    let filter = AttemptFilter {
        events,
        status_code: parameter("status_code", params.status_code.as_deref(), |text| text.parse().ok())?,
        outcome: parameter("outcome", params.outcome.as_deref(), Outcome::from_name)?,
        untaken: false,
        since: time("since", params.since.as_deref())?,
        until: time("until", params.until.as_deref())?,
    };
    let page = page("attempts", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.attempt_list(live.endpoint.id, filter, page).await?;
    json(StatusCode::OK, &listed("attempts", listing, |record| AttemptView::of(&record)))
}

/// List an endpoint's dead letters
///
/// Events that were given up and that the endpoint has not taken since, each by its last attempt, which says why.
/// `POST /v1/endpoints/{id}/replay` with `"only": "failed"` sends them again.
#[utoipa::path(
    get, path = "/endpoints/{id}/dead-letters", operation_id = "list_dead_letters", tag = "endpoints",
    params(("id" = String, Path, description = "The endpoint"), PageParams),
    responses((status = 200, description = "The newest first", body = List<AttemptView>)),
)]
pub(crate) async fn dead_letters(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let live = find(&gateway, &caller, &id)?;
    let filter = AttemptFilter { outcome: Some(Outcome::Dead), untaken: true, ..AttemptFilter::default() };
    let page = page("attempts", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.attempt_list(live.endpoint.id, filter, page).await?;
    json(StatusCode::OK, &listed("attempts", listing, |record| AttemptView::of(&record)))
}

/// Get an attempt
#[utoipa::path(
    get, path = "/attempts/{id}", operation_id = "get_attempt", tag = "endpoints",
    params(("id" = String, Path, description = "The attempt")),
    responses((status = 200, description = "The attempt, with request and response", body = AttemptDetail)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let missing = || Problem::not_found("attempt");
    let id = id.of("attempt")?;
    let record = gateway.store.attempt_get(caller.workspace_id, id).await?.ok_or_else(missing)?;
    let live = gateway.registry.endpoints.get(caller.workspace_id, record.endpoint_id).ok_or_else(missing)?;
    let event = gateway.store.log_at(record.attempt.position).await?.map(|entry| entry.event);
    // Without the event nobody knows whether the message was sensitive, and the receiver may have sent it back.
    let sensitive = event.as_ref().is_none_or(|event| is_sensitive(event));
    let detail = AttemptDetail {
        attempt: AttemptView::of(&record),
        event: event.as_ref().map(|event| event.kind),
        request: event.as_ref().and_then(|event| request(&gateway, &live, event, &record)),
        response: response(&record, sensitive),
    };
    json(StatusCode::OK, &detail)
}

fn is_sensitive(event: &Event) -> bool {
    matches!(&event.payload, EventPayload::Message(told) if told.message.is_sensitive)
}

fn request(gateway: &Gateway, live: &LiveEndpoint, event: &Event, record: &AttemptRecord) -> Option<AttemptRequest> {
    let body = render(event, live.endpoint.format, &*gateway.links)?;
    let attempt = &record.attempt;
    let sent = headers(&Attempt {
        endpoint: &live.endpoint,
        secrets: &live.secrets,
        event,
        body: &body,
        number: attempt.number,
        late: attempt.late,
        at: attempt.at,
    });
    let shown = |(name, value): (Cow<'static, str>, String)| {
        let name = name.into_owned();
        let value = match name.as_str() {
            "webhook-signature" => attempt.signature.clone(),
            name if is_hidden(&live.endpoint, name) => REDACTED.to_owned(),
            _ => value,
        };
        (name, value)
    };
    let body = if is_sensitive(event) { REDACTED.to_owned() } else { String::from_utf8_lossy(&body).into_owned() };
    Some(AttemptRequest {
        url: live.endpoint.url.clone(),
        headers: sent.into_iter().map(shown).collect(),
        body,
        endpoint_changed_since: live.endpoint.updated_at > attempt.at,
    })
}

/// Whether a header's value is the company's secret, or a signature by a key that may have been replaced since.
fn is_hidden(endpoint: &Endpoint, name: &str) -> bool {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    endpoint.headers.keys().any(|own| is(own)) || endpoint.legacy_signature.as_ref().is_some_and(|way| is(&way.header))
}

fn response(record: &AttemptRecord, sensitive: bool) -> Option<AttemptResponse> {
    let attempt = &record.attempt;
    let headers = attempt.response_headers.as_deref().and_then(|text| serde_json::from_str(text).ok());
    Some(AttemptResponse {
        status_code: attempt.status_code?,
        headers: headers.unwrap_or(Value::Null),
        body: if sensitive {
            REDACTED.to_owned()
        } else {
            String::from_utf8_lossy(&attempt.response_body).into_owned()
        },
    })
}
