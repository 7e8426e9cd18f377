//! What is to be tried again, and the lanes that it holds.
//!
//! A lane is remembered by one retry, its **anchor**: the head that holds it, or, until the next event of the key has
//! been read, the head that was settled or let the others pass. So at no moment could a lane be forgotten by a crash.
//! A key has one lane at most, and of its retries only the anchor holds. Never knows which events a key has: they stand
//! in the log, and who drives the courier reads them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use tidings_domain::{
    Timestamp,
    delivery::Retry,
    event::{OrderingKey, Position},
};

/// Longer than any wait, of the schedule or asked for.
const LONGEST_WAIT: Duration = Duration::from_hours(30);

/// The later events of a key, held back.
struct Lane {
    anchor: Position,
    state: LaneState,
}

enum LaneState {
    /// By the anchor, which is to be tried again.
    Held,
    /// The next event after this position is to be read.
    Open(Position),
    /// The next event after this position is being read.
    Reading(Position),
}

#[derive(Default)]
pub(super) struct Lanes {
    retries: BTreeMap<Position, Retry>,
    /// Those that wait, by when they are due.
    due: BTreeSet<(Timestamp, Position)>,
    in_flight: BTreeSet<Position>,
    /// How long a head may hold the others back; `None`: its whole schedule.
    hold: Option<Duration>,
    /// Heads that wait for an attempt beyond the end of their hold, by that end. A head that is tried before is not
    /// among them: it may still succeed in time, also if an outage has kept it waiting for longer.
    holding: BTreeSet<(Timestamp, Position)>,
    by_key: HashMap<OrderingKey, Lane>,
    /// Keys whose lane is open.
    to_read: Vec<OrderingKey>,
    /// What has changed since it was written down.
    touched: BTreeSet<Position>,
}

impl Lanes {
    pub(super) fn load(retries: Vec<Retry>, hold: Option<Duration>) -> Self {
        let mut lanes = Self { hold, ..Self::default() };
        for retry in retries {
            lanes.put(retry);
            if retry.holds && (retry.settled || retry.late) {
                lanes.open(retry.key, retry.position);
            }
        }
        lanes.touched.clear();
        lanes
    }

    pub(super) fn set_hold(&mut self, hold: Option<Duration>) {
        if self.hold == hold {
            return;
        }
        self.hold = hold;
        self.holding =
            self.due.iter().filter_map(|(_, position)| self.hold_ends(self.retries.get(position)?)).collect();
    }

    /// When a head that waits is to let the others pass, if that is before it is tried again.
    fn hold_ends(&self, retry: &Retry) -> Option<(Timestamp, Position)> {
        let ends = retry.first_failed_at.plus(self.hold?);
        let holds = retry.holds && !retry.late && !retry.settled && retry.attempts > 0;
        (holds && ends < retry.due_at).then_some((ends, retry.position))
    }

    pub(super) fn len(&self) -> usize {
        self.retries.len()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn is_in_flight(&self, position: Position) -> bool {
        self.in_flight.contains(&position)
    }

    pub(super) fn contains(&self, position: Position) -> bool {
        self.retries.contains_key(&position)
    }

    pub(super) fn get(&self, position: Position) -> Option<&Retry> {
        self.retries.get(&position)
    }

    /// Whether the events of a key are held back.
    pub(super) fn holds(&self, key: OrderingKey) -> bool {
        self.by_key.contains_key(&key)
    }

    /// Whether an event waits behind the anchor of its key's lane.
    pub(super) fn holds_back(&self, position: Position, key: OrderingKey) -> bool {
        self.by_key.get(&key).is_some_and(|lane| lane.anchor < position)
    }

    /// Whether an event waits to be tried again, and its hold is not over.
    pub(super) fn holds_others_up(&self, position: Position, now: Timestamp) -> bool {
        self.retries
            .get(&position)
            .is_some_and(|retry| !retry.settled && self.hold.is_none_or(|hold| now < retry.first_failed_at.plus(hold)))
    }

    /// Those that somebody has asked for and that have not been tried since.
    pub(super) fn asked_for(&self) -> impl Iterator<Item = (Position, OrderingKey)> + '_ {
        let asked_for = self.retries.values().filter(|retry| retry.resend && !retry.settled);
        asked_for.map(|retry| (retry.position, retry.key))
    }

    /// A retry that is new or has changed, and waits.
    pub(super) fn put(&mut self, retry: Retry) {
        let position = retry.position;
        self.in_flight.remove(&position);
        self.stop_waiting(position);
        if retry.holds {
            self.by_key.entry(retry.key).or_insert(Lane { anchor: position, state: LaneState::Held });
        }
        if !retry.settled {
            self.due.insert((retry.due_at, position));
            self.holding.extend(self.hold_ends(&retry));
        }
        self.retries.insert(position, retry);
        self.touched.insert(position);
    }

    /// Takes a retry out of what is looked up by time.
    fn stop_waiting(&mut self, position: Position) {
        let Some(retry) = self.retries.get(&position) else { return };
        self.due.remove(&(retry.due_at, position));
        if let Some(entry) = self.hold_ends(retry) {
            self.holding.remove(&entry);
        }
    }

    /// The retry that has been due for longest.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Retry> {
        if self.next_due()? > now { None } else { self.take_next() }
    }

    /// The retry that has been due for longest or, if none is, will be due first.
    pub(super) fn take_next(&mut self) -> Option<Retry> {
        let (_, position) = *self.due.first()?;
        self.stop_waiting(position);
        self.in_flight.insert(position);
        self.retries.get(&position).copied()
    }

    /// A retry is over. If it is an anchor it stays, settled, until its lane has gone on.
    pub(super) fn end(&mut self, position: Position) {
        self.stop_waiting(position);
        self.in_flight.remove(&position);
        let Some(mut retry) = self.retries.remove(&position) else { return };
        self.touched.insert(position);
        if retry.holds {
            retry.settled = true;
            self.retries.insert(position, retry);
            if self.is_held(retry.key) {
                self.open(retry.key, position);
            }
        }
    }

    /// The retries up to a position are over, but for those under way.
    pub(super) fn end_up_to(&mut self, up_to: Position) {
        let over: Vec<Position> = self.retries.range(..=up_to).map(|(position, _)| *position).collect();
        for position in over {
            if !self.is_in_flight(position) {
                self.end(position);
            }
        }
    }

    /// Whether a lane waits for its head.
    fn is_held(&self, key: OrderingKey) -> bool {
        self.by_key.get(&key).is_some_and(|lane| matches!(lane.state, LaneState::Held))
    }

    fn open(&mut self, key: OrderingKey, after: Position) {
        if let Some(lane) = self.by_key.get_mut(&key) {
            lane.state = LaneState::Open(after);
            self.to_read.push(key);
        }
    }

    /// An open lane, and after which position its next event is to be read.
    pub(super) fn next_read(&mut self) -> Option<(OrderingKey, Position)> {
        let key = self.to_read.pop()?;
        let lane = self.by_key.get_mut(&key)?;
        let LaneState::Open(after) = lane.state else { return None };
        lane.state = LaneState::Reading(after);
        Some((key, after))
    }

    /// The lane's next event was read up to a position. If there is one, it is the new head, due at once. If there is
    /// none, the lane closes, unless the cursor has moved on and there may be one by now.
    pub(super) fn advance(
        &mut self,
        key: OrderingKey,
        up_to: Position,
        cursor: Position,
        next: Option<Position>,
        now: Timestamp,
    ) {
        let Some(LaneState::Reading(after)) = self.by_key.get(&key).map(|lane| &lane.state) else { return };
        // After a start the cursor may be behind the anchor; the lane never goes back.
        let up_to = up_to.max(*after);
        match next {
            None if cursor > up_to => self.open(key, up_to),
            None => self.leave_anchor(key),
            Some(position) => {
                self.leave_anchor(key);
                self.make_head(position, key, now);
            }
        }
    }

    /// The next event of a lane becomes its head.
    fn make_head(&mut self, position: Position, key: OrderingKey, now: Timestamp) {
        // It is on its own already if somebody has asked for it; it goes on as it does, and holds the others.
        if let Some(mut retry) = self.retries.get(&position).copied() {
            retry.holds = true;
            retry.late = false;
            if self.in_flight.contains(&position) {
                self.by_key.insert(key, Lane { anchor: position, state: LaneState::Held });
                self.retries.insert(position, retry);
                self.touched.insert(position);
            } else {
                self.put(retry);
            }
            return;
        }
        self.put(Retry { holds: true, ..Retry::untried(position, key, now) });
    }

    /// The lane needs its anchor no more.
    fn leave_anchor(&mut self, key: OrderingKey) {
        let Some(lane) = self.by_key.remove(&key) else { return };
        self.touched.insert(lane.anchor);
        if let Some(entry) = self.retries.get(&lane.anchor).and_then(|retry| self.hold_ends(retry)) {
            self.holding.remove(&entry);
        }
        match self.retries.get_mut(&lane.anchor) {
            Some(retry) if !retry.settled => retry.holds = false,
            _ => {
                self.retries.remove(&lane.anchor);
            }
        }
    }

    /// Where the clock was set back, nothing waits until it has caught up: what is due later than any wait would have it is
    /// due now.
    pub(super) fn bring_forward(&mut self, now: Timestamp) {
        let latest = now.plus(LONGEST_WAIT);
        while let Some(&(due_at, position)) = self.due.last()
            && due_at > latest
            && let Some(retry) = self.retries.get(&position)
        {
            self.put(Retry { due_at: now, ..*retry });
        }
    }

    /// Heads whose hold is over and that wait for their next attempt let the others pass.
    pub(super) fn let_pass(&mut self, now: Timestamp) {
        while let Some(&(ends, position)) = self.holding.first()
            && ends <= now
        {
            self.holding.pop_first();
            let Some(retry) = self.retries.get_mut(&position) else { continue };
            let key = retry.key;
            // Its lane may have gone on without it, if somebody asked for it after it was settled.
            if self.by_key.get(&key).is_some_and(|lane| matches!(lane.state, LaneState::Held)) {
                retry.late = true;
                self.touched.insert(position);
                self.open(key, position);
            }
        }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due_at, _)| *due_at)
    }

    /// When the first head is to let the others pass.
    pub(super) fn first_hold_ends(&self) -> Option<Timestamp> {
        self.holding.first().map(|(ends, _)| *ends)
    }

    pub(super) fn has_change(&self) -> bool {
        !self.touched.is_empty()
    }

    /// What has changed since the last call: retries as they are now, and those that are over.
    pub(super) fn take_change(&mut self) -> (Vec<Retry>, Vec<Position>) {
        let mut changed = Vec::new();
        let mut ended = Vec::new();
        for position in std::mem::take(&mut self.touched) {
            match self.retries.get(&position) {
                Some(retry) => changed.push(*retry),
                None => ended.push(position),
            }
        }
        (changed, ended)
    }
}
