//! The brake for a vendor that is unwell: that answers with a problem of its own, or so that nobody can tell what became
//! of the message. Such a message may be lost to us, so a vendor that is down must not cost a whole queue.
//!
//! After several calls in a row that end so, calls go out one at a time, with growing pauses in between, until one is
//! answered as it should be.

use std::time::Duration;

use super::elapsed::millis;

/// How many such calls in a row put it on.
const PUT_ON_AFTER: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Brake {
    in_a_row: u32,
    /// How many pauses there have been since it was put on.
    pauses: u32,
    until: u64,
}

impl Brake {
    pub(super) fn is_on(&self) -> bool {
        self.pauses > 0
    }

    /// The vendor was unwell once more. Answers until when nothing is to be sent, if that is new. What was under way
    /// when a pause began comes to its end within it, and makes it no longer.
    pub(super) fn press(&mut self, now: u64) -> Option<u64> {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row < PUT_ON_AFTER || now < self.until {
            return None;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.pauses.min(16)).min(LONGEST_PAUSE);
        self.pauses = self.pauses.saturating_add(1);
        self.until = now.saturating_add(millis(pause));
        Some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_what_ends_meanwhile_changes_nothing() {
        let mut brake = Brake::default();
        assert_eq!([0, 1, 2, 3].map(|now| brake.press(now)), [None; 4]);
        assert!(!brake.is_on());
        let mut now = 4;
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let until = now + seconds * 1000;
            assert_eq!(brake.press(now), Some(until));
            assert_eq!((brake.press(now + 1), brake.is_on()), (None, true));
            now = until;
        }
    }
}
