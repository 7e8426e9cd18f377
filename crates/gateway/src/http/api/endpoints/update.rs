//! `PATCH /v1/endpoints/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde_json::{Map, Value};
use tidings_domain::{
    Timestamp,
    audit::{Act, Action},
    endpoint::EndpointStatus,
    key::{Access, Area},
    merge::merge,
};

use tidings_store::StoreError;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

use super::{
    EndpointView, REDACTED, find,
    input::{AUTHORIZATION, EndpointInput},
};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, RawRequest, json, parse},
        problem::{Answer, Problem},
    },
    registry::LiveEndpoint,
};

/// What is to change of an endpoint: the fields of a new one, none of them required, and where to go on.
pub(crate) struct EndpointPatch;

impl PartialSchema for EndpointPatch {
    fn schema() -> RefOr<Schema> {
        let mut schema = EndpointInput::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.required.clear();
            let resume_from = ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some(["now"]))
                .description(Some("With `enabled` true: what was missed is not delivered."))
                .build();
            object.properties.insert("resume_from".to_owned(), RefOr::T(Schema::Object(resume_from)));
        }
        schema
    }
}

impl ToSchema for EndpointPatch {}

/// Change an endpoint
///
/// By JSON merge patch: what is absent stays, what is null gets its default; `filter` is replaced as a whole. `"enabled": true` delivers what was missed;
/// with `"resume_from": "now"` it does not.
#[utoipa::path(
    patch, path = "/endpoints/{id}", operation_id = "update_endpoint", tag = "endpoints",
    request_body = EndpointPatch,
    params(("id" = String, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = EndpointView)),
)]
pub(crate) async fn update(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Write)?;
    let _changing = gateway.changing.lock().await;
    let live = find(&gateway, &caller, &id)?;
    let mut patch = request.object()?;
    let resume_from = patch.remove("resume_from").filter(|value| !value.is_null());
    let enables = patch.get("enabled") == Some(&Value::Bool(true));
    let mut changed = LiveEndpoint::clone(&live);
    patched(&live, patch, gateway.clock.now())?.apply(&gateway, &mut changed)?;
    changed.endpoint.updated_at = gateway.clock.now();
    changed.status = status(&live, changed.endpoint.enabled);
    let from_now = match resume_from {
        None => false,
        Some(Value::String(word)) if word == "now" && enables => true,
        Some(_) => return Err(Problem::field("/resume_from", "expected \"now\", with `enabled` true")),
    };
    let [before, after] = [&*live, &changed].map(|live| EndpointView::of(&gateway, live));
    let difference = Changes::between(Some(&before), Some(&after))
        .and_secretly("headers", live.endpoint.headers != changed.endpoint.headers)
        .and("resume_from", Value::Null, from_now.then_some("now"));
    let act = caller.act(&gateway, Action::EndpointUpdated, live.endpoint.id, difference);
    if let Err(refused) = remember(&gateway, &changed, from_now, act).await {
        // It goes on as it was.
        gateway.dispatcher.endpoint_saved(live).await;
        return Err(refused.into());
    }
    let changed = Arc::new(changed);
    gateway.registry.endpoints.put(changed.clone());
    gateway.dispatcher.endpoint_saved(changed.clone()).await;
    json(StatusCode::OK, &EndpointView::of(&gateway, &changed))
}

/// Writes it down.
async fn remember(
    gateway: &Gateway,
    changed: &LiveEndpoint,
    from_now: bool,
    act: Option<Act>,
) -> Result<(), StoreError> {
    let record = changed.record(&gateway.seal, &*gateway.random);
    if !from_now {
        return gateway.store.endpoint_update(record, None, act).await.map(drop);
    }
    // What is under way is given up, too, and nothing of it is written down any more.
    gateway.dispatcher.take_over(changed.endpoint.id).await?;
    gateway.store.endpoint_resume_from_now(record, act).await
}

/// What would make the endpoint as it is to be.
fn patched(live: &LiveEndpoint, mut patch: Map<String, Value>, now: Timestamp) -> Answer<EndpointInput> {
    let endpoint = &live.endpoint;
    // Who sends back what was answered means to leave the hidden values as they are.
    if let Some(Value::Object(headers)) = patch.get_mut("headers") {
        headers.retain(|name, value| value != REDACTED || !endpoint.headers.contains_key(name));
    }
    let Value::Object(current) = serde_json::to_value(EndpointInput::of(live, now)).unwrap_or_default() else {
        return Err(Problem::field("", "expected a JSON object"));
    };
    // By null only the header goes, which stands for it; what is given is set when it is applied.
    let takes_auth_away = patch.get("auth").is_some_and(Value::is_null);
    let hold = ["order_hold_max_seconds", "order_hold_max"].into_iter().find_map(|name| patch.remove(name));
    // A part of a filter says nothing: it is replaced as a whole.
    let filter = patch.remove("filter");
    let mut merged = merge(current, patch);
    if let Some(filter) = filter {
        merged.insert("filter".to_owned(), filter);
    }
    if takes_auth_away && let Some(Value::Object(headers)) = merged.get_mut("headers") {
        headers.retain(|name, _| !name.eq_ignore_ascii_case(AUTHORIZATION));
    }
    merged.retain(|_, value| !value.is_null());
    if let Some(hold) = hold {
        merged.insert("order_hold_max_seconds".to_owned(), hold);
    } else if endpoint.order_hold_max_seconds.is_none() {
        merged.insert("order_hold_max_seconds".to_owned(), Value::Null);
    }
    parse(merged)
}

/// How the endpoint is doing, once it is enabled, paused or left as it is.
fn status(live: &LiveEndpoint, enabled: bool) -> EndpointStatus {
    match (live.status, enabled) {
        (EndpointStatus::Disabled | EndpointStatus::Paused, true) => EndpointStatus::Healthy,
        (EndpointStatus::Healthy | EndpointStatus::Down, false) => EndpointStatus::Paused,
        (status, _) => status,
    }
}
