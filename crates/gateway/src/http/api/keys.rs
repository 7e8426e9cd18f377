//! `/v1/keys`: API keys. A secret is shown once; only its hash is kept. Nobody gives away rights that they lack, or for
//! longer than they have them.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::{
    KeyId, Timestamp,
    audit::Action,
    key::{Access, ApiKey, Area, Scope},
};
use utoipa::ToSchema;

use super::{time, workspaces::checked_name};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::{self, Caller},
        body::{Id, Params, RawRequest, json},
        idempotency::{Draft, Once},
        page::{List, PageParams, in_memory},
        problem::{Answer, Code, FieldProblem, Problem},
        quota::room_for_one,
    },
    registry::LiveKey,
    start::random_text,
};

/// How much of a secret is kept to tell keys apart.
const HINT_LENGTH: usize = 8;

/// What is to be an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyInput {
    /// What the company calls it.
    name: String,
    /// What it may do, such as `messages:read`. Every right of the caller unless told.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// From when on it opens nothing, such as `2027-01-01T00:00:00Z`; never, or when the caller's key does, unless told.
    #[serde(default)]
    expires_at: Option<String>,
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyView {
    /// `key_…`
    #[schema(value_type = String)]
    id: KeyId,
    /// What the company calls it.
    name: String,
    /// How its secret begins.
    hint: String,
    /// What it may do.
    scopes: Vec<String>,
    /// When it was made.
    created_at: String,
    /// From when on it opens nothing; null: it never expires.
    expires_at: Option<String>,
    /// When it was used last: to the minute over restarts. Null: never.
    last_used_at: Option<String>,
}

/// An API key with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewKey {
    /// The key.
    #[serde(flatten)]
    key: KeyView,
    /// The secret. It is not shown again.
    secret: String,
}

impl KeyView {
    fn of(key: &ApiKey, last_used_at: Option<Timestamp>) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            hint: key.hint.clone(),
            scopes: key.scopes.iter().map(ToString::to_string).collect(),
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            last_used_at: last_used_at.map(|at| at.to_string()),
        }
    }
}

/// Make an API key
#[utoipa::path(
    post, path = "/keys", operation_id = "create_key", tag = "keys", request_body = KeyInput,
    params(("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The key, with its secret this once", body = NewKey)),
)]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Keys, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let input: KeyInput = request.json()?;
    let now = gateway.clock.now();
    let secret = format!("tid_{}", random_text(&*gateway.random));
    let key = ApiKey {
        id: gateway.ids.next(KeyId::next),
        workspace_id: caller.workspace_id,
        name: checked_name(&input.name)?,
        hint: secret[..HINT_LENGTH].to_owned(),
        hash: auth::hash(&secret),
        scopes: scopes(&caller, input.scopes)?,
        created_at: now,
        expires_at: expiry(&caller, input.expires_at.as_deref(), now)?,
        last_used_at: None,
    };
    let view = KeyView::of(&key, None);
    let act = caller.act(&gateway, Action::KeyCreated, key.id, Changes::between(None, Some(&view)));
    let draft = Draft::new(StatusCode::CREATED, &NewKey { key: view, secret })?;
    let _changing = gateway.changing.lock().await;
    let most = gateway.registry.workspaces.quotas(caller.workspace_id).keys;
    room_for_one(most, || gateway.registry.keys.of(caller.workspace_id).len(), "keys")?;
    let claimed = gateway.store.key_create(key.clone(), once.claim(&draft), act).await?;
    once.finish(&claimed, draft, || gateway.registry.keys.put(key))
}

/// The scopes that were asked for, each once; the caller must have them all.
fn scopes(caller: &Caller, asked: Option<Vec<String>>) -> Answer<Vec<Scope>> {
    let Some(asked) = asked else {
        return Ok(caller.scopes().map_or_else(|| Scope::all().collect(), <[Scope]>::to_vec));
    };
    let mut errors = Vec::new();
    let mut scopes: Vec<Scope> = Vec::new();
    for (index, text) in asked.iter().enumerate() {
        match text.parse() {
            Ok(scope) => scopes.push(scope),
            Err(error) => errors.push(FieldProblem::new(format!("/scopes/{index}"), format!("{error}"))),
        }
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let lacking = |scope: &&Scope| caller.scopes().is_some_and(|held| !held.contains(scope));
    if let Some(scope) = scopes.iter().find(lacking) {
        return Err(Problem::new(Code::Forbidden, format!("a key without the scope {scope} cannot give it away")));
    }
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

/// When a key is to expire: not after the one that makes it, or else it would outlive its own end.
fn expiry(caller: &Caller, asked: Option<&str>, now: Timestamp) -> Answer<Option<Timestamp>> {
    let Some(end) = time("expires_at", asked)? else { return Ok(caller.expires_at()) };
    if end <= now {
        return Err(Problem::field("/expires_at", "must lie in the future"));
    }
    match caller.expires_at().filter(|own| *own < end) {
        Some(own) => {
            let told = format!("a key that expires at {own} cannot make one that lives longer");
            Err(Problem::new(Code::Forbidden, &told).with(vec![FieldProblem::new("/expires_at", told)]))
        }
        None => Ok(Some(end)),
    }
}

/// List the API keys
#[utoipa::path(
    get, path = "/keys", operation_id = "list_keys", tag = "keys", params(PageParams),
    responses((status = 200, description = "The newest first, without secrets", body = List<KeyView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.may(Area::Keys, Access::Read)?;
    let all = gateway.registry.keys.of(caller.workspace_id);
    let id = |live: &Arc<LiveKey>| live.key.id.to_bytes();
    let page =
        in_memory(all, params.limit, params.cursor.as_deref(), id, |live| KeyView::of(&live.key, live.last_used_at()))?;
    json(StatusCode::OK, &page)
}

/// Delete an API key
#[utoipa::path(
    delete, path = "/keys/{id}", operation_id = "delete_key", tag = "keys",
    params(("id" = String, Path, description = "The key")),
    responses((status = 204, description = "It opens nothing any more")),
)]
pub(crate) async fn delete(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<StatusCode> {
    caller.may(Area::Keys, Access::Write)?;
    let id: KeyId = id.of("key")?;
    let _changing = gateway.changing.lock().await;
    let known = gateway.registry.keys.of(caller.workspace_id).into_iter().find(|live| live.key.id == id);
    let view = KeyView::of(&known.ok_or_else(|| Problem::not_found("key"))?.key, None);
    let act = caller.act(&gateway, Action::KeyDeleted, id, Changes::between(Some(&view), None));
    gateway.store.key_delete(caller.workspace_id, id, act).await?;
    gateway.registry.keys.remove(caller.workspace_id, id);
    Ok(StatusCode::NO_CONTENT)
}
