//! `/v1/audit`: who set up what, when and from where. It is written by whatever does it and never changed.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    KeyId,
    audit::{Act, Action},
    id::ActId,
    key::{Access, Area},
};
use tidings_store::{ActFilter, ByWhom};
use utoipa::{IntoParams, ToSchema};

use super::{parameter, time};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Params, json},
        page::{List, listed, number, page},
        problem::Answer,
    },
};

/// What the operator is called in the parameter `actor`.
const OPERATOR: &str = "operator";

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Act)]
pub(crate) struct ActView {
    /// `act_…`
    #[schema(value_type = String)]
    id: ActId,
    /// When.
    at: String,
    /// Who.
    actor: ActorView,
    /// The address at the other end of the connection.
    address: Option<String>,
    /// The request's header `x-forwarded-for`, which anybody may write: believe it if your proxy sets it.
    forwarded_for: Option<String>,
    /// What, such as `endpoint.created`.
    #[schema(value_type = String, example = "endpoint.created")]
    action: Action,
    /// To what: its id or, of a consumer, its name.
    object: String,
    /// What changed: by field, what it was `before` and what it is `after`. Secrets read `[redacted]`.
    #[schema(value_type = Object)]
    changes: Map<String, Value>,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorView {
    /// The key; null for the operator's.
    #[schema(value_type = Option<String>)]
    key_id: Option<KeyId>,
    /// What the key was called then; `operator` for the operator's.
    name: String,
}

impl ActView {
    fn of(act: Act) -> Self {
        Self {
            id: act.id,
            at: act.at.to_string(),
            actor: ActorView { key_id: act.actor.key_id, name: act.actor.name },
            address: act.origin.address,
            forwarded_for: act.origin.forwarded_for,
            action: act.action,
            object: act.object,
            changes: act.changes,
        }
    }
}

/// Which acts are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Done with this key, or by the `operator`.
    #[serde(default)]
    actor: Option<String>,
    /// Of this kind, such as `key.deleted`.
    #[serde(default)]
    action: Option<String>,
    /// Done to this thing.
    #[serde(default)]
    object: Option<String>,
    /// Done at this time or later.
    #[serde(default)]
    since: Option<String>,
    /// Done before this time.
    #[serde(default)]
    until: Option<String>,
}

/// List what was done
///
/// To the workspace, its keys, channels, endpoints, replays and consumers. What happens to messages is told by events.
#[utoipa::path(
    get, path = "/audit", operation_id = "list_acts", tag = "workspaces", params(AuditParams),
    responses((status = 200, description = "The newest first", body = List<ActView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<AuditParams>,
) -> Answer<Response> {
    caller.may(Area::Keys, Access::Read)?;
    let filter = ActFilter {
        actor: parameter("actor", params.actor.as_deref(), by_whom)?,
        action: parameter("action", params.action.as_deref(), Action::from_name)?,
        object: params.object,
        since: time("since", params.since.as_deref())?,
        until: time("until", params.until.as_deref())?,
    };
    let page = page("audit", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.act_list(caller.workspace_id, filter, page).await?;
    json(StatusCode::OK, &listed("audit", listing, ActView::of))
}

fn by_whom(text: &str) -> Option<ByWhom> {
    if text == OPERATOR { Some(ByWhom::Operator) } else { text.parse().ok().map(ByWhom::Key) }
}
