//! `POST /v1/endpoints`

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::Map;
use tidings_domain::{
    EndpointId, WorkspaceId,
    audit::Action,
    endpoint::{Endpoint, EndpointStatus, Ordering, WebhookFormat},
    key::{Access, Area},
};
use tidings_store::Claimed;
use tidings_webhooks::{EndpointSecrets, SigningKeyPair, SigningSecret};
use utoipa::ToSchema;

use super::{EndpointView, input::EndpointInput};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::RawRequest,
        idempotency::{Draft, Once},
        problem::{Answer, Problem},
        quota::room_for_one,
    },
    registry::LiveEndpoint,
};

/// An endpoint with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewEndpoint {
    /// The endpoint.
    #[serde(flatten)]
    endpoint: EndpointView,
    /// The secret that its webhooks are signed with, `whsec_…`. It is not shown again.
    secret: String,
}

/// Make an endpoint
///
/// It starts at the end of the log: what happens from now on is sent to it.
#[utoipa::path(
    post, path = "/endpoints", operation_id = "create_endpoint", tag = "endpoints", request_body = EndpointInput,
    params(("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The endpoint, with its secret this once", body = NewEndpoint)),
)]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let input: EndpointInput = request.json()?;
    let secret = new_secret(&gateway);
    let text = secret.to_text();
    let mut live = LiveEndpoint {
        endpoint: blank(&gateway, caller.workspace_id),
        secrets: EndpointSecrets::new(secret),
        status: EndpointStatus::Healthy,
    };
    input.apply(&gateway, &mut live)?;
    if !live.endpoint.enabled {
        live.status = EndpointStatus::Paused;
    }
    let endpoint = EndpointView::of(&gateway, &live);
    let made = Changes::between(None, Some(&endpoint));
    let act = caller.act(&gateway, Action::EndpointCreated, live.endpoint.id, made);
    let draft = Draft::new(StatusCode::CREATED, &NewEndpoint { endpoint, secret: text })?;
    let _changing = gateway.changing.lock().await;
    let most = gateway.registry.workspaces.quotas(caller.workspace_id).endpoints;
    room_for_one(most, || gateway.registry.endpoints.of(caller.workspace_id).len(), "endpoints")?;
    let record = live.record(&gateway.seal, &*gateway.random);
    let claimed = gateway.store.endpoint_create(record, once.claim(&draft), act).await?;
    if claimed == Claimed::Done {
        let live = Arc::new(live);
        gateway.registry.endpoints.put(live.clone());
        gateway.dispatcher.endpoint_saved(live).await;
    }
    once.finish(&claimed, draft, || {})
}

/// A new key to sign with.
pub(super) fn new_secret(gateway: &Gateway) -> SigningSecret {
    let mut random = [0; SigningSecret::LENGTH];
    gateway.random.fill(&mut random);
    SigningSecret::generate(random)
}

/// A new key pair to sign with.
pub(super) fn new_key_pair(gateway: &Gateway) -> Answer<SigningKeyPair> {
    let mut seed = [0; SigningKeyPair::LENGTH];
    gateway.random.fill(&mut seed);
    SigningKeyPair::generate(seed).map_err(|error| Problem::internal(&error))
}

/// An endpoint before anything is said of it.
pub(super) fn blank(gateway: &Gateway, workspace_id: WorkspaceId) -> Endpoint {
    let now = gateway.clock.now();
    Endpoint {
        id: gateway.ids.next(EndpointId::next),
        workspace_id,
        url: String::new(),
        format: WebhookFormat::Lifecycle,
        events: Vec::new(),
        channels: Vec::new(),
        filter: None,
        rate_limit: None,
        concurrency: None,
        ordering: Ordering::Conversation,
        headers: BTreeMap::new(),
        legacy_signature: None,
        timeout_ms: 0,
        order_hold_max_seconds: None,
        description: None,
        metadata: Map::new(),
        enabled: true,
        created_at: now,
        updated_at: now,
    }
}
