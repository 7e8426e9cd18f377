//! A clock that can be set, forward and back, while a server runs by it.
//!
//! The server's own clock is moved by `libfaketime`, which `scripts/test` installs where it may.

use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use crate::Server;

/// The clock of a server.
#[derive(Debug)]
pub struct JumpingClock {
    library: String,
    folder: TempDir,
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so in the output of the tests")]
fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}

impl JumpingClock {
    /// One that shows the machine's time, if `libfaketime` is installed; otherwise it says that the test is skipped.
    pub fn find() -> Option<JumpingClock> {
        let folders = std::fs::read_dir("/usr/lib").ok()?;
        let places = folders.filter_map(|folder| Some(folder.ok()?.path().join("faketime/libfaketime.so.1")));
        let library = places.filter(|place| place.exists()).find_map(|place| place.to_str().map(str::to_owned));
        let Some(library) = library else {
            skipped("libfaketime is not installed (apt-get install libfaketime)");
            return None;
        };
        let clock = JumpingClock { library, folder: TempDir::new().ok()? };
        clock.jump_to("+0").ok()?;
        Some(clock)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// Sets it so far from the machine's: `+3d`, `-1h`.
    pub fn jump_to(&self, offset: &str) -> Result<()> {
        // Put in place at once, since the server may read it at any moment.
        let draft = self.folder.path().join("draft");
        std::fs::write(&draft, offset)?;
        Ok(std::fs::rename(draft, self.file())?)
    }

    /// Starts a server that has this clock.
    pub async fn start_server(&self) -> Result<Server> {
        let file = self.file();
        let variables = [
            ("LD_PRELOAD", self.library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap_or_default()),
            ("FAKETIME_NO_CACHE", "1"),
            // A clock that counts from the boot does not jump.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        Server::start_with(&variables).await
    }
}
