//! `/v1/workspaces`: tenants. Only the operator's key sees or changes them.

use std::{num::NonZeroU32, sync::Arc};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tidings_domain::{
    WorkspaceId,
    audit::Action,
    merge::merge,
    workspace::{DEFAULT_WORKSPACE, Quotas, Workspace},
};
use utoipa::ToSchema;

use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, Params, RawRequest, json, parse},
        idempotency::{Draft, Once},
        page::{List, PageParams, in_memory},
        problem::{Answer, Code, Problem},
    },
};

const LONGEST_NAME: usize = 200;

/// What is to be a workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkspaceInput {
    /// What the operator calls it; unique.
    name: String,
    /// What it may have and do; nothing is limited unless told.
    #[serde(default)]
    quotas: Option<QuotasView>,
}

/// What is to change of a workspace: what is absent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is merged with what is there")]
pub(crate) struct WorkspacePatch {
    /// What the operator calls it; unique.
    name: Option<String>,
    /// Those that change; by null, one is not limited any more, or none of them.
    quotas: Option<QuotasView>,
}

/// How much a workspace may have and do; null: it is not limited.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Quotas)]
pub(crate) struct QuotasView {
    /// Messages to send that are accepted on a day in UTC. Beyond it: 429 until the day is over.
    messages_per_day: Option<u64>,
    /// Endpoints. Beyond it: 403.
    endpoints: Option<u32>,
    /// Channels. Beyond it: 403.
    channels: Option<u32>,
    /// Keys, with those that have expired. Beyond it: 403.
    keys: Option<u32>,
    /// Bytes of files. Beyond it: 403.
    media_bytes: Option<u64>,
    /// Requests that all keys of the workspace together make in a second. Beyond it: 429.
    #[schema(value_type = Option<u32>, minimum = 1)]
    requests_per_second: Option<NonZeroU32>,
}

impl QuotasView {
    pub(crate) fn of(quotas: Quotas) -> Self {
        let Quotas { messages_per_day, endpoints, channels, keys, media_bytes, requests_per_second } = quotas;
        Self { messages_per_day, endpoints, channels, keys, media_bytes, requests_per_second }
    }

    fn quotas(self) -> Quotas {
        let Self { messages_per_day, endpoints, channels, keys, media_bytes, requests_per_second } = self;
        Quotas { messages_per_day, endpoints, channels, keys, media_bytes, requests_per_second }
    }
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceView {
    /// `ws_…`
    #[schema(value_type = String)]
    id: WorkspaceId,
    /// What the operator calls it.
    name: String,
    /// What it may have and do.
    quotas: QuotasView,
    /// When it was made.
    created_at: String,
    /// When it was changed last.
    updated_at: String,
}

impl WorkspaceView {
    fn of(workspace: &Workspace) -> Self {
        Self {
            id: workspace.id,
            name: workspace.name.clone(),
            quotas: QuotasView::of(workspace.quotas),
            created_at: workspace.created_at.to_string(),
            updated_at: workspace.updated_at.to_string(),
        }
    }
}

/// A name that people can read, without the space around it.
pub(crate) fn checked_name(name: &str) -> Answer<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Problem::field("/name", format!("expected 1 to {LONGEST_NAME} printable characters")));
    }
    Ok(name.to_owned())
}

/// Make a workspace
#[utoipa::path(
    post, path = "/workspaces", operation_id = "create_workspace", tag = "workspaces", request_body = WorkspaceInput,
    params(("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "It is made", body = WorkspaceView)),
)]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.operator_only()?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let input: WorkspaceInput = request.json()?;
    let now = gateway.clock.now();
    let workspace = Workspace {
        id: gateway.ids.next(WorkspaceId::next),
        name: checked_name(&input.name)?,
        quotas: input.quotas.unwrap_or_default().quotas(),
        created_at: now,
        updated_at: now,
    };
    let view = WorkspaceView::of(&workspace);
    let made = Changes::between(None, Some(&view));
    let act = caller.act_on(&gateway, Action::WorkspaceCreated, workspace.id, made);
    let draft = Draft::new(StatusCode::CREATED, &view)?;
    let _changing = gateway.changing.lock().await;
    let claimed = gateway.store.workspace_create(workspace.clone(), once.claim(&draft), act).await?;
    once.finish(&claimed, draft, || gateway.registry.workspaces.put(workspace))
}

/// List the workspaces
#[utoipa::path(
    get, path = "/workspaces", operation_id = "list_workspaces", tag = "workspaces", params(PageParams),
    responses((status = 200, description = "The newest first", body = List<WorkspaceView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.operator_only()?;
    let all = gateway.registry.workspaces.all();
    let id = |workspace: &Workspace| workspace.id.to_bytes();
    let page = in_memory(all, params.limit, params.cursor.as_deref(), id, WorkspaceView::of)?;
    json(StatusCode::OK, &page)
}

/// Get a workspace
#[utoipa::path(
    get, path = "/workspaces/{id}", operation_id = "get_workspace", tag = "workspaces",
    params(("id" = String, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace", body = WorkspaceView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.operator_only()?;
    json(StatusCode::OK, &WorkspaceView::of(&find(&gateway, &id)?))
}

/// Change a workspace
///
/// By JSON merge patch: what is absent stays, and a quota that is null is not limited any more.
#[utoipa::path(
    patch, path = "/workspaces/{id}", operation_id = "update_workspace", tag = "workspaces",
    request_body = WorkspacePatch, params(("id" = String, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace", body = WorkspaceView)),
)]
pub(crate) async fn update(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.operator_only()?;
    let _changing = gateway.changing.lock().await;
    let mut workspace = find(&gateway, &id)?;
    let before = WorkspaceView::of(&workspace);
    let patch = request.object()?;
    if !patch.is_empty() {
        let input = patched(&workspace, patch)?;
        let name = checked_name(&input.name)?;
        if workspace.name == DEFAULT_WORKSPACE && name != DEFAULT_WORKSPACE {
            return Err(Problem::new(Code::Conflict, "the default workspace keeps its name: it is found by it"));
        }
        workspace.name = name;
        workspace.quotas = input.quotas.unwrap_or_default().quotas();
        workspace.updated_at = gateway.clock.now();
        let changes = Changes::between(Some(&before), Some(&WorkspaceView::of(&workspace)));
        let act = caller.act_on(&gateway, Action::WorkspaceUpdated, workspace.id, changes);
        gateway.store.workspace_update(workspace.clone(), act).await?;
        gateway.registry.workspaces.put(workspace.clone());
    }
    json(StatusCode::OK, &WorkspaceView::of(&workspace))
}

/// What would make the workspace as it is to be.
fn patched(workspace: &Workspace, patch: Map<String, Value>) -> Answer<WorkspaceInput> {
    if patch.get("name").is_some_and(Value::is_null) {
        return Err(Problem::field("/name", "a workspace keeps a name"));
    }
    let mut current = Map::new();
    current.insert("name".to_owned(), workspace.name.clone().into());
    current.insert("quotas".to_owned(), json!(QuotasView::of(workspace.quotas)));
    parse(merge(current, patch))
}

pub(super) fn find(gateway: &Gateway, id: &Id) -> Answer<Workspace> {
    gateway.registry.workspaces.get(id.of("workspace")?).ok_or_else(|| Problem::not_found("workspace"))
}
