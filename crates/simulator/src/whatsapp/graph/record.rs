//! What was called: every request in the order in which it was read whole, and which of them the vendor took.

use std::{
    collections::HashMap,
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

/// A request that was read whole, before it is known what becomes of it.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) method: String,
    pub(super) body: Value,
}

impl Received {
    /// A text of the body.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key)?.as_str()
    }
}

/// What happened since it was forgotten last.
#[derive(Debug, Default)]
struct Kept {
    /// How many calls were forgotten: their numbers are not given again.
    forgotten: u64,
    count: u64,
    accepted: u64,
    calls: Vec<Call>,
    /// How many of the calls were handed out one by one.
    handed_out: usize,
    by_tracker: HashMap<String, Vec<String>>,
}

impl Kept {
    fn keep(&mut self, received: Received, accepted: Option<&str>, at_millis: u64) {
        let to = received.text("to").or_else(|| received.text("recipient")).map(str::to_owned);
        let tracker = received.text("biz_opaque_callback_data").map(str::to_owned);
        let accepted = accepted.map(str::to_owned);
        if let (Some(tracker), Some(id)) = (&tracker, &accepted) {
            self.by_tracker.entry(tracker.clone()).or_default().push(id.clone());
        }
        let sequence = self.forgotten + self.count;
        let Received { path, method, body } = received;
        self.calls.push(Call { sequence, path, method, body, to, tracker, accepted, at_millis });
    }

    fn forget(&mut self) {
        *self = Kept { forgotten: self.forgotten + self.count, ..Kept::default() };
    }
}

/// Counts always; keeps only if it was told to.
#[derive(Debug)]
pub(super) struct Records {
    keep: bool,
    start: Instant,
    kept: Mutex<Kept>,
    added: Notify,
}

impl Records {
    pub(super) fn new(keep: bool) -> Records {
        Records { keep, start: Instant::now(), kept: Mutex::default(), added: Notify::new() }
    }

    pub(super) fn add(&self, received: Received, accepted: Option<&str>) {
        {
            let mut kept = self.kept();
            kept.count += 1;
            kept.accepted += u64::from(accepted.is_some());
            if self.keep {
                let at_millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
                kept.keep(received, accepted, at_millis);
            }
        }
        self.added.notify_waiters();
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.kept().calls.clone()
    }

    pub(super) fn accepted(&self, tracker: &str) -> Vec<String> {
        self.kept().by_tracker.get(tracker).cloned().unwrap_or_default()
    }

    pub(super) fn count(&self) -> u64 {
        self.kept().count
    }

    pub(super) fn accepted_count(&self) -> u64 {
        self.kept().accepted
    }

    pub(super) fn forget(&self) {
        self.kept().forget();
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

    fn received(tracker: &str) -> Received {
        let body = json!({ "recipient": "BR.1", "biz_opaque_callback_data": tracker });
        Received { path: "/v26.0/1/messages".into(), method: "POST".into(), body }
    }

    #[tokio::test]
    async fn keeps_counts_and_forgets() {
        let records = Records::new(true);
        records.add(received("a"), Some("wamid.1"));
        records.add(received("a"), None);
        records.add(received("a"), Some("wamid.2"));
        assert_eq!(records.accepted("a"), ["wamid.1", "wamid.2"]);
        assert_eq!((records.count(), records.accepted_count()), (3, 2));
        let second = records.calls().swap_remove(1);
        assert_eq!((second.sequence, second.to.as_deref(), second.accepted), (2, Some("BR.1"), None));
        assert_eq!(records.next().await.sequence, 1);
        records.forget();
        records.add(received("b"), None);
        assert_eq!(records.next().await.sequence, 4);
        records.reached(1).await;
        assert_eq!(records.accepted("a"), [""; 0]);
    }

    #[test]
    fn counts_without_keeping() {
        let records = Records::new(false);
        records.add(received("a"), Some("wamid.1"));
        assert_eq!((records.calls().len(), records.count(), records.accepted_count()), (0, 1, 1));
    }
}
