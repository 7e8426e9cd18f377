//! Endpoints in memory, with their keys in the clear: the dispatcher signs with them for every delivery.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, RwLock},
};

use serde::{Deserialize, Serialize};
use tidings_domain::{
    EndpointId, WorkspaceId,
    endpoint::{Endpoint, EndpointStatus},
    event::EventKind,
};
use tidings_store::EndpointRecord;
use tidings_webhooks::{EndpointSecrets, wants_kind};

use super::{read, write};
use crate::{
    clock::Random,
    seal::{CannotOpen, Seal},
};

/// An endpoint as it runs.
#[derive(Clone)]
pub(crate) struct LiveEndpoint {
    /// The endpoint.
    pub(crate) endpoint: Endpoint,
    /// Its keys.
    pub(crate) secrets: EndpointSecrets,
    /// How it is doing.
    pub(crate) status: EndpointStatus,
}

impl fmt::Debug for LiveEndpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("LiveEndpoint").field(&self.endpoint.id).field(&self.status).finish()
    }
}

/// Whose an endpoint's sealed secrets are.
fn owner(id: EndpointId) -> String {
    format!("endpoint/{id}")
}

/// What is sealed of an endpoint: its keys, and its headers, whose values may be passwords.
#[derive(Serialize, Deserialize)]
struct Secrets<'a> {
    keys: Cow<'a, EndpointSecrets>,
    headers: Cow<'a, BTreeMap<String, String>>,
}

impl LiveEndpoint {
    /// From its record.
    pub(crate) fn open(record: EndpointRecord, seal: &Seal) -> Result<Self, CannotOpen> {
        let plain = seal.open(&owner(record.endpoint.id), &record.secrets)?;
        let secrets: Secrets<'_> = serde_json::from_slice(&plain).map_err(|_| CannotOpen)?;
        let endpoint = Endpoint { headers: secrets.headers.into_owned(), ..record.endpoint };
        Ok(Self { endpoint, secrets: secrets.keys.into_owned(), status: record.status })
    }

    /// The kinds of event that it wants.
    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        EventKind::ALL.iter().copied().filter(|kind| wants_kind(&self.endpoint, *kind)).collect()
    }

    /// As it is stored.
    pub(crate) fn record(&self, seal: &Seal, random: &dyn Random) -> EndpointRecord {
        let secrets = Secrets { keys: Cow::Borrowed(&self.secrets), headers: Cow::Borrowed(&self.endpoint.headers) };
        let plain = serde_json::to_vec(&secrets).expect("secrets are plain texts and numbers");
        EndpointRecord {
            endpoint: Endpoint { headers: BTreeMap::new(), ..self.endpoint.clone() },
            secrets: seal.seal(random, &owner(self.endpoint.id), &plain),
            status: self.status,
        }
    }
}

/// Endpoints by id.
#[derive(Default)]
pub(crate) struct Endpoints(RwLock<HashMap<EndpointId, Arc<LiveEndpoint>>>);

impl Endpoints {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<LiveEndpoint>> {
        read(&self.0).values().cloned().collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        read(&self.0).len()
    }

    /// Those of a workspace.
    pub(crate) fn of(&self, workspace: WorkspaceId) -> Vec<Arc<LiveEndpoint>> {
        read(&self.0).values().filter(|live| live.endpoint.workspace_id == workspace).cloned().collect()
    }

    /// One of any workspace.
    pub(crate) fn find(&self, id: EndpointId) -> Option<Arc<LiveEndpoint>> {
        read(&self.0).get(&id).cloned()
    }

    /// One of a workspace.
    pub(crate) fn get(&self, workspace: WorkspaceId, id: EndpointId) -> Option<Arc<LiveEndpoint>> {
        read(&self.0).get(&id).filter(|live| live.endpoint.workspace_id == workspace).cloned()
    }

    pub(crate) fn put(&self, live: Arc<LiveEndpoint>) {
        write(&self.0).insert(live.endpoint.id, live);
    }

    pub(crate) fn remove(&self, id: EndpointId) {
        write(&self.0).remove(&id);
    }

    pub(crate) fn set_status(&self, id: EndpointId, status: EndpointStatus) {
        if let Some(live) = write(&self.0).get_mut(&id) {
            let ends = matches!(status, EndpointStatus::Disabled | EndpointStatus::Paused);
            if !ends && !live.endpoint.enabled {
                return;
            }
            let live = Arc::make_mut(live);
            live.status = status;
            live.endpoint.enabled = !ends;
        }
    }
}
