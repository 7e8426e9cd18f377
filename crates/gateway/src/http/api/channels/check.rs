//! `POST /v1/channels/{id}/check`: asks the vendor whether the channel works.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    key::{Access, Area},
    sending::Trouble,
};
use utoipa::ToSchema;

use super::{find, outbound, status_word};
use crate::{
    Gateway,
    flow::send::{
        care,
        templates::{self, Unread},
    },
    http::{
        auth::Caller,
        body::{Id, NoFields, json},
        problem::Answer,
    },
};

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckAnswer {
    /// Whether the vendor answered as it should.
    ok: bool,
    /// How the channel is doing now: `connected`, `disconnected`, `error` or `pending`.
    status: &'static str,
    /// What the vendor tells of the account, in its own words.
    account: Map<String, Value>,
    /// What is wrong, if something is.
    error: Option<CheckError>,
    /// How many templates were read; null if the channel has none or they could not be read.
    templates: Option<usize>,
    /// Where the vendor posts the channel's webhooks, which should be its `webhook_url`; null if the vendor does not tell.
    posts_to: Option<String>,
}

/// What is wrong with a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckError {
    /// The vendor's code, or our word for it.
    code: String,
    /// For people.
    message: String,
    /// `rate_limit`, `auth_error`, `provider_error`, `network_error` or `unknown`.
    category: &'static str,
}

impl CheckError {
    fn of(trouble: &Trouble) -> Self {
        Self { code: trouble.code.clone(), message: trouble.message.clone(), category: trouble.category.name() }
    }
}

/// Check a channel
///
/// Calls the vendor and tells what it found; the channel's status follows. Its templates are read as well.
#[utoipa::path(
    post, path = "/channels/{id}/check", operation_id = "check_channel", tag = "channels",
    params(("id" = String, Path, description = "The channel")),
    responses((status = 200, description = "What was found", body = CheckAnswer)),
)]
pub(crate) async fn check(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    _: NoFields,
) -> Answer<Response> {
    caller.may(Area::Channels, Access::Write)?;
    let live = find(&gateway, &caller, &id)?;
    let outbound = outbound(&live)?;
    let shared = gateway.senders.shared();
    let found = care::probe(shared, &live, outbound, true, None).await?;
    let templates = match &found {
        Err(_) => None,
        Ok(_) => match templates::read(shared, &live, outbound).await {
            Ok(number) => Some(number),
            Err(Unread::None | Unread::Endless | Unread::Vendor(_)) => None,
            Err(Unread::Store(error)) => return Err(error.into()),
        },
    };
    let posts_to = match &found {
        Ok(_) => care::callback(shared, &live, outbound).await,
        Err(_) => None,
    };
    if found.is_ok() {
        gateway.senders.answered_probe(live.channel.id);
    }
    let now = find(&gateway, &caller, &id)?;
    let answer = CheckAnswer {
        ok: found.is_ok(),
        status: status_word(now.channel.status),
        error: found.as_ref().err().map(CheckError::of),
        account: found.map(|account| account.details).unwrap_or_default(),
        templates,
        posts_to,
    };
    json(StatusCode::OK, &answer)
}
