//! `endpoint.*` and `webhook.test` in the lifecycle format.

use bytes::Bytes;
use serde::Serialize;
use tidings_domain::{
    EndpointId,
    event::{EndpointDetail, EndpointEvent, Event, Position},
};

use super::{super::spelling::Seconds, seal};

#[derive(Serialize)]
struct Health<'a> {
    endpoint_id: EndpointId,
    url: &'a str,
    reason: &'a str,
    failing_since: Option<Seconds>,
    backlog: u64,
    occurred_at: Seconds,
}

#[derive(Serialize)]
struct Gap<'a> {
    #[serde(flatten)]
    health: Health<'a>,
    from: Position,
    to: Position,
    count: u64,
}

#[derive(Serialize)]
struct Test<'a> {
    endpoint_id: EndpointId,
    requested_by: &'a str,
    requested_at: Seconds,
}

pub(super) fn render(event: &Event, told: &EndpointEvent) -> Bytes {
    let endpoint_id = told.endpoint_id;
    let url = &told.url;
    let occurred_at = Seconds(event.at);
    match &told.detail {
        EndpointDetail::Health { reason, failing_since, backlog } => seal(
            event,
            Health {
                endpoint_id,
                url,
                reason,
                failing_since: failing_since.map(Seconds),
                backlog: *backlog,
                occurred_at,
            },
        ),
        EndpointDetail::Gap { reason, from, to, count, backlog } => {
            let health = Health { endpoint_id, url, reason, failing_since: None, backlog: *backlog, occurred_at };
            seal(event, Gap { health, from: *from, to: *to, count: *count })
        }
        EndpointDetail::Test { requested_by } => {
            seal(event, Test { endpoint_id, requested_by, requested_at: occurred_at })
        }
    }
}
