//! How fast a number may send (Cloud API, "Throughput" and "Pair rate limits").

use std::time::Duration;

use serde_json::{Map, Value};

use crate::outbound::Pace;

use super::super::settings::MESSAGES_PER_SECOND;

/// So many messages may go to one person at once: Meta lends them from the time to come.
const RECIPIENT_BURST: u32 = 45;
/// After that, one may go in this time.
const RECIPIENT_INTERVAL: Duration = Duration::from_secs(6);

/// The pace of a channel with these settings.
pub(super) fn of(settings: &Map<String, Value>) -> Pace {
    let given = settings.get("messages_per_second").and_then(Value::as_u64);
    let per_second = given.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
    Pace {
        per_second: per_second.unwrap_or(MESSAGES_PER_SECOND),
        recipient_burst: RECIPIENT_BURST,
        recipient_interval: RECIPIENT_INTERVAL,
    }
}
