//! What is to be remembered over a restart, and how often.

use std::time::Duration;

use tidings_domain::{Timestamp, delivery::DeliveryChange, event::Position};

use super::Courier;

/// How often the low-water position is written down at least, while it moves.
const LOW_WATER_EVERY: Duration = Duration::from_secs(1);

impl<T: Clone> Courier<T> {
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
