//! Time, ids and randomness of the running gateway. Everything else takes them as values, so that a test can move the
//! clock; only this file asks the system for them.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use tidings_domain::{
    Timestamp,
    id::{IdSource, OrderedIds},
};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// What time it is.
    fn now(&self) -> Timestamp;
}

/// Where randomness comes from.
pub trait Random: Send + Sync {
    /// Overwrites the slice with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that reads the system's")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: Timestamp) -> Self {
        Self(AtomicI64::new(time.as_millis()))
    }

    /// Moves it on.
    pub fn advance(&self, by: std::time::Duration) {
        let later = self.now().plus(by);
        self.0.store(later.as_millis(), Ordering::Release);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Acquire))
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the one source of randomness that asks the system")]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the system gives random bytes");
    }
}

type Fill = Box<dyn FnMut(&mut [u8]) + Send>;

/// New ids, in the order of time.
pub struct Ids {
    clock: Arc<dyn Clock>,
    source: Mutex<OrderedIds<Fill>>,
}

impl Ids {
    /// Ids from this clock and this randomness.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let fill: Fill = Box::new(move |bytes| random.fill(bytes));
        Self { clock, source: Mutex::new(OrderedIds::new(fill)) }
    }

    /// The next id: `ids.next(ChannelId::next)`.
    pub fn next<T>(&self, make: fn(&mut dyn IdSource, Timestamp) -> T) -> T {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        make(&mut *source, self.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidings_domain::ChannelId;

    use super::*;

    #[test]
    fn ids_bear_the_time_of_the_clock_and_grow() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000)));
        let ids = Ids::new(clock.clone(), Arc::new(SystemRandom));
        let first = ids.next(ChannelId::next);
        assert_eq!(first.uuid().as_u128() >> 80, 1_000);
        clock.advance(Duration::from_secs(1));
        let second = ids.next(ChannelId::next);
        assert_eq!(second.uuid().as_u128() >> 80, 2_000);
        assert!(ids.next(ChannelId::next) > second);
    }
}
