//! What somebody asked to be sent again. Who asked is answered once that is written down, so that no crash forgets it.

use tidings_domain::event::{OrderingKey, Position};
use tidings_store::{AttemptFilter, Page, StoreError};
use tokio::sync::oneshot;

use super::Shared;
use crate::registry::LiveEndpoint;

/// Who asked, and waits to be answered.
pub(super) type Asker = oneshot::Sender<Result<(), StoreError>>;

/// Those who asked and have not been answered.
#[derive(Default)]
pub(super) struct Askers {
    /// What they asked for is to be written down …
    waiting: Vec<Asker>,
    /// … and is being written down.
    recording: Vec<Asker>,
}

impl Askers {
    /// What somebody asked for is to be written down with the next change.
    pub(super) fn add(&mut self, asker: Asker) {
        self.waiting.push(asker);
    }

    /// All that was asked for is being written down.
    pub(super) fn begin(&mut self) {
        self.recording.append(&mut self.waiting);
    }

    /// It was written down, or could not be.
    pub(super) fn answer(&mut self, recorded: &Result<(), StoreError>) {
        for asker in self.recording.drain(..) {
            // Who asked may have gone.
            let _ = asker.send(recorded.clone());
        }
    }
}

/// What an event is ordered by, and how many attempts at it there have been; `None` if it is no longer in the log.
pub(super) async fn find(
    shared: &Shared,
    live: &LiveEndpoint,
    position: Position,
) -> Result<Option<(OrderingKey, u32)>, StoreError> {
    let Some(entry) = shared.store.log_at(position).await? else { return Ok(None) };
    let filter = AttemptFilter { events: Some(vec![entry.event.id]), ..AttemptFilter::default() };
    let page = Page { limit: 1, before: None };
    let newest = shared.store.attempt_list(live.endpoint.id, filter, page).await?;
    Ok(Some((entry.event.key, newest.items.first().map_or(0, |record| record.attempt.number))))
}
