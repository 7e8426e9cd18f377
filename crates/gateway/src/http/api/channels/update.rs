//! `PATCH /v1/channels/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_domain::{
    audit::Action,
    key::{Access, Area},
    merge::merge,
};
use tidings_store::StoreError;
use utoipa::ToSchema;

use super::{ChannelView, account_taken, configure, find};
use crate::{
    Gateway,
    flow::reprocess,
    http::{
        acts::Changes,
        api::workspaces::checked_name,
        auth::Caller,
        body::{Id, RawRequest, json, parse},
        problem::{Answer, Problem},
    },
    registry::{LiveChannel, channels::ChannelSecrets},
};

/// What is to change of a channel: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelPatch {
    /// What the company calls it.
    #[serde(default)]
    name: Option<String>,
    /// The credentials that change.
    #[serde(default)]
    credentials: Map<String, Value>,
    /// The settings that change.
    #[serde(default)]
    settings: Map<String, Value>,
}

/// Change a channel
#[utoipa::path(
    patch, path = "/channels/{id}", operation_id = "update_channel", tag = "channels", request_body = ChannelPatch,
    params(("id" = String, Path, description = "The channel")),
    responses((status = 200, description = "The channel", body = ChannelView)),
)]
pub(crate) async fn update(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Channels, Access::Write)?;
    let _changing = gateway.changing.lock().await;
    let live = find(&gateway, &caller, &id)?;
    let patch = request.object()?;
    if patch.get("name").is_some_and(Value::is_null) {
        return Err(Problem::field("/name", "a channel keeps a name"));
    }
    let changed = change(&gateway, &live, parse(patch)?)?;
    let [before, after] = [&*live, &changed].map(|live| ChannelView::of(&gateway, live));
    let difference = Changes::between(Some(&before), Some(&after))
        .and_secretly("credentials", live.secrets.credentials != changed.secrets.credentials);
    let act = caller.act(&gateway, Action::ChannelUpdated, live.channel.id, difference);
    gateway.store.channel_update(changed.record.clone(), act).await.map_err(|error| match error {
        StoreError::Conflict(_) => account_taken(),
        error => error.into(),
    })?;
    let answer = json(StatusCode::OK, &after)?;
    gateway.registry.channels.put(changed.clone());
    gateway.senders.channel_saved(&changed);
    if changed.record.account != live.record.account || changed.record.account_group != live.record.account_group {
        reprocess::unrouted_soon(&gateway, changed);
    }
    Ok(answer)
}

fn change(gateway: &Gateway, live: &LiveChannel, patch: ChannelPatch) -> Answer<LiveChannel> {
    let mut record = live.record.clone();
    if let Some(name) = patch.name {
        record.channel.name = checked_name(&name)?;
    }
    let credentials = merge(live.secrets.credentials.clone(), patch.credentials);
    let settings = merge(record.settings, patch.settings);
    let configuration = configure(gateway, live.adapter, &credentials, &settings)?;
    let secrets =
        ChannelSecrets { credentials: configuration.credentials, verify_token: live.secrets.verify_token.clone() };
    record.secrets = secrets.seal(record.channel.id, &gateway.seal, &*gateway.random);
    record.account = configuration.account;
    record.account_group = configuration.group;
    record.settings = configuration.settings;
    record.updated_at = gateway.clock.now();
    Ok(LiveChannel::new(record, live.adapter, secrets))
}
