//! One endpoint's replay: events of the past, handed over to its courier a few at a time. There they take their turns
//! beside what is new, under the same limits; and what fails is tried again by the endpoint's schedule.
//!
//! How far it has come is written down with what was handed over, in one transaction, so that nothing is skipped by a
//! crash. Two events of one key are never under way at once, so that a replay keeps order within itself.

use std::collections::{HashMap, VecDeque};

use tidings_domain::{
    JobId, Timestamp,
    event::{OrderingKey, Position},
    replay::{Replay, ReplayProgress},
};
use tidings_webhooks::courier::Courier;

use super::Held;

/// How many events of a replay an endpoint has to deal with at once.
const WINDOW: usize = 8;

/// An event to hand over.
pub(super) struct Next {
    pub(super) position: Position,
    pub(super) key: OrderingKey,
    /// How many attempts there have been at it.
    pub(super) attempts: u32,
}

/// A replay under way.
pub(super) struct Replaying {
    replay: Replay,
    /// Read, and not handed over yet.
    ahead: VecDeque<Next>,
    /// Up to where the log has been read.
    read_up_to: Position,
    /// Nothing comes after that.
    is_read: bool,
    /// Handed over, and not attempted yet.
    outstanding: HashMap<Position, OrderingKey>,
    has_moved: bool,
}

impl Replaying {
    /// Takes a replay up where it was left.
    pub(super) fn new(replay: Replay) -> Self {
        Self {
            read_up_to: replay.reached,
            replay,
            ahead: VecDeque::new(),
            is_read: false,
            outstanding: HashMap::new(),
            has_moved: false,
        }
    }

    pub(super) fn id(&self) -> JobId {
        self.replay.id
    }

    /// What is to be read next, if it has room for it: everything of the replay after a position.
    pub(super) fn wants(&self) -> Option<(Replay, Position)> {
        (self.ahead.is_empty() && !self.is_read).then(|| (self.replay.clone(), self.read_up_to))
    }

    /// What was read, as far as the endpoint wants it; up to where, and whether that was all.
    pub(super) fn has_read(&mut self, next: Vec<Next>, up_to: Option<Position>, is_last: bool) {
        self.ahead.extend(next);
        self.read_up_to = up_to.unwrap_or(self.read_up_to);
        self.is_read = is_last;
        if self.ahead.is_empty() && self.read_up_to > self.replay.reached {
            self.replay.reached = self.read_up_to;
            self.has_moved = true;
        }
    }

    /// Hands over what may be.
    pub(super) fn hand_over(&mut self, courier: &mut Courier<Held>, now: Timestamp) {
        while self.outstanding.len() < WINDOW
            && let Some(next) = self.ahead.front()
            && !self.outstanding.values().any(|key| *key == next.key)
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

    /// An event was attempted, whatever came of it.
    pub(super) fn attempted(&mut self, position: Position) {
        self.outstanding.remove(&position);
    }

    /// Whether everything was handed over and attempted.
    pub(super) fn is_over(&self) -> bool {
        self.is_read && self.ahead.is_empty() && self.outstanding.is_empty()
    }

    /// Whether there is progress to write down.
    pub(super) fn has_moved(&self) -> bool {
        self.has_moved || self.is_over()
    }

    /// The progress to write down with what has been handed over until now.
    pub(super) fn take_progress(&mut self, now: Timestamp) -> Option<ReplayProgress> {
        let is_over = self.is_over();
        (std::mem::take(&mut self.has_moved) || is_over).then(|| ReplayProgress {
            id: self.replay.id,
            reached: if is_over { self.replay.scope.up_to } else { self.replay.reached },
            sent: self.replay.sent,
            finished_at: is_over.then_some(now),
        })
    }
}
