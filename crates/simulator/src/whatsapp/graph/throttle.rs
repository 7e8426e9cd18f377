//! The throughput of a number: so many calls in any second, and a refusal for each one beyond. Source: "Throughput" of the
//! Cloud API (80 messages per second, 1000 after an upgrade).

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(1);

/// Remembers the calls of the last second. Refused calls do not count against the limit.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: usize,
    recent: VecDeque<Instant>,
}

impl Throttle {
    pub(super) fn new(calls_per_second: u32) -> Throttle {
        Throttle { limit: usize::try_from(calls_per_second).unwrap_or(usize::MAX), recent: VecDeque::new() }
    }

    /// Whether a call at this time is within the limit.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        while self.recent.front().is_some_and(|oldest| now.duration_since(*oldest) >= WINDOW) {
            self.recent.pop_front();
        }
        let admitted = self.recent.len() < self.limit;
        if admitted {
            self.recent.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_so_many_calls() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut throttle = Throttle::new(2);
        let admitted: Vec<bool> =
            [0, 500, 900, 999, 1000, 1100, 1500].map(at).into_iter().map(|now| throttle.admits(now)).collect();
        assert_eq!(admitted, [true, true, false, false, true, false, true]);
    }
}
