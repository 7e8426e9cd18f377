//! `Idempotency-Key`: the same request twice is done once and answered twice.
//!
//! The answer is made before the verb runs and committed with it, sealed, since it may hold a secret. Only what
//! succeeded is kept; a refused request may be tried again under the same key.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use axum::response::Response;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tidings_store::{Answer as Kept, Claim, Claimed, OfContact, ShowingClaim, StoreError};

use super::{
    auth::Caller,
    body::{RawRequest, json_bytes},
    problem::{Answer, Code, Problem},
};
use crate::Gateway;

const LONGEST_KEY: usize = 255;

/// The header's name.
pub(crate) const HEADER: &str = "idempotency-key";

/// Reads the header.
pub(crate) fn key(value: &HeaderValue) -> Answer<String> {
    let key = value.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let key = key.ok_or_else(|| Problem::field("", "the header idempotency-key takes 1 to 255 visible characters"))?;
    Ok(key.to_owned())
}

/// A request that is to be done once.
pub(crate) struct Once<'a> {
    gateway: &'a Gateway,
    caller: &'a Caller,
    key: Option<(String, [u8; 32])>,
}

/// An answer that was made and is not given yet.
pub(crate) struct Draft {
    status: StatusCode,
    body: Vec<u8>,
}

impl Draft {
    pub(crate) fn new<T: Serialize>(status: StatusCode, value: &T) -> Answer<Self> {
        let body = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
        Ok(Self { status, body })
    }
}

impl<'a> Once<'a> {
    /// Of a request as it came.
    pub(crate) fn of(gateway: &'a Gateway, caller: &'a Caller, request: &RawRequest) -> Answer<Self> {
        let key = request.idempotency_key.as_ref().map(key).transpose()?;
        let parts = [request.method.as_str().as_bytes(), request.path.as_bytes(), &request.body.bytes];
        Ok(Self::with(gateway, caller, key, &parts))
    }

    /// Of a request with this key; one with other parts is another request.
    pub(crate) fn with(gateway: &'a Gateway, caller: &'a Caller, key: Option<String>, parts: &[&[u8]]) -> Self {
        let fingerprinted = |key: String| {
            // Who asks belongs to it: nearly every answer that is kept shows a secret, which may open more than another
            // key of the workspace is allowed to.
            let asks = caller.name();
            let mut fingerprint = Context::new(&SHA256);
            for part in [asks.as_bytes()].iter().chain(parts) {
                fingerprint.update(&(part.len() as u64).to_be_bytes());
                fingerprint.update(part);
            }
            let mut hash = [0; 32];
            hash.copy_from_slice(fingerprint.finish().as_ref());
            (key, hash)
        };
        Self { gateway, caller, key: key.map(fingerprinted) }
    }

    /// The answer of the first time, if this is not it.
    pub(crate) async fn answered(&self) -> Answer<Option<Response>> {
        let Some((key, fingerprint)) = &self.key else { return Ok(None) };
        match self.gateway.store.claim_find(self.caller.workspace_id, key, self.gateway.clock.now()).await? {
            None => Ok(None),
            Some((known, _)) if known != *fingerprint => Err(StoreError::IdempotencyConflict.into()),
            Some((_, kept)) => self.replay(&kept).map(Some),
        }
    }

    /// What the store keeps of it.
    pub(crate) fn claim(&self, draft: &Draft) -> Option<Claim> {
        let (key, fingerprint) = self.key.as_ref()?;
        let body = self.gateway.seal.seal(&*self.gateway.random, &self.owner(key), &draft.body);
        Some(Claim {
            workspace_id: self.caller.workspace_id,
            key: key.clone(),
            fingerprint: *fingerprint,
            answer: Kept { status: draft.status.as_u16(), body },
            contact_id: None,
            at: self.gateway.clock.now(),
        })
    }

    /// What the store keeps of a request whose answer shows the record that it makes or changes.
    pub(crate) fn showing<T: OfContact, V: Serialize>(
        &self,
        status: StatusCode,
        view: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Option<ShowingClaim<T>> {
        let (key, fingerprint) = self.key.as_ref()?;
        let (seal, random) = (self.gateway.seal.clone(), self.gateway.random.clone());
        let owner = self.owner(key);
        Some(ShowingClaim {
            workspace_id: self.caller.workspace_id,
            key: key.clone(),
            fingerprint: *fingerprint,
            answer: Arc::new(move |record| {
                // A view holds texts and numbers alone, which are always JSON.
                let body = serde_json::to_vec(&view(record)).unwrap_or_default();
                Kept { status: status.as_u16(), body: seal.seal(&*random, &owner, &body) }
            }),
            at: self.gateway.clock.now(),
        })
    }

    /// Gives the answer, or that of the first time. `done` runs if it was done now.
    pub(crate) fn finish(&self, claimed: &Claimed, draft: Draft, done: impl FnOnce()) -> Answer<Response> {
        match claimed {
            Claimed::Done => {
                done();
                Ok(json_bytes(draft.status, draft.body))
            }
            Claimed::Replayed(kept) => self.replay(kept),
        }
    }

    /// Gives the answer of the first time.
    pub(crate) fn replay(&self, kept: &Kept) -> Answer<Response> {
        let (key, _) = self.key.as_ref().ok_or_else(|| Problem::internal(&ReplayedWithoutKey))?;
        if kept.is_erased() {
            let detail = "it was done before; the contact that the answer spoke of has been erased since";
            return Err(Problem::new(Code::Erased, detail));
        }
        let body = self.shown(key, kept)?;
        let mut response = json_bytes(StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK), body);
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(response)
    }

    /// A field of the answer of the first time.
    pub(crate) fn field(&self, kept: &Kept, pointer: &str) -> Answer<Option<String>> {
        let Some((key, _)) = self.key.as_ref().filter(|_| !kept.is_erased()) else { return Ok(None) };
        let body: Value = serde_json::from_slice(&self.shown(key, kept)?).map_err(|error| Problem::internal(&error))?;
        Ok(body.pointer(pointer).and_then(Value::as_str).map(str::to_owned))
    }

    fn shown(&self, key: &str, kept: &Kept) -> Answer<Vec<u8>> {
        self.gateway.seal.open(&self.owner(key), &kept.body).map_err(|error| Problem::internal(&error))
    }

    fn owner(&self, key: &str) -> String {
        format!("answer/{}/{key}", self.caller.workspace_id)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the store replayed an answer to a request without a key")]
struct ReplayedWithoutKey;
