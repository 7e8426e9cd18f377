//! One endpoint's replays, one after the other: events of the past, handed over to its courier a few at a time. There they
//! take their turns beside what is new, under the same limits; and what fails is tried again by the endpoint's schedule.
//!
//! How far a replay has come is written down with what was handed over, in one transaction, so that nothing is skipped by
//! a crash. Two events of one key are never under way at once, and one that fails holds up the later ones as it would have
//! when it was new: a replay keeps order within itself. It pauses while too much waits to be tried again.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tidings_domain::{
    JobId, Timestamp,
    event::{OrderingKey, Position},
    replay::{Replay, ReplayProgress},
};
use tidings_store::{ReplayPage, Store, StoreError};
use tidings_webhooks::courier::Courier;
use tokio::time::sleep;

use super::{Held, Shared};
use crate::{
    flow::{pending::pending, tail::Posting},
    registry::LiveEndpoint,
};

/// How many events of a replay an endpoint has to deal with at once.
const WINDOW: usize = 8;
/// How many events are read from the log at once.
const CHUNK: usize = 256;
/// How long to wait after the store has refused.
const PATIENCE: Duration = Duration::from_millis(500);

/// The replays of one endpoint.
pub(super) struct Replays {
    current: Option<Replaying>,
    /// There may be one to begin, or the current one may have been cancelled: after this time it is looked for.
    looks_after: Option<Duration>,
    /// The end of one is being written down; until then it is not looked for the next.
    ends: bool,
    search: Option<BoxFuture<'static, Result<Option<Replay>, StoreError>>>,
    read: Option<Reading>,
    /// The next page is read after this time.
    reads_after: Duration,
}

/// A page that is being read.
type Reading = BoxFuture<'static, (JobId, Result<ReplayPage, StoreError>)>;

/// What the store has answered.
pub(super) enum Looked {
    Found(Result<Option<Replay>, StoreError>),
    Read(JobId, Result<ReplayPage, StoreError>),
}

impl Replays {
    pub(super) fn new() -> Self {
        Self {
            current: None,
            looks_after: Some(Duration::ZERO),
            ends: false,
            search: None,
            read: None,
            reads_after: Duration::ZERO,
        }
    }

    /// A replay was begun or cancelled.
    pub(super) fn look(&mut self) {
        self.looks_after = Some(Duration::ZERO);
    }

    /// Looks for a replay, hands over what may be of the current one, and reads on in it.
    pub(super) fn proceed(&mut self, shared: &Shared, live: &LiveEndpoint, courier: &mut Courier<Held>) {
        if !self.ends
            && self.search.is_none()
            && let Some(wait) = self.looks_after.take()
        {
            let (store, id) = (shared.store.clone(), live.endpoint.id);
            self.search = Some(Box::pin(async move {
                sleep(wait).await;
                store.replay_running(id).await
            }));
        }
        let Some(current) = &mut self.current else { return };
        current.hand_over(courier, shared.clock.now());
        if self.read.is_none() && current.ahead.is_empty() && !current.is_read {
            self.read = Some(current.read(shared.store.clone(), std::mem::take(&mut self.reads_after)));
        }
    }

    /// Waits for what the store answers; for ever if it was not asked.
    pub(super) async fn next(&mut self) -> Looked {
        tokio::select! {
            found = pending(&mut self.search) => Looked::Found(found),
            (id, read) = pending(&mut self.read) => Looked::Read(id, read),
        }
    }

    /// The store has answered. What it refused is asked again later.
    pub(super) fn looked(
        &mut self,
        looked: Looked,
        shared: &Shared,
        live: &LiveEndpoint,
        courier: &Courier<Held>,
    ) -> Result<(), StoreError> {
        let refused = match looked {
            Looked::Found(Ok(found)) => {
                let is_current = |found: &Replay| self.current.as_ref().is_some_and(|it| it.replay.id == found.id);
                if !found.as_ref().is_some_and(is_current) {
                    self.current = found.map(|replay| Replaying::new(replay, courier));
                }
                return Ok(());
            }
            Looked::Read(id, Ok(page)) => {
                if let Some(current) = self.current.as_mut().filter(|current| current.replay.id == id) {
                    current.has_read(page, shared, live);
                }
                return Ok(());
            }
            Looked::Found(Err(error)) => error,
            Looked::Read(_, Err(error)) => {
                self.reads_after = PATIENCE;
                return Err(error);
            }
        };
        self.looks_after = Some(PATIENCE);
        Err(refused)
    }

    /// An event was attempted, whatever came of it.
    pub(super) fn attempted(&mut self, position: Position) {
        if let Some(current) = &mut self.current {
            let key = current.outstanding.remove(&position);
            current.failed.extend(key.map(|key| (key, position)));
        }
    }

    /// Whether there is progress to write down.
    pub(super) fn has_moved(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.has_moved || current.is_over())
    }

    /// The progress to write down with what has been handed over until now.
    pub(super) fn take_progress(&mut self, now: Timestamp) -> Option<ReplayProgress> {
        let current = self.current.as_mut()?;
        let is_over = current.is_over();
        let progress = (std::mem::take(&mut current.has_moved) || is_over).then(|| ReplayProgress {
            id: current.replay.id,
            reached: if is_over { current.replay.scope.up_to } else { current.replay.reached },
            sent: current.replay.sent,
            finished_at: is_over.then_some(now),
        });
        if is_over {
            self.current = None;
            self.ends = true;
            // It would find this one.
            self.search = None;
        }
        progress
    }

    /// What was taken was written down.
    pub(super) fn recorded(&mut self) {
        if std::mem::take(&mut self.ends) {
            // There may be another one.
            self.look();
        }
    }
}

/// A replay under way.
struct Replaying {
    replay: Replay,
    /// Read, and not handed over yet.
    ahead: VecDeque<Next>,
    /// Up to where the log has been read.
    read_up_to: Position,
    /// Nothing comes after that.
    is_read: bool,
    /// Handed over, and not attempted yet.
    outstanding: HashMap<Position, OrderingKey>,
    /// Attempted, and if that failed still holding up what comes after it.
    failed: HashMap<OrderingKey, Position>,
    has_moved: bool,
}

/// An event to hand over.
struct Next {
    position: Position,
    key: OrderingKey,
    /// How many attempts there have been at it.
    attempts: u32,
}

impl Replaying {
    /// Takes a replay up where it was left. What was handed over before may not have been attempted yet.
    fn new(replay: Replay, courier: &Courier<Held>) -> Self {
        Self {
            read_up_to: replay.reached,
            replay,
            ahead: VecDeque::new(),
            is_read: false,
            outstanding: courier.asked_for().collect(),
            failed: HashMap::new(),
            has_moved: false,
        }
    }

    fn read(&self, store: Arc<dyn Store>, wait: Duration) -> Reading {
        let (replay, after) = (self.replay.clone(), self.read_up_to);
        Box::pin(async move {
            sleep(wait).await;
            (replay.id, store.replay_next(replay, after, CHUNK).await)
        })
    }

    /// What the endpoint wants of a page is to be handed over.
    fn has_read(&mut self, page: ReplayPage, shared: &Shared, live: &LiveEndpoint) {
        self.read_up_to = page.found.last().map_or(self.read_up_to, |last| last.entry.position);
        self.is_read = page.is_last;
        for found in page.found {
            let posting = Posting::new(found.entry);
            if posting.is_wanted(&live.endpoint, &*shared.links) {
                let (position, key) = (posting.position, posting.event.key);
                self.ahead.push_back(Next { position, key, attempts: found.attempts });
            }
        }
        if self.ahead.is_empty() && self.read_up_to > self.replay.reached {
            self.replay.reached = self.read_up_to;
            self.has_moved = true;
        }
    }

    /// Hands over what may be.
    fn hand_over(&mut self, courier: &mut Courier<Held>, now: Timestamp) {
        self.failed.retain(|_, position| courier.holds_others_up(*position, now));
        while self.outstanding.len() < WINDOW
            && !courier.is_crowded()
            && let Some(next) = self.ahead.front()
            && !(courier.keeps_order() && self.is_under_way(next.key))
        {
            if courier.resend(next.position, next.key, next.attempts, now) {
                self.outstanding.insert(next.position, next.key);
                self.replay.sent += 1;
            }
            self.replay.reached = next.position;
            self.has_moved = true;
            self.ahead.pop_front();
        }
    }

    /// Whether an event of this key is to be attempted, or has failed and holds the others up.
    fn is_under_way(&self, key: OrderingKey) -> bool {
        self.failed.contains_key(&key) || self.outstanding.values().any(|outstanding| *outstanding == key)
    }

    /// Whether everything was handed over and attempted.
    fn is_over(&self) -> bool {
        self.is_read && self.ahead.is_empty() && self.outstanding.is_empty()
    }
}
