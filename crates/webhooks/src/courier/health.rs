//! Up and down: when an endpoint is left alone, how it is probed, how it comes back; and when it asked to be left alone.

use std::time::Duration;

use tidings_domain::{
    Timestamp,
    delivery::{EndpointHealth, Trigger},
    endpoint::EndpointStatus,
    event::Event,
};

use super::{Courier, Send, Standing};
use crate::schedule::{LONGEST_PROBE, probe_delay};

/// So many failures in a row …
const FAILURES: u32 = 5;
/// … and so long without a success make an endpoint count as down.
const WITHOUT_SUCCESS: Duration = Duration::from_secs(10);
/// For how long an endpoint is left alone at most because it asked for it: one event's answer may ask for a day.
const LONGEST_REST: Duration = Duration::from_mins(5);

impl<T: Clone> Courier<T> {
    /// Whether the endpoint is left alone but for probes.
    pub fn is_down(&self) -> bool {
        self.health.down_since.is_some()
    }

    /// The event that has been due for longest, once the probe's time has come and nothing else is under way; every
    /// other time one that is new, if there is one.
    pub(super) fn next_probe(&mut self, now: Timestamp) -> Option<Send<T>> {
        // Where the clock was set back, nobody waits until it has caught up.
        let latest = now.plus(LONGEST_PROBE);
        if self.in_flight > 0 || self.health.next_probe_at.is_some_and(|at| at > now && at <= latest) {
            return None;
        }
        let something_new = self.health.probes % 2 == 1 && !self.ready.is_empty();
        if !something_new && let Some(retry) = self.lanes.take_next() {
            self.in_flight += 1;
            return Some(Self::send_retry(&retry, Trigger::Probe));
        }
        let position = self.ready.pop_front()?;
        self.send_first(position, Trigger::Probe)
    }

    pub(super) fn succeeded(&mut self, now: Timestamp) -> Standing {
        if self.given_up {
            return Standing::Unchanged;
        }
        let was_down = self.health.down_since.is_some();
        let warned = self.health.warned;
        if self.health.consecutive_failures > 0 || was_down {
            self.health.consecutive_failures = 0;
            self.health.failing_since = None;
            self.health.down_since = None;
            self.health.probes = 0;
            self.health.next_probe_at = None;
            self.health.warned = false;
            self.health.last_success_at = Some(now);
            self.change.health = Some(self.health);
        }
        self.health.last_success_at = Some(now);
        if was_down {
            self.allowance = 1;
            return Standing::CameBack { warned };
        }
        // One more for each success is twice as many for each round of them.
        self.allowance = (self.allowance + 1).min(self.limits.in_flight);
        Standing::Unchanged
    }

    pub(super) fn failed(&mut self, trigger: Trigger, now: Timestamp) -> Standing {
        if self.given_up {
            return Standing::Unchanged;
        }
        self.health.consecutive_failures = self.health.consecutive_failures.saturating_add(1);
        self.health.failing_since.get_or_insert(now);
        let was_down = self.is_down();
        if was_down {
            // What was under way when the endpoint went down is no probe.
            if trigger != Trigger::Probe {
                self.change.health = Some(self.health);
                return Standing::Unchanged;
            }
            self.health.probes = self.health.probes.saturating_add(1);
            self.health.next_probe_at = Some(now.plus(probe_delay(self.health.probes)));
        } else {
            let silent = self.health.last_success_at.is_none_or(|at| now < at || now.since(at) >= WITHOUT_SUCCESS);
            let crowded = self.lanes.len() >= self.limits.retries;
            if crowded || (silent && self.health.consecutive_failures >= FAILURES) {
                self.health.down_since = Some(now);
                self.health.probes = 0;
                self.health.next_probe_at = Some(now.plus(probe_delay(0)));
                self.allowance = 1;
            }
        }
        self.change.health = Some(self.health);
        if !was_down && self.is_down() { Standing::WentDown } else { Standing::Unchanged }
    }

    /// It wants nothing any more, which is new once.
    pub(super) fn gone(&self) -> Standing {
        if self.given_up { Standing::Unchanged } else { Standing::Gone }
    }

    /// The endpoint has asked to be left alone for so long.
    pub(super) fn rest(&mut self, wait: Duration, now: Timestamp) {
        if !wait.is_zero() {
            self.health.rests_until = self.health.rests_until.max(Some(now.plus(wait.min(LONGEST_REST))));
            self.change.health = Some(self.health);
        }
    }

    /// After a rest one at a time is sent. Where the clock was set back, nobody waits until it has caught up.
    pub(super) fn look_at_rest(&mut self, now: Timestamp) {
        if self.health.rests_until.is_some_and(|until| until <= now || until > now.plus(LONGEST_REST)) {
            self.health.rests_until = None;
            self.change.health = Some(self.health);
            self.allowance = 1;
        }
    }

    /// `endpoint.failing` has been told.
    pub fn mark_warned(&mut self) {
        self.health.warned = true;
        self.change.health = Some(self.health);
    }

    /// The endpoint is given up. What is still under way says nothing about it any more; should it be enabled again, it
    /// begins as one that is up.
    pub fn give_up(&mut self) {
        self.given_up = true;
        self.health = EndpointHealth::default();
        self.change.health = Some(self.health);
    }

    /// How the endpoint is doing, to be remembered with what led to it.
    pub fn set_status(&mut self, status: EndpointStatus) {
        self.change.status = Some(status);
    }

    /// An event about the endpoint's own trouble, to be remembered with what led to it.
    pub fn tell(&mut self, event: Event) {
        self.change.told.push(event);
    }

    /// The endpoint is enabled again: it is tried at once.
    pub fn try_now(&mut self, now: Timestamp) {
        if self.is_down() {
            self.health.next_probe_at = Some(now);
            self.change.health = Some(self.health);
        }
    }
}
