//! `GET /v1/events`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_domain::{
    event::Position,
    key::{Access, Area},
};

use super::{EventEnvelope, EventParams, bodies, last::event_before, place_after};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Params, json},
        page::{List, cursor, limit, place},
        problem::Answer,
    },
};

/// List the events
///
/// Who polls with `after` set to the last event that he saw misses nothing and sees nothing twice.
#[utoipa::path(
    get, path = "/events", operation_id = "list_events", tag = "events", params(EventParams),
    responses((status = 200, description = "The oldest first", body = List<EventEnvelope>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<EventParams>,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Read)?;
    let limit = limit(params.limit)?;
    let format = params.format()?;
    let filter = params.filter(format)?;
    let after = match (&params.cursor, params.last) {
        (Some(cursor), _) => Position(u64::from_be_bytes(place(cursor)?)),
        (None, Some(last)) => {
            let before = event_before(&gateway, caller.workspace_id, &filter, last as u64).await?;
            before.map_or_else(Position::default, |entry| entry.position)
        }
        (None, None) => place_after(&gateway, &caller, params.after.as_deref()).await?,
    };
    let page = gateway.store.event_list(caller.workspace_id, filter, after, limit).await?;
    let next_cursor = page.next.map(|next| cursor(&next.number.to_be_bytes()));
    let data = bodies(&gateway, &page.items, format)?;
    json(StatusCode::OK, &List { data, next_cursor })
}
