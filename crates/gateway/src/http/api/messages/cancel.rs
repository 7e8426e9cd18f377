//! `DELETE /v1/messages/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_domain::key::{Access, Area};
use tidings_store::Wish;

use super::{MessageView, channel_of, find, wish};
use crate::{
    Gateway,
    http::{auth::Caller, body::Id, problem::Answer},
};

/// Cancel a message
///
/// One that waits to be sent is not sent. One that an attempt is under way for, or that has been sent, is refused: 409
/// `already_sending` or `not_editable`.
#[utoipa::path(
    delete, path = "/messages/{id}", operation_id = "cancel_message", tag = "messages",
    params(("id" = String, Path, description = "The message")),
    responses((status = 200, description = "It will not be sent", body = MessageView)),
)]
pub(crate) async fn cancel(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Messages, Access::Write)?;
    let message = find(&gateway, &caller, &id).await?;
    let channel = channel_of(&gateway, &message)?;
    wish(&gateway, &channel, message.id, Wish::Cancel, None, StatusCode::OK).await
}
