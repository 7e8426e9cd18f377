//! What an endpoint's own trouble leads to: its status, and events for other endpoints to hear of.

use std::time::Duration;

use tidings_domain::{
    EventId,
    endpoint::EndpointStatus,
    event::{EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, OrderingKey, SCHEMA},
};
use tidings_webhooks::courier::{Courier, Standing};

use super::{Held, Shared};
use crate::{registry::LiveEndpoint, telemetry::OutcomeLabels};

/// How long an endpoint may be down before it is disabled; halfway, others are told.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(5 * 24);

/// Counts an attempt.
pub(super) fn count(shared: &Shared, delivered: bool, duration_ms: u64) {
    let outcome = if delivered { "delivered" } else { "failed" };
    shared.metrics.deliveries.get_or_create(&OutcomeLabels { outcome }).inc();
    shared.metrics.delivery_seconds.observe(Duration::from_millis(duration_ms).as_secs_f64());
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
            if down_for >= GIVEN_UP_AFTER {
                set_status(shared, live, EndpointStatus::Disabled).await;
                tell(shared, live, courier, EventKind::EndpointDisabled, "it has been down for five days").await;
                courier.forget_health();
                return true;
            }
            if down_for >= GIVEN_UP_AFTER / 2 && !health.warned {
                courier.mark_warned();
                tell(shared, live, courier, EventKind::EndpointFailing, "it has been down for two and a half days")
                    .await;
            }
            false
        }
        Standing::WentDown => {
            set_status(shared, live, EndpointStatus::Down).await;
            false
        }
        Standing::CameBack { warned } => {
            set_status(shared, live, EndpointStatus::Healthy).await;
            if warned {
                tell(shared, live, courier, EventKind::EndpointRecovered, "it takes what it is sent again").await;
            }
            false
        }
        Standing::Gone => {
            set_status(shared, live, EndpointStatus::Disabled).await;
            tell(
                shared,
                live,
                courier,
                EventKind::EndpointDisabled,
                "it answered that it wants nothing any more (410 Gone, or `webhook-delivery: disable`)",
            )
            .await;
            courier.forget_health();
            true
        }
    }
}

async fn set_status(shared: &Shared, live: &LiveEndpoint, status: EndpointStatus) {
    let id = live.endpoint.id;
    shared.registry.endpoint_status(id, status);
    if let Err(error) = shared.store.endpoint_status(id, status).await {
        tracing::warn!(endpoint.id = %id, status = status.name(), %error, "cannot write down an endpoint's status");
    }
}

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
    let event = Event {
        id: shared.ids.next(EventId::next),
        workspace_id: endpoint.workspace_id,
        kind,
        schema: SCHEMA,
        key: OrderingKey::from(endpoint.id),
        sequence: courier.next_sequence(),
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
    };
    if let Err(error) = shared.store.event_append(vec![event]).await {
        tracing::warn!(endpoint.id = %endpoint.id, event = kind.name(), %error, "cannot tell of an endpoint's trouble");
    }
}
