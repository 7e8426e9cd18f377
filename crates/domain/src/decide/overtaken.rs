//! What an endpoint is told to have lost, for others to hear of.

use crate::{
    delivery::Lost,
    endpoint::Endpoint,
    event::{EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, OrderingKey},
};

use super::{Context, happening};

/// Retention has overtaken an endpoint: what it had still to be sent is deleted. `sequence` is the event's place among those
/// of the endpoint's own trouble, `backlog` how many events wait for it still.
pub fn overtaken(endpoint: &Endpoint, lost: Lost, backlog: u64, sequence: u64, context: &mut Context<'_>) -> Event {
    let payload = EventPayload::Endpoint(EndpointEvent {
        endpoint_id: endpoint.id,
        url: endpoint.url.clone(),
        detail: EndpointDetail::Gap {
            reason: "what it had still to be sent was deleted for its age".to_owned(),
            from: lost.from,
            to: lost.to,
            count: lost.count,
            backlog,
        },
    });
    let place = (OrderingKey::from(endpoint.id), sequence);
    happening(context, endpoint.workspace_id, EventKind::EndpointGap, place, None, payload)
}
