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
mod memory;
mod outcome;
mod overtaken;
mod rate;
mod sending;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::Duration,
};

use tidings_domain::{
    Timestamp,
    delivery::{Attempt, DeliveryChange, DeliveryState, EndpointHealth, Trigger},
    endpoint::{Endpoint, Ordering},
    event::{OrderingKey, Position},
};

use crate::judgement::Verdict;
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
}
