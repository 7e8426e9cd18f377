//! API keys in memory, found by the hash of their secret. The secrets themselves are nowhere.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use tidings_domain::{KeyId, WorkspaceId, key::ApiKey};

use super::{read, write};
use crate::http::limit::Bucket;

/// A key with what it has used of its allowance.
pub(crate) struct LiveKey {
    pub(crate) key: ApiKey,
    pub(crate) bucket: Bucket,
}

/// Keys by the hash of their secret.
#[derive(Default)]
pub(crate) struct Keys(RwLock<HashMap<[u8; 32], Arc<LiveKey>>>);

impl Keys {
    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<Arc<LiveKey>> {
        read(&self.0).get(hash).cloned()
    }

    pub(crate) fn of(&self, workspace: WorkspaceId) -> Vec<Arc<LiveKey>> {
        read(&self.0).values().filter(|live| live.key.workspace_id == workspace).cloned().collect()
    }

    pub(crate) fn put(&self, key: ApiKey) {
        write(&self.0).insert(key.hash, Arc::new(LiveKey { key, bucket: Bucket::full() }));
    }

    pub(crate) fn remove(&self, workspace: WorkspaceId, id: KeyId) {
        write(&self.0).retain(|_, live| live.key.workspace_id != workspace || live.key.id != id);
    }
}
