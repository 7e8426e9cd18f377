//! `GET /jwks/{endpoint_id}`: the public keys by which a receiver verifies the `v1a` signatures of an endpoint, as a JSON
//! Web Key Set (RFC 7517, RFC 8037). Open to everybody: it holds nothing that is secret.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tidings_domain::Timestamp;
use utoipa::ToSchema;

use super::{
    body::{Id, json},
    problem::{Answer, Problem},
};
use crate::Gateway;

/// For how long a receiver may keep it: a new key signs beside the old one for much longer, unless it is an emergency.
const KEPT_FOR: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Keys that sign at present.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeySet {
    /// The newest first.
    keys: Vec<Key>,
}

/// A public key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    /// `OKP`: a key on an Edwards curve.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// The key, in base64url.
    x: String,
    /// `EdDSA`.
    alg: &'static str,
    /// `sig`: it verifies signatures.
    r#use: &'static str,
    /// `whpk_…`: the same key as Standard Webhooks spells it.
    kid: String,
    /// Until when it signs, in seconds since 1970; absent of the one that signs until it is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

/// The public keys of an endpoint
#[utoipa::path(
    get, path = "/jwks/{id}", operation_id = "get_endpoint_keys", tag = "endpoints", security(()),
    params(("id" = String, Path, description = "The endpoint")),
    responses((status = 200, description = "A JSON Web Key Set", body = KeySet)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, id: Id) -> Answer<Response> {
    let live = gateway.registry.endpoints.find(id.of("endpoint")?).ok_or_else(|| Problem::not_found("endpoint"))?;
    let keys = live
        .secrets
        .key_pairs_at(gateway.clock.now())
        .map(|timed| Key {
            kty: "OKP",
            crv: "Ed25519",
            x: timed.key.public_coordinate(),
            alg: "EdDSA",
            r#use: "sig",
            kid: timed.key.public_text(),
            exp: timed.valid_until.map(Timestamp::as_seconds),
        })
        .collect();
    let mut response = json(StatusCode::OK, &KeySet { keys })?;
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT_FOR);
    Ok(response)
}
