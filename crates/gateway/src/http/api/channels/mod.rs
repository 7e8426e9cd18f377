//! `/v1/channels`: connections to vendors' accounts. Credentials go in and never come out again; saving calls nobody.

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod templates;
pub(crate) mod update;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tidings_channels::{Adapter, Configuration, Outbound};
use tidings_domain::{
    ChannelId,
    audit::Action,
    channel::{ChannelStatus, ChannelType},
    key::{Access, Area},
};
use utoipa::{IntoParams, ToSchema};

use super::parameter;
use crate::{
    Gateway,
    flow::reprocess::not_understood,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, Params, json},
        page::{List, in_memory, number},
        problem::{Answer, Code, FieldProblem, Problem},
    },
    registry::LiveChannel,
};

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelView {
    /// `chan_…`
    #[schema(value_type = String)]
    id: ChannelId,
    /// The kind of channel.
    #[schema(value_type = String, example = "whatsapp")]
    r#type: ChannelType,
    /// What the company calls it.
    name: String,
    /// How it is doing: `connected`, `disconnected`, `error` or `pending`.
    status: &'static str,
    /// What it can do: `inbound` and `outbound` (kinds of content), `delivered`, `read`, `edit`, `delete`, `typing`,
    /// `window_hours`.
    capabilities: Value,
    /// The address to give to the vendor.
    webhook_url: String,
    /// What the vendor's console asks for beside it.
    verify_token: Option<String>,
    /// The settings, with defaults.
    settings: Map<String, Value>,
    /// When it was made.
    created_at: String,
    /// When it was changed last.
    updated_at: String,
}

impl ChannelView {
    fn of(gateway: &Gateway, live: &LiveChannel) -> Self {
        let channel = &live.channel;
        Self {
            id: channel.id,
            r#type: channel.channel_type,
            name: channel.name.clone(),
            status: status_word(channel.status),
            capabilities: json!(live.adapter.capabilities()),
            webhook_url: format!("{}/in/{}", gateway.settings.public_url.trim_end_matches('/'), channel.id),
            verify_token: Some(live.secrets.verify_token.clone()),
            settings: live.record.settings.clone(),
            created_at: channel.created_at.to_string(),
            updated_at: live.record.updated_at.to_string(),
        }
    }
}

/// How a channel is doing, in the API's word.
const fn status_word(status: ChannelStatus) -> &'static str {
    match status {
        ChannelStatus::Pending => "pending",
        ChannelStatus::Connected => "connected",
        ChannelStatus::Degraded => "error",
        ChannelStatus::Disconnected => "disconnected",
    }
}

/// How its messages go out.
fn outbound(live: &LiveChannel) -> Answer<&'static dyn Outbound> {
    live.adapter.outbound().ok_or_else(|| {
        let word = live.channel.channel_type.name();
        Problem::new(Code::UnsupportedContent, format!("a channel of type {word} cannot send"))
    })
}

/// Which channels are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Of this type.
    #[serde(default)]
    r#type: Option<String>,
}

/// List the channels
#[utoipa::path(
    get, path = "/channels", operation_id = "list_channels", tag = "channels", params(ChannelParams),
    responses((status = 200, description = "The newest first", body = List<ChannelView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<ChannelParams>,
) -> Answer<Response> {
    caller.may(Area::Channels, Access::Read)?;
    let wanted = parameter("type", params.r#type.as_deref(), ChannelType::from_name)?;
    let mut all = gateway.registry.channels.of(caller.workspace_id);
    all.retain(|live| wanted.is_none_or(|wanted| live.channel.channel_type == wanted));
    let id = |live: &Arc<LiveChannel>| live.channel.id.to_bytes();
    let view = |live: &Arc<LiveChannel>| ChannelView::of(&gateway, live);
    json(StatusCode::OK, &in_memory(all, params.limit, params.cursor.as_deref(), id, view)?)
}

/// Get a channel
#[utoipa::path(
    get, path = "/channels/{id}", operation_id = "get_channel", tag = "channels",
    params(("id" = String, Path, description = "The channel")),
    responses((status = 200, description = "The channel", body = ChannelView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Channels, Access::Read)?;
    json(StatusCode::OK, &ChannelView::of(&gateway, &*find(&gateway, &caller, &id)?))
}

/// Delete a channel
///
/// What came by it stays. Its address answers 404 from now on. Messages that wait to be sent fail with
/// `channel_deleted`.
#[utoipa::path(
    delete, path = "/channels/{id}", operation_id = "delete_channel", tag = "channels",
    params(("id" = String, Path, description = "The channel")),
    responses((status = 204, description = "It is deleted")),
)]
pub(crate) async fn delete(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<StatusCode> {
    caller.may(Area::Channels, Access::Write)?;
    let live = {
        let _changing = gateway.changing.lock().await;
        let live = find(&gateway, &caller, &id)?;
        gateway.registry.channels.remove(live.channel.id);
        live
    };
    // Nobody else waits while what is under way by this channel ends.
    let deleted = async {
        gateway.senders.channel_removed(&live).await?;
        let _changing = gateway.changing.lock().await;
        let gone = Changes::between(Some(&ChannelView::of(&gateway, &live)), None);
        let act = caller.act(&gateway, Action::ChannelDeleted, live.channel.id, gone);
        gateway.store.channel_delete(caller.workspace_id, live.channel.id, gateway.clock.now(), act).await
    };
    if let Err(error) = deleted.await {
        gateway.registry.channels.put(LiveChannel::clone(&live));
        gateway.senders.channel_saved(&live);
        return Err(error.into());
    }
    // What was accepted meanwhile fails as well; from now on nothing is accepted.
    gateway.senders.abandon(&live).await?;
    gateway.metrics.forget_channel(live.channel.id.to_string());
    Ok(StatusCode::NO_CONTENT)
}

/// What became of kept webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReprocessAnswer {
    /// How many kept bodies were read again.
    bodies: u64,
    /// How many updates in them could be applied now.
    applied: u64,
}

/// Read kept webhooks again
///
/// Webhooks that could not be understood are kept; after an upgrade, more of them may be.
#[utoipa::path(
    post, path = "/channels/{id}/reprocess", operation_id = "reprocess_channel", tag = "channels",
    params(("id" = String, Path, description = "The channel")),
    responses((status = 200, description = "What became of them", body = ReprocessAnswer)),
)]
pub(crate) async fn reprocess(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Channels, Access::Write)?;
    let channel = find(&gateway, &caller, &id)?;
    let done = not_understood(&gateway, &channel).await?;
    json(StatusCode::OK, &ReprocessAnswer { bodies: done.bodies, applied: done.applied })
}

fn find(gateway: &Gateway, caller: &Caller, id: &Id) -> Answer<Arc<LiveChannel>> {
    let id = id.of("channel")?;
    gateway.registry.channels.get(caller.workspace_id, id).ok_or_else(|| Problem::not_found("channel"))
}

/// Has the adapter check what was typed, and the address policy every address in it.
fn configure(
    gateway: &Gateway,
    adapter: &dyn Adapter,
    credentials: &Map<String, Value>,
    settings: &Map<String, Value>,
) -> Answer<Configuration> {
    let told = |error: tidings_channels::FieldError| FieldProblem::new(error.pointer, error.detail);
    let configuration = adapter
        .configure(credentials, settings)
        .map_err(|errors| Problem::fields(errors.into_iter().map(told).collect()))?;
    for (pointer, address) in &configuration.addresses {
        gateway.addresses.judge_url(address).map_err(|refused| Problem::address(pointer, &refused))?;
    }
    Ok(configuration)
}

/// The vendor's account belongs to another channel of the workspace.
fn account_taken() -> Problem {
    Problem::new(Code::Conflict, "the workspace has a channel for this account of the vendor")
}
