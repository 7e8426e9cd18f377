//! A bucket of tokens that fills steadily. It is counted in fractions of a token that are whole numbers for every
//! millisecond, so nothing is rounded and nothing drifts, however often one looks.

use std::time::Duration;

use super::elapsed::millis;

/// How fast buckets of one kind fill, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// How many fractions come in a millisecond.
    gain: u64,
    /// How many fractions a token is.
    token: u64,
    /// How many fractions there is room for.
    full: u64,
}

impl Rate {
    /// So many tokens in a second. At none nothing would ever go out, so it is one at least.
    pub(super) fn per_second(tokens: u32, burst: u32) -> Self {
        Self { gain: u64::from(tokens.max(1)), token: 1000, full: u64::from(burst.max(1)) * 1000 }
    }

    /// A token after each interval.
    pub(super) fn every(interval: Duration, burst: u32) -> Self {
        let token = millis(interval);
        Self { gain: 1, token, full: token.saturating_mul(u64::from(burst.max(1))) }
    }
}

/// What is left of a bucket's tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    level: u64,
    at: u64,
}

impl Bucket {
    /// A full one.
    pub(super) fn full(rate: Rate, at: u64) -> Self {
        Self { level: rate.full, at }
    }

    /// An empty one, which begins to fill at this time.
    pub(super) fn empty(at: u64) -> Self {
        Self { level: 0, at }
    }

    /// Takes a token, which [`Self::holds_at`] says is there.
    pub(super) fn take(&mut self, rate: Rate, now: u64) {
        self.settle(rate, now);
        self.level = self.level.saturating_sub(rate.token);
    }

    /// A token that was taken was not needed.
    pub(super) fn give_back(&mut self, rate: Rate, now: u64) {
        self.settle(rate, now);
        self.level = self.level.saturating_add(rate.token).min(rate.full);
    }

    /// What has come in until now came at this rate.
    pub(super) fn settle(&mut self, rate: Rate, now: u64) {
        let gained = now.saturating_sub(self.at).saturating_mul(rate.gain);
        *self = Self { level: self.level.saturating_add(gained).min(rate.full), at: self.at.max(now) };
    }

    /// When it holds so many tokens, if none is taken before.
    pub(super) fn holds_at(&self, rate: Rate, tokens: u32) -> u64 {
        self.reaches_at(rate, rate.token.saturating_mul(u64::from(tokens)))
    }

    /// When it is full again.
    pub(super) fn full_at(&self, rate: Rate) -> u64 {
        self.reaches_at(rate, rate.full)
    }

    fn reaches_at(&self, rate: Rate, level: u64) -> u64 {
        self.at.saturating_add(level.saturating_sub(self.level).div_ceil(rate.gain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_small_steps_fill_it_as_one_long_one_does() {
        let rate = Rate::per_second(7, 3);
        let mut bucket = Bucket::empty(0);
        for now in 0..=429 {
            assert_eq!(bucket.holds_at(rate, 3), 429, "at {now}");
            bucket.settle(rate, now);
        }
        assert_eq!(bucket.full_at(rate), 429);
        bucket.take(rate, 10_000);
        assert_eq!((bucket.holds_at(rate, 2), bucket.holds_at(rate, 3)), (10_000, 10_143));
    }

    #[test]
    fn an_interval_of_nothing_holds_nobody_up() {
        let rate = Rate::every(Duration::ZERO, 1);
        let mut bucket = Bucket::full(rate, 5);
        bucket.take(rate, 5);
        assert_eq!(bucket.holds_at(rate, 1), 5);
    }
}
