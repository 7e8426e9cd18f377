//! What a workspace uses, day by day, and what it has by now.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// A day in UTC, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i64);

impl Day {
    /// The day of a moment.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(MILLIS_PER_DAY))
    }

    /// When it begins.
    pub const fn begin(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(MILLIS_PER_DAY))
    }

    /// When it is over.
    pub const fn end(self) -> Timestamp {
        Self(self.0 + 1).begin()
    }

    /// So many days earlier.
    #[must_use]
    pub const fn minus(self, days: i64) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

/// What was done in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Messages that came from contacts.
    pub messages_in: u64,
    /// Messages that were accepted to be sent.
    pub messages_out: u64,
    /// Events that were appended to the log.
    pub events: u64,
    /// Attempts at delivering a webhook that the endpoint took.
    pub webhooks_delivered: u64,
    /// Attempts that it did not take.
    pub webhooks_failed: u64,
    /// Bytes of files that were uploaded, or came with messages.
    pub media_bytes: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            messages_in: self.messages_in + other.messages_in,
            messages_out: self.messages_out + other.messages_out,
            events: self.events + other.events,
            webhooks_delivered: self.webhooks_delivered + other.webhooks_delivered,
            webhooks_failed: self.webhooks_failed + other.webhooks_failed,
            media_bytes: self.media_bytes + other.media_bytes,
        }
    }
}

/// What a workspace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Contacts.
    pub contacts: u64,
    /// Files.
    pub media_files: u64,
    /// Their bytes.
    pub media_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_in_utc() {
        let at = |text| Timestamp::parse(text).expect("a time");
        let day = Day::of(at("2026-04-19T23:59:59.999Z"));
        assert_eq!(day, Day::of(at("2026-04-19T00:00:00Z")));
        assert_eq!(day.begin(), at("2026-04-19T00:00:00Z"));
        assert_eq!((day.end(), Day::of(day.end())), (at("2026-04-20T00:00:00Z"), Day(day.0 + 1)));
        assert_eq!(Day::of(at("1969-12-31T23:00:00Z")), Day(-1));
        assert_eq!(day.minus(1).end(), day.begin());
    }
}
