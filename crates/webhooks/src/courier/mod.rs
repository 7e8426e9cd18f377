//! One endpoint's deliveries, as a state machine without I/O, clock or randomness.
//!
//! Whoever drives it offers the log's entries in order ([`Courier::offer`]), asks what to send
//! ([`Courier::next_send`]), tells what came of it ([`Courier::finished`]), lets time pass ([`Courier::tick`]) and
//! writes down what is to be remembered ([`Courier::take_change`]). With conversation order:
//!
//! - One event of an ordering key is under way at a time; the next ones wait behind it in memory, within a window.
//! - An event that fails opens a **lane** for its key. The events behind it are let go: they stand in the log. While the
//!   lane is open, further events of the key are neither sent nor kept.
//! - When the lane's head is settled, the next event of the key is read from the log ([`Courier::next_read`],
//!   [`Courier::lane_read`]), up to the cursor. When there is none, the lane closes.
//! - When the head has held its successors for `order_hold` and waits for its next attempt, it is **late**: it goes on
//!   by its own schedule, and the lane goes on without it.
//!
//! An endpoint that fails five times in a row and has taken nothing for ten seconds is **down**: nothing is sent but a
//! probe now and then, the oldest event that is due, and no schedule moves on. The first success ends it; then one at a
//! time is sent, two, four, until the limit is reached again. One event that the receiver always refuses could be all
//! that is left to probe with; so every other probe is an event that is new, if there is one.
//!
//! An endpoint that asks for a wait (`Retry-After`) is left alone as a whole for that long, five minutes at most, and then
//! begins with one at a time, too. The event that was answered so waits for as long as was asked.

mod health;
mod lanes;
mod rate;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::Duration,
};

use tidings_domain::{
    Timestamp,
    delivery::{Attempt, DeliveryChange, DeliveryState, EndpointHealth, Outcome, Retry, Trigger},
    endpoint::{Endpoint, Ordering},
    event::{OrderingKey, Position},
};

use crate::{judgement::Verdict, schedule::retry_delay};
use lanes::Lanes;
use rate::Rate;

/// How much one endpoint may occupy.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Attempts at once.
    pub in_flight: usize,
    /// Events in memory that are under way, or wait to be.
    pub window: usize,
    /// Events that wait for their next attempt; over it the endpoint counts as down.
    pub retries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_flight: 64, window: 1024, retries: 10_000 }
    }
}

/// How often the low-water position is written down at least, while it moves.
const LOW_WATER_EVERY: Duration = Duration::from_secs(1);

impl Limits {
    /// As the endpoint's settings have it.
    fn of(self, endpoint: &Endpoint) -> Self {
        let asked = endpoint.concurrency.and_then(|asked| usize::try_from(asked).ok());
        Self { in_flight: asked.map_or(self.in_flight, |asked| asked.clamp(1, self.in_flight)), ..self }
    }
}

/// An event to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send<T> {
    /// Its place in the log.
    pub position: Position,
    /// What was offered, if it is still in memory; else it is to be read from the log.
    pub item: Option<T>,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// Whether later events of its key have passed it.
    pub late: bool,
    /// Why it is sent.
    pub trigger: Trigger,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The attempt, of which outcome and next time are not known yet.
    pub attempt: Attempt,
    /// What the answer means.
    pub verdict: Verdict,
    /// From 0 to 1, for the schedule's spread.
    pub jitter: f64,
}

/// What an attempt meant for the endpoint as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As before.
    Unchanged,
    /// It is down now.
    WentDown,
    /// It is up again after having been down.
    CameBack {
        /// Whether `endpoint.failing` had been told.
        warned: bool,
    },
    /// It wants nothing any more, and is not to be sent anything.
    Gone,
}

/// A first attempt: under way, or waiting.
struct First<T> {
    key: OrderingKey,
    item: T,
}

fn order_hold(endpoint: &Endpoint) -> Option<Duration> {
    endpoint.order_hold_max_seconds.map(Duration::from_secs)
}

/// One endpoint's deliveries. `T` is what the driver sends: an event in memory.
pub struct Courier<T> {
    ordering: Ordering,
    /// What the settings say; it counts once nothing is in memory that was offered by another ordering.
    configured: Ordering,
    /// What anybody may occupy.
    most: Limits,
    /// What this endpoint may occupy.
    limits: Limits,
    rate: Option<Rate>,
    /// Everything up to here has been offered.
    cursor: Position,
    /// What is offered and not settled, and has not failed yet.
    first: BTreeMap<Position, First<T>>,
    /// What of `first` can be sent at once, in order.
    ready: VecDeque<Position>,
    /// Keys of which one event is under way or ready, with those that wait behind it.
    busy: HashMap<OrderingKey, VecDeque<Position>>,
    /// What is settled above the cursor: before the last start, or since by a retry.
    settled: HashSet<Position>,
    lanes: Lanes,
    in_flight: usize,
    /// The last that was sent was a retry.
    retry_had_turn: bool,
    /// How many attempts may be under way now; less than the limit after an outage.
    allowance: usize,
    health: EndpointHealth,
    given_up: bool,
    change: DeliveryChange,
    low_water: Position,
    low_water_written_at: Option<Timestamp>,
    /// Which success was written down last as the last one.
    success_written_at: Option<Timestamp>,
}

impl<T: Clone> Courier<T> {
    /// Takes up where the endpoint was left.
    pub fn new(endpoint: &Endpoint, most: Limits, state: DeliveryState) -> Self {
        let limits = most.of(endpoint);
        Self {
            ordering: endpoint.ordering,
            configured: endpoint.ordering,
            most,
            limits,
            rate: endpoint.rate_limit.map(Rate::per_second),
            cursor: state.low_water,
            first: BTreeMap::new(),
            ready: VecDeque::new(),
            busy: HashMap::new(),
            settled: state.settled.into_iter().collect(),
            lanes: Lanes::load(state.retries, order_hold(endpoint)),
            in_flight: 0,
            retry_had_turn: false,
            allowance: if state.health.is_unwell() { 1 } else { limits.in_flight },
            health: state.health,
            given_up: false,
            change: DeliveryChange::default(),
            low_water: state.low_water,
            low_water_written_at: None,
            success_written_at: state.health.last_success_at,
        }
    }

    /// The endpoint's settings changed.
    pub fn configure(&mut self, endpoint: &Endpoint) {
        self.configured = endpoint.ordering;
        self.lanes.set_hold(order_hold(endpoint));
        let is_whole = self.allowance >= self.limits.in_flight;
        self.limits = self.most.of(endpoint);
        self.allowance = if is_whole { self.limits.in_flight } else { self.allowance.min(self.limits.in_flight) };
        self.rate = endpoint.rate_limit.map(|limit| Rate::per_second(limit).after(self.rate));
    }

    /// Up to where the log has been offered.
    pub fn cursor(&self) -> Position {
        self.cursor
    }

    /// How the endpoint is doing.
    pub fn health(&self) -> &EndpointHealth {
        &self.health
    }

    /// How many events wait for their next attempt.
    pub fn waiting(&self) -> usize {
        self.lanes.len()
    }

    /// How many attempts wait to be written down.
    pub fn unwritten(&self) -> usize {
        self.change.attempts.len()
    }

    /// How many attempts are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether there is room for the log's next entry. An endpoint that is down needs one to be probed with.
    pub fn has_room(&self) -> bool {
        self.first.len() < self.limits.window
            && (self.configured == self.ordering || self.first.is_empty())
            && (self.ready.is_empty() || !self.is_down())
    }

    /// Offers the log's next entry; `wanted` is what it is to be sent as, if the endpoint wants it. Entries come in
    /// order of position, none twice.
    pub fn offer(&mut self, position: Position, key: OrderingKey, wanted: Option<T>) {
        self.cursor = position;
        if self.first.is_empty() {
            self.ordering = self.configured;
        }
        let settled = self.settled.remove(&position);
        let Some(item) = wanted.filter(|_| !settled) else { return };
        if self.lanes.contains(position) || self.lanes.holds(key) {
            return;
        }
        self.first.insert(position, First { key, item });
        if self.ordering == Ordering::None {
            self.ready.push_back(position);
        } else if let Some(behind) = self.busy.get_mut(&key) {
            behind.push_back(position);
        } else {
            self.busy.insert(key, VecDeque::new());
            self.ready.push_back(position);
        }
    }

    /// Nothing up to here is left in the log.
    pub fn pass_over(&mut self, position: Position) {
        self.cursor = self.cursor.max(position);
    }

    /// What to send now, if anything. Everything that it answers must be told of by [`Self::finished`].
    pub fn next_send(&mut self, now: Timestamp) -> Option<Send<T>> {
        if let Some(rate) = &mut self.rate {
            rate.look(now);
        }
        self.look_at_rest(now);
        if self.opens_at().is_some_and(|at| at > now) {
            return None;
        }
        let send = self.choose(now)?;
        if let Some(rate) = &mut self.rate {
            rate.take(now);
        }
        Some(send)
    }

    fn choose(&mut self, now: Timestamp) -> Option<Send<T>> {
        if self.is_down() {
            return self.next_probe(now);
        }
        if self.in_flight >= self.allowance {
            return None;
        }
        // Retries and first attempts have lanes of their own: old trouble takes half of the room, and every other turn, at
        // most while there is something new.
        let has_room = self.lanes.in_flight() * 2 < self.allowance && !self.retry_had_turn;
        self.retry_had_turn = false;
        if (self.ready.is_empty() || has_room)
            && let Some(retry) = self.lanes.take_due(now)
        {
            self.in_flight += 1;
            self.retry_had_turn = true;
            let trigger = match (retry.resend, retry.attempts) {
                (true, _) => Trigger::Resend,
                (false, 0) => Trigger::New,
                (false, _) => Trigger::Retry,
            };
            return Some(Self::send_retry(&retry, trigger));
        }
        let position = self.ready.pop_front()?;
        self.send_first(position, Trigger::New)
    }

    fn send_first(&mut self, position: Position, trigger: Trigger) -> Option<Send<T>> {
        let item = self.first.get(&position)?.item.clone();
        self.in_flight += 1;
        Some(Send { position, item: Some(item), number: 1, late: false, trigger })
    }

    fn send_retry(retry: &Retry, trigger: Trigger) -> Send<T> {
        Send { position: retry.position, item: None, number: retry.attempts + 1, late: retry.late, trigger }
    }

    /// Tells what came of an attempt.
    pub fn finished(&mut self, finished: Finished, now: Timestamp) -> Standing {
        let Finished { mut attempt, verdict, jitter } = finished;
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(key) = self.key_of(attempt.position) else { return Standing::Unchanged };
        let was_down = self.is_down();
        let standing = match verdict {
            Verdict::Delivered | Verdict::DeliveredLast => {
                attempt.outcome = Outcome::Delivered;
                self.settle(attempt.position, key);
                let standing = self.succeeded(now);
                if verdict == Verdict::DeliveredLast { self.gone() } else { standing }
            }
            // Whoever can say so is well.
            Verdict::Aborted => {
                attempt.outcome = Outcome::Dead;
                self.settle(attempt.position, key);
                self.succeeded(now)
            }
            Verdict::Gone => {
                self.keep_first_in_line(&mut attempt, key, now);
                self.gone()
            }
            Verdict::Failed { retry_after } => {
                let standing = self.failed(attempt.trigger, now);
                self.rest(retry_after.unwrap_or_default(), now);
                self.put_off(&mut attempt, key, retry_after, was_down, jitter, now);
                standing
            }
        };
        self.change.attempts.push(attempt);
        standing
    }

    /// What was to be sent is no longer in the log: there is nothing to deliver.
    pub fn vanished(&mut self, position: Position) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(key) = self.key_of(position) {
            self.settle(position, key);
        }
    }

    /// What was to be sent could not be read from the log: it is tried again later, and counts as no attempt.
    pub fn unread(&mut self, position: Position, later: Timestamp) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(retry) = self.lanes.get(position).copied() {
            self.lanes.put(Retry { due_at: later, ..retry });
        } else if let Some(first) = self.first.get(&position) {
            self.keep_retry(self.untried(position, first.key, later));
        }
        if self.is_down() {
            self.health.next_probe_at = Some(later);
        }
    }

    fn key_of(&self, position: Position) -> Option<OrderingKey> {
        let first = self.first.get(&position).map(|first| first.key);
        first.or_else(|| self.lanes.get(position).map(|retry| retry.key))
    }

    /// A failed attempt: the next one by the schedule, or none any more. At an endpoint that was down already the
    /// schedule stands still.
    fn put_off(
        &mut self,
        attempt: &mut Attempt,
        key: OrderingKey,
        retry_after: Option<Duration>,
        was_down: bool,
        jitter: f64,
        now: Timestamp,
    ) {
        let known = self.lanes.get(attempt.position).copied();
        // Who asks for one more attempt uses up none of the schedule.
        let counts = !was_down && attempt.trigger != Trigger::Resend;
        let failures = known.map_or(0, |retry| retry.failures) + u32::from(counts);
        let Some(wait) = retry_delay(failures.max(1), jitter) else {
            attempt.outcome = Outcome::Dead;
            self.settle(attempt.position, key);
            return;
        };
        let wait = if was_down { Duration::ZERO } else { wait }.max(retry_after.unwrap_or_default());
        attempt.outcome = Outcome::Failed;
        // At an endpoint that is down nothing comes before the next probe.
        let due_at = now.plus(wait);
        attempt.next_at =
            Some(self.health.next_probe_at.filter(|_| self.is_down()).map_or(due_at, |at| at.max(due_at)));
        let retry = self.retry_after(attempt, key, failures, due_at, now);
        self.keep_retry(retry);
    }

    /// 410: the event stays first in line, should the endpoint be enabled again.
    fn keep_first_in_line(&mut self, attempt: &mut Attempt, key: OrderingKey, now: Timestamp) {
        attempt.outcome = Outcome::Failed;
        let failures = self.lanes.get(attempt.position).map_or(0, |retry| retry.failures);
        let due_at = self.lanes.next_due().map_or(now, |first| first.min(now));
        let retry = self.retry_after(attempt, key, failures, due_at, now);
        self.keep_retry(retry);
    }

    fn retry_after(
        &self,
        attempt: &Attempt,
        key: OrderingKey,
        failures: u32,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Retry {
        let first = self.untried(attempt.position, key, due_at);
        let known = self.lanes.get(attempt.position).copied().unwrap_or(first);
        // What was only read from its lane has not failed before.
        let first_failed_at = if known.attempts == 0 { now } else { known.first_failed_at };
        Retry { attempts: attempt.number, failures, due_at, first_failed_at, resend: false, ..known }
    }

    /// An event that waits for its first attempt among the retries, and holds up the others of its key.
    fn untried(&self, position: Position, key: OrderingKey, due_at: Timestamp) -> Retry {
        Retry { holds: self.ordering == Ordering::Conversation, ..Retry::untried(position, key, due_at) }
    }

    /// From a first attempt to a retry. What waited behind it is let go: the lane reads it from the log.
    fn keep_retry(&mut self, retry: Retry) {
        if let Some(First { key, .. }) = self.first.remove(&retry.position) {
            for behind in self.busy.remove(&key).unwrap_or_default() {
                self.first.remove(&behind);
            }
        }
        self.lanes.put(retry);
    }

    /// An event is delivered or given up.
    fn settle(&mut self, position: Position, key: OrderingKey) {
        self.lanes.end(position);
        // After a start the log is offered anew from the low-water position, and a retry may be quicker.
        if position > self.cursor {
            self.settled.insert(position);
        }
        if self.first.remove(&position).is_some()
            && let Some(behind) = self.busy.get_mut(&key)
        {
            match behind.pop_front() {
                Some(next) => self.ready.push_back(next),
                None => {
                    self.busy.remove(&key);
                }
            }
        }
    }

    /// A lane whose next event is to be read: of this key, after the first position, up to the second.
    pub fn next_read(&mut self) -> Option<(OrderingKey, Position, Position)> {
        let (key, after) = self.lanes.next_read()?;
        Some((key, after, self.cursor))
    }

    /// Answers [`Self::next_read`] with the next event of the lane that the endpoint wants, or `None` if up to the
    /// position there is none.
    pub fn lane_read(&mut self, key: OrderingKey, up_to: Position, next: Option<Position>, now: Timestamp) {
        self.lanes.advance(key, up_to, self.cursor, next, now);
    }

    /// Lets time pass: heads that have held for too long let the others pass, also while the endpoint is down. Else one
    /// event that is always refused could make it count as down and then be all that it is probed with.
    pub fn tick(&mut self, now: Timestamp) {
        self.lanes.bring_forward(now);
        self.lanes.let_pass(now);
    }

    /// Somebody wants an event to be sent now, whatever has become of it. What is under way, or has not had its turn
    /// yet, is left as it is, and answered with false. `attempts` is how many there have been, which the next one goes on
    /// counting from.
    pub fn resend(&mut self, position: Position, key: OrderingKey, attempts: u32, now: Timestamp) -> bool {
        let known = self.lanes.contains(position) || self.settled.contains(&position);
        let to_come = position > self.cursor || self.lanes.holds_back(position, key);
        if (to_come && !known) || self.first.contains_key(&position) || self.lanes.is_in_flight(position) {
            return false;
        }
        let known = self.lanes.get(position).copied();
        let known = known.unwrap_or(Retry { attempts, ..Retry::untried(position, key, now) });
        // What holds nothing up comes after what has passed it, or may have.
        let late = known.late || !known.holds;
        self.keep_retry(Retry { due_at: now, late, settled: false, resend: true, ..known });
        true
    }

    /// Whether the endpoint wants the events of a key one after the other.
    pub fn keeps_order(&self) -> bool {
        self.ordering == Ordering::Conversation
    }

    /// Whether an event that has failed holds up what comes after it, where order is kept.
    pub fn holds_others_up(&self, position: Position, now: Timestamp) -> bool {
        self.lanes.holds_others_up(position, now)
    }

    /// Whether so much waits to be tried again that the rest of the room is left to what is new.
    pub fn is_crowded(&self) -> bool {
        self.lanes.len() * 2 >= self.limits.retries
    }

    /// What somebody has asked for and has not been tried since.
    pub fn asked_for(&self) -> impl Iterator<Item = (Position, OrderingKey)> + '_ {
        self.lanes.asked_for()
    }

    /// When to come back at the latest, though nothing else happens.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let opens_at = self.opens_at();
        if self.is_down() {
            let probe_at = self.health.next_probe_at.map(|at| opens_at.map_or(at, |opens_at| at.max(opens_at)));
            return if self.in_flight == 0 { probe_at } else { None };
        }
        let may_send = self.in_flight < self.allowance;
        let ready = opens_at.filter(|_| may_send && !self.ready.is_empty());
        let due = self.lanes.next_due().map(|at| opens_at.map_or(at, |opens_at| at.max(opens_at)));
        [ready, due, self.lanes.first_hold_ends()].into_iter().flatten().min()
    }

    /// When the next one may be sent, if its rate or the endpoint's wish for a rest puts it off.
    fn opens_at(&self) -> Option<Timestamp> {
        self.rate.map(|rate| rate.opens_at()).max(self.health.rests_until)
    }

    /// What is to be remembered since the last call. Must be written before it is asked for again.
    pub fn take_change(&mut self, now: Timestamp) -> DeliveryChange {
        let low_water = self.settled_up_to();
        let due = self.low_water_written_at.is_none_or(|at| now < at || now.since(at) >= LOW_WATER_EVERY);
        if low_water > self.low_water && due {
            self.low_water = low_water;
            self.low_water_written_at = Some(now);
            self.change.low_water = Some(low_water);
        }
        let (last, written) = (self.health.last_success_at, self.success_written_at);
        if last > written.map(|at| at.plus(LOW_WATER_EVERY)) || last < written {
            self.success_written_at = last;
            self.change.health = Some(self.health);
        }
        let mut change = std::mem::take(&mut self.change);
        (change.retries, change.ended) = self.lanes.take_change();
        change
    }

    /// Everything up to here is settled or has a retry.
    fn settled_up_to(&self) -> Position {
        self.first.first_key_value().map_or(self.cursor, |(position, _)| Position(position.0.saturating_sub(1)))
    }

    /// Whether the low-water position has moved since it was written down.
    pub fn low_water_lags(&self) -> bool {
        self.settled_up_to() > self.low_water
    }

    /// Whether there is anything to remember but a moved low-water position.
    pub fn has_change(&self) -> bool {
        !self.change.is_empty() || self.lanes.has_change()
    }
}
