//! `GET /simulator/log`: what happened, the oldest first.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::listen::Desk;

const USUAL_LIMIT: usize = 200;

/// `after` is the id of the last entry that is known already; `limit` is how many are wanted.
pub(super) fn log(desk: &Desk, query: &str) -> Value {
    let number = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).and_then(|(_, value)| value.parse::<u64>().ok())
    };
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(USUAL_LIMIT);
    json!({ "entries": desk.world.journal.entries(number("after").unwrap_or(0), limit) })
}
