//! What there is to deliver: from the log's tail, from the store when the endpoint lags behind it, and from its lanes.

use std::{sync::Arc, time::Duration};

use tidings_domain::event::{OrderingKey, Position};
use tidings_store::StoreError;
use tokio::time::sleep;

use super::{
    super::{Held, Shared, delivery},
    Run,
};
use crate::{flow::tail::Posting, registry::LiveEndpoint};

/// How many entries are read from the log at once.
const CHUNK: usize = 256;
/// How many entries of a lane are read at once: usually the first is wanted.
const LANE_CHUNK: usize = 16;

/// A lane that could not be read: to be read again after this position.
pub(super) type LaneUnread = (StoreError, OrderingKey, Position);

/// What was read of a lane.
pub(super) struct LaneRead {
    pub(super) key: OrderingKey,
    pub(super) up_to: Position,
    pub(super) next: Option<Position>,
}

/// What the courier holds of an event: all of it, unless it is so large that it is better read again.
fn held(posting: &Arc<Posting>) -> Held {
    (posting.size < delivery::LARGE).then(|| posting.clone())
}

impl Run {
    /// Offers the courier what it has room for: from the tail, or from the store if the endpoint lags behind it.
    pub(super) fn feed(&mut self) {
        while self.courier.has_room() {
            let Some(posting) = self.ahead.pop_front() else {
                let after = self.courier.cursor();
                match self.shared.tail.after(after, CHUNK) {
                    Some(postings) if postings.is_empty() => return,
                    Some(postings) => self.ahead.extend(postings),
                    None => return self.read_log(after, Duration::ZERO),
                }
                continue;
            };
            // What was read before it was deleted is not offered after that.
            if posting.position <= self.courier.cursor() {
                continue;
            }
            let wanted = posting.is_wanted(&self.live.endpoint, &*self.shared.links);
            self.courier.offer(posting.position, posting.event.key, wanted.then(|| held(&posting)));
        }
    }

    pub(super) fn read_log(&mut self, after: Position, wait: Duration) {
        if self.log_read.is_none() {
            let store = self.shared.store.clone();
            self.log_read = Some(Box::pin(async move {
                sleep(wait).await;
                let entries = store.log_read(after, CHUNK).await?;
                Ok(entries.into_iter().map(Posting::new).collect())
            }));
        }
    }

    pub(super) fn read_lanes(&mut self) {
        while let Some((key, after, up_to)) = self.courier.next_read() {
            let read = read_lane(self.shared.clone(), self.live.clone(), key, after, up_to);
            self.lane_reads.push(Box::pin(read));
        }
    }
}

/// The next event of a lane that the endpoint wants.
pub(super) async fn read_lane(
    shared: Arc<Shared>,
    live: Arc<LiveEndpoint>,
    key: OrderingKey,
    after: Position,
    up_to: Position,
) -> Result<LaneRead, LaneUnread> {
    let workspace = live.endpoint.workspace_id;
    let entries = shared
        .store
        .log_read_key(workspace, key, after, up_to, LANE_CHUNK)
        .await
        .map_err(|error| (error, key, after))?;
    // There may be more: the lane is read on from here.
    let up_to = entries.last().map_or(up_to, |last| last.position);
    let is_wanted = |posting: &Arc<Posting>| posting.is_wanted(&live.endpoint, &*shared.links);
    let next = entries.into_iter().map(Posting::new).find(is_wanted).map(|posting| posting.position);
    Ok(LaneRead { key, up_to, next })
}
