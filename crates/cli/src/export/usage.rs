//! What the workspace has used, day by day, and which workspace it is.

use serde_json::Value;
use tidings_domain::{Timestamp, usage::Day};
use tidings_gateway::clock::{Clock as _, SystemClock};

use super::list::get;
use crate::{
    client::{Client, Failure, query},
    verb::text,
};

/// Before there was anything that counted.
const FIRST: &str = "2026-01-01T00:00:00Z";
/// The most that the API tells of at once.
const MOST_DAYS: i64 = 400;

/// What was used, and whose it is.
pub(super) struct Usage {
    pub(super) workspace_id: String,
    /// The oldest first; those on which nothing was done are left out.
    pub(super) days: Vec<Value>,
}

/// Reads all days that there are.
pub(super) async fn read(client: &Client) -> Result<Usage, Failure> {
    let first = Timestamp::parse(FIRST).map_or(Day(0), Day::of);
    // The server's clock may be ahead.
    let end = Day::of(SystemClock.now()).0 + 2;
    let mut usage = Usage { workspace_id: String::new(), days: Vec::new() };
    let mut since = first.0;
    while since < end {
        let until = end.min(since + MOST_DAYS);
        let parameters = [("since", Some(spelled(Day(since)))), ("until", Some(spelled(Day(until))))];
        let answer = get(client, &query("/v1/usage", &parameters)).await?;
        usage.workspace_id = text(&answer.json, "/workspace_id");
        usage.days.extend_from_slice(answer.items());
        since = until;
    }
    Ok(usage)
}

/// `2026-04-19`
fn spelled(day: Day) -> String {
    day.begin().rfc3339_seconds().chars().take("2026-04-19".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_spelled_as_the_api_takes_them() {
        let first = Timestamp::parse(FIRST).map(Day::of).unwrap();
        assert_eq!(spelled(first), "2026-01-01");
        assert_eq!(spelled(Day(first.0 + MOST_DAYS)), "2027-02-05");
    }
}
