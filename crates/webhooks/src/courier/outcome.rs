//! What came of it: delivered, given up, or to be tried again, and what waited behind it.

use std::time::Duration;

use tidings_domain::{
    Timestamp,
    delivery::{Attempt, Outcome, Retry, Trigger},
    endpoint::Ordering,
    event::{OrderingKey, Position},
};

use super::{Courier, Finished, First, Standing};
use crate::{judgement::Verdict, schedule::retry_delay};

impl<T: Clone> Courier<T> {
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
    pub(super) fn keep_retry(&mut self, retry: Retry) {
        if let Some(First { key, .. }) = self.first.remove(&retry.position) {
            for behind in self.busy.remove(&key).unwrap_or_default() {
                self.first.remove(&behind);
            }
        }
        self.lanes.put(retry);
    }

    /// An event is delivered or given up.
    pub(super) fn settle(&mut self, position: Position, key: OrderingKey) {
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
}
