//! How many requests an API key may make, or all keys of a workspace together: a bucket of tokens that fills steadily. It never speaks of the operator's key
//! or of vendors' webhooks, which are not limited.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tidings_domain::Timestamp;

/// What a key has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// How many requests it may make in that time.
    pub(crate) limit: u32,
    /// How many it may make now.
    pub(crate) remaining: u32,
    /// In how many seconds it may make `limit` again.
    pub(crate) reset: u64,
    /// In how many seconds it may make another one, if it may make none now.
    pub(crate) wait: Option<u64>,
}

/// A bucket of tokens, counted in thousandths of a request so that it fills evenly.
#[derive(Debug)]
pub(crate) struct Bucket(Mutex<Level>);

#[derive(Debug)]
struct Level {
    thousandths: u64,
    at: Timestamp,
}

impl Bucket {
    /// A full one.
    pub(crate) fn full() -> Self {
        Self(Mutex::new(Level { thousandths: u64::MAX, at: Timestamp::from_millis(0) }))
    }

    /// Takes a token, if there is one. So many come in this time.
    pub(crate) fn take(&self, limit: NonZeroU32, time: Duration, now: Timestamp) -> Allowance {
        let mut level = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (full, time) = (u64::from(limit.get()) * 1000, millis(time));
        let passed = millis(now.since(level.at)).min(time);
        let held = level.thousandths.saturating_add(passed * full / time).min(full);
        let seconds = |missing: u64| (missing * time).div_ceil(full * 1000);
        let (left, wait) = if held >= 1000 { (held - 1000, None) } else { (held, Some(seconds(1000 - held).max(1))) };
        *level = Level { thousandths: left, at: now };
        Allowance {
            limit: limit.get(),
            remaining: u32::try_from(left / 1000).unwrap_or(u32::MAX),
            reset: seconds(full - left),
            wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let bucket = Bucket::full();
        let limit = NonZeroU32::new(3).unwrap();
        let remaining: Vec<_> = (0..3).map(|_| bucket.take(limit, MINUTE, at(0)).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = bucket.take(limit, MINUTE, at(0));
        assert_eq!(refused, Allowance { limit: 3, remaining: 0, reset: 60, wait: Some(20) });
        assert_eq!(bucket.take(limit, MINUTE, at(20_000)).wait, None);
        assert_eq!(bucket.take(limit, MINUTE, at(20_000)).wait, Some(20));
        assert_eq!(bucket.take(limit, MINUTE, at(600_000)).remaining, 2);
    }

    #[test]
    fn many_small_steps_fill_it_as_one_long_one_does() {
        let bucket = Bucket::full();
        let limit = NonZeroU32::new(600).unwrap();
        for _ in 0..600 {
            assert_eq!(bucket.take(limit, MINUTE, at(0)).wait, None);
        }
        let taken = (1..=1000).filter(|step| bucket.take(limit, MINUTE, at(*step)).wait.is_none()).count();
        assert_eq!(taken, 10);
    }

    #[test]
    fn a_second_s_worth_comes_in_a_second() {
        let bucket = Bucket::full();
        let (limit, second) = (NonZeroU32::new(2).unwrap(), Duration::from_secs(1));
        let remaining: Vec<_> = (0..2).map(|_| bucket.take(limit, second, at(0)).remaining).collect();
        assert_eq!(remaining, [1, 0]);
        assert_eq!(bucket.take(limit, second, at(499)).wait, Some(1));
        assert_eq!(bucket.take(limit, second, at(500)).wait, None);
    }
}
