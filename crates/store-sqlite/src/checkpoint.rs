//! Moving the write-ahead log into the database without stalling the writer.
//!
//! Once there is enough to move, a thread of its own does the long part with a passive checkpoint, which waits for
//! nobody and which nobody waits for. It can never finish while commits go on, so the log would grow for ever; the writer
//! does the rest between two commits, which is a few pages, and the next commit begins the log anew. Until it has, the
//! thread stands back, so that the two never wait for each other.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::Connection;
use tidings_store::StoreError;
use tokio::time::Instant;

use crate::{error::refused, open};

/// How many pages of log are worth moving: 32 MiB at 4 KiB a page. A page that changes often is moved once for all its
/// changes, so a longer log costs less writing; it also takes longer to read at a start.
const WORTH_MOVING: i64 = 8192;
/// How long a log is that leaves no room for what can wait: 128 MiB.
const MUCH: i64 = 4 * WORTH_MOVING;
/// How often it is looked how long the log is, if there are commits at all. In that time they add a few megabytes.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A wish that the log be emptied: nothing of what it held is in its file then. A clone is the same wish.
#[derive(Debug, Clone, Default)]
pub(crate) struct Emptying(Arc<AtomicBool>);

impl Emptying {
    /// From the next commit on it is tried, until it is done.
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it has been done since it was asked for.
    pub(crate) fn is_done(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// How long the log was when it was last looked at, in pages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Length(Arc<AtomicI64>);

impl Length {
    /// Whether what can wait should wait until more of it has been moved.
    pub(crate) fn is_much(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MUCH
    }

    fn note(&self, pages: i64) {
        self.0.store(pages, Ordering::Relaxed);
    }
}

/// The writer's side of checkpointing.
pub(crate) struct Checkpoint {
    emptying: Emptying,
    length: Length,
    wake: Option<SyncSender<()>>,
    nearly_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    looked_at: Instant,
}

impl Checkpoint {
    /// Starts the thread on a connection of its own.
    pub(crate) fn start(database: &Path) -> Result<Self, StoreError> {
        let connection = open::connect(database)?;
        let (wake, woken) = sync_channel(1);
        let nearly_done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&nearly_done);
        let length = Length::default();
        let seen = length.clone();
        let thread = thread::Builder::new()
            .name("tidings-checkpoint".to_owned())
            .spawn(move || work(&connection, &woken, &flag, &seen))
            .map_err(|error| StoreError::Backend(error.to_string()))?;
        Ok(Self {
            emptying: Emptying::default(),
            length,
            wake: Some(wake),
            nearly_done,
            thread: Some(thread),
            looked_at: Instant::now(),
        })
    }

    /// The way to see how long the log is.
    pub(crate) fn length(&self) -> Length {
        self.length.clone()
    }

    /// The way to ask that the log be emptied.
    pub(crate) fn emptying(&self) -> Emptying {
        self.emptying.clone()
    }

    /// Called by the writer between commits.
    pub(crate) fn after_commit(&mut self, connection: &Connection) {
        if self.nearly_done.load(Ordering::Acquire) {
            if let Err(error) = finish(connection) {
                tracing::warn!(%error, "cannot finish a checkpoint; the next one will");
            }
            self.nearly_done.store(false, Ordering::Release);
        }
        if !self.emptying.is_done() {
            match without_waiting(connection, "TRUNCATE") {
                Ok(Progress { is_kept_from: false, .. }) => self.emptying.0.store(false, Ordering::Release),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "cannot empty the write-ahead log; it will be tried again"),
            }
        }
        if self.looked_at.elapsed() >= BETWEEN_LOOKS {
            self.looked_at = Instant::now();
            if let Some(wake) = &self.wake {
                // A full channel means that it is awake already.
                let _ = wake.try_send(());
            }
        }
    }

    /// Called by the writer when there will be no more commits: leaves no log behind.
    pub(crate) fn at_end(&mut self, connection: &Connection) {
        self.wake.take();
        if let Some(thread) = self.thread.take() {
            // A checkpointer that panicked has nothing that is lost: the log is still there.
            let _ = thread.join();
        }
        if let Err(error) = checkpoint(connection, "TRUNCATE") {
            tracing::warn!(%error, "cannot move the log into the database; the next start will");
        }
    }
}

fn work(connection: &Connection, woken: &Receiver<()>, nearly_done: &AtomicBool, length: &Length) {
    while woken.recv().is_ok() {
        if nearly_done.load(Ordering::Acquire) {
            continue;
        }
        let moved = pages(connection).and_then(|pages| {
            length.note(pages);
            if pages < WORTH_MOVING {
                return Ok(false);
            }
            checkpoint(connection, "PASSIVE").map(|Progress { moved, .. }| moved > 0)
        });
        match moved {
            Ok(moved) => nearly_done.store(moved, Ordering::Release),
            Err(error) => tracing::warn!(%error, "cannot checkpoint; it will be tried again"),
        }
    }
}

/// How many pages the log has.
fn pages(connection: &Connection) -> Result<i64, StoreError> {
    checkpoint(connection, "NOOP").map(|progress| progress.pages)
}

/// The writer's part.
fn finish(connection: &Connection) -> Result<(), StoreError> {
    without_waiting(connection, "RESTART").map(drop)
}

/// A reader that is in the log just now is not waited for.
fn without_waiting(connection: &Connection, mode: &str) -> Result<Progress, StoreError> {
    connection.busy_timeout(Duration::ZERO).map_err(refused)?;
    let progress = checkpoint(connection, mode);
    connection.busy_timeout(open::BUSY_TIMEOUT).map_err(refused)?;
    progress
}

struct Progress {
    /// Whether somebody was in the log, so that not all could be done.
    is_kept_from: bool,
    /// Pages in the log.
    pages: i64,
    /// Of them, those in the database by now.
    moved: i64,
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<Progress, StoreError> {
    connection
        .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(Progress { is_kept_from: row.get(0)?, pages: row.get(1)?, moved: row.get(2)? })
        })
        .map_err(refused)
}
