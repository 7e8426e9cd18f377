//! What an operator can set, as values. Reading options, environment and files is the program's work, not this crate's.

use std::{fmt, num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

use ipnet::IpNet;

use crate::seal::SealKey;

/// What an operator can set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What vendors and browsers reach us by, without a slash at the end.
    pub public_url: String,
    /// The operator's key. If there is none, the first start makes one.
    pub admin_key: Option<String>,
    /// The key that secrets are sealed with.
    pub seal_key: SealKey,
    /// The folder for uploaded files; made if it is not there.
    pub media: PathBuf,
    /// Networks that the address policy lets pass although they are private.
    pub allow_networks: Vec<IpNet>,
    /// Networks that the address policy lets nobody into, whatever is allowed.
    pub deny_networks: Vec<IpNet>,
    /// How many requests an API key may make in a minute; `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// How many connections are served at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// How many webhooks may be under way at once, over all endpoints. Each endpoint may have one beside these, so that
    /// nobody waits for all the others.
    pub deliveries_at_once: usize,
    /// How many connections to endpoints are kept while nothing runs on them, over all endpoints, about.
    pub idle_connections: usize,
    /// How long a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// How long a client may take to send the body of a request.
    pub body_timeout: Duration,
    /// How many bytes of long bodies may be held at once; further ones wait. Short ones are not counted.
    pub body_memory: usize,
    /// How long a stop waits for requests that are being answered.
    pub drain_timeout: Duration,
    /// How many event streams a key may have open at once, and the operator in each workspace.
    pub streams_per_key: usize,
    /// How often a silent event stream shows that it is alive.
    pub stream_heartbeat: Duration,
    /// For how long what is old is kept.
    pub kept: Kept,
}

impl Settings {
    /// The defaults, with this key for secrets and this folder for uploaded files.
    pub fn new(seal_key: SealKey, media: PathBuf) -> Self {
        Self {
            public_url: "http://127.0.0.1:7777".to_owned(),
            admin_key: None,
            seal_key,
            media,
            allow_networks: Vec::new(),
            deny_networks: Vec::new(),
            requests_per_minute: NonZeroU32::new(6_000),
            max_connections: 4_096,
            deliveries_at_once: 4_096,
            idle_connections: 4_096,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            body_memory: 128 << 20,
            drain_timeout: Duration::from_secs(10),
            streams_per_key: 100,
            stream_heartbeat: Duration::from_secs(15),
            kept: Kept::default(),
        }
    }
}

/// For how long something is kept: whole days in UTC after the one on which it was recorded, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// So many days.
    Days(NonZeroU32),
    /// It is never deleted for its age.
    Forever,
}

impl Keep {
    const fn days(days: u32) -> Self {
        match NonZeroU32::new(days) {
            Some(days) => Self::Days(days),
            None => Self::Forever,
        }
    }

    /// Whether it is so many days at least.
    pub fn is_at_least(self, days: u32) -> bool {
        match self {
            Self::Days(kept) => kept.get() >= days,
            Self::Forever => true,
        }
    }
}

/// What is not understood as [`Keep`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number of days such as 30d, and not `forever`")]
pub struct NoTime(String);

impl FromStr for Keep {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        let wrong = || NoTime(text.to_owned());
        if text == "forever" {
            return Ok(Self::Forever);
        }
        text.strip_suffix('d').and_then(|days| days.parse().ok()).map(Self::Days).ok_or_else(wrong)
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(formatter, "{days}d"),
            Self::Forever => formatter.write_str("forever"),
        }
    }
}

/// For how long what is old is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Events, with the attempts at delivering them.
    pub events: Keep,
    /// What endpoints answered to those attempts.
    pub attempt_details: Keep,
    /// Vendors' webhooks as they came.
    pub raw_bodies: Keep,
    /// Vendors' updates that changed nothing yet.
    pub unmatched_updates: Keep,
    /// By which a vendor's repetition is told.
    pub dedup_keys: Keep,
    /// Files.
    pub media: Keep,
    /// Who did what.
    pub audit: Keep,
    /// What each workspace did on each day.
    pub usage: Keep,
}

impl Kept {
    /// Events are kept for so many days at least: an endpoint that has been disabled for a week goes on where it was.
    pub const FEWEST_DAYS_OF_EVENTS: u32 = 7;
    /// Vendors repeat what they could not deliver for a week, and some of it much later.
    pub const FEWEST_DAYS_OF_DEDUP_KEYS: u32 = 30;
    /// A report may come long before or after what it speaks of.
    pub const FEWEST_DAYS_OF_UNMATCHED_UPDATES: u32 = 7;
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            events: Keep::days(30),
            attempt_details: Keep::days(7),
            raw_bodies: Keep::days(7),
            unmatched_updates: Keep::days(30),
            dedup_keys: Keep::days(30),
            media: Keep::days(365),
            audit: Keep::days(365),
            usage: Keep::days(400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_days_or_for_ever() {
        for (text, kept) in [("30d", Keep::days(30)), ("1d", Keep::days(1)), ("forever", Keep::Forever)] {
            assert_eq!((text.parse(), kept.to_string().as_str()), (Ok(kept), text));
        }
        for text in ["", "30", "d", "0d", "-1d", "1.5d", "30 d", "30h", "never", "99999999999d"] {
            assert!(text.parse::<Keep>().unwrap_err().to_string().contains("30d"), "{text}");
        }
        assert!(Keep::Forever.is_at_least(7) && Keep::days(7).is_at_least(7) && !Keep::days(6).is_at_least(7));
    }
}
