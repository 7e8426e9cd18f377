//! How long a slice goes on.

use std::time::Duration;

use tokio::time::Instant;

/// How long a slice takes at most, but for its last step and its commit.
const SLICE: Duration = Duration::from_millis(4);

/// The time of one slice.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Whether there is no time for a further step.
    pub(super) fn is_over(&self) -> bool {
        self.0.elapsed() >= SLICE
    }
}
