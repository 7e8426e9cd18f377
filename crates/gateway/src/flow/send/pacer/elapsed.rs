//! Time as it has passed, whatever the clock says: while the clock goes back, none does.

use tidings_domain::Timestamp;

/// How many milliseconds have passed since the beginning.
#[derive(Debug, Default)]
pub(super) struct Elapsed {
    seen: Option<Timestamp>,
    millis: u64,
}

impl Elapsed {
    /// When the clock was last looked at.
    pub(super) fn last(&self) -> u64 {
        self.millis
    }

    /// What it is when the clock says this.
    pub(super) fn at(&self, now: Timestamp) -> u64 {
        self.seen.map_or(self.millis, |seen| self.millis.saturating_add(millis(now.since(seen))))
    }

    /// Looks at the clock.
    pub(super) fn advance(&mut self, now: Timestamp) -> u64 {
        self.millis = self.at(now);
        self.seen = Some(now);
        self.millis
    }
}

/// A duration in whole milliseconds, rounded up.
pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
