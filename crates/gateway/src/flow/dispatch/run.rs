//! One endpoint's task: drives its courier.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tidings_domain::{
    WorkspaceId,
    delivery::DeliveryChange,
    event::{OrderingKey, Position},
};
use tidings_net::{AddressRefused, Pool};
use tidings_store::{ENDPOINT_LEASE, StoreError};
use tidings_webhooks::courier::{Courier, Limits};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc},
    time::{Instant, Sleep, sleep},
};

use super::{
    Command, Held, Shared,
    delivery::{self, Delivered},
    replay::{Looked, Replays},
    resend::{self, Asker, Askers},
    watchkeeping,
};
use crate::{
    flow::{pending::pending, tail::Posting},
    registry::LiveEndpoint,
};

/// How many entries are read from the log at once.
const CHUNK: usize = 256;
/// How many entries of a lane are read at once: usually the first is wanted.
const LANE_CHUNK: usize = 16;
/// How many events an endpoint may read from the store at once, and how many large ones it may hold.
const READINGS: usize = 4;
/// How many attempts may wait to be written down before no more are made.
const UNWRITTEN: usize = 2048;
/// How long to wait after the store has refused.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long to wait at most before one that has panicked begins anew.
const PATIENCE_AT_MOST: Duration = Duration::from_mins(1);
/// How soon it is looked again for a place to send by.
const SOON: Duration = Duration::from_millis(20);
/// How soon a moved low-water position is written down, and a changed clock is noticed.
const TICK: Duration = Duration::from_secs(1);

/// What the courier holds of an event: all of it, unless it is so large that it is better read again.
fn held(posting: &Arc<Posting>) -> Held {
    (posting.size < delivery::LARGE).then(|| posting.clone())
}

/// A lane that could not be read: to be read again after this position.
type LaneUnread = (StoreError, OrderingKey, Position);
/// What could not be written down.
type Unwritten = (StoreError, Box<DeliveryChange>);

/// What was read of a lane.
struct LaneRead {
    key: OrderingKey,
    up_to: Position,
    next: Option<Position>,
}

struct Run {
    shared: Arc<Shared>,
    live: Arc<LiveEndpoint>,
    pool: Result<Pool, AddressRefused>,
    courier: Courier<Held>,
    /// Who may read an event from the store, and hold a large one until it is delivered.
    readings: Arc<Semaphore>,
    epoch: u64,
    /// Read from the log and not offered yet.
    ahead: VecDeque<Arc<Posting>>,
    sends: FuturesUnordered<BoxFuture<'static, Delivered>>,
    lane_reads: FuturesUnordered<BoxFuture<'static, Result<LaneRead, LaneUnread>>>,
    log_read: Option<BoxFuture<'static, Result<Vec<Arc<Posting>>, StoreError>>>,
    recording: Option<BoxFuture<'static, Result<(), Unwritten>>>,
    replays: Replays,
    askers: Askers,
    /// The store has refused to write, and is being asked again.
    refused: bool,
    /// When to look again for a place to send more, if there was none.
    looks_for_place: Option<Instant>,
    /// Nothing new is begun; what is under way is finished and written down.
    stopping: bool,
    told_to_stop: bool,
    /// Settings that came while it was ending by itself.
    configured: Option<Arc<LiveEndpoint>>,
}

/// What woke the task.
enum Woken {
    Sent(Delivered),
    LaneRead(Result<LaneRead, LaneUnread>),
    LogRead(Result<Vec<Arc<Posting>>, StoreError>),
    Recorded(Result<(), Unwritten>),
    Replay(Looked),
    Told(Option<Command>),
    NewEvents,
    Time,
}

/// Runs an endpoint until it is told to stop. A panic is a bug that ends what is under way, as a kill would, and nothing
/// else: it begins anew, later and later if that does not help, since what was under way is sent again.
pub(super) async fn endpoint(
    shared: Arc<Shared>,
    mut live: Arc<LiveEndpoint>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let mut patience = PATIENCE;
    loop {
        let begun = Instant::now();
        let running = run_until_stopped(shared.clone(), live.clone(), &mut commands);
        if AssertUnwindSafe(running).catch_unwind().await.is_ok() {
            return;
        }
        patience = if begun.elapsed() > PATIENCE_AT_MOST { PATIENCE } else { (patience * 2).min(PATIENCE_AT_MOST) };
        tracing::error!(endpoint.id = %live.endpoint.id, "an endpoint's task panicked; it begins anew");
        let Some(known) = shared.registry.endpoints.find(live.endpoint.id) else { return };
        live = known;
        if wait(patience, &mut live, &mut commands).await.is_none() {
            return;
        }
    }
}

/// Runs an endpoint until it is told to stop. When it ends before (the endpoint is paused or answered 410, another process
/// has taken it over) it waits to be configured anew.
async fn run_until_stopped(
    shared: Arc<Shared>,
    mut live: Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) {
    while let Some(ended) = run(shared.clone(), live, commands).await {
        // What came while it ended may be older than that it was disabled.
        let is_enabled = |configured: &Arc<LiveEndpoint>| {
            shared.registry.endpoints.find(configured.endpoint.id).is_some_and(|known| known.endpoint.enabled)
        };
        let configured = match ended.configured.filter(is_enabled) {
            Some(configured) => Some(configured),
            None => configured(commands).await,
        };
        match configured {
            Some(configured) => live = configured,
            None => return,
        }
    }
}

/// How it ended by itself.
struct Ended {
    /// The settings that came while it ended.
    configured: Option<Arc<LiveEndpoint>>,
}

/// Waits for settings; `None` if there will be none.
async fn configured(commands: &mut mpsc::UnboundedReceiver<Command>) -> Option<Arc<LiveEndpoint>> {
    loop {
        match commands.recv().await? {
            Command::Configure(live) if live.endpoint.enabled => return Some(live),
            Command::Configure(_) | Command::Resend(..) | Command::Replay => {}
            Command::Stop => return None,
        }
    }
}

/// Runs an endpoint until it ends by itself; `None` if it was told to stop.
async fn run(
    shared: Arc<Shared>,
    mut live: Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Option<Ended> {
    let (epoch, courier) = begin(&shared, &mut live, commands).await?;
    let mut head = shared.tail.head();
    let mut run = Run {
        pool: pool(&shared, &live),
        shared,
        live,
        courier,
        readings: Arc::new(Semaphore::new(READINGS)),
        epoch,
        ahead: VecDeque::new(),
        sends: FuturesUnordered::new(),
        lane_reads: FuturesUnordered::new(),
        log_read: None,
        recording: None,
        replays: Replays::new(),
        askers: Askers::default(),
        looks_for_place: None,
        refused: false,
        stopping: false,
        told_to_stop: false,
        configured: None,
    };
    let mut timer = Box::pin(sleep(TICK));
    loop {
        run.proceed();
        if run.is_over() {
            return (!run.told_to_stop).then_some(Ended { configured: run.configured });
        }
        run.set(&mut timer);
        let woken = tokio::select! {
            Some(delivered) = run.sends.next(), if !run.sends.is_empty() => Woken::Sent(delivered),
            Some(read) = run.lane_reads.next(), if !run.lane_reads.is_empty() => Woken::LaneRead(read),
            recorded = pending(&mut run.recording) => Woken::Recorded(recorded),
            read = pending(&mut run.log_read) => Woken::LogRead(read),
            looked = run.replays.next() => Woken::Replay(looked),
            command = commands.recv(), if !run.told_to_stop => Woken::Told(command),
            Ok(()) = head.changed(), if !run.stopping => Woken::NewEvents,
            () = &mut timer => Woken::Time,
        };
        run.handle(woken).await;
    }
}

/// Takes the lease and takes up where the endpoint was left, however long the store needs.
async fn begin(
    shared: &Arc<Shared>,
    live: &mut Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Option<(u64, Courier<Held>)> {
    let id = live.endpoint.id;
    loop {
        let begun = async {
            let epoch = shared.store.lease_acquire(ENDPOINT_LEASE, id.uuid(), &shared.holder).await?;
            Ok::<_, StoreError>((epoch, shared.store.delivery_load(id).await?))
        };
        match begun.await {
            Ok((epoch, state)) => {
                let mut courier = Courier::new(&live.endpoint, Limits::default(), state);
                courier.try_now(shared.clock.now());
                return Some((epoch, courier));
            }
            Err(StoreError::NotFound(_) | StoreError::Stopped) => return None,
            Err(error) => tracing::error!(endpoint.id = %id, %error, "cannot begin to deliver; trying again"),
        }
        wait(PATIENCE, live, commands).await?;
    }
}

/// Lets time pass before something is tried again; `None` if it was told to stop. One that is paused meanwhile waits until
/// it is enabled.
async fn wait(
    time: Duration,
    live: &mut Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Option<()> {
    let mut passed = pin!(sleep(time));
    if !live.endpoint.enabled {
        *live = configured(commands).await?;
    }
    loop {
        tokio::select! {
            () = &mut passed => return Some(()),
            command = commands.recv() => match command? {
                Command::Stop => return None,
                Command::Configure(changed) if changed.endpoint.enabled => *live = changed,
                Command::Configure(_) => *live = configured(commands).await?,
                Command::Resend(..) | Command::Replay => {}
            },
        }
    }
}

/// Connections to the endpoint. An address that was allowed once may be refused by now: then every attempt says so.
fn pool(shared: &Shared, live: &LiveEndpoint) -> Result<Pool, AddressRefused> {
    shared.client.pool(&live.endpoint.url, shared.pool_limits())
}

impl Run {
    /// Starts everything that can be started now.
    fn proceed(&mut self) {
        let now = self.shared.clock.now();
        self.courier.tick(now);
        if !self.stopping {
            self.feed();
            self.read_lanes();
            self.replays.proceed(&self.shared, &self.live, &mut self.courier);
            self.send();
        }
        self.record();
    }

    /// Offers the courier what it has room for: from the tail, or from the store if the endpoint lags behind it.
    fn feed(&mut self) {
        while self.courier.has_room() {
            let Some(posting) = self.ahead.pop_front() else {
                let after = self.courier.cursor();
                match self.shared.tail.after(after, CHUNK) {
                    Some(postings) if postings.is_empty() => return,
                    Some(postings) => self.ahead.extend(postings),
                    None => return self.read_log(after, Duration::ZERO),
                }
                continue;
            };
            let wanted = posting.is_wanted(&self.live.endpoint, &*self.shared.links);
            self.courier.offer(posting.position, posting.event.key, wanted.then(|| held(&posting)));
        }
    }

    fn read_log(&mut self, after: Position, wait: Duration) {
        if self.log_read.is_none() {
            let store = self.shared.store.clone();
            self.log_read = Some(Box::pin(async move {
                sleep(wait).await;
                let entries = store.log_read(after, CHUNK).await?;
                Ok(entries.into_iter().map(Posting::new).collect())
            }));
        }
    }

    fn read_lanes(&mut self) {
        while let Some((key, after, up_to)) = self.courier.next_read() {
            let read = read_lane(self.shared.clone(), self.live.clone(), key, after, up_to);
            self.lane_reads.push(Box::pin(read));
        }
    }

    fn send(&mut self) {
        if self.refused || self.courier.unwritten() > UNWRITTEN {
            return;
        }
        let now = self.shared.clock.now();
        self.looks_for_place = None;
        loop {
            let Ok(place) = place(&self.shared, self.courier.in_flight()) else {
                self.looks_for_place = Some(Instant::now() + SOON);
                return;
            };
            let Some(send) = self.courier.next_send(now) else { return };
            let delivery = delivery::deliver(
                self.shared.clone(),
                self.live.clone(),
                self.pool.clone(),
                self.readings.clone(),
                send,
            );
            self.sends.push(Box::pin(async move {
                let delivered = delivery.await;
                drop(place);
                delivered
            }));
        }
    }

    /// Writes down what has become of deliveries, unless a write is under way: then it waits and goes with the next.
    fn record(&mut self) {
        let has_change = self.courier.has_change() || self.courier.low_water_lags() || self.replays.has_moved();
        if self.recording.is_some() || !has_change {
            return;
        }
        let now = self.shared.clock.now();
        let mut change = self.courier.take_change(now);
        change.replay = self.replays.take_progress(now);
        if !change.is_empty() {
            watchkeeping::log(&self.live, &change);
            self.askers.begin();
            self.recording = Some(self.write(change, Duration::ZERO));
        }
    }

    fn write(&self, change: DeliveryChange, wait: Duration) -> BoxFuture<'static, Result<(), Unwritten>> {
        let (shared, id, epoch) = (self.shared.clone(), self.live.endpoint.id, self.epoch);
        Box::pin(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            // Whoever hears of it by an event of this commit must find it so.
            if let Some(status) = change.status {
                shared.registry.endpoint_status(id, status);
            }
            let written = shared.store.delivery_record(id, epoch, change.clone()).await;
            written.map_err(|error| (error, Box::new(change)))
        })
    }

    fn is_over(&self) -> bool {
        self.stopping && self.sends.is_empty() && self.recording.is_none() && !self.courier.has_change()
    }

    /// Sets the timer to when the courier wants to be woken, or to the next tick.
    fn set(&self, timer: &mut Pin<Box<Sleep>>) {
        let now = self.shared.clock.now();
        let wanted = self.courier.wakes_at().map(|at| at.since(now)).filter(|_| !self.stopping);
        let lags = self.courier.low_water_lags();
        let wait = match wanted {
            // Under way already, or waiting for room.
            Some(wait) if wait.is_zero() => TICK,
            Some(wait) => wait.min(TICK),
            None if lags || self.stopping => TICK,
            None => TICK * 3600,
        };
        let deadline = Instant::now() + wait;
        let deadline = self.looks_for_place.map_or(deadline, |at| at.min(deadline));
        let set_to = timer.deadline();
        // Moving a timer costs more than being woken a little early.
        if timer.is_elapsed() || deadline < set_to || set_to < Instant::now() {
            timer.as_mut().reset(deadline);
        }
    }

    async fn handle(&mut self, woken: Woken) {
        match woken {
            Woken::NewEvents | Woken::Time => {}
            Woken::Sent(delivered) => {
                self.settle(delivered).await;
                while let Some(Some(delivered)) = self.sends.next().now_or_never() {
                    self.settle(delivered).await;
                }
            }
            Woken::LaneRead(Ok(read)) => {
                self.courier.lane_read(read.key, read.up_to, read.next, self.shared.clock.now());
            }
            Woken::LaneRead(Err((error, key, after))) => {
                self.complain("cannot read a lane", &error);
                let (shared, live, up_to) = (self.shared.clone(), self.live.clone(), self.courier.cursor());
                self.lane_reads.push(Box::pin(async move {
                    sleep(PATIENCE).await;
                    read_lane(shared, live, key, after, up_to).await
                }));
            }
            Woken::LogRead(Ok(postings)) if postings.is_empty() => {
                // What lies before the tail is no longer in the log: there is nothing to deliver of it.
                self.courier.pass_over(self.shared.tail.begins_after());
            }
            Woken::LogRead(Ok(postings)) => self.ahead.extend(postings),
            Woken::LogRead(Err(error)) => {
                self.complain("cannot read the log", &error);
                self.read_log(self.courier.cursor(), PATIENCE);
            }
            Woken::Recorded(Ok(())) => {
                self.refused = false;
                self.askers.answer(&Ok(()));
                self.replays.recorded();
            }
            Woken::Recorded(Err((StoreError::StaleLease(_) | StoreError::NotFound(_) | StoreError::Stopped, _))) => {
                // Another process has the endpoint, or it is gone: what is under way is not ours to write down.
                self.stopping = true;
                self.sends.clear();
                self.courier.take_change(self.shared.clock.now());
            }
            Woken::Recorded(Err((error, _))) if self.told_to_stop && self.refused => {
                // An end does not wait for the store: what is not written down is delivered again after the next start.
                self.complain("what became of the last deliveries is not written down", &error);
                self.sends.clear();
                self.courier.take_change(self.shared.clock.now());
            }
            Woken::Recorded(Err((error, change))) => {
                self.complain("cannot write down what became of deliveries; no more are made until it works", &error);
                self.refused = true;
                self.askers.answer(&Err(error));
                self.recording = Some(self.write(*change, PATIENCE));
            }
            Woken::Told(None | Some(Command::Stop)) => {
                self.stopping = true;
                self.told_to_stop = true;
            }
            Woken::Told(Some(Command::Configure(live))) if self.stopping => {
                self.configured = live.endpoint.enabled.then_some(live);
            }
            // It is paused: what is under way is finished, and then it waits to be configured anew.
            Woken::Told(Some(Command::Configure(live))) if !live.endpoint.enabled => {
                self.courier.give_up();
                self.stopping = true;
            }
            Woken::Replay(looked) => {
                if let Err(error) = self.replays.looked(looked, &self.shared, &self.live, &self.courier) {
                    self.complain("cannot go on with a replay; trying again", &error);
                }
            }
            Woken::Told(Some(Command::Replay)) => self.replays.look(),
            Woken::Told(Some(Command::Resend(..))) if self.stopping => {}
            Woken::Told(Some(Command::Configure(live))) => {
                if live.endpoint.url != self.live.endpoint.url || self.pool.is_err() {
                    self.pool = pool(&self.shared, &live);
                }
                self.courier.configure(&live.endpoint);
                self.live = live;
            }
            Woken::Told(Some(Command::Resend(position, asker))) => self.resend(position, asker).await,
        }
    }

    async fn settle(&mut self, delivered: Delivered) {
        match delivered {
            Delivered::Vanished(position) => {
                self.courier.vanished(position);
                self.replays.attempted(position);
            }
            Delivered::Unreadable(position, error) => {
                self.complain("cannot read an event", &error);
                self.courier.unread(position, self.shared.clock.now().plus(PATIENCE));
            }
            Delivered::Attempted(finished) => {
                let now = self.shared.clock.now();
                let delivered = finished.verdict.is_delivered();
                let position = finished.attempt.position;
                watchkeeping::count(&self.shared, delivered, finished.attempt.duration_ms);
                let standing = self.courier.finished(finished, now);
                let stop = watchkeeping::transition(&self.shared, &self.live, &mut self.courier, standing).await;
                self.stopping |= stop;
                self.replays.attempted(position);
            }
        }
    }

    /// Somebody asks for an event. Who does is answered at once if there is nothing to write down.
    async fn resend(&mut self, position: Position, asker: Asker) {
        let outcome = match resend::find(&self.shared, &self.live, position).await {
            Ok(Some((key, attempts))) => {
                if self.courier.resend(position, key, attempts, self.shared.clock.now()) {
                    return self.askers.add(asker);
                }
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        // Who asked may have gone.
        let _ = asker.send(outcome);
    }

    fn complain(&self, what: &str, error: &StoreError) {
        tracing::warn!(endpoint.id = %self.live.endpoint.id, %error, "{what}");
    }
}

/// A place to send one more by, beside so many. The first needs none.
fn place(shared: &Shared, in_flight: usize) -> Result<Option<OwnedSemaphorePermit>, TryAcquireError> {
    if in_flight == 0 { Ok(None) } else { shared.places.clone().try_acquire_owned().map(Some) }
}

/// The next event of a lane that the endpoint wants.
async fn read_lane(
    shared: Arc<Shared>,
    live: Arc<LiveEndpoint>,
    key: OrderingKey,
    after: Position,
    up_to: Position,
) -> Result<LaneRead, LaneUnread> {
    let workspace: WorkspaceId = live.endpoint.workspace_id;
    let entries = shared
        .store
        .log_read_key(workspace, key, after, up_to, LANE_CHUNK)
        .await
        .map_err(|error| (error, key, after))?;
    // There may be more: the lane is read on from here.
    let up_to = entries.last().map_or(up_to, |last| last.position);
    let is_wanted = |posting: &Arc<Posting>| posting.is_wanted(&live.endpoint, &*shared.links);
    let next = entries.into_iter().map(Posting::new).find(is_wanted).map(|posting| posting.position);
    Ok(LaneRead { key, up_to, next })
}
