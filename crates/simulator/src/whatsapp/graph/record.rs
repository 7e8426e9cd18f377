//! What was called: every request in the order in which it was read whole, and which of them the vendor took.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    sync::{Mutex, MutexGuard},
};

use serde_json::Value;
use tokio::{sync::Notify, time::Instant};

use super::shared::locked;

/// One request that was read whole, whatever became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// 1 for the first call since the start; forgetting does not begin anew.
    pub sequence: u64,
    /// The path without the query.
    pub path: String,
    /// The HTTP method.
    pub method: String,
    /// The JSON body, or null where there is none; of an upload its parts' names and sizes.
    pub body: Value,
    /// Whom it goes to, as the caller wrote it: `to`, or else `recipient`.
    pub to: Option<String>,
    /// `biz_opaque_callback_data`.
    pub tracker: Option<String>,
    /// The vendor's id of the message, if the vendor took it, even where the answer was lost.
    pub accepted: Option<String>,
    /// Milliseconds since the server was started.
    pub at_millis: u64,
}

/// A request before it is known what becomes of it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) method: String,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key)?.as_str()
    }
}

#[derive(Debug, Default)]
struct Kept {
    calls: Vec<Call>,
    /// How many of the calls were handed out one by one.
    handed_out: usize,
    by_tracker: HashMap<String, Vec<String>>,
}

/// Counts always; keeps only if it was told to.
#[derive(Debug)]
pub(super) struct Records {
    keep: bool,
    start: Instant,
    sequence: AtomicU64,
    count: AtomicU64,
    accepted: AtomicU64,
    kept: Mutex<Kept>,
    added: Notify,
}

impl Records {
    pub(super) fn new(keep: bool) -> Records {
        Records {
            keep,
            start: Instant::now(),
            sequence: AtomicU64::new(0),
            count: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            kept: Mutex::default(),
            added: Notify::new(),
        }
    }

    pub(super) fn add(&self, request: Request, accepted: Option<&str>) {
        if self.keep {
            self.keep(request, accepted);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.accepted.fetch_add(accepted.is_some().into(), Ordering::Relaxed);
        self.added.notify_waiters();
    }

    fn keep(&self, request: Request, accepted: Option<&str>) {
        let to = request.text("to").or_else(|| request.text("recipient")).map(str::to_owned);
        let tracker = request.text("biz_opaque_callback_data").map(str::to_owned);
        let accepted = accepted.map(str::to_owned);
        let mut kept = self.kept();
        if let (Some(tracker), Some(id)) = (&tracker, &accepted) {
            kept.by_tracker.entry(tracker.clone()).or_default().push(id.clone());
        }
        // Under the lock, so that the list is in the order of its numbers and times.
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        let at_millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Request { path, method, body } = request;
        kept.calls.push(Call { sequence, path, method, body, to, tracker, accepted, at_millis });
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.kept().calls.clone()
    }

    pub(super) fn accepted(&self, tracker: &str) -> Vec<String> {
        self.kept().by_tracker.get(tracker).cloned().unwrap_or_default()
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn accepted_count(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn forget(&self) {
        *self.kept() = Kept::default();
        self.count.store(0, Ordering::Relaxed);
        self.accepted.store(0, Ordering::Relaxed);
    }

    /// The first kept call that nobody was handed yet, as soon as there is one.
    pub(super) async fn next(&self) -> Call {
        loop {
            // Before the look, so that a call added in between wakes us.
            let added = self.added.notified();
            if let Some(call) = self.hand_out() {
                return call;
            }
            added.await;
        }
    }

    fn hand_out(&self) -> Option<Call> {
        let mut kept = self.kept();
        let call = kept.calls.get(kept.handed_out)?.clone();
        kept.handed_out += 1;
        Some(call)
    }

    /// Returns when there have been so many calls.
    pub(super) async fn reached(&self, count: u64) {
        loop {
            let added = self.added.notified();
            if self.count() >= count {
                return;
            }
            added.await;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        locked(&self.kept)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(tracker: &str) -> Request {
        let body = json!({ "recipient": "BR.1", "biz_opaque_callback_data": tracker });
        Request { path: "/v26.0/1/messages".into(), method: "POST".into(), body }
    }

    #[tokio::test]
    async fn keeps_counts_and_forgets() {
        let records = Records::new(true);
        records.add(request("a"), Some("wamid.1"));
        records.add(request("a"), None);
        records.add(request("a"), Some("wamid.2"));
        assert_eq!(records.accepted("a"), ["wamid.1", "wamid.2"]);
        assert_eq!((records.count(), records.accepted_count()), (3, 2));
        let second = records.calls().swap_remove(1);
        assert_eq!((second.sequence, second.to.as_deref(), second.accepted), (2, Some("BR.1"), None));
        assert_eq!(records.next().await.sequence, 1);
        records.forget();
        records.add(request("b"), None);
        assert_eq!(records.next().await.sequence, 4);
        records.reached(1).await;
        assert_eq!(records.accepted("a"), [""; 0]);
    }

    #[test]
    fn counts_without_keeping() {
        let records = Records::new(false);
        records.add(request("a"), Some("wamid.1"));
        assert_eq!((records.calls().len(), records.count(), records.accepted_count()), (0, 1, 1));
    }
}
