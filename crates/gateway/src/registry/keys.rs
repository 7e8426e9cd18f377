//! API keys in memory, found by the hash of their secret. The secrets themselves are nowhere.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use tidings_domain::{KeyId, Timestamp, WorkspaceId, key::ApiKey};
use tokio::sync::watch;

use super::{read, write};
use crate::http::limit::Bucket;

/// How much later than the last use that was written down one is worth writing down.
const WRITTEN_EVERY_MS: i64 = 60_000;

/// A key with what it has used of its allowance.
pub(crate) struct LiveKey {
    pub(crate) key: ApiKey,
    pub(crate) bucket: Bucket,
    /// Becomes true when the key is deleted, so that what it has open ends.
    pub(crate) deleted: watch::Sender<bool>,
    last_use: LastUse,
}

impl LiveKey {
    fn new(key: ApiKey) -> Self {
        let last_use = LastUse::new(key.last_used_at);
        Self { key, bucket: Bucket::full(), deleted: watch::Sender::new(false), last_use }
    }

    /// It is used now. Answers whether that is to be written down: about once a minute.
    pub(crate) fn is_used(&self, now: Timestamp) -> bool {
        self.last_use.at(now.as_millis())
    }

    /// When it was used last.
    pub(crate) fn last_used_at(&self) -> Option<Timestamp> {
        let known = self.last_use.known.load(Ordering::Relaxed);
        (known != NEVER).then(|| Timestamp::from_millis(known))
    }
}

/// In milliseconds, as it is known here and as it was written down.
struct LastUse {
    known: AtomicI64,
    written: AtomicI64,
}

const NEVER: i64 = i64::MIN;

impl LastUse {
    fn new(at: Option<Timestamp>) -> Self {
        let millis = at.map_or(NEVER, Timestamp::as_millis);
        Self { known: AtomicI64::new(millis), written: AtomicI64::new(millis) }
    }

    /// Of many who ask at once, one alone is told to write it down.
    fn at(&self, now: i64) -> bool {
        self.known.fetch_max(now, Ordering::Relaxed);
        let written = self.written.load(Ordering::Relaxed);
        now.saturating_sub(written) >= WRITTEN_EVERY_MS
            && self.written.compare_exchange(written, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
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
        let live = LiveKey::new(key);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_down_once_a_minute() {
        let last = LastUse::new(None);
        let told = [0, 1, 59_999, 60_000, 60_001, 120_000].map(|now| last.at(now));
        assert_eq!(told, [true, false, false, true, false, true]);
        assert_eq!(last.known.load(Ordering::Relaxed), 120_000);
        assert!(!last.at(30_000));
        assert_eq!(last.known.load(Ordering::Relaxed), 120_000);
    }
}
