//! `/v1/workspaces`: tenants. Only the operator's key sees or changes them.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::{
    WorkspaceId,
    audit::Action,
    workspace::{DEFAULT_WORKSPACE, Workspace},
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
    let name = checked_name(&request.json::<WorkspaceInput>()?.name)?;
    let now = gateway.clock.now();
    let workspace = Workspace { id: gateway.ids.next(WorkspaceId::next), name, created_at: now, updated_at: now };
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

/// Rename a workspace
#[utoipa::path(
    patch, path = "/workspaces/{id}", operation_id = "update_workspace", tag = "workspaces",
    request_body = WorkspaceInput, params(("id" = String, Path, description = "The workspace")),
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
        let name = checked_name(&parse::<WorkspaceInput>(patch)?.name)?;
        if workspace.name == DEFAULT_WORKSPACE && name != DEFAULT_WORKSPACE {
            return Err(Problem::new(Code::Conflict, "the default workspace keeps its name: it is found by it"));
        }
        workspace.name = name;
        workspace.updated_at = gateway.clock.now();
        let changes = Changes::between(Some(&before), Some(&WorkspaceView::of(&workspace)));
        let act = caller.act_on(&gateway, Action::WorkspaceUpdated, workspace.id, changes);
        gateway.store.workspace_update(workspace.clone(), act).await?;
        gateway.registry.workspaces.put(workspace.clone());
    }
    json(StatusCode::OK, &WorkspaceView::of(&workspace))
}

fn find(gateway: &Gateway, id: &Id) -> Answer<Workspace> {
    gateway.registry.workspaces.get(id.of("workspace")?).ok_or_else(|| Problem::not_found("workspace"))
}
