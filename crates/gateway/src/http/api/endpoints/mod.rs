//! `/v1/endpoints`: places that webhooks are sent to.

pub(crate) mod create;
pub(crate) mod input;
pub(crate) mod rotate;
pub(crate) mod stats;
pub(crate) mod test;
pub(crate) mod try_filter;
pub(crate) mod update;

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, EndpointId,
    audit::Action,
    endpoint::{Endpoint, EndpointStatus, LegacySignature, Ordering, WebhookFormat},
    key::{Access, Area},
    pattern::EventPattern,
};
use utoipa::ToSchema;

use self::input::{AUTHORIZATION, MOST_AT_ONCE};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, Params, json},
        page::{List, PageParams, in_memory},
        problem::{Answer, Problem},
    },
    registry::LiveEndpoint,
};

/// What stands in place of a value that is not shown again.
pub(crate) const REDACTED: &str = "[redacted]";

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub(crate) struct EndpointView {
    /// `ep_…`
    #[schema(value_type = String)]
    id: EndpointId,
    /// Where it is.
    url: String,
    /// The shape of the bodies: `lifecycle` or `object`.
    #[schema(value_type = String, example = "lifecycle")]
    format: WebhookFormat,
    /// The events that it wants.
    #[schema(value_type = Vec<String>)]
    events: Vec<EventPattern>,
    /// The channels that it wants to hear of; all if empty.
    #[schema(value_type = Vec<String>)]
    channels: Vec<ChannelId>,
    /// What an event must say to be sent.
    filter: Option<Value>,
    /// `conversation` or `none`.
    #[schema(value_type = String, example = "conversation")]
    ordering: Ordering,
    /// Headers of the company's own; their values are not shown again.
    headers: BTreeMap<String, &'static str>,
    /// How it is told that it is us, beside the signature: `basic`, `bearer` or null.
    auth: Option<&'static str>,
    /// How many requests a second it may be sent; null: as many as it takes.
    rate_limit: Option<f64>,
    /// How many requests at once it may be sent.
    concurrency: u32,
    /// The key that `v1a` signatures are verified by, `whpk_…`; null if it does not sign so. The keys before it, which
    /// may still sign, stand in `/jwks/{id}`.
    public_key: Option<String>,
    /// A second signature, for receivers that were written for another platform.
    #[schema(value_type = Option<Object>)]
    legacy_signature: Option<LegacySignature>,
    /// How long one attempt may take, in milliseconds.
    timeout_ms: u64,
    /// For how many seconds a failed event may hold back its conversation; null: for its whole schedule.
    order_hold_max_seconds: Option<u64>,
    /// What the company calls it.
    description: Option<String>,
    /// The company's own fields.
    metadata: Map<String, Value>,
    /// Whether it is sent anything.
    enabled: bool,
    /// How it is doing: `healthy`, `down`, `disabled` or `paused`.
    #[schema(value_type = String, example = "healthy")]
    status: EndpointStatus,
    /// When it was made.
    created_at: String,
    /// When it was changed last.
    updated_at: String,
}

impl EndpointView {
    fn of(gateway: &Gateway, live: &LiveEndpoint) -> Self {
        let endpoint = &live.endpoint;
        Self {
            id: endpoint.id,
            url: endpoint.url.clone(),
            format: endpoint.format,
            events: endpoint.events.clone(),
            channels: endpoint.channels.clone(),
            filter: endpoint.filter.as_ref().map(|filter| filter.source().clone()),
            ordering: endpoint.ordering,
            headers: endpoint.headers.keys().map(|name| (name.clone(), REDACTED)).collect(),
            auth: auth(endpoint),
            rate_limit: endpoint.rate_limit,
            concurrency: endpoint.concurrency.unwrap_or(MOST_AT_ONCE),
            public_key: live.secrets.key_pairs_at(gateway.clock.now()).next().map(|timed| timed.key.public_text()),
            legacy_signature: endpoint.legacy_signature.clone(),
            timeout_ms: endpoint.timeout_ms,
            order_hold_max_seconds: endpoint.order_hold_max_seconds,
            description: endpoint.description.clone(),
            metadata: endpoint.metadata.clone(),
            enabled: endpoint.enabled,
            status: live.status,
            created_at: endpoint.created_at.to_string(),
            updated_at: endpoint.updated_at.to_string(),
        }
    }
}

/// By which scheme it is told that it is us.
fn auth(endpoint: &Endpoint) -> Option<&'static str> {
    let (_, value) = endpoint.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION))?;
    let (scheme, _) = value.split_once(' ')?;
    ["basic", "bearer"].into_iter().find(|known| known.eq_ignore_ascii_case(scheme))
}

/// List the endpoints
#[utoipa::path(
    get, path = "/endpoints", operation_id = "list_endpoints", tag = "endpoints", params(PageParams),
    responses((status = 200, description = "The newest first", body = List<EndpointView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let all = gateway.registry.endpoints.of(caller.workspace_id);
    let id = |live: &Arc<LiveEndpoint>| live.endpoint.id.to_bytes();
    let page = in_memory(all, params.limit, params.cursor.as_deref(), id, |live| EndpointView::of(&gateway, live))?;
    json(StatusCode::OK, &page)
}

/// Get an endpoint
#[utoipa::path(
    get, path = "/endpoints/{id}", operation_id = "get_endpoint", tag = "endpoints",
    params(("id" = String, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = EndpointView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    json(StatusCode::OK, &EndpointView::of(&gateway, &*find(&gateway, &caller, &id)?))
}

/// Delete an endpoint
#[utoipa::path(
    delete, path = "/endpoints/{id}", operation_id = "delete_endpoint", tag = "endpoints",
    params(("id" = String, Path, description = "The endpoint")),
    responses((status = 204, description = "It is deleted, with its delivery log")),
)]
pub(crate) async fn delete(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<StatusCode> {
    caller.may(Area::Endpoints, Access::Write)?;
    let live = {
        let _changing = gateway.changing.lock().await;
        let live = find(&gateway, &caller, &id)?;
        gateway.registry.endpoints.remove(live.endpoint.id);
        gateway.dispatcher.endpoint_removed(live.endpoint.id).await;
        live
    };
    let endpoint = live.endpoint.id;
    let gone = Changes::between(Some(&EndpointView::of(&gateway, &live)), None);
    let act = caller.act(&gateway, Action::EndpointDeleted, endpoint, gone);
    // What was delivered may be much, and takes its time to be forgotten.
    if let Err(refused) = gateway.store.endpoint_delete(caller.workspace_id, endpoint, act).await {
        // It is there, and can be deleted again; what has been forgotten of it must not be delivered again.
        gateway.registry.endpoints.put(live);
        gateway.registry.endpoint_status(endpoint, EndpointStatus::Disabled);
        return Err(refused.into());
    }
    gateway.metrics.forget_endpoint(endpoint.to_string());
    Ok(StatusCode::NO_CONTENT)
}

/// An endpoint of the caller's workspace.
pub(crate) fn find(gateway: &Gateway, caller: &Caller, id: &Id) -> Answer<Arc<LiveEndpoint>> {
    let id = id.of("endpoint")?;
    gateway.registry.endpoints.get(caller.workspace_id, id).ok_or_else(|| Problem::not_found("endpoint"))
}
