//! Where the last so many events begin, for lists and streams that ask for `last`.

use std::collections::VecDeque;

use tidings_domain::{
    WorkspaceId,
    event::{LogEntry, Position},
};
use tidings_store::EventFilter;

use crate::{
    Gateway,
    http::problem::{Answer, Problem},
};

/// The most that may be asked for.
const MOST: u64 = 10_000;
/// How many events are read at once.
const CHUNK: usize = 200;
/// Into how many times as many events it is looked, if there were not enough.
const FURTHER: u64 = 4;

/// The event after which there are so many that pass the filter; none if there are no more than these.
///
/// It looks back in ever larger steps, because the log can be read in its own direction only.
pub(super) async fn event_before(
    gateway: &Gateway,
    workspace: WorkspaceId,
    filter: &EventFilter,
    last: u64,
) -> Answer<Option<LogEntry>> {
    if last > MOST {
        return Err(Problem::field("/last", format!("expected a number from 0 to {MOST}")));
    }
    let mut width = last;
    loop {
        let from = gateway.store.event_newest(workspace, width).await?;
        let found = newest(gateway, workspace, filter, from, last).await?;
        let enough = found.len() as u64 >= last;
        if found.len() as u64 > last {
            return Ok(found.into_iter().next());
        }
        if enough || from == Position::default() {
            return Ok(gateway.store.log_at(from).await?);
        }
        width = width.saturating_mul(FURTHER);
    }
}

/// The newest of those after a position that pass the filter, oldest first: so many and one more, if there are.
async fn newest(
    gateway: &Gateway,
    workspace: WorkspaceId,
    filter: &EventFilter,
    mut after: Position,
    last: u64,
) -> Answer<VecDeque<LogEntry>> {
    let mut found = VecDeque::new();
    loop {
        let page = gateway.store.event_list(workspace, filter.clone(), after, CHUNK).await?;
        for entry in page.items {
            after = entry.position;
            found.push_back(entry);
            if found.len() as u64 > last + 1 {
                found.pop_front();
            }
        }
        if page.next.is_none() {
            return Ok(found);
        }
    }
}
