//! How many event streams are open, of each caller: none may take every connection that there is. It knows nothing of
//! what they carry.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prometheus_client::metrics::gauge::Gauge;
use tidings_domain::{KeyId, WorkspaceId};

use super::{
    auth::Caller,
    problem::{Answer, Code, Problem},
};
use crate::Gateway;

/// How soon, in seconds, a client that has too many is to ask again.
const RETRY_AFTER: u64 = 10;

/// Whose streams are counted together: a key's, or the operator's in a workspace.
type Owner = (WorkspaceId, Option<KeyId>);

/// The open streams of each caller.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<HashMap<Owner, usize>>);

impl Streams {
    fn counts(&self) -> MutexGuard<'_, HashMap<Owner, usize>> {
        // A panic while it was held left numbers that are whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a stream while it is open.
pub(crate) struct Open {
    streams: Arc<Streams>,
    owner: Owner,
    gauge: Gauge,
}

impl Open {
    /// Refuses a caller that has as many as it may.
    pub(crate) fn new(gateway: &Gateway, caller: &Caller) -> Answer<Self> {
        let owner = (caller.workspace_id, caller.key_id());
        let mut counts = gateway.streams.counts();
        let count = counts.entry(owner).or_default();
        let most = gateway.settings.streams_per_key;
        if *count >= most {
            let detail = format!("a key may have {most} event streams open");
            return Err(Problem::new(Code::RateLimited, detail).retry_after(RETRY_AFTER));
        }
        *count += 1;
        drop(counts);
        let gauge = gateway.metrics.streams.clone();
        gauge.inc();
        Ok(Self { streams: gateway.streams.clone(), owner, gauge })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gauge.dec();
        let mut counts = self.streams.counts();
        if let Some(count) = counts.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.owner);
            }
        }
    }
}
