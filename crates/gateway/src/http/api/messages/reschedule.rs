//! `PATCH /v1/messages/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use tidings_domain::key::{Access, Area};
use tidings_store::Wish;
use utoipa::ToSchema;

use super::{MessageView, channel_of, find, wish};
use crate::{
    Gateway,
    http::{
        api::time,
        auth::Caller,
        body::{Id, RawRequest, parse},
        problem::{Answer, Code, Problem},
    },
};

/// What is to change of a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagePatch {
    /// When it is to go out: a time in the future, for a message in status `scheduled`.
    #[serde(default)]
    scheduled_at: Option<String>,
    /// Another text. Only where the channel can edit what was sent (`capabilities.edit`).
    #[serde(default)]
    text: Option<String>,
}

/// Change a message
///
/// Reschedules one that waits for its time. Once an attempt at sending it is marked: 409 `already_sending`.
#[utoipa::path(
    patch, path = "/messages/{id}", operation_id = "update_message", tag = "messages", request_body = MessagePatch,
    params(("id" = String, Path, description = "The message")),
    responses((status = 200, description = "The message", body = MessageView)),
)]
pub(crate) async fn reschedule(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Messages, Access::Write)?;
    let patch: MessagePatch = parse(request.object()?)?;
    let message = find(&gateway, &caller, &id).await?;
    let channel = channel_of(&gateway, &message)?;
    if patch.text.is_some() {
        let told = format!("a channel of type {} cannot edit messages", channel.channel.channel_type.name());
        return Err(Problem::new(Code::NotEditable, told));
    }
    let at = time("scheduled_at", patch.scheduled_at.as_deref())?
        .ok_or_else(|| Problem::field("/scheduled_at", "is missing; to cancel the message, delete it"))?;
    if at <= gateway.clock.now() {
        return Err(Problem::field("/scheduled_at", "must be in the future"));
    }
    wish(&gateway, &channel, message.id, Wish::Reschedule(at), None, StatusCode::OK).await
}
