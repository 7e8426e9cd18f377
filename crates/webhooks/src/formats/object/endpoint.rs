//! `endpoint.*` and `webhook.test` in the object format.

use bytes::Bytes;
use serde::Serialize;
use tidings_domain::event::{EndpointDetail, EndpointEvent, Event, Position};

use super::{
    super::spelling::{AnyId, Hyphenated, Millis},
    seal,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health<'a> {
    id: Hyphenated,
    url: &'a str,
    reason: &'a str,
    failing_since: Option<Millis>,
    backlog: u64,
    occurred_at: Millis,
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
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    id: Hyphenated,
    url: &'a str,
    requested_by: AnyId<'a>,
    requested_at: Millis,
}

pub(super) fn render(event: &Event, told: &EndpointEvent) -> Bytes {
    let id = Hyphenated(told.endpoint_id.uuid());
    let url = &told.url;
    let at = Millis(event.at);
    match &told.detail {
        EndpointDetail::Health { reason, failing_since, backlog } => seal(
            event,
            Health { id, url, reason, failing_since: failing_since.map(Millis), backlog: *backlog, occurred_at: at },
        ),
        EndpointDetail::Gap { reason, from, to, count, backlog } => {
            let health = Health { id, url, reason, failing_since: None, backlog: *backlog, occurred_at: at };
            seal(event, Gap { health, from: *from, to: *to, count: *count })
        }
        EndpointDetail::Test { requested_by } => {
            seal(event, Test { id, url, requested_by: AnyId(requested_by), requested_at: at })
        }
    }
}
