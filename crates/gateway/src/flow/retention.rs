//! What is old is deleted, day by day, without holding up anybody.
//!
//! Once a day in UTC, and once after a start, everything is deleted that was recorded on a day which is to be kept no longer:
//! one kind of record after the other, a slice at a time, with a rest after each that is longer the more the store has to do.
//! Endpoints that had not come so far go on after what is gone; what each of them has lost in such a run is told by one
//! `endpoint.gap`. A run that is cut short is taken up by the next look, or the next start, since what is gone is gone and
//! what is to be told is written down.
//!
//! A clock that has just been set forward is not believed before the next look.

use std::{sync::Arc, time::Duration};

use tidings_domain::{ChannelId, Timestamp, endpoint::Endpoint, event::EventKind, usage::Day};
use tidings_store::{ANSWERS_KEPT_FOR, Place, Records, Store, StoreError};
use tidings_webhooks::wants_kind;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::dispatch::Dispatcher;
use crate::{
    clock::Clock,
    registry::Registry,
    settings::{Keep, Kept},
    telemetry::{Metrics, RecordLabels},
};

/// How often it is looked whether there is something to do.
const EVERY: Duration = Duration::from_mins(1);
/// By how much more the clock may have gone on between two looks.
const CREDIBLE: Duration = Duration::from_hours(1);
/// How long the rest after a slice is, in times of what it took, and at most: under the heaviest load, too, it must keep up.
const REST: u32 = 4;
const LONGEST_REST: Duration = Duration::from_millis(100);
/// Up to how many events are counted that wait for an endpoint.
const COUNTED: u64 = 10_000;

/// What retention works with.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) kept: Kept,
}

/// Deletes what is old, until it is stopped.
pub(crate) struct Retention {
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Retention {
    pub(crate) fn start(shared: Shared) -> Self {
        let mut keeper = Keeper::new(shared);
        let task = tokio::spawn(async move {
            loop {
                keeper.look().await;
                sleep(EVERY).await;
            }
        });
        Self { task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// Ends it. A slice that is under way is finished by the store.
    pub(crate) async fn stop(&self) {
        if let Some(task) = self.task.lock().await.take() {
            task.abort();
            // That it was aborted is what was wanted.
            let _ = task.await;
        }
    }
}

/// The time at which somebody looked last.
#[derive(Default)]
pub(crate) struct LastLook(Option<Timestamp>);

impl LastLook {
    /// Looks again. Answers whether the clock is to be believed: one that has just been set forward is not.
    pub(crate) fn is_credible(&mut self, now: Timestamp) -> bool {
        self.0.replace(now).is_none_or(|last| now.since(last) <= CREDIBLE)
    }
}

/// Who looks, and what was seen.
pub(crate) struct Keeper {
    shared: Shared,
    last_look: LastLook,
    /// The day for which all is done.
    done: Option<Day>,
}

impl Keeper {
    pub(crate) fn new(shared: Shared) -> Self {
        // Counted from the beginning, also of what nothing is deleted yet.
        for records in [EVENTS, ATTEMPTS].into_iter().chain(Records::ALL.map(name)) {
            drop(shared.metrics.pruned.get_or_create(&RecordLabels { records }));
        }
        Self { shared, last_look: LastLook::default(), done: None }
    }

    /// Does what is to be done on a new day.
    pub(crate) async fn look(&mut self) {
        let now = self.shared.clock.now();
        let is_credible = self.last_look.is_credible(now);
        let today = Day::of(now);
        if self.done == Some(today) || !is_credible {
            return;
        }
        match self.shared.prune(now).await {
            Ok(()) => {
                tracing::info!("what is old is deleted, as of today");
                self.done = Some(today);
            }
            Err(error) => tracing::warn!(%error, "what is old cannot be deleted; it will be tried again"),
        }
    }
}

/// The beginning of the oldest day that is kept.
pub(crate) fn begin(kept: Keep, today: Day) -> Option<Timestamp> {
    match kept {
        Keep::Forever => None,
        Keep::Days(days) => Some(today.minus(i64::from(days.get())).begin()),
    }
}

fn wants(endpoint: &Endpoint, kind: EventKind, channel: Option<ChannelId>) -> bool {
    wants_kind(endpoint, kind)
        && (endpoint.channels.is_empty() || channel.is_some_and(|id| endpoint.channels.contains(&id)))
}

impl Shared {
    /// Deletes all that is too old at a time.
    async fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        let (kept, today) = (&self.kept, Day::of(now));
        if let Some(before) = begin(kept.events, today) {
            self.prune_events(before).await?;
        }
        self.tell_gaps(now).await?;
        for (which, before) in [
            (Records::AttemptDetails, begin(kept.attempt_details, today)),
            // First what keeps a body, then the body.
            (Records::KeptUpdates, begin(kept.unmatched_updates, today)),
            (Records::RawBodies, begin(kept.raw_bodies, today)),
            (Records::DedupKeys, begin(kept.dedup_keys, today)),
            (Records::IdempotencyKeys, Some(now.minus(ANSWERS_KEPT_FOR))),
            (Records::Acts, begin(kept.audit, today)),
            (Records::Usage, begin(kept.usage, today)),
        ] {
            if let Some(before) = before {
                self.prune_records(which, before).await?;
            }
        }
        while rested(self.store.space_release()).await? {}
        Ok(())
    }

    async fn prune_records(&self, which: Records, before: Timestamp) -> Result<(), StoreError> {
        let labels = RecordLabels { records: name(which) };
        let mut place = Some(Place::default());
        while let Some(from) = place {
            let slice = rested(self.store.records_prune(which, before, from)).await?;
            self.metrics.pruned.get_or_create(&labels).inc_by(slice.deleted);
            place = slice.next;
        }
        Ok(())
    }

    async fn prune_events(&self, before: Timestamp) -> Result<(), StoreError> {
        let pruned = |records, count| self.metrics.pruned.get_or_create(&RecordLabels { records }).inc_by(count);
        loop {
            let slice = rested(self.store.events_prune(before, wants)).await?;
            pruned(EVENTS, slice.events);
            pruned(ATTEMPTS, slice.attempts);
            for endpoint in slice.overtaken {
                self.dispatcher.overtaken(endpoint, slice.up_to).await;
            }
            if slice.is_last {
                return Ok(());
            }
        }
    }

    /// Tells what endpoints have lost in this run, or in one that was cut short.
    async fn tell_gaps(&self, now: Timestamp) -> Result<(), StoreError> {
        for gap in self.store.gap_all().await? {
            let (id, lost) = (gap.endpoint_id, gap.lost);
            let Some(live) = self.registry.endpoints.find(id) else { continue };
            let backlog = self.store.delivery_backlog(id, live.kinds(), COUNTED).await?;
            rested(self.store.gap_tell(id, backlog.events, now)).await?;
            tracing::warn!(endpoint.id = %id, lost.count, "what an endpoint had still to be sent was deleted for its age");
        }
        Ok(())
    }
}

/// A slice, and a rest after it.
async fn rested<T>(slice: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let begun = Instant::now();
    let done = slice.await?;
    sleep((begun.elapsed() * REST).min(LONGEST_REST)).await;
    Ok(done)
}

/// What a metric calls what goes with the log.
const EVENTS: &str = "events";
const ATTEMPTS: &str = "attempts";

/// What a metric calls records.
fn name(which: Records) -> &'static str {
    match which {
        Records::AttemptDetails => "attempt_details",
        Records::KeptUpdates => "unmatched_updates",
        Records::RawBodies => "raw_bodies",
        Records::DedupKeys => "dedup_keys",
        Records::IdempotencyKeys => "idempotency_keys",
        Records::Acts => "audit",
        Records::Usage => "usage",
    }
}
