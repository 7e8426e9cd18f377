//! What became of deliveries, written down.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tidings_domain::delivery::DeliveryChange;
use tidings_store::StoreError;
use tokio::time::sleep;

use super::{super::watchkeeping, Run};

/// What could not be written down.
pub(super) type Unwritten = (StoreError, Box<DeliveryChange>);

impl Run {
    /// Writes down what has become of deliveries, unless a write is under way: then it waits and goes with the next.
    pub(super) fn record(&mut self) {
        let has_change = self.courier.has_change() || self.courier.low_water_lags() || self.replays.has_moved();
        if self.recording.is_some() || !has_change {
            return;
        }
        let now = self.shared.clock.now();
        let mut change = self.courier.take_change(now);
        change.replay = self.replays.take_progress(now);
        if !change.is_empty() {
            watchkeeping::log(&self.live, &change);
            self.askers.begin();
            self.recording = Some(self.write(change, Duration::ZERO));
        }
    }

    pub(super) fn write(&self, change: DeliveryChange, wait: Duration) -> BoxFuture<'static, Result<(), Unwritten>> {
        let (shared, id, epoch) = (self.shared.clone(), self.live.endpoint.id, self.epoch);
        Box::pin(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            // Whoever hears of it by an event of this commit must find it so.
            if let Some(status) = change.status {
                shared.registry.endpoint_status(id, status);
            }
            let written = shared.store.delivery_record(id, epoch, change.clone()).await;
            written.map_err(|error| (error, Box::new(change)))
        })
    }
}
