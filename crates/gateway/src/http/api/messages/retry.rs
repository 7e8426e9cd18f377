//! `POST /v1/messages/{id}/retry`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_domain::key::{Access, Area};
use tidings_store::Wish;

use super::{MessageView, channel_of, find, wish};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, NoFields, RawRequest},
        idempotency::Once,
        problem::Answer,
    },
};

/// Send a failed message again
///
/// As a new attempt: what the vendor still reports of the old one no longer counts. Free content is refused with
/// `window_closed` where the contact has not written lately.
#[utoipa::path(
    post, path = "/messages/{id}/retry", operation_id = "retry_message", tag = "messages",
    params(
        ("id" = String, Path, description = "The message"),
        ("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe"),
    ),
    responses((status = 202, description = "It will be sent", body = MessageView)),
)]
pub(crate) async fn retry(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Messages, Access::Write)?;
    let NoFields {} = request.json()?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let message = find(&gateway, &caller, &id).await?;
    let channel = channel_of(&gateway, &message)?;
    wish(&gateway, &channel, message.id, Wish::Retry, Some(&once), StatusCode::ACCEPTED).await
}
