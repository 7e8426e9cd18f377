//! Who calls: bearer keys, what they may do, and how often. Runs before every route under `/v1`.

use std::{fmt::Display, net::IpAddr, sync::Arc, time::Duration};

use aws_lc_rs::{constant_time, digest};
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use tidings_domain::{
    KeyId, Timestamp, WorkspaceId,
    audit::{Act, Action, Actor, Origin},
    id::ActId,
    key::{Access, ApiKey, Area, Scope},
};

use super::{
    acts::Changes,
    limit::Allowance,
    problem::{Answer, Code, Problem},
};
use crate::{Gateway, clock::Clock, registry::keys::LiveKey};

/// The time of what the settings allow a key.
const MINUTE: Duration = Duration::from_mins(1);
/// How long the end of a key is waited for without looking at the clock.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// What a key is known by.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    hash
}

/// Who calls, and for which tenant.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) workspace_id: WorkspaceId,
    key: Option<Arc<LiveKey>>,
    origin: Origin,
}

/// The address at the other end of a connection; the server leaves it with every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// How much is kept of what a request says of where it comes from.
const LONGEST_FORWARDED_FOR: usize = 200;

/// Where a request comes from.
fn origin(request: &Request) -> Origin {
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    Origin {
        address: request.extensions().get::<Peer>().map(|peer| peer.0.to_string()),
        forwarded_for: forwarded.map(|text| text.chars().take(LONGEST_FORWARDED_FOR).collect()),
    }
}

impl Caller {
    /// Refuses a key that lacks this scope. The operator's key has every right.
    pub(crate) fn may(&self, area: Area, access: Access) -> Answer<()> {
        let scope = Scope { area, access };
        match &self.key {
            Some(key) if !key.key.scopes.contains(&scope) => {
                Err(Problem::new(Code::Forbidden, format!("the key lacks the scope {scope}")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses every key but the operator's.
    pub(crate) fn operator_only(&self) -> Answer<()> {
        match self.key {
            Some(_) => Err(Problem::new(Code::Forbidden, "only the operator's key may do that")),
            None => Ok(()),
        }
    }

    /// The scopes of the key; `None` for the operator's, which has every right.
    pub(crate) fn scopes(&self) -> Option<&[Scope]> {
        self.key.as_ref().map(|key| key.key.scopes.as_slice())
    }

    /// Which key it is; `None` for the operator's.
    pub(crate) fn key_id(&self) -> Option<KeyId> {
        self.key.as_ref().map(|key| key.key.id)
    }

    /// When the key expires, if it does.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.key.as_ref().and_then(|key| key.key.expires_at)
    }

    /// Refuses a key that was deleted or has expired since it asked.
    pub(crate) fn still_may(&self, now: Timestamp) -> Answer<()> {
        match &self.key {
            Some(key) if *key.deleted.borrow() => Err(Problem::new(Code::Unauthenticated, "the key was deleted")),
            Some(key) => unexpired(&key.key, now),
            None => Ok(()),
        }
    }

    /// Ends when the key is deleted or expires. The operator's never does while the server runs.
    pub(crate) async fn ended(&self, clock: &dyn Clock) {
        let Some(key) = &self.key else { return std::future::pending().await };
        let expired = async {
            let Some(end) = key.key.expires_at else { return std::future::pending().await };
            // The clock may be set meanwhile, so it is asked again.
            while clock.now() < end {
                tokio::time::sleep(end.since(clock.now()).min(LONGEST_SLEEP)).await;
            }
        };
        let mut deleted = key.deleted.subscribe();
        tokio::select! {
            // The sender lives as long as the key that is asked, so that waiting cannot fail.
            _ = deleted.wait_for(|deleted| *deleted) => {}
            () = expired => {}
        }
    }

    /// What the caller does, to be written down with it. None if it changes nothing that was there.
    pub(crate) fn act(&self, gateway: &Gateway, action: Action, object: impl Display, changes: Changes) -> Option<Act> {
        let updates = matches!(action, Action::WorkspaceUpdated | Action::ChannelUpdated | Action::EndpointUpdated);
        if updates && changes.is_empty() {
            return None;
        }
        let name = self.key.as_ref().map_or_else(|| "operator".to_owned(), |key| key.key.name.clone());
        Some(Act {
            id: gateway.ids.next(ActId::next),
            workspace_id: self.workspace_id,
            at: gateway.clock.now(),
            actor: Actor { key_id: self.key_id(), name },
            origin: self.origin.clone(),
            action,
            object: object.to_string(),
            changes: changes.into_fields(),
        })
    }

    /// The same to a workspace, which need not be the one that the operator acts in.
    pub(crate) fn act_on(
        &self,
        gateway: &Gateway,
        action: Action,
        workspace: WorkspaceId,
        changes: Changes,
    ) -> Option<Act> {
        self.act(gateway, action, workspace, changes).map(|act| Act { workspace_id: workspace, ..act })
    }

    /// What events and messages call the caller.
    pub(crate) fn name(&self) -> String {
        self.key.as_ref().map_or_else(|| "key_admin".to_owned(), |key| key.key.id.to_string())
    }
}

impl FromRequestParts<Arc<Gateway>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Gateway>) -> Answer<Self> {
        let missing = || Problem::new(Code::Unauthenticated, "send a key as `authorization: Bearer …`");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// The layer: finds out who calls, counts it, and leaves a [`Caller`] with the request.
pub(crate) async fn layer(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    let caller = match identify(&gateway, request.headers(), origin(&request)) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Some(key) = &caller.key {
        note_use(&gateway, key);
    }
    let (allowance, whose) = caller.key.as_ref().map(|key| allowance(&gateway, key)).unwrap_or_default();
    let mut response = if let Some(seconds) = allowance.and_then(|allowance| allowance.wait) {
        Problem::new(Code::RateLimited, format!("{whose} more requests than allowed"))
            .retry_after(seconds)
            .into_response()
    } else {
        request.extensions_mut().insert(caller);
        next.run(request).await
    };
    if let Some(allowance) = allowance {
        tell(response.headers_mut(), allowance);
    }
    response
}

/// Refuses a key that opens nothing any more.
fn unexpired(key: &ApiKey, now: Timestamp) -> Answer<()> {
    match key.expires_at.filter(|_| key.has_expired(now)) {
        Some(end) => Err(Problem::new(Code::Unauthenticated, format!("the key expired at {end}"))),
        None => Ok(()),
    }
}

/// Has it written down that a key is used, without anybody waiting for that.
fn note_use(gateway: &Arc<Gateway>, key: &LiveKey) {
    let now = gateway.clock.now();
    if !key.is_used(now) {
        return;
    }
    let (store, workspace, id) = (gateway.store.clone(), key.key.workspace_id, key.key.id);
    tokio::spawn(async move {
        if let Err(error) = store.key_used(workspace, id, now).await {
            tracing::debug!(%error, "that a key was used is not written down");
        }
    });
}

/// What is left to a key: of its own allowance, or of what all keys of its workspace may do together, if that is less.
fn allowance(gateway: &Gateway, key: &LiveKey) -> (Option<Allowance>, &'static str) {
    let now = gateway.clock.now();
    let own = gateway.settings.requests_per_minute.map(|limit| key.bucket.take(limit, MINUTE, now));
    if own.is_some_and(|own| own.wait.is_some()) {
        return (own, "this key makes");
    }
    match (own, gateway.registry.workspaces.take(key.key.workspace_id, now)) {
        (Some(own), Some(all)) if all.wait.is_none() && own.remaining <= all.remaining => (Some(own), "this key makes"),
        (_, Some(all)) => (Some(all), "the keys of this workspace make"),
        (own, None) => (own, "this key makes"),
    }
}

fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    headers.insert("ratelimit-limit", HeaderValue::from(allowance.limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(allowance.remaining));
    headers.insert("ratelimit-reset", HeaderValue::from(allowance.reset));
}

fn identify(gateway: &Gateway, headers: &HeaderMap, origin: Origin) -> Answer<Caller> {
    let unknown = |detail: &str| Problem::new(Code::Unauthenticated, detail);
    let authorization = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| unknown("send a key as `authorization: Bearer …`"))?
        .to_str()
        .map_err(|_| unknown("the key is not valid"))?;
    let secret = authorization
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .ok_or_else(|| unknown("send the key as `authorization: Bearer …`"))?;
    let hash = hash(secret);
    if constant_time::verify_slices_are_equal(&hash, &gateway.admin_key_hash).is_ok() {
        return Ok(Caller { workspace_id: named_workspace(gateway, headers)?, key: None, origin });
    }
    let key = gateway.registry.keys.find(&hash).ok_or_else(|| unknown("the key is not valid"))?;
    unexpired(&key.key, gateway.clock.now())?;
    let workspace_id = key.key.workspace_id;
    // A caller that means another workspace must not act in this one.
    if headers.get("tidings-workspace").is_some_and(|named| named.as_bytes() != workspace_id.to_string().as_bytes()) {
        return Err(Problem::new(
            Code::Forbidden,
            "the header tidings-workspace names another workspace than the key's",
        ));
    }
    Ok(Caller { workspace_id, key: Some(key), origin })
}

/// The workspace in which the operator's key acts.
fn named_workspace(gateway: &Gateway, headers: &HeaderMap) -> Answer<WorkspaceId> {
    let Some(named) = headers.get("tidings-workspace") else { return Ok(gateway.default_workspace) };
    named
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|id| gateway.registry.workspaces.get(*id).is_some())
        .ok_or_else(|| Problem::new(Code::NotFound, "the header tidings-workspace names no workspace"))
}
