//! `/v1/messages`: messages as they stand, and messages to send. What happens to them is told by events.

pub(crate) mod cancel;
mod input;
pub(crate) mod reschedule;
pub(crate) mod retry;
pub(crate) mod submit;
pub(crate) mod trace;
mod view;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use tidings_domain::{
    MessageId,
    key::{Access, Area},
    message::{Direction, Message},
    status::MessageStatus,
};
use tidings_store::{MessageFilter, Shown, Wish, Wished};
use utoipa::IntoParams;

pub(crate) use view::MessageView;

use super::{parameter, time};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, Params, json},
        idempotency::Once,
        page::{List, listed, number, page},
        problem::{Answer, Code, Problem},
    },
    registry::LiveChannel,
};

/// Which messages are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Of this conversation.
    #[serde(default)]
    conversation_id: Option<String>,
    /// Of this channel.
    #[serde(default)]
    channel_id: Option<String>,
    /// Of this contact.
    #[serde(default)]
    contact_id: Option<String>,
    /// With this status.
    #[serde(default)]
    status: Option<String>,
    /// `inbound` or `outbound`.
    #[serde(default)]
    direction: Option<String>,
    /// Recorded at this time or later.
    #[serde(default)]
    since: Option<String>,
    /// Recorded before this time.
    #[serde(default)]
    until: Option<String>,
}

impl MessageParams {
    fn filter(&self) -> Answer<MessageFilter> {
        Ok(MessageFilter {
            conversation_id: parameter("conversation_id", self.conversation_id.as_deref(), |text| text.parse().ok())?,
            channel_id: parameter("channel_id", self.channel_id.as_deref(), |text| text.parse().ok())?,
            contact_id: parameter("contact_id", self.contact_id.as_deref(), |text| text.parse().ok())?,
            status: parameter("status", self.status.as_deref(), MessageStatus::from_name)?,
            direction: parameter("direction", self.direction.as_deref(), Direction::from_name)?,
            since: time("since", self.since.as_deref())?,
            until: time("until", self.until.as_deref())?,
        })
    }
}

/// List the messages
#[utoipa::path(
    get, path = "/messages", operation_id = "list_messages", tag = "messages", params(MessageParams),
    responses((status = 200, description = "The newest first", body = List<MessageView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<MessageParams>,
) -> Answer<Response> {
    caller.may(Area::Messages, Access::Read)?;
    let page = page("messages", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.message_list(caller.workspace_id, params.filter()?, page).await?;
    let now = gateway.clock.now();
    json(StatusCode::OK, &listed("messages", listing, |message| MessageView::of(&gateway.links, now, message)))
}

/// Get a message
#[utoipa::path(
    get, path = "/messages/{id}", operation_id = "get_message", tag = "messages",
    params(("id" = String, Path, description = "The message")),
    responses((status = 200, description = "The message", body = MessageView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Messages, Access::Read)?;
    let found = gateway.store.message_get(caller.workspace_id, id.of("message")?).await?;
    let message = found.ok_or_else(|| Problem::not_found("message"))?;
    json(StatusCode::OK, &MessageView::of(&gateway.links, gateway.clock.now(), message))
}

/// A message of the caller's workspace.
async fn find(gateway: &Gateway, caller: &Caller, id: &Id) -> Answer<Message> {
    let found = gateway.store.message_get(caller.workspace_id, id.of("message")?).await?;
    found.ok_or_else(|| Problem::not_found("message"))
}

/// The channel of a message, if it is still there.
fn channel_of(gateway: &Gateway, message: &Message) -> Answer<Arc<LiveChannel>> {
    gateway
        .registry
        .channels
        .get(message.workspace_id, message.channel_id)
        .ok_or_else(|| Problem::new(Code::NotEditable, "the channel of the message is deleted"))
}

/// Does what the caller wants of a message, and answers with the message as it is then.
async fn wish(
    gateway: &Gateway,
    channel: &LiveChannel,
    message_id: MessageId,
    wish: Wish,
    once: Option<&Once<'_>>,
    status: StatusCode,
) -> Answer<Response> {
    let now = gateway.clock.now();
    let wished = Wished { channel: channel.channel.clone(), message_id, wish, terms: channel.terms(), at: now };
    let claim = once.and_then(|once| once.showing(status, MessageView::shown(&gateway.links, now)));
    let done = gateway.store.message_wish(wished, claim).await?;
    gateway.senders.changed(channel.channel.id, message_id);
    match (done, once) {
        (Shown::Replayed(kept), Some(once)) => once.replay(&kept),
        (Shown::Done(message), _) => json(status, &MessageView::of(&gateway.links, now, Message::clone(&message))),
        (Shown::Replayed(_), None) => Err(Problem::new(Code::Internal, "an answer without a key was replayed")),
    }
}
