//! The one writer: a thread that turns what is queued into one commit after the other.
//!
//! All verbs of a batch share one COMMIT and its fsync, and a verb's refusal does not touch its neighbours: a batch in
//! which one is refused is run again with a savepoint around each. Tenants take turns in the [`queue`](crate::queue), and
//! verbs that can wait (the outcomes of deliveries) wait there for a commit to share. A full disk fails the commit's
//! verbs and nothing else, since SQLite then has written nothing that counts; any other failed COMMIT stops the store,
//! because after a failed fsync nobody knows what is on the disk.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode};
use tidings_domain::{event::LogEntry, id::IdSource};
use tidings_store::{CommitListener, StoreError};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use crate::{
    checkpoint::Checkpoint,
    queue::{Queue, Tenant, Urgency, Urgent},
    session::{Counters, Numbers, Reader, Session},
    tally::Tally,
};

/// A verb in the queue.
trait Pending: Send {
    /// Runs it. What an earlier run has done has been undone.
    fn run(&mut self, session: &mut Session<'_>) -> Result<(), StoreError>;
    /// Answers the caller; `committed` says what became of the commit.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Verb<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Pending for Verb<T, F>
where
    T: Send,
    F: FnMut(&mut Session<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, session: &mut Session<'_>) -> Result<(), StoreError> {
        let result = (self.work)(session);
        let refusal = result.as_ref().err().cloned();
        self.result = Some(result);
        refusal.map_or(Ok(()), Err)
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Stopped),
        };
        // A caller that has gone away does not want to know.
        let _ = self.reply.send(result);
    }
}

struct Envelope {
    urgency: Urgency,
    verb: Box<dyn Pending>,
}

impl Urgent for Envelope {
    fn urgency(&self) -> Urgency {
        self.urgency
    }
}

/// For how long a full disk is believed to be full.
const DISK_IS_FULL_FOR: Duration = Duration::from_secs(10);

/// When a commit found the disk full last.
type DiskFullAt = Arc<Mutex<Option<Instant>>>;

type Listener = Arc<RwLock<Option<Arc<dyn CommitListener>>>>;

/// The way to the writer.
pub(crate) struct Writer {
    queue: Arc<Queue<Envelope>>,
    listener: Listener,
    disk_full_at: DiskFullAt,
    stopped: watch::Receiver<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the writer on its connection.
    pub(crate) fn start(
        connection: Connection,
        ids: Box<dyn IdSource>,
        checkpoint: Checkpoint,
    ) -> Result<Self, StoreError> {
        let queue = Arc::new(Queue::new());
        let queued = Arc::clone(&queue);
        let (stop, stopped) = watch::channel(false);
        let listener = Listener::default();
        let disk_full_at = DiskFullAt::default();
        let counters = Counters::load(&connection)?;
        let desk = Desk {
            connection,
            ids,
            counters,
            numbers: Numbers::default(),
            listener: Arc::clone(&listener),
            disk_full_at: Arc::clone(&disk_full_at),
            checkpoint,
            appended: Vec::new(),
            tally: Tally::default(),
        };
        let thread = thread::Builder::new()
            .name("tidings-writer".to_owned())
            .spawn(move || {
                let closing = Closing(&queued);
                desk.work(&queued);
                drop(closing);
                // Nobody may be listening any more.
                let _ = stop.send(true);
            })
            .map_err(|error| StoreError::Backend(error.to_string()))?;
        Ok(Self { queue, listener, disk_full_at, stopped, thread: Mutex::new(Some(thread)) })
    }

    /// Who hears of commits from now on.
    pub(crate) fn listen(&self, listener: Arc<dyn CommitListener>) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Runs a verb and answers when it is committed. The work may be run a second time, the first being undone.
    pub(crate) async fn run<T, F>(&self, urgency: Urgency, tenant: Tenant, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let envelope = Envelope { urgency, verb: Box::new(Verb { work, result: None, reply }) };
        self.queue.push(tenant, envelope)?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// Whether a commit has just found the disk full. A small one may have been written since, within the files that are there.
    pub(crate) fn disk_is_full(&self) -> bool {
        let full_at = *self.disk_full_at.lock().unwrap_or_else(PoisonError::into_inner);
        full_at.is_some_and(|at| at.elapsed() < DISK_IS_FULL_FOR)
    }

    /// Becomes true when the writer has stopped, of itself or by [`Self::close`].
    pub(crate) fn stopped(&self) -> watch::Receiver<bool> {
        self.stopped.clone()
    }

    /// Takes no more verbs, finishes the queued ones and ends the thread.
    pub(crate) fn close(&self) {
        self.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has dropped its verbs, whose callers know.
            let _ = thread.join();
        }
    }
}

/// At the writer's end, also by a panic: who still waits is told, and nobody waits for a writer that has gone.
struct Closing<'a>(&'a Queue<Envelope>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
        // A verb that is dropped answers that the store has stopped.
        while self.0.take(&mut Vec::new()) {}
    }
}

/// What the writer's thread works with.
struct Desk {
    connection: Connection,
    ids: Box<dyn IdSource>,
    counters: Counters,
    numbers: Numbers,
    listener: Listener,
    disk_full_at: DiskFullAt,
    checkpoint: Checkpoint,
    appended: Vec<LogEntry>,
    tally: Tally,
}

/// Why the writer goes on or stops.
enum Next {
    GoOn,
    Stop,
}

impl Desk {
    fn work(mut self, queued: &Queue<Envelope>) {
        let mut batch = Vec::new();
        while queued.take(&mut batch) {
            if let Next::Stop = self.commit(&mut batch) {
                return;
            }
            self.checkpoint.after_commit(&self.connection);
        }
        self.checkpoint.at_end(&self.connection);
    }

    /// One transaction for all of the batch.
    fn commit(&mut self, batch: &mut Vec<Envelope>) -> Next {
        self.appended.clear();
        self.tally.truncate(0);
        let committed = self.run_all(batch).and_then(|()| {
            self.tally.write(&Reader { connection: &self.connection })?;
            self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])).map_err(fate).map(drop)
        });
        if committed == Err(StoreError::DiskFull) {
            *self.disk_full_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        let (committed, next) = match committed {
            Ok(()) => {
                if !self.appended.is_empty()
                    && let Some(listener) = self.listener.read().unwrap_or_else(PoisonError::into_inner).as_ref()
                {
                    listener.committed(&self.appended);
                }
                (Ok(()), Next::GoOn)
            }
            Err(StoreError::Stopped) => {
                tracing::error!("a commit failed in a way after which nothing can be promised; the store stops");
                (Err(StoreError::Stopped), Next::Stop)
            }
            Err(error) => {
                tracing::error!(%error, verbs = batch.len(), "a commit failed; nothing of it was written");
                self.numbers = Numbers::default();
                if !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
                    return Next::Stop;
                }
                (Err(error), Next::GoOn)
            }
        };
        for envelope in batch.drain(..) {
            envelope.verb.answer(committed.clone());
        }
        next
    }

    /// Runs the verbs in a transaction that it leaves open. A savepoint costs statements and a copy of every page that
    /// is changed in it, and verbs are hardly ever refused: so it is first tried without.
    fn run_all(&mut self, batch: &mut [Envelope]) -> Result<(), StoreError> {
        match self.try_all(batch, false) {
            Err(_) if !self.connection.is_autocommit() => {
                self.execute("ROLLBACK")?;
                self.appended.clear();
                self.tally.truncate(0);
                self.numbers = Numbers::default();
                self.try_all(batch, true)
            }
            // A transaction that has ended is one that SQLite has rolled back by itself, as it does on a full disk.
            outcome => outcome,
        }
    }

    fn try_all(&mut self, batch: &mut [Envelope], savepoints: bool) -> Result<(), StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut session = Session {
            reader: Reader { connection: &self.connection },
            ids: &mut *self.ids,
            counters: &mut self.counters,
            appended: &mut self.appended,
            numbers: &mut self.numbers,
            tally: &mut self.tally,
            savepoints,
        };
        for Envelope { verb, .. } in batch {
            let part = session.begin_part("verb")?;
            if let Err(refusal) = verb.run(&mut session) {
                if !part.can_be_undone() || self.connection.is_autocommit() {
                    return Err(refusal);
                }
                session.undo(&part)?;
            }
            session.end(&part)?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        Reader { connection: &self.connection }.execute(sql)
    }
}

/// What a failed COMMIT means: a full disk is noticed before anything counts; after anything else nobody knows what
/// is on the disk.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn fate(error: rusqlite::Error) -> StoreError {
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
        return StoreError::DiskFull;
    }
    tracing::error!(%error, "COMMIT failed");
    StoreError::Stopped
}
