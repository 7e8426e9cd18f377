//! What is sent next: what the log offers, what is ready, what is due again, what somebody has asked for.

use std::collections::VecDeque;

use tidings_domain::{
    Timestamp,
    delivery::{Retry, Trigger},
    endpoint::Ordering,
    event::{OrderingKey, Position},
};

use super::{Courier, First, Send};

impl<T: Clone> Courier<T> {
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

    pub(super) fn send_first(&mut self, position: Position, trigger: Trigger) -> Option<Send<T>> {
        let item = self.first.get(&position)?.item.clone();
        self.in_flight += 1;
        Some(Send { position, item: Some(item), number: 1, late: false, trigger })
    }

    pub(super) fn send_retry(retry: &Retry, trigger: Trigger) -> Send<T> {
        Send { position: retry.position, item: None, number: retry.attempts + 1, late: retry.late, trigger }
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
}
