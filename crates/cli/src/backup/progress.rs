//! How far a backup or its restoring is, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that is drawn on standard error, and only on a terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn start() -> anyhow::Result<Self> {
        let bar = ProgressBar::new(1);
        bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3}%  {msg}")?);
        Ok(Self(bar))
    }

    /// So many of so many steps of this are done.
    pub(super) fn show(&self, what: &'static str, done: u64, all: u64) {
        self.0.set_message(what);
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
