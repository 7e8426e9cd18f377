//! `POST /v1/endpoints/{id}/test`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_domain::{
    EventId,
    event::{EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, OrderingKey, SCHEMA},
    key::{Access, Area},
};

use super::find;
use crate::{
    Gateway,
    flow::dispatch::TestResult,
    http::{
        auth::Caller,
        body::{Id, RawRequest, escape, json},
        problem::{Answer, Problem},
    },
    registry::LiveEndpoint,
};

/// Send a test
///
/// Sends `webhook.test` now, once, whatever events the endpoint wants, and tells what came of it.
#[utoipa::path(
    post, path = "/endpoints/{id}/test", operation_id = "test_endpoint", tag = "endpoints",
    params(("id" = String, Path, description = "The endpoint")),
    responses((status = 200, description = "What came of it", body = TestResult)),
)]
pub(crate) async fn test(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Write)?;
    if let Some(name) = request.object()?.keys().next() {
        return Err(Problem::field(format!("/{}", escape(name)), "is not a field of this request, which has none"));
    }
    let live = find(&gateway, &caller, &id)?;
    let event = Arc::new(event(&gateway, &live, caller.name()));
    json(StatusCode::OK, &gateway.dispatcher.test(live, event).await)
}

/// A `webhook.test`, which goes to this endpoint alone and never into the log.
fn event(gateway: &Gateway, live: &LiveEndpoint, requested_by: String) -> Event {
    let endpoint = &live.endpoint;
    let now = gateway.clock.now();
    Event {
        id: gateway.ids.next(EventId::next),
        workspace_id: endpoint.workspace_id,
        kind: EventKind::WebhookTest,
        schema: SCHEMA,
        key: OrderingKey::from(endpoint.id),
        sequence: 1,
        channel_id: None,
        at: now,
        recorded_at: now,
        payload: EventPayload::Endpoint(EndpointEvent {
            endpoint_id: endpoint.id,
            url: endpoint.url.clone(),
            detail: EndpointDetail::Test { requested_by },
        }),
    }
}
