//! `POST /v1/conversations/{id}/read` and `…/typing`: what the contact sees of us. Never sent unasked.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use tidings_domain::{
    ConversationId, MessageId,
    key::{Access, Area},
};
use utoipa::ToSchema;

use crate::{
    Gateway,
    flow::vendor::{CALL_TIMEOUT, Vendor},
    http::{
        auth::Caller,
        body::{Id, NoFields, json},
        problem::{Answer, Code, Problem},
    },
};

/// What the contact was shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptAnswer {
    /// The newest message of the contact: it and everything before it is shown as read.
    #[schema(value_type = String)]
    message_id: MessageId,
}

/// Tell the contact that its messages were read
///
/// Asks the vendor at once. Refused with `vendor_failed` if the vendor does not do it.
#[utoipa::path(
    post, path = "/conversations/{id}/read", operation_id = "mark_conversation_read", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 200, description = "The contact sees it", body = ReceiptAnswer)),
)]
pub(crate) async fn read(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id, _: NoFields) -> Answer<Response> {
    show(&gateway, &caller, &id, false).await
}

/// Show the contact that somebody is writing
///
/// The vendor ends it by itself after some seconds, or with the next message. On `WhatsApp` this shows the contact's
/// messages as read, too.
#[utoipa::path(
    post, path = "/conversations/{id}/typing", operation_id = "show_typing", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 200, description = "The contact sees it", body = ReceiptAnswer)),
)]
pub(crate) async fn typing(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    _: NoFields,
) -> Answer<Response> {
    show(&gateway, &caller, &id, true).await
}

async fn show(gateway: &Gateway, caller: &Caller, id: &Id, typing: bool) -> Answer<Response> {
    caller.may(Area::Conversations, Access::Write)?;
    let id: ConversationId = id.of("conversation")?;
    let found = gateway.store.conversation_get(caller.workspace_id, id).await?;
    let conversation = found.ok_or_else(|| Problem::not_found("conversation"))?;
    if !typing {
        // The company has read it, whatever the vendor makes of that.
        gateway.store.conversation_read(caller.workspace_id, id).await?;
    }
    let channel = gateway.registry.channels.get(caller.workspace_id, conversation.channel_id);
    let channel = channel.ok_or_else(|| Problem::new(Code::Conflict, "the conversation's channel is deleted"))?;
    let newest = gateway.store.message_newest_inbound(caller.workspace_id, id).await?;
    let newest = newest.ok_or_else(|| Problem::new(Code::Conflict, "the contact has not written yet"))?;
    let unable = || {
        let told = format!("a channel of type {} cannot show that", channel.channel.channel_type.name());
        Problem::new(Code::UnsupportedContent, told)
    };
    let outbound = channel.adapter.outbound().ok_or_else(unable)?;
    let vendor_id = newest.vendor_id.as_deref().ok_or_else(unable)?;
    let call = outbound.mark_read(channel.access(), vendor_id, typing).ok_or_else(unable)?;
    let reply = Vendor::of(&gateway.senders.shared().client, &channel).call(call, CALL_TIMEOUT).await;
    let shown = reply.read(|answer| outbound.read_mark_answer(answer));
    shown.map_err(|trouble| Problem::new(Code::VendorFailed, format!("{} ({})", trouble.message, trouble.code)))?;
    json(StatusCode::OK, &ReceiptAnswer { message_id: newest.id })
}
