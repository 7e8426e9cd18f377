//! When each message was sent, acknowledged, and first arrived at each endpoint; shared by loader and sink.
//!
//! Times are nanoseconds since the run began, 0 meaning never; every cell is written without a lock, so that keeping the
//! ledger costs next to nothing beside what it measures.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use tokio::time::Instant;

/// The mark before a message's number. Its first byte hardly occurs elsewhere, so that finding it is cheap.
const OPENING: u8 = b'~';
const DIGITS: usize = 10;

pub(super) struct Ledger {
    begun: Instant,
    marker: String,
    pub(super) sent: Vec<AtomicU64>,
    pub(super) acknowledged: Vec<AtomicU64>,
    /// By endpoint, then by message.
    pub(super) arrived: Vec<Vec<AtomicU64>>,
    /// Different messages that arrived, by endpoint.
    firsts: Vec<AtomicUsize>,
    repeated: AtomicUsize,
    refused: AtomicUsize,
    first_refusal: std::sync::OnceLock<String>,
}

impl Ledger {
    /// For so many messages and endpoints. `run` sets the markers apart from those of other runs.
    pub(super) fn new(run: u64, messages: usize, endpoints: usize) -> Ledger {
        let cells = || std::iter::repeat_with(|| AtomicU64::new(0)).take(messages).collect::<Vec<_>>();
        Ledger {
            begun: Instant::now(),
            marker: format!("{}{run:012x}.", char::from(OPENING)),
            sent: cells(),
            acknowledged: cells(),
            arrived: std::iter::repeat_with(cells).take(endpoints).collect(),
            firsts: std::iter::repeat_with(AtomicUsize::default).take(endpoints).collect(),
            repeated: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            first_refusal: std::sync::OnceLock::new(),
        }
    }

    pub(super) fn messages(&self) -> usize {
        self.sent.len()
    }

    /// What stands in the text of a message.
    pub(super) fn marker(&self, message: usize) -> String {
        format!("{}{message:0DIGITS$}", self.marker)
    }

    pub(super) fn sending(&self, message: usize) {
        self.sent[message].store(self.now(), Relaxed);
    }

    pub(super) fn acknowledge(&self, message: usize) {
        self.acknowledged[message].store(self.now(), Relaxed);
    }

    pub(super) fn refuse(&self, reason: impl FnOnce() -> String) {
        if self.refused.fetch_add(1, Relaxed) == 0 {
            // Another thread cannot have been first as well.
            let _ = self.first_refusal.set(reason());
        }
    }

    /// Notes the message whose marker stands in this body, if one does.
    pub(super) fn arrive(&self, endpoint: usize, body: &[u8]) {
        let now = self.now();
        let (Some(message), Some(column)) = (self.find(body), self.arrived.get(endpoint)) else { return };
        let Some(cell) = column.get(message) else { return };
        if cell.compare_exchange(0, now, Relaxed, Relaxed).is_ok() {
            self.firsts[endpoint].fetch_add(1, Relaxed);
        } else {
            self.repeated.fetch_add(1, Relaxed);
        }
    }

    /// Whether so many different messages have arrived at every endpoint.
    pub(super) fn has_arrived(&self, messages: usize) -> bool {
        self.firsts.iter().all(|firsts| firsts.load(Relaxed) >= messages)
    }

    pub(super) fn refused(&self) -> (usize, Option<&str>) {
        (self.refused.load(Relaxed), self.first_refusal.get().map(String::as_str))
    }

    pub(super) fn repeated(&self) -> usize {
        self.repeated.load(Relaxed)
    }

    fn find(&self, body: &[u8]) -> Option<usize> {
        let marker = self.marker.as_bytes();
        let mut rest = body;
        while let Some(position) = rest.iter().position(|byte| *byte == OPENING) {
            rest = &rest[position..];
            if let Some(behind) = rest.strip_prefix(marker) {
                return std::str::from_utf8(behind.get(..DIGITS)?).ok()?.parse().ok();
            }
            rest = &rest[1..];
        }
        None
    }

    /// Never 0, which means never.
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_its_own_markers_wherever_they_stand() {
        let ledger = Ledger::new(7, 3, 2);
        let other = Ledger::new(8, 3, 2);
        let body = |marker: String| format!(r#"{{"a":"~","content":"{marker} hello"}}"#);
        ledger.arrive(1, body(ledger.marker(2)).as_bytes());
        ledger.arrive(1, body(ledger.marker(2)).as_bytes());
        ledger.arrive(0, body(other.marker(1)).as_bytes());
        ledger.arrive(0, body(ledger.marker(3)).as_bytes());
        ledger.arrive(0, &ledger.marker(1).as_bytes()[..20]);
        ledger.arrive(9, body(ledger.marker(1)).as_bytes());
        let seen: Vec<bool> = ledger.arrived.iter().flatten().map(|cell| cell.load(Relaxed) > 0).collect();
        assert_eq!(seen, [false, false, false, false, false, true]);
        assert_eq!(ledger.repeated(), 1);
        assert!(!ledger.has_arrived(1));
        assert!(ledger.has_arrived(0));
    }
}
