//! How much is written already, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often it is drawn.
const OFTEN: Duration = Duration::from_millis(200);

/// A line that is drawn on standard error, and only on a terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn start() -> anyhow::Result<Self> {
        let line = ProgressBar::new_spinner();
        line.set_style(ProgressStyle::with_template("{spinner} {human_pos} lines: {msg}")?);
        line.enable_steady_tick(OFTEN);
        Ok(Self(line))
    }

    /// Another line of this kind is written.
    pub(super) fn wrote(&self, kind: &'static str) {
        self.0.set_message(kind);
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
