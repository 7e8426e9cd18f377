//! To the subscribers: each endpoint has a task of its own, which reads the log at its own pace.
//!
//! The rules (order, lanes, retries, down and up) are [`tidings_webhooks::courier`]'s; what one attempt is stands in
//! [`delivery`]; [`task`] begins and ends an endpoint's runs, and [`run`] drives one: it feeds the courier from the tail or the store, sends what it says, and
//! writes down what came of it. While that cannot be written (a full disk, say), nothing more is sent. No task waits
//! for another, so an endpoint's trouble stays its own.

mod delivery;
mod replay;
mod resend;
mod run;
mod task;
mod watchkeeping;

use std::{collections::HashMap, sync::Arc};

use serde::Serialize;
use tidings_domain::{
    EndpointId,
    delivery::Trigger,
    event::{Event, LogEntry, Position},
};
use tidings_net::{Client, PoolLimits};
use tidings_store::{ENDPOINT_LEASE, Store, StoreError};
use tidings_webhooks::courier::Send;
use tokio::{
    sync::{Mutex, Semaphore, mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    links::Links,
    tail::{Posting, Tail},
};
use crate::{
    clock::{Clock, Ids, Random},
    registry::{LiveEndpoint, Registry},
    telemetry::Metrics,
};

/// What all endpoints' tasks share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) ids: Arc<Ids>,
    pub(crate) client: Client,
    pub(crate) links: Arc<Links>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) tail: Arc<Tail>,
    /// For webhooks under way, but for one of each endpoint: they share what the system has of connections.
    pub(crate) places: Arc<Semaphore>,
    /// How many connections all endpoints may keep.
    pub(crate) idle_connections: usize,
    /// Who holds the leases: this process.
    pub(crate) holder: String,
}

impl Shared {
    /// What a pool of one endpoint may keep: its share of what all may.
    fn pool_limits(&self) -> PoolLimits {
        let share = self.idle_connections / self.registry.endpoints.count().max(1);
        let most = PoolLimits::default();
        PoolLimits { idle_connections: share.clamp(2, most.idle_connections), ..most }
    }
}

/// An event that the courier holds while it waits; nothing of a large one, which is read when its turn comes.
type Held = Option<Arc<Posting>>;

/// What an endpoint's task is told.
enum Command {
    /// Its settings changed.
    Configure(Arc<LiveEndpoint>),
    /// Send this event now, and answer when that is written down.
    Resend(Position, resend::Asker),
    /// A replay was begun or cancelled.
    Replay,
    /// Everything up to here was deleted for its age.
    Overtaken(Position),
    /// Finish what is under way, write it down, and end.
    Stop,
}

struct Running {
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

/// Sends webhooks. A clone is the same dispatcher.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    shared: Arc<Shared>,
    running: Arc<Mutex<HashMap<EndpointId, Running>>>,
}

/// What came of a test.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TestResult {
    /// Whether the endpoint took it.
    pub(crate) delivered: bool,
    /// The answer's status, if there was an answer.
    pub(crate) status_code: Option<u16>,
    /// How long it took, in milliseconds.
    pub(crate) duration_ms: u64,
    /// In words what went wrong, if there was no answer.
    pub(crate) error: Option<String>,
    /// The first 16 KiB of the answer's body.
    pub(crate) response_body: String,
}

/// Why an event is not sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResendRefused {
    /// The endpoint is disabled, paused or gone.
    NotRunning,
    /// The store cannot find the event, or cannot write down that it is to be sent.
    Store(StoreError),
}

impl Dispatcher {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), running: Arc::default() }
    }

    /// An endpoint is new, or has changed: from now on it runs so.
    pub(crate) async fn endpoint_saved(&self, endpoint: Arc<LiveEndpoint>) {
        let id = endpoint.endpoint.id;
        let mut running = self.running.lock().await;
        if let Some(known) = running.get(&id)
            && !known.task.is_finished()
            && known.commands.send(Command::Configure(endpoint.clone())).is_ok()
        {
            return;
        }
        if !endpoint.endpoint.enabled {
            return;
        }
        let (commands, orders) = mpsc::unbounded_channel();
        let task = tokio::spawn(task::endpoint(self.shared.clone(), endpoint, orders));
        running.insert(id, Running { commands, task });
    }

    /// An endpoint is gone. What is under way to it is given up, since nothing is remembered of it any more.
    pub(crate) async fn endpoint_removed(&self, id: EndpointId) {
        if let Some(removed) = self.running.lock().await.remove(&id) {
            removed.task.abort();
        }
    }

    /// Gives up what is under way to an endpoint, and sees to it that nothing of it is written down any more. It runs no more
    /// until it is saved.
    pub(crate) async fn take_over(&self, id: EndpointId) -> Result<(), StoreError> {
        self.endpoint_removed(id).await;
        self.shared.store.lease_acquire(ENDPOINT_LEASE, id.uuid(), &self.shared.holder).await.map(drop)
    }

    /// Sends an event to an endpoint now, once, and beside the log.
    pub(crate) async fn test(&self, endpoint: Arc<LiveEndpoint>, event: Arc<Event>) -> TestResult {
        let pool = self.shared.client.pool(&endpoint.endpoint.url, PoolLimits::default());
        let posting = Posting::new(LogEntry { position: Position::default(), event, size: 0 });
        let send = Send {
            position: posting.position,
            item: Some(Some(posting)),
            number: 1,
            late: false,
            trigger: Trigger::New,
        };
        match delivery::deliver(self.shared.clone(), endpoint, pool, Arc::new(Semaphore::new(1)), send).await {
            delivery::Delivered::Attempted(finished) => TestResult {
                delivered: finished.verdict.is_delivered(),
                status_code: finished.attempt.status_code,
                duration_ms: finished.attempt.duration_ms,
                error: finished.attempt.error,
                response_body: String::from_utf8_lossy(&finished.attempt.response_body).into_owned(),
            },
            delivery::Delivered::Vanished(_) => TestResult::unsent("there is nothing to send".to_owned()),
            delivery::Delivered::Unreadable(_, error) => TestResult::unsent(error.to_string()),
        }
    }

    /// Sends an event of the log to an endpoint again, now. Answers when that is written down.
    pub(crate) async fn resend(&self, live: &LiveEndpoint, position: Position) -> Result<(), ResendRefused> {
        if !live.endpoint.enabled {
            return Err(ResendRefused::NotRunning);
        }
        let id = live.endpoint.id;
        let commands = self.running.lock().await.get(&id).map(|running| running.commands.clone());
        let commands = commands.ok_or(ResendRefused::NotRunning)?;
        let (asker, answer) = oneshot::channel();
        commands.send(Command::Resend(position, asker)).map_err(|_| ResendRefused::NotRunning)?;
        // Whoever ends without an answer was told to.
        answer.await.unwrap_or(Err(StoreError::Stopped)).map_err(ResendRefused::Store)
    }

    /// A replay of an endpoint was begun or cancelled. One that does not run looks for it when it does.
    pub(crate) async fn replay_changed(&self, id: EndpointId) {
        self.tell(id, Command::Replay).await;
    }

    /// Of what an endpoint has still to be sent, everything up to a position was deleted for its age.
    pub(crate) async fn overtaken(&self, id: EndpointId, up_to: Position) {
        self.tell(id, Command::Overtaken(up_to)).await;
    }

    /// Tells an endpoint's task something that one which begins finds in the store.
    async fn tell(&self, id: EndpointId, command: Command) {
        let commands = self.running.lock().await.get(&id).map(|running| running.commands.clone());
        if let Some(commands) = commands {
            // A task that has ended looks for it when it begins anew.
            let _ = commands.send(command);
        }
    }

    /// Ends all of it, after what is under way has been written down.
    pub(crate) async fn stop(&self) {
        let running: Vec<Running> = self.running.lock().await.drain().map(|(_, running)| running).collect();
        futures_util::future::join_all(running.into_iter().map(stop)).await;
    }
}

async fn stop(running: Running) {
    // A task that has ended already does not listen.
    let _ = running.commands.send(Command::Stop);
    if let Err(error) = running.task.await
        && error.is_panic()
    {
        tracing::error!(%error, "an endpoint's task panicked");
    }
}

impl TestResult {
    fn unsent(error: String) -> Self {
        Self { delivered: false, status_code: None, duration_ms: 0, error: Some(error), response_body: String::new() }
    }
}
