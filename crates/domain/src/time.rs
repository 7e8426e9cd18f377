//! Times, in milliseconds since 1970 UTC. Where they come from is the caller's business.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// A moment in milliseconds since 1970-01-01T00:00:00Z. Stored as that number; shown as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// What RFC 3339 can spell: the year 0001 to the last days of 9999.
const EARLIEST: i64 = -62_135_596_800_000;
const LATEST: i64 = 253_402_207_200_000;

impl Timestamp {
    /// From milliseconds; what RFC 3339 cannot spell is moved to the nearest end.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < EARLIEST {
            Self(EARLIEST)
        } else if millis > LATEST {
            Self(LATEST)
        } else {
            Self(millis)
        }
    }

    /// From whole seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `2026-04-19T14:30:00Z`: whole seconds, as the lifecycle format has them.
    pub fn rfc3339_seconds(self) -> String {
        let mut text = self.rfc3339_millis();
        text.truncate("2026-04-19T14:30:00".len());
        text.push('Z');
        text
    }

    /// `2026-04-19T14:30:00.000Z`: milliseconds, as the API and the object format have them.
    pub fn rfc3339_millis(self) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        format!("{moment:.3}")
    }

    /// Reads RFC 3339 with any offset. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|moment| Self::from_millis(moment.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.rfc3339_millis())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings() {
        let moment = Timestamp::from_millis(1_776_609_000_123);
        assert_eq!(moment.rfc3339_millis(), "2026-04-19T14:30:00.123Z");
        assert_eq!(moment.rfc3339_seconds(), "2026-04-19T14:30:00Z");
        assert_eq!(Timestamp::parse("2026-04-19T16:30:00.123+02:00"), Some(moment));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    proptest! {
        #[test]
        fn any_number_has_a_spelling(millis: i64) {
            let moment = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse(&moment.rfc3339_millis()), Some(moment));
            prop_assert_eq!(moment.rfc3339_millis().len(), 24);
        }
    }
}
