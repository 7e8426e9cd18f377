//! What an endpoint's own trouble leads to: its status, and events for other endpoints to hear of.

use std::time::Duration;

use tidings_domain::{
    EventId,
    delivery::{DeliveryChange, Outcome},
    endpoint::EndpointStatus,
    event::{EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, OrderingKey, SCHEMA},
};
use tidings_webhooks::courier::{Courier, Standing};

use super::{Held, Shared};
use crate::{registry::LiveEndpoint, telemetry::OutcomeLabels};

/// How long an endpoint may be down before it is disabled; halfway, others are told.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(5 * 24);
/// How often it must have failed to answer a probe meanwhile, which takes three hours: neither a clock that was set forward
/// nor a time in which nobody probed it disables an endpoint. Halfway, others are told.
const GIVEN_UP_PROBES: u32 = 40;

/// Counts an attempt.
pub(super) fn count(shared: &Shared, delivered: bool, duration_ms: u64) {
    let outcome = if delivered { "delivered" } else { "failed" };
    shared.metrics.deliveries.get_or_create(&OutcomeLabels { outcome }).inc();
    shared.metrics.delivery_seconds.observe(Duration::from_millis(duration_ms).as_secs_f64());
}

/// Tells the log what is about to be written down: what was given up and how the endpoint is to those who run the server,
/// failed attempts to those who look for something.
pub(super) fn log(live: &LiveEndpoint, change: &DeliveryChange) {
    let endpoint = &live.endpoint;
    for attempt in &change.attempts {
        let (event, number, status) = (attempt.event_id, attempt.number, attempt.status_code);
        let error = attempt.error.as_deref().unwrap_or_default();
        match attempt.outcome {
            Outcome::Dead => {
                tracing::warn!(endpoint.id = %endpoint.id, event.id = %event, attempt = number, status, error, "an event was given up");
            }
            Outcome::Failed => {
                tracing::debug!(endpoint.id = %endpoint.id, event.id = %event, attempt = number, status, error, "an attempt failed");
            }
            Outcome::Delivered => {}
        }
    }
    match change.status {
        Some(EndpointStatus::Down) => tracing::warn!(endpoint.id = %endpoint.id, "an endpoint is down"),
        Some(EndpointStatus::Disabled) => tracing::warn!(endpoint.id = %endpoint.id, "an endpoint was disabled"),
        Some(EndpointStatus::Healthy) => tracing::info!(endpoint.id = %endpoint.id, "an endpoint is up again"),
        Some(EndpointStatus::Paused) | None => {}
    }
}

/// What an attempt's standing leads to. Answers whether the endpoint is not to be sent anything any more.
pub(super) async fn transition(
    shared: &Shared,
    live: &LiveEndpoint,
    courier: &mut Courier<Held>,
    standing: Standing,
) -> bool {
    let now = shared.clock.now();
    let health = *courier.health();
    match standing {
        Standing::Unchanged => {
            let Some(down_for) = health.down_since.map(|since| now.since(since)) else { return false };
            if down_for >= GIVEN_UP_AFTER && health.probes >= GIVEN_UP_PROBES {
                courier.set_status(EndpointStatus::Disabled);
                tell(shared, live, courier, EventKind::EndpointDisabled, "it has been down for five days").await;
                courier.give_up();
                return true;
            }
            if down_for >= GIVEN_UP_AFTER / 2 && health.probes >= GIVEN_UP_PROBES / 2 && !health.warned {
                courier.mark_warned();
                tell(shared, live, courier, EventKind::EndpointFailing, "it has been down for two and a half days")
                    .await;
            }
            false
        }
        Standing::WentDown => {
            courier.set_status(EndpointStatus::Down);
            false
        }
        Standing::CameBack { warned } => {
            courier.set_status(EndpointStatus::Healthy);
            if warned {
                tell(shared, live, courier, EventKind::EndpointRecovered, "it takes what it is sent again").await;
            }
            false
        }
        Standing::Gone => {
            courier.set_status(EndpointStatus::Disabled);
            tell(
                shared,
                live,
                courier,
                EventKind::EndpointDisabled,
                "it answered that it wants nothing any more (410 Gone, or `webhook-delivery: disable`)",
            )
            .await;
            courier.give_up();
            true
        }
    }
}

/// Tells of the endpoint's trouble, in the commit of what led to it.
async fn tell(shared: &Shared, live: &LiveEndpoint, courier: &mut Courier<Held>, kind: EventKind, reason: &str) {
    let now = shared.clock.now();
    let endpoint = &live.endpoint;
    let ahead = match shared.store.event_count(endpoint.workspace_id, courier.cursor()).await {
        Ok(count) => count,
        Err(error) => {
            tracing::warn!(endpoint.id = %endpoint.id, %error, "cannot count what an endpoint has missed");
            0
        }
    };
    courier.tell(Event {
        id: shared.ids.next(EventId::next),
        workspace_id: endpoint.workspace_id,
        kind,
        schema: SCHEMA,
        key: OrderingKey::from(endpoint.id),
        // The store knows.
        sequence: 0,
        channel_id: None,
        at: now,
        recorded_at: now,
        payload: EventPayload::Endpoint(EndpointEvent {
            endpoint_id: endpoint.id,
            url: endpoint.url.clone(),
            detail: EndpointDetail::Health {
                reason: reason.to_owned(),
                failing_since: courier.health().failing_since,
                backlog: ahead + courier.waiting() as u64,
            },
        }),
    });
}
