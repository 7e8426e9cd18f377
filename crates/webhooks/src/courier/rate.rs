//! How many requests a second an endpoint is sent: they are spread evenly.

use std::time::Duration;

use tidings_domain::Timestamp;

/// By how much a request may come early, to make up for another that came late, where they come closer than that:
/// nobody is woken more exactly.
const SLACK: u64 = 20_000;

/// A steady rate. It counts in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    interval: u64,
    slack: u64,
    /// When the next one would come, were all spread evenly.
    next: u64,
}

impl Rate {
    /// So many a second. It is not asked for less than one in about eleven days.
    pub(super) fn per_second(number: f64) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / number.max(1e-6)).unwrap_or(Duration::from_hours(24));
        let interval = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
        Self { interval, slack: if interval < SLACK { SLACK } else { 0 }, next: 0 }
    }

    /// The same rate as another one, beginning where that is.
    pub(super) fn after(self, other: Option<Self>) -> Self {
        Self { next: other.map_or(0, |other| other.next), ..self }
    }

    /// When another one may be sent.
    pub(super) fn opens_at(&self) -> Timestamp {
        let millis = self.next.saturating_sub(self.slack).div_ceil(1000);
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    /// Looks at the clock. Where it was set back, nobody waits until it has caught up.
    pub(super) fn look(&mut self, now: Timestamp) {
        let latest = micros(now).saturating_add(self.interval).saturating_add(self.slack);
        self.next = self.next.min(latest);
    }

    /// One is sent.
    pub(super) fn take(&mut self, now: Timestamp) {
        self.next = self.next.max(micros(now)).saturating_add(self.interval);
    }
}

fn micros(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(0).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many are sent in each of the first seconds by somebody who looks every so many milliseconds.
    fn sent(per_second: f64, every: i64, seconds: i64) -> Vec<usize> {
        let mut rate = Rate::per_second(per_second);
        let start = 1_700_000_000_000;
        (0..seconds)
            .map(|second| {
                (0..1000)
                    .step_by(usize::try_from(every).unwrap())
                    .map(|millis| Timestamp::from_millis(start + second * 1000 + millis))
                    .map(|now| {
                        let mut number = 0;
                        while rate.opens_at() <= now {
                            rate.take(now);
                            number += 1;
                        }
                        number
                    })
                    .sum()
            })
            .collect()
    }

    #[test]
    fn it_is_kept_and_used() {
        assert_eq!(sent(1.0, 1, 3), [1, 1, 1]);
        assert_eq!(sent(0.5, 1, 6), [1, 0, 1, 0, 1, 0]);
        assert_eq!(sent(10.0, 1, 3), [10, 10, 10]);
        for (rate, most) in [(200, 205), (5000, 5101)] {
            let sent = sent(f64::from(rate), 7, 5);
            assert!(sent.iter().all(|number| *number <= most), "{sent:?}");
            assert!(sent.iter().sum::<usize>() >= usize::try_from(rate * 5).unwrap(), "{sent:?}");
        }
    }

    #[test]
    fn what_was_not_sent_is_not_made_up_for() {
        let mut rate = Rate::per_second(10.0);
        rate.take(Timestamp::from_seconds(1));
        let later = Timestamp::from_seconds(100);
        rate.take(later);
        assert_eq!(rate.opens_at(), later.plus(Duration::from_millis(100)));
    }
}
