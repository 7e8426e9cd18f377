//! `/in/{channel_id}`: where vendors post their webhooks and prove that we own the address. It has no key and no limit
//! of requests: a vendor signs, and a vendor that is refused comes again.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, Uri, header};
use tidings_channels::{Handshake, SignatureError};
use url::form_urlencoded;

use super::{
    body::collect,
    problem::{Answer, Code, Problem},
};
use crate::{
    Gateway,
    flow::intake::{self, Refused},
    registry::LiveChannel,
    telemetry::InboundLabels,
};

/// The longest body of a vendor's webhook. Meta posts up to 3 MB and repeats what is refused.
const LONGEST: usize = 16 << 20;

/// Take a vendor's webhook
///
/// Answered with 200 once it is durable, whatever it says, if its signature is right.
#[utoipa::path(
    post, path = "/in/{channel_id}", operation_id = "receive_webhook", tag = "vendors",
    params(("channel_id" = String, Path, description = "The channel")),
    request_body(content_type = "application/json", description = "Whatever the vendor posts, at most 16 MiB"),
    responses((status = 200, description = "It is durable")), security(()),
)]
pub(crate) async fn receive(State(gateway): State<Arc<Gateway>>, request: Request) -> Answer<StatusCode> {
    let channel = posted_to(&gateway, request.uri())?;
    let (parts, body) = request.into_parts();
    let body = collect(&gateway, &parts.headers, body, LONGEST).await?;
    match intake::take(&gateway, &channel, &parts.headers, body.bytes.clone()).await {
        Ok(_) => Ok(StatusCode::OK),
        Err(Refused::Signature(error @ (SignatureError::Missing | SignatureError::Malformed))) => {
            Err(Problem::new(Code::Unauthenticated, error.to_string()))
        }
        Err(error @ (Refused::Signature(SignatureError::Wrong) | Refused::Unverifiable)) => {
            tracing::warn!(channel.id = %channel.channel.id, %error, "a webhook was refused");
            Err(Problem::new(Code::Forbidden, error.to_string()))
        }
        Err(Refused::Store(error)) => Err(refused_by_store(error.into())),
    }
}

/// A vendor knows only to come again: whatever kept us from storing its webhook, that is what it must do.
fn refused_by_store(problem: Problem) -> Problem {
    if problem.code == Code::Overloaded {
        return problem;
    }
    tracing::error!(detail = %problem.detail, "a webhook of a vendor could not be stored, and was refused");
    Problem::new(Code::Overloaded, "the webhook could not be stored").retry_after(5)
}

/// Answer a vendor's handshake
#[utoipa::path(
    get, path = "/in/{channel_id}", operation_id = "answer_handshake", tag = "vendors",
    params(("channel_id" = String, Path, description = "The channel")),
    responses((status = 200, description = "The challenge, as plain text", content_type = "text/plain", body = String)),
    security(()),
)]
pub(crate) async fn handshake(State(gateway): State<Arc<Gateway>>, uri: Uri) -> Answer<Response> {
    let channel = posted_to(&gateway, &uri)?;
    let query: Vec<_> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    match channel.adapter.handshake(&query, &channel.secrets.verify_token) {
        Handshake::Challenge(challenge) => {
            // The challenge is the caller's text: it must never be taken for a page.
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            Ok((StatusCode::OK, headers, challenge).into_response())
        }
        Handshake::Refused(reason) => {
            tracing::warn!(channel.id = %channel.channel.id, reason, "a handshake was refused");
            Err(Problem::new(Code::Forbidden, reason))
        }
        Handshake::NotAHandshake => {
            Err(Problem::new(Code::ValidationFailed, "this is the address for the vendor's webhooks and handshake"))
        }
    }
}

fn posted_to(gateway: &Gateway, uri: &Uri) -> Answer<Arc<LiveChannel>> {
    let id = uri.path().strip_prefix("/in/").and_then(|id| id.parse().ok());
    id.and_then(|id| gateway.registry.channels.posted_to(id)).ok_or_else(|| {
        gateway.metrics.inbound.get_or_create(&InboundLabels { result: "unknown_channel" }).inc();
        Problem::not_found("channel")
    })
}
