//! `POST /v1/endpoints/filter/try`: what a filter would have let pass of what has happened, before an endpoint gets it.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, EventId,
    endpoint::{Endpoint, WebhookFormat},
    event::Position,
    key::{Access, Area},
    pattern::EventPattern,
};
use tidings_store::EventFilter;
use tidings_webhooks::{default_events, rendered_kind};
use utoipa::ToSchema;

use super::{create::blank, input::read_filter};
use crate::{
    Gateway,
    flow::tail::Posting,
    http::{
        auth::Caller,
        body::{RawRequest, json},
        problem::{Answer, FieldProblem, Problem},
    },
};

/// How far back the log is looked at.
const LOOKED_AT: u64 = 10_000;
/// How many events are read at once.
const CHUNK: usize = 200;
/// How many events are tried, and at most.
const TRIED: usize = 50;
const MOST_TRIED: usize = 200;

/// A filter to try, with what else an endpoint may want.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryFilterInput {
    /// The filter.
    filter: Map<String, Value>,
    /// The shape that it is to read: `lifecycle` (the default) or `object`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "lifecycle")]
    format: Option<WebhookFormat>,
    /// Only of these events, by name or pattern; those that an endpoint gets unless told.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    events: Option<Vec<EventPattern>>,
    /// Only of these channels.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    channels: Option<Vec<ChannelId>>,
    /// How many of the newest such events are tried: 50 unless told, 200 at most.
    #[serde(default)]
    limit: Option<usize>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TryFilterAnswer {
    /// How many events were tried.
    tried: usize,
    /// How many of them pass.
    passed: usize,
    /// The events, the newest first.
    data: Vec<TriedEvent>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedEvent {
    /// `evt_…`
    #[schema(value_type = String)]
    event_id: EventId,
    /// Its name in this format.
    event: &'static str,
    /// When it happened.
    timestamp: String,
    /// Whether the filter lets it pass.
    passes: bool,
}

/// Try a filter
///
/// On the newest of the last 10,000 events: which of them an endpoint with it would have been sent. Nothing is saved or
/// sent.
#[utoipa::path(
    post, path = "/endpoints/filter/try", operation_id = "try_filter", tag = "endpoints",
    request_body = TryFilterInput,
    responses((status = 200, description = "What would have passed", body = TryFilterAnswer)),
)]
pub(crate) async fn try_filter(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    caller.may(Area::Events, Access::Read)?;
    let input: TryFilterInput = request.json()?;
    let mut errors = Vec::new();
    let limit = input.limit.unwrap_or(TRIED);
    if !(1..=MOST_TRIED).contains(&limit) {
        errors.push(FieldProblem::new("/limit", format!("expected a number from 1 to {MOST_TRIED}")));
    }
    let filter = read_filter(input.filter, &mut errors);
    let filter = filter.filter(|_| errors.is_empty()).ok_or_else(|| Problem::fields(errors))?;
    let format = input.format.unwrap_or(WebhookFormat::Lifecycle);
    let endpoint = Endpoint {
        format,
        events: input.events.unwrap_or_else(|| default_events(format)),
        channels: input.channels.unwrap_or_default(),
        ..blank(&gateway, caller.workspace_id)
    };
    let newest = newest(&gateway, &endpoint, limit).await?;
    let data: Vec<TriedEvent> = newest
        .iter()
        .rev()
        .map(|posting| TriedEvent {
            event_id: posting.event.id,
            event: rendered_kind(posting.event.kind, format).name(),
            timestamp: posting.event.at.to_string(),
            passes: posting.passes(&filter, format, &*gateway.links),
        })
        .collect();
    let passed = data.iter().filter(|event| event.passes).count();
    json(StatusCode::OK, &TryFilterAnswer { tried: data.len(), passed, data })
}

/// The newest events that an endpoint would want, oldest first.
async fn newest(gateway: &Gateway, endpoint: &Endpoint, limit: usize) -> Answer<Vec<Arc<Posting>>> {
    let mut after = gateway.store.event_newest(endpoint.workspace_id, LOOKED_AT).await?;
    let mut newest = Vec::new();
    loop {
        let page = gateway.store.event_list(endpoint.workspace_id, EventFilter::default(), after, CHUNK).await?;
        let postings = page.items.into_iter().map(Posting::new);
        newest.extend(postings.filter(|posting| posting.is_wanted(endpoint, &*gateway.links)));
        newest.drain(..newest.len().saturating_sub(limit));
        match page.next {
            Some(next) => after = Position(next.number),
            None => return Ok(newest),
        }
    }
}
