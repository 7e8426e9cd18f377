//! The files of messages: fetched from their vendors after the messages are known, and swept away when no record names
//! them any more.
//!
//! The story of a file: the commit of its message writes down that it is awaited, and the message goes on its way at once.
//! [`Fetcher`] takes what is due, a few files of each channel at a time, so that a vendor that hangs holds up its own channels
//! alone; [`fetch`] asks the vendor where a file is, reads it from there straight to the disk, and has [`check`] compare it
//! with what was told of it. What fails is tried again for as long as the vendor keeps the file. When it is in its place a
//! record takes that of the awaited file, and whoever waits at a link to it is woken. [`collect`] removes what is too old
//! and what no record names.

mod check;
mod collect;
mod fetch;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tidings_channels::sha256;
use tidings_domain::{MediaId, Timestamp, media::AwaitedFile};
use tidings_net::Client;
use tidings_store::{Store, StoreError};
use tokio::{
    sync::{Notify, broadcast},
    task::{AbortHandle, Id, JoinSet},
    time::sleep,
};

use self::fetch::{Fetched, Unfetched};
use crate::{
    clock::{Clock, Random},
    media_store::MediaStore,
    registry::Registry,
    settings::Keep,
    telemetry::{Metrics, OutcomeLabels},
};

pub(crate) use self::collect::{CollectError, Collector, remove_unnamed};

/// How many files of a channel are fetched at once.
const OF_CHANNEL: usize = 4;
/// How many files are fetched at once.
const AT_ONCE: usize = 128;
/// How long nobody looks whether something is due that nothing has told of.
const IDLE: Duration = Duration::from_mins(1);
/// How often it is looked whether the time has come that something waits for: the clock may have been set.
const TICK: Duration = Duration::from_secs(1);
/// The waits between tries; the last one is that of all further ones.
const WAITS: [u64; 6] = [5, 30, 120, 600, 1_800, 3_600];
/// After so many times in a row it is believed that the vendor does not have a file.
const BELIEVED_AFTER: u32 = 5;
/// How many of those who wait at links may be behind before one has to look for itself.
const ROOM: usize = 256;

/// What fetching and collecting share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) client: Client,
    pub(crate) media: MediaStore,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry>,
    /// For how long files are kept.
    pub(crate) kept: Keep,
}

/// Fetches files.
pub(crate) struct Fetcher {
    wake: Arc<Notify>,
    settled: broadcast::Sender<MediaId>,
    task: AbortHandle,
}

impl Fetcher {
    /// Starts it.
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        let (wake, settled) = (Arc::new(Notify::new()), broadcast::Sender::new(ROOM));
        let run =
            Run { shared, wake: wake.clone(), settled: settled.clone(), running: JoinSet::new(), ids: HashMap::new() };
        Self { wake, settled, task: tokio::spawn(run.work()).abort_handle() }
    }

    /// Files may have become due.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Tells from now on which files have come, or are lost.
    pub(crate) fn settled(&self) -> broadcast::Receiver<MediaId> {
        self.settled.subscribe()
    }

    /// Ends it. What was on its way is fetched anew by the next start.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

/// Fetching as it goes on.
struct Run {
    shared: Arc<Shared>,
    wake: Arc<Notify>,
    settled: broadcast::Sender<MediaId>,
    running: JoinSet<Result<(), StoreError>>,
    /// The files that are being fetched.
    ids: HashMap<Id, MediaId>,
}

impl Run {
    async fn work(mut self) {
        loop {
            let now = self.shared.clock.now();
            let pause = match self.shared.store.file_due(now, OF_CHANNEL).await {
                Ok(due) => {
                    due.files.into_iter().for_each(|file| self.begin(file));
                    if due.next_at.is_some() { TICK } else { IDLE }
                }
                Err(error) => {
                    tracing::error!(%error, "files to fetch cannot be read");
                    TICK
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(pause) => {}
                Some(ended) = self.running.join_next_with_id() => self.ended(ended).await,
            }
        }
    }

    fn begin(&mut self, file: AwaitedFile) {
        if self.ids.len() >= AT_ONCE || self.ids.values().any(|id| *id == file.id) {
            return;
        }
        let (shared, id) = (self.shared.clone(), file.id);
        let task = self.running.spawn(async move { attempt(&shared, &file).await });
        self.ids.insert(task.id(), id);
    }

    async fn ended(&mut self, ended: Result<(Id, Result<(), StoreError>), tokio::task::JoinError>) {
        let (task, result) = match ended {
            Ok((task, result)) => (task, result),
            Err(error) => {
                tracing::error!(%error, "fetching a file broke off");
                (error.id(), Ok(()))
            }
        };
        if let Err(error) = result {
            tracing::error!(%error, "what became of a file cannot be written down");
            sleep(TICK).await;
        }
        if let Some(id) = self.ids.remove(&task) {
            // Nobody may be waiting.
            let _ = self.settled.send(id);
        }
    }
}

/// One try at a file.
async fn attempt(shared: &Shared, file: &AwaitedFile) -> Result<(), StoreError> {
    let unfetched = match fetch::fetch(shared, file).await {
        Ok(Fetched { media, placed }) => {
            let wanted = shared.store.file_fetched(media).await?;
            drop(placed);
            count(shared, "fetched");
            if !wanted {
                tracing::info!(media.id = %file.id, "a file came that nobody waits for any more");
            }
            return Ok(());
        }
        Err(unfetched) => unfetched,
    };
    let now = shared.clock.now();
    let denials = if matches!(unfetched, Unfetched::Unknown(_)) { file.denials + 1 } else { 0 };
    let (reason, next_at) = match unfetched {
        Unfetched::Never(reason) => (reason, None),
        Unfetched::Unknown(reason) => (reason, (denials < BELIEVED_AFTER).then(|| now.plus(wait(file.tries)))),
        Unfetched::ForNow { reason, after } => {
            (reason, Some(now.plus(after.unwrap_or(Duration::ZERO).max(wait(file.tries)))))
        }
    };
    let next_at = next_at.filter(|next_at| fetch::kept_until(shared, file).is_none_or(|end| *next_at < end));
    if let Some(next_at) = next_at {
        tracing::info!(media.id = %file.id, channel.id = %file.channel_id, reason, %next_at, "a file is not here yet");
    } else {
        tracing::warn!(media.id = %file.id, channel.id = %file.channel_id, reason, "a file is lost");
    }
    let tried = AwaitedFile { tries: file.tries + 1, denials, ..file.clone() };
    shared.store.file_failed(tried, reason, next_at).await?;
    count(shared, if next_at.is_some() { "later" } else { "lost" });
    Ok(())
}

fn wait(tries: u32) -> Duration {
    let index = usize::try_from(tries).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    Duration::from_secs(WAITS[index])
}

fn count(shared: &Shared, outcome: &'static str) {
    shared.metrics.fetches.get_or_create(&OutcomeLabels { outcome }).inc();
}
