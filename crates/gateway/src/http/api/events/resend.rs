//! `POST /v1/events/{id}/resend`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::{
    EndpointId, EventId,
    key::{Access, Area},
};
use utoipa::ToSchema;

use crate::{
    Gateway,
    flow::dispatch::ResendRefused,
    http::{
        auth::Caller,
        body::{Id, RawRequest, json},
        problem::{Answer, Code, Problem},
    },
};

/// To whom an event is to be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResendInput {
    /// The endpoint.
    #[schema(value_type = String)]
    endpoint_id: EndpointId,
}

/// What will be sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResendAnswer {
    /// The event.
    #[schema(value_type = String)]
    event_id: EventId,
    /// The endpoint.
    #[schema(value_type = String)]
    endpoint_id: EndpointId,
}

/// Send an event again
#[utoipa::path(
    post, path = "/events/{id}/resend", operation_id = "resend_event", tag = "events", request_body = ResendInput,
    params(("id" = String, Path, description = "The event")),
    responses((status = 202, description = "It will be sent", body = ResendAnswer)),
)]
pub(crate) async fn resend(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Write)?;
    let missing = || Problem::not_found("event");
    let event_id = super::event_id(id.text()).ok_or_else(missing)?;
    let entry = gateway.store.event_get(caller.workspace_id, event_id).await?.ok_or_else(missing)?;
    let endpoint_id = request.json::<ResendInput>()?.endpoint_id;
    let no_endpoint = || Problem::field("/endpoint_id", "there is no such endpoint");
    let live = gateway.registry.endpoints.get(caller.workspace_id, endpoint_id).ok_or_else(no_endpoint)?;
    match gateway.dispatcher.resend(&live, entry.position).await {
        Ok(()) => json(StatusCode::ACCEPTED, &ResendAnswer { event_id, endpoint_id }),
        Err(ResendRefused::Store(error)) => Err(error.into()),
        Err(ResendRefused::NotRunning) => Err(Problem::new(Code::Conflict, "the endpoint is not enabled")),
    }
}
