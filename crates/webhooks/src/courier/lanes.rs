//! What is to be tried again, and the lanes that it holds.
//!
//! A lane is remembered by one retry, its **anchor**: the head that holds it, or, until the next event of the key has
//! been read, the head that was settled or let the others pass. So at no moment could a lane be forgotten by a crash.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use tidings_domain::{
    Timestamp,
    delivery::Retry,
    event::{OrderingKey, Position},
};

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
    /// The next event is being read.
    Reading,
}

#[derive(Default)]
pub(super) struct Lanes {
    retries: BTreeMap<Position, Retry>,
    /// Those that wait, by when they are due.
    due: BTreeSet<(Timestamp, Position)>,
    in_flight: BTreeSet<Position>,
    lanes: HashMap<OrderingKey, Lane>,
    /// Keys whose lane is open.
    to_read: Vec<OrderingKey>,
    /// What has changed since it was written down.
    touched: BTreeSet<Position>,
}

impl Lanes {
    pub(super) fn load(retries: Vec<Retry>) -> Self {
        let mut lanes = Self::default();
        for retry in retries {
            lanes.put(retry);
            if retry.holds && (retry.settled || retry.late) {
                lanes.open(retry.key, retry.position);
            }
        }
        lanes.touched.clear();
        lanes
    }

    pub(super) fn len(&self) -> usize {
        self.retries.len()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn contains(&self, position: Position) -> bool {
        self.retries.contains_key(&position)
    }

    pub(super) fn get(&self, position: Position) -> Option<&Retry> {
        self.retries.get(&position)
    }

    /// Whether the events of a key are held back.
    pub(super) fn holds(&self, key: OrderingKey) -> bool {
        self.lanes.contains_key(&key)
    }

    /// A retry that is new or has changed.
    pub(super) fn put(&mut self, retry: Retry) {
        let position = retry.position;
        self.in_flight.remove(&position);
        if let Some(known) = self.retries.insert(position, retry) {
            self.due.remove(&(known.due_at, position));
        }
        if !retry.settled {
            self.due.insert((retry.due_at, position));
        }
        if retry.holds {
            self.lanes.entry(retry.key).or_insert(Lane { anchor: position, state: LaneState::Held });
        }
        self.touched.insert(position);
    }

    /// The retry that has been due for longest.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Retry> {
        let (due_at, position) = *self.due.first()?;
        if due_at > now { None } else { self.take(due_at, position) }
    }

    /// The retry that is oldest in the log, whenever it is due.
    pub(super) fn take_oldest(&mut self) -> Option<Retry> {
        let waiting = |retry: &&Retry| !retry.settled && !self.in_flight.contains(&retry.position);
        let (due_at, position) = self.retries.values().find(waiting).map(|retry| (retry.due_at, retry.position))?;
        self.take(due_at, position)
    }

    fn take(&mut self, due_at: Timestamp, position: Position) -> Option<Retry> {
        self.due.remove(&(due_at, position));
        self.in_flight.insert(position);
        self.retries.get(&position).copied()
    }

    /// A retry is over. If it is an anchor it stays, settled, until its lane has gone on.
    pub(super) fn end(&mut self, position: Position) {
        let Some(mut retry) = self.retries.remove(&position) else { return };
        self.due.remove(&(retry.due_at, position));
        self.in_flight.remove(&position);
        self.touched.insert(position);
        if retry.holds {
            retry.settled = true;
            self.retries.insert(position, retry);
            if self.lanes.get(&retry.key).is_some_and(|lane| matches!(lane.state, LaneState::Held)) {
                self.open(retry.key, position);
            }
        }
    }

    fn open(&mut self, key: OrderingKey, after: Position) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.state = LaneState::Open(after);
            self.to_read.push(key);
        }
    }

    /// An open lane, and after which position its next event is to be read.
    pub(super) fn next_read(&mut self) -> Option<(OrderingKey, Position)> {
        let key = self.to_read.pop()?;
        let lane = self.lanes.get_mut(&key)?;
        let LaneState::Open(after) = lane.state else { return None };
        lane.state = LaneState::Reading;
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
        match next {
            None if cursor > up_to => self.open(key, up_to),
            None => self.leave_anchor(key),
            // It is on its own already, because somebody asked for it.
            Some(position) if self.retries.contains_key(&position) => self.open(key, position),
            Some(position) => {
                self.leave_anchor(key);
                self.put(Retry {
                    position,
                    key,
                    attempts: 0,
                    failures: 0,
                    due_at: now,
                    first_failed_at: now,
                    holds: true,
                    late: false,
                    settled: false,
                    resend: false,
                });
            }
        }
    }

    /// The lane needs its anchor no more.
    fn leave_anchor(&mut self, key: OrderingKey) {
        let Some(lane) = self.lanes.remove(&key) else { return };
        self.touched.insert(lane.anchor);
        match self.retries.get_mut(&lane.anchor) {
            Some(retry) if !retry.settled => retry.holds = false,
            _ => {
                self.retries.remove(&lane.anchor);
            }
        }
    }

    /// Heads that have held for longer than `hold` and are not under way let the others pass.
    pub(super) fn let_pass(&mut self, hold: Duration, now: Timestamp) {
        let over: Vec<(OrderingKey, Position)> = self
            .holding()
            .filter(|retry| retry.first_failed_at.plus(hold) <= now)
            .map(|retry| (retry.key, retry.position))
            .collect();
        for (key, position) in over {
            if let Some(retry) = self.retries.get_mut(&position) {
                retry.late = true;
            }
            self.touched.insert(position);
            self.open(key, position);
        }
    }

    /// Heads that have failed and hold others back, and are not under way.
    fn holding(&self) -> impl Iterator<Item = &Retry> {
        self.retries.values().filter(|retry| {
            retry.holds
                && !retry.late
                && !retry.settled
                && retry.attempts > 0
                && !self.in_flight.contains(&retry.position)
        })
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due_at, _)| *due_at)
    }

    /// When the first head has held for `hold`.
    pub(super) fn first_hold_ends(&self, hold: Duration) -> Option<Timestamp> {
        self.holding().map(|retry| retry.first_failed_at.plus(hold)).min()
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
