//! How long a batch goes on taking verbs.
//!
//! A commit costs about the same for one verb as for many, so verbs share one. But those that wait to be answered wait
//! for the whole batch, and who called for them has nothing to do meanwhile. So a batch ends as soon as the commit's cost
//! is but a part of its own: a fast disk makes small batches and lets writer and callers work side by side, a slow disk
//! makes large ones.

use std::time::Duration;

/// How many times a commit's cost a batch takes to run, after which it ends.
const RUNS_TO_COMMIT: u32 = 3;

/// What the last commits cost.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    commit: Duration,
}

impl Pace {
    /// Whether a batch that has run for so long has enough verbs to share the commit.
    pub(crate) fn is_enough(&self, running: Duration) -> bool {
        running
            >= self.commit
                * *TB.get_or_init(|| std::env::var("TB").ok().and_then(|v| v.parse().ok()).unwrap_or(RUNS_TO_COMMIT))
    }

    /// A commit took so long. One that is slow by chance counts for little.
    pub(crate) fn committed(&mut self, took: Duration) {
        self.commit = (self.commit * 7 + took) / 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_runs_for_longer_where_commits_are_slow() {
        let mut pace = Pace::default();
        assert!(pace.is_enough(Duration::ZERO));
        for _ in 0..100 {
            pace.committed(Duration::from_millis(1));
        }
        assert!(!pace.is_enough(Duration::from_millis(2)));
        assert!(pace.is_enough(Duration::from_millis(3)));
        pace.committed(Duration::from_millis(9));
        assert!(!pace.is_enough(Duration::from_millis(3)));
        assert!(pace.is_enough(Duration::from_millis(6)));
    }
}

static TB: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
