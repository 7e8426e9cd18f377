//! API keys in memory, found by the hash of their secret. The secrets themselves are nowhere.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use tidings_domain::{KeyId, WorkspaceId, key::ApiKey};
use tokio::sync::watch;

use super::{read, write};
use crate::http::limit::Bucket;

/// A key with what it has used of its allowance.
pub(crate) struct LiveKey {
    pub(crate) key: ApiKey,
    pub(crate) bucket: Bucket,
    /// Becomes true when the key is deleted, so that what it has open ends.
    pub(crate) deleted: watch::Sender<bool>,
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
        let live = LiveKey { key, bucket: Bucket::full(), deleted: watch::Sender::new(false) };
        write(&self.0).insert(live.key.hash, Arc::new(live));
    }

    pub(crate) fn remove(&self, workspace: WorkspaceId, id: KeyId) {
        write(&self.0).retain(|_, live| {
            let stays = live.key.workspace_id != workspace || live.key.id != id;
            if !stays {
                live.deleted.send_replace(true);
            }
            stays
        });
    }
}
