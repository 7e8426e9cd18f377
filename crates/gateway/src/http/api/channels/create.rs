//! `POST /v1/channels`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId,
    audit::Action,
    channel::{Channel, ChannelStatus, ChannelType},
    key::{Access, Area},
};
use tidings_store::{ChannelRecord, Claimed, StoreError};
use utoipa::ToSchema;

use super::{ChannelView, account_taken, configure};
use crate::{
    Gateway,
    flow::reprocess,
    http::{
        acts::Changes,
        api::workspaces::checked_name,
        auth::Caller,
        body::RawRequest,
        idempotency::{Draft, Once},
        problem::{Answer, Problem},
        quota::room_for_one,
    },
    registry::{LiveChannel, channels::ChannelSecrets},
    start::random_text,
};

/// What is to be a channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelInput {
    /// The kind of channel.
    #[schema(value_type = String, example = "whatsapp")]
    r#type: ChannelType,
    /// What the company calls it.
    name: String,
    /// What the vendor gave; for `whatsapp`: `access_token`, `app_secret`. Never shown again.
    #[serde(default)]
    credentials: Map<String, Value>,
    /// For `whatsapp`: `phone_number_id`, `business_account_id`, `api_base`, `api_version`, `hold_hours`,
    /// `messages_per_second`.
    #[serde(default)]
    settings: Map<String, Value>,
}

/// Make a channel
///
/// Nothing is called at the vendor. What came for its account before is applied now.
#[utoipa::path(
    post, path = "/channels", operation_id = "create_channel", tag = "channels", request_body = ChannelInput,
    params(("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "It is made", body = ChannelView)),
)]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Channels, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let live = read(&gateway, &caller, &request.json()?)?;
    let view = ChannelView::of(&gateway, &live);
    let act = caller.act(&gateway, Action::ChannelCreated, live.channel.id, Changes::between(None, Some(&view)));
    let draft = Draft::new(StatusCode::CREATED, &view)?;
    let _changing = gateway.changing.lock().await;
    let most = gateway.registry.workspaces.quotas(caller.workspace_id).channels;
    room_for_one(most, || gateway.registry.channels.of(caller.workspace_id).len(), "channels")?;
    let created = gateway.store.channel_create(live.record.clone(), once.claim(&draft), act).await;
    let claimed: Claimed = created.map_err(|error| match error {
        StoreError::Conflict(_) => account_taken(),
        error => error.into(),
    })?;
    once.finish(&claimed, draft, || {
        gateway.registry.channels.put(live.clone());
        gateway.senders.channel_saved(&live);
        reprocess::unrouted_soon(&gateway, live);
    })
}

fn read(gateway: &Gateway, caller: &Caller, input: &ChannelInput) -> Answer<LiveChannel> {
    let word = input.r#type.name();
    let adapter = tidings_channels::adapter(input.r#type)
        .ok_or_else(|| Problem::not_available(&format!("the channel type {word}"), Some("/type")))?;
    let name = checked_name(&input.name)?;
    let configuration = configure(gateway, adapter, &input.credentials, &input.settings)?;
    let secrets =
        ChannelSecrets { credentials: configuration.credentials, verify_token: random_text(&*gateway.random) };
    let now = gateway.clock.now();
    let id = gateway.ids.next(ChannelId::next);
    let record = ChannelRecord {
        channel: Channel {
            id,
            workspace_id: caller.workspace_id,
            channel_type: input.r#type,
            name,
            phone_number: None,
            provider: adapter.provider(),
            receipts: adapter.receipts(),
            status: ChannelStatus::Pending,
            created_at: now,
        },
        account: configuration.account,
        account_group: configuration.group,
        settings: configuration.settings,
        secrets: secrets.seal(id, &gateway.seal, &*gateway.random),
        updated_at: now,
    };
    Ok(LiveChannel::new(record, adapter, secrets))
}
