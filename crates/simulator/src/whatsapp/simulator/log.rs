//! `GET /simulator/log`: what happened, the oldest first.

use serde_json::{Value, json};

use super::{
    listen::Desk,
    query::{ParameterError, Query},
};

const USUAL_LIMIT: usize = 200;

/// `after` is the id of the last entry that is known already; `limit` is how many are wanted.
pub(super) fn log(desk: &Desk, query: &Query) -> Result<Value, ParameterError> {
    query.only(["after", "limit"])?;
    let limit = query.number("limit")?.map_or(USUAL_LIMIT, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(json!({ "entries": desk.world.journal.entries(query.number("after")?.unwrap_or(0), limit) }))
}
