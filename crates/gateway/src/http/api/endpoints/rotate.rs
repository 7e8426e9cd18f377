//! `POST /v1/endpoints/{id}/secret/rotate`

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::{
    audit::Action,
    key::{Access, Area},
};
use tidings_store::Claimed;
use tidings_webhooks::{EndpointSecrets, SigningKeyPair};
use utoipa::ToSchema;

use super::{
    create::{new_key_pair, new_secret},
    find,
};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, RawRequest},
        idempotency::{Draft, Once},
        problem::{Answer, Problem},
    },
    registry::LiveEndpoint,
};

const LONGEST_OVERLAP_SECONDS: u64 = 30 * 24 * 3600;

/// How a secret is to be replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateInput {
    /// How long the old secret signs beside the new one: 24 hours unless told. 0 is the emergency: every older secret
    /// is dropped at once.
    #[serde(default)]
    overlap_seconds: Option<u64>,
}

/// The new secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RotateAnswer {
    /// `whsec_…`. It is not shown again.
    secret: String,
    /// `whpk_…`, if the endpoint has a key pair, which is replaced as well.
    public_key: Option<String>,
    /// Until when those before them sign, too.
    previous_valid_until: String,
}

/// Replace an endpoint's secret
///
/// And its key pair, if it has one.
#[utoipa::path(
    post, path = "/endpoints/{id}/secret/rotate", operation_id = "rotate_endpoint_secret", tag = "endpoints",
    request_body = RotateInput,
    params(
        ("id" = String, Path, description = "The endpoint"),
        ("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe"),
    ),
    responses((status = 200, description = "The new secret, this once", body = RotateAnswer)),
)]
pub(crate) async fn rotate(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let input: RotateInput = request.json()?;
    let overlap = input.overlap_seconds.map_or(EndpointSecrets::DEFAULT_OVERLAP, Duration::from_secs);
    if overlap.as_secs() > LONGEST_OVERLAP_SECONDS {
        return Err(Problem::field("/overlap_seconds", format!("is longer than {LONGEST_OVERLAP_SECONDS}")));
    }
    let _changing = gateway.changing.lock().await;
    let mut live = LiveEndpoint::clone(&*find(&gateway, &caller, &id)?);
    let secret = new_secret(&gateway);
    let text = secret.to_text();
    let now = gateway.clock.now();
    let previous_valid_until = live.secrets.rotate(secret, now, overlap).to_string();
    let key_pair = live.secrets.has_key_pair(now).then(|| new_key_pair(&gateway)).transpose()?;
    let public_key = key_pair.as_ref().map(SigningKeyPair::public_text);
    if let Some(key_pair) = key_pair {
        live.secrets.rotate_key_pair(key_pair, now, overlap);
    }
    live.endpoint.updated_at = now;
    let changes = Changes::default().and("previous_valid_until", None::<String>, previous_valid_until.clone());
    let act = caller.act(&gateway, Action::SecretRotated, live.endpoint.id, changes);
    let draft = Draft::new(StatusCode::OK, &RotateAnswer { secret: text, public_key, previous_valid_until })?;
    let record = live.record(&gateway.seal, &*gateway.random);
    let claimed = gateway.store.endpoint_update(record, once.claim(&draft), act).await?;
    if claimed == Claimed::Done {
        let live = Arc::new(live);
        gateway.registry.endpoints.put(live.clone());
        gateway.dispatcher.endpoint_saved(live).await;
    }
    once.finish(&claimed, draft, || {})
}
