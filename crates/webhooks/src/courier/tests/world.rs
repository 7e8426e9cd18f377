//! Everything around one courier, simulated. Every step checks what must be true at any moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use tidings_domain::{
    EndpointId, EventId, Timestamp, WorkspaceId,
    delivery::{Attempt, DeliveryChange, DeliveryState, EndpointHealth, Outcome, Retry, Trigger},
    endpoint::{Endpoint, Ordering, WebhookFormat},
    event::{OrderingKey, Position},
};
use uuid::Uuid;

use crate::{
    Verdict,
    courier::{Courier, Finished, Limits, Send, Standing},
};

pub(super) fn key(number: u128) -> OrderingKey {
    OrderingKey(Uuid::from_u128(number))
}

pub(super) fn endpoint(ordering: Ordering, order_hold: Option<u64>) -> Endpoint {
    let start = Timestamp::from_seconds(1_700_000_000);
    Endpoint {
        id: EndpointId::from_uuid(Uuid::from_u128(1)),
        workspace_id: WorkspaceId::from_uuid(Uuid::from_u128(2)),
        url: "https://example.com/".to_owned(),
        format: WebhookFormat::Lifecycle,
        events: Vec::new(),
        channels: Vec::new(),
        ordering,
        headers: BTreeMap::new(),
        legacy_signature: None,
        timeout_ms: 15_000,
        order_hold_max_seconds: order_hold,
        filter: None,
        rate_limit: None,
        concurrency: None,
        description: None,
        metadata: serde_json::Map::new(),
        enabled: true,
        created_at: start,
        updated_at: start,
    }
}

struct Entry {
    position: Position,
    key: OrderingKey,
    wanted: bool,
}

/// What the store has been told, kept as the real one keeps it.
#[derive(Default)]
pub(super) struct Store {
    low_water: Position,
    settled: BTreeSet<Position>,
    pub(super) retries: BTreeMap<Position, Retry>,
    pub(super) health: EndpointHealth,
    /// The number of the newest attempt at each.
    attempts: BTreeMap<Position, u32>,
    /// Everything up to here was deleted.
    pruned: Position,
}

impl Store {
    /// Deletes everything up to a position. What holds a lane goes on to, without being tried again.
    fn prune(&mut self, up_to: Position) {
        self.pruned = self.pruned.max(up_to);
        self.low_water = self.low_water.max(up_to);
        self.retries.retain(|position, retry| *position > up_to || retry.holds);
        for (_, anchor) in self.retries.range_mut(..=up_to) {
            anchor.settled = true;
        }
    }

    fn apply(&mut self, mut change: DeliveryChange) {
        let pruned = self.pruned;
        change.attempts.retain(|attempt| attempt.position > pruned);
        for retry in &mut change.retries {
            retry.settled |= retry.position <= pruned;
            if retry.settled && !retry.holds {
                change.ended.push(retry.position);
            }
        }
        change.retries.retain(|retry| !retry.settled || retry.holds);
        for attempt in &change.attempts {
            self.attempts.insert(attempt.position, attempt.number);
            if attempt.outcome != Outcome::Failed {
                self.settled.insert(attempt.position);
            }
        }
        for position in &change.ended {
            self.retries.remove(position);
        }
        for retry in change.retries {
            self.retries.insert(retry.position, retry);
        }
        self.low_water = self.low_water.max(change.low_water.unwrap_or_default());
        self.health = change.health.unwrap_or(self.health);
    }

    fn load(&self) -> DeliveryState {
        DeliveryState {
            low_water: self.low_water,
            settled: self.settled.iter().copied().filter(|position| *position > self.low_water).collect(),
            retries: self.retries.values().copied().collect(),
            health: self.health,
        }
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that a story may turn on")]
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) courier: Courier<Position>,
    pub(super) store: Store,
    endpoint: Endpoint,
    pub(super) limits: Limits,
    /// Whether conversation order is to be seen: it was set from the beginning.
    ordered: bool,
    /// Whether the order was switched, and how often it crashed: after both, what was sent without order may come again
    /// in order.
    switched: bool,
    crashes: u32,
    log: Vec<Entry>,
    pub(super) flights: Vec<Send<Position>>,
    reads: Vec<(OrderingKey, Position, Position)>,
    /// Taken from the courier and not applied yet.
    taken: Option<DeliveryChange>,
    /// The courier has not been told yet of what was deleted.
    untold: bool,
    /// Whether the receiver answers at all.
    pub(super) up: bool,
    /// The wait that it asks for while it does not.
    pub(super) asks_for: Option<Duration>,
    /// What it refuses for ever.
    pub(super) refused: HashSet<Position>,
    /// What it has taken, in order.
    pub(super) received: Vec<Position>,
    times: BTreeMap<Position, u32>,
    /// What it has taken since, without the store having been told.
    unwritten: BTreeMap<Position, u32>,
    /// How often an event may come again.
    allowed: BTreeMap<Position, u32>,
    resent: HashSet<Position>,
    /// What was given up.
    pub(super) dead: BTreeSet<Position>,
    failures_while_up: BTreeMap<Position, u32>,
}

impl World {
    pub(super) fn new(endpoint: Endpoint, limits: Limits) -> Self {
        Self {
            now: Timestamp::from_seconds(1_700_000_000),
            courier: Courier::new(&endpoint, limits, DeliveryState::default()),
            store: Store::default(),
            switched: false,
            crashes: 0,
            ordered: endpoint.ordering == Ordering::Conversation,
            endpoint,
            limits,
            log: Vec::new(),
            flights: Vec::new(),
            reads: Vec::new(),
            taken: None,
            untold: false,
            up: true,
            asks_for: None,
            refused: HashSet::new(),
            received: Vec::new(),
            times: BTreeMap::new(),
            unwritten: BTreeMap::new(),
            allowed: BTreeMap::new(),
            resent: HashSet::new(),
            dead: BTreeSet::new(),
            failures_while_up: BTreeMap::new(),
        }
    }

    /// A further entry of the log; its positions have gaps.
    pub(super) fn append(&mut self, number: u128, wanted: bool) -> Position {
        let position = Position(self.log.last().map_or(0, |entry| entry.position.0) + 1 + u64::from(number == 2));
        self.log.push(Entry { position, key: key(number), wanted });
        position
    }

    pub(super) fn pass(&mut self, milliseconds: u64) {
        self.now = self.now.plus(Duration::from_millis(milliseconds));
    }

    /// Starts everything that can be started, as the driver does.
    pub(super) fn proceed(&mut self) {
        if std::mem::take(&mut self.untold) {
            self.courier.overtaken(self.store.pruned);
            let waits = |position: &Position| !self.flights.iter().any(|send| send.position == *position);
            let mut known = self.courier.first.keys().take_while(|position| **position <= self.store.pruned);
            assert!(!known.any(waits), "nothing that is gone waits to be sent");
        }
        self.courier.tick(self.now);
        while self.courier.has_room() {
            let next = self.log.partition_point(|entry| entry.position <= self.courier.cursor());
            let Some(entry) = self.log.get(next) else { break };
            self.courier.offer(entry.position, entry.key, entry.wanted.then_some(entry.position));
        }
        assert!(self.courier.first.len() <= self.limits.window, "memory is bounded");
        while let Some(read) = self.courier.next_read() {
            self.reads.push(read);
        }
        loop {
            let down = self.courier.is_down();
            let Some(send) = self.courier.next_send(self.now) else { break };
            if send.position <= self.store.pruned {
                self.courier.vanished(send.position);
                continue;
            }
            if down {
                assert_eq!(send.trigger, Trigger::Probe, "nothing but probes while it is down");
                assert!(self.flights.is_empty(), "one probe at a time");
            }
            self.check_in_flight(&send);
            self.flights.push(send);
        }
    }

    fn entry(&self, position: Position) -> &Entry {
        &self.log[self.log.binary_search_by_key(&position, |entry| entry.position).unwrap()]
    }

    fn check_in_flight(&self, send: &Send<Position>) {
        assert!(self.flights.len() < self.limits.in_flight, "attempts are bounded");
        assert!(self.entry(send.position).wanted);
        for other in &self.flights {
            assert_ne!(other.position, send.position, "one event is under way once");
            let same = self.entry(other.position).key == self.entry(send.position).key;
            let free = |send: &Send<Position>| {
                send.late
                    || self.resent.contains(&send.position)
                    || self.courier.lanes.get(send.position).is_some_and(|retry| retry.late)
            };
            let allowed = !same || !self.ordered || free(other) || free(send);
            assert!(allowed, "{} and {} of one key are under way", other.position, send.position);
        }
    }

    /// An attempt comes to its end: what the receiver makes of it, and what the courier makes of that.
    pub(super) fn finish(&mut self, index: usize) -> Standing {
        let position = self.flights[index].position;
        let verdict = if self.up && !self.refused.contains(&position) {
            Verdict::Delivered
        } else {
            Verdict::Failed { retry_after: self.asks_for.filter(|_| !self.up) }
        };
        self.finish_as(index, verdict)
    }

    pub(super) fn finish_as(&mut self, index: usize, verdict: Verdict) -> Standing {
        let send = self.flights.remove(index);
        if verdict.is_delivered() {
            self.receive(send.position);
        }
        let was_down = self.courier.is_down();
        if !was_down && verdict != Verdict::Delivered {
            *self.failures_while_up.entry(send.position).or_default() += 1;
        }
        let finished = self.finished(&send, verdict);
        let standing = self.courier.finished(finished, self.now);
        let outcome = self.courier.change.attempts.last().map(|attempt| (attempt.position, attempt.outcome));
        if verdict == Verdict::Aborted {
            self.dead.insert(send.position);
        } else if outcome == Some((send.position, Outcome::Dead)) {
            assert!(!was_down, "nothing is given up while the endpoint is down");
            assert!(self.failures_while_up[&send.position] >= 12, "nothing is given up before its schedule is over");
            self.dead.insert(send.position);
        }
        standing
    }

    /// An event cannot be read from the log now.
    pub(super) fn cannot_read(&mut self, index: usize) {
        let send = self.flights.remove(index);
        self.courier.unread(send.position, self.now.plus(Duration::from_millis(500)));
    }

    /// An event that is under way is no longer in the log.
    pub(super) fn vanish(&mut self, index: usize) {
        let position = self.flights.remove(index).position;
        let place = self.log.binary_search_by_key(&position, |entry| entry.position).unwrap();
        self.log[place].wanted = false;
        self.courier.vanished(position);
    }

    /// Retention deletes everything up to a position.
    pub(super) fn prune(&mut self, up_to: Position) {
        for entry in self.log.iter_mut().take_while(|entry| entry.position <= up_to) {
            entry.wanted = false;
        }
        self.store.prune(up_to);
        self.untold = true;
    }

    /// The endpoint is disabled and enabled again: what is under way is awaited, and everything is written down.
    pub(super) fn stop(&mut self) {
        while !self.flights.is_empty() {
            self.finish(0);
        }
        for _ in 0..2 + usize::from(self.taken.is_some()) {
            self.take_or_apply();
        }
        self.crash(0);
    }

    /// What the driver tells of an attempt.
    pub(super) fn finished(&self, send: &Send<Position>, verdict: Verdict) -> Finished {
        let attempt = Attempt {
            position: send.position,
            event_id: EventId::from_uuid(Uuid::from_u128(3)),
            number: send.number,
            trigger: send.trigger,
            at: self.now,
            duration_ms: 1,
            outcome: Outcome::Failed,
            status_code: None,
            error: None,
            signature: String::new(),
            late: send.late,
            response_headers: None,
            response_body: Vec::new(),
            next_at: None,
        };
        Finished { attempt, verdict, jitter: 0.5 }
    }

    fn receive(&mut self, position: Position) {
        let times = self.times.entry(position).or_default();
        *times += 1;
        *self.unwritten.entry(position).or_default() += 1;
        let allowed = 1 + self.allowed.get(&position).copied().unwrap_or_default();
        assert!(
            *times <= allowed || (self.switched && self.crashes > 0),
            "{position} came {times} times, of {allowed}"
        );
        if *times == 1 && self.ordered && !self.resent.contains(&position) {
            let key = self.entry(position).key;
            let before = self.log.iter().take_while(|entry| entry.position < position);
            for entry in before.filter(|entry| entry.key == key && entry.wanted) {
                let passed = self.times.contains_key(&entry.position)
                    || self.dead.contains(&entry.position)
                    || self.resent.contains(&entry.position)
                    || self.courier.lanes.get(entry.position).is_some_and(|retry| retry.late);
                assert!(passed, "{position} came before {}", entry.position);
            }
        }
        self.received.push(position);
    }

    /// Answers the read of a lane; with `short` the log answers with less than was asked for.
    pub(super) fn answer_read(&mut self, index: usize, short: bool) {
        let (key, after, up_to) = self.reads.remove(index);
        let mut entries =
            self.log.iter().filter(|entry| entry.key == key && entry.position > after && entry.position <= up_to);
        let (next, up_to) = match entries.clone().next() {
            Some(first) if short => (first.wanted.then_some(first.position), first.position),
            _ => (entries.find(|entry| entry.wanted).map(|entry| entry.position), up_to),
        };
        self.courier.lane_read(key, up_to, next, self.now);
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.len()
    }

    /// Writes down what was taken before, or takes what is to be written down.
    pub(super) fn take_or_apply(&mut self) {
        match self.taken.take() {
            Some(change) => self.apply(change),
            None => self.taken = Some(self.courier.take_change(self.now)),
        }
    }

    fn apply(&mut self, change: DeliveryChange) {
        for attempt in change.attempts.iter().filter(|attempt| attempt.outcome == Outcome::Delivered) {
            *self.unwritten.get_mut(&attempt.position).unwrap() -= 1;
        }
        self.store.apply(change);
        for entry in self.log.iter().filter(|entry| entry.wanted && entry.position <= self.store.low_water) {
            let held = |retry: &Retry| retry.holds && retry.key == entry.key && retry.position < entry.position;
            let covered = self.store.settled.contains(&entry.position)
                || self.store.retries.contains_key(&entry.position)
                || self.store.retries.values().any(held);
            assert!(covered, "{} is forgotten below {}", entry.position, self.store.low_water);
        }
    }

    /// Dies, with `arrived` of what is under way having reached the receiver, and starts again.
    pub(super) fn crash(&mut self, arrived: usize) {
        for send in std::mem::take(&mut self.flights).into_iter().take(arrived) {
            if self.up && !self.refused.contains(&send.position) {
                self.receive(send.position);
            }
        }
        for (position, times) in std::mem::take(&mut self.unwritten) {
            *self.allowed.entry(position).or_default() += times;
        }
        self.crashes += 1;
        self.taken = None;
        self.reads.clear();
        self.courier = Courier::new(&self.endpoint, self.limits, self.store.load());
        self.courier.try_now(self.now);
    }

    pub(super) fn configure(&mut self, endpoint: Endpoint) {
        self.courier.configure(&endpoint);
        self.switched |= endpoint.ordering != self.endpoint.ordering;
        self.ordered &= endpoint.ordering == Ordering::Conversation;
        self.endpoint = endpoint;
    }

    pub(super) fn resend(&mut self, position: Position) {
        let key = self.entry(position).key;
        if self.entry(position).wanted {
            *self.allowed.entry(position).or_default() += 1;
            self.resent.insert(position);
            let attempts = self.store.attempts.get(&position).copied().unwrap_or_default();
            self.courier.resend(position, key, attempts, self.now);
        }
    }

    pub(super) fn any_position(&self, choice: usize) -> Option<Position> {
        (!self.log.is_empty()).then(|| self.log[choice % self.log.len()].position)
    }

    /// Does everything that can be done at this moment.
    pub(super) fn settle_down(&mut self) {
        loop {
            self.proceed();
            if self.flights.is_empty() && self.reads.is_empty() {
                break;
            }
            while !self.reads.is_empty() {
                self.answer_read(0, false);
            }
            while !self.flights.is_empty() {
                self.finish(0);
            }
        }
        self.take_or_apply();
        self.take_or_apply();
    }

    /// Lets time pass until nothing is left to do. The receiver is up, and something that it takes comes now and then.
    pub(super) fn drain(&mut self) {
        self.up = true;
        for _ in 0..5000 {
            self.settle_down();
            if self.courier.is_down() {
                self.append(99, true);
            } else if self.courier.waiting() == 0 && self.courier.first.is_empty() {
                break;
            }
            let wake = self.courier.wakes_at().map_or(0, |at| u64::try_from(at.since(self.now).as_millis()).unwrap());
            self.pass(wake.max(1));
        }
        self.pass(2000);
        while self.taken.is_some() || self.courier.has_change() || self.courier.low_water_lags() {
            self.take_or_apply();
        }
        for entry in self.log.iter().filter(|entry| entry.wanted) {
            let done = self.times.contains_key(&entry.position) || self.dead.contains(&entry.position);
            assert!(done, "{} was never delivered", entry.position);
        }
        assert!(self.store.retries.is_empty(), "left over: {:?}", self.store.retries);
        assert_eq!(Some(self.store.low_water), self.log.last().map(|entry| entry.position).or(Some(Position(0))));
    }
}
