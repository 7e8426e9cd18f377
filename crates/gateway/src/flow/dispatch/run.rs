//! One run of an endpoint: drives its courier until it is paused, gone, or told to stop.

mod reading;
mod recording;

use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tidings_domain::event::Position;
use tidings_net::{AddressRefused, Pool};
use tidings_store::StoreError;
use tidings_webhooks::courier::Courier;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc},
    time::{Instant, Sleep, sleep},
};

use super::{
    Command, Held, Shared,
    delivery::{self, Delivered},
    replay::{Looked, Replays},
    resend::{self, Asker, Askers},
    task::{Ended, PATIENCE, begin},
    watchkeeping,
};
use crate::{
    flow::{pending::pending, tail::Posting},
    registry::LiveEndpoint,
};
use reading::{LaneRead, LaneUnread, read_lane};
use recording::Unwritten;

/// How many events an endpoint may read from the store at once, and how many large ones it may hold.
const READINGS: usize = 4;
/// How many attempts may wait to be written down before no more are made.
const UNWRITTEN: usize = 2048;
/// How soon it is looked again for a place to send by.
const SOON: Duration = Duration::from_millis(20);
/// How soon a moved low-water position is written down, and a changed clock is noticed.
const TICK: Duration = Duration::from_secs(1);

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

/// Runs an endpoint until it ends by itself; `None` if it was told to stop.
pub(super) async fn run(
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
            Woken::Told(Some(Command::Overtaken(up_to))) => self.courier.overtaken(up_to),
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
            Ok(None) => Err(StoreError::NotFound("the event")),
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
