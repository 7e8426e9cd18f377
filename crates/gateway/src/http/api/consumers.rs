//! `/v1/consumers/{name}`: the log for those who fetch it themselves, with a place that is kept for them. What was fetched
//! comes again until it is acknowledged, so that nothing is missed; what was acknowledged never comes again.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_domain::{
    EventId, WorkspaceId,
    audit::Action,
    event::{LogEntry, Position},
    key::{Access, Area},
};
use tidings_store::{Consumer, EventFilter, Listing};
use utoipa::{IntoParams, ToSchema};

use super::events::{EventEnvelope, EventParams, bodies, event_id};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, Params, RawRequest, json},
        page::{List, PageParams, limit, listed, page},
        problem::{Answer, Problem},
        streams::Open,
    },
};

/// How long a name may be.
const LONGEST_NAME: usize = 100;
/// How long a fetch may wait for something to come.
const LONGEST_WAIT: u64 = 30;
/// What `up_to` is to skip everything that has happened.
const LATEST: &str = "latest";

/// A consumer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consumer)]
pub(crate) struct ConsumerView {
    /// Its name.
    name: String,
    /// How many events there are after what it has acknowledged.
    backlog: u64,
    /// When it acknowledged last.
    updated_at: String,
}

/// What a consumer fetches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Batch {
    /// The events, the oldest first.
    #[schema(value_type = Vec<EventEnvelope>)]
    data: Vec<Box<RawValue>>,
    /// What to acknowledge when all of them are dealt with; null if there are none.
    #[schema(value_type = Option<String>)]
    up_to: Option<EventId>,
    /// Whether there is more already.
    has_more: bool,
}

/// Which events are fetched.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FetchParams {
    /// How many at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "crate::http::page::number")]
    limit: Option<usize>,
    /// How many seconds to wait if there is nothing: none unless told, 30 at most.
    #[serde(default, deserialize_with = "crate::http::page::number")]
    wait: Option<usize>,
    /// Names or patterns, with commas between them: `message.*,contact.created`. What they leave out is acknowledged with
    /// what comes after it.
    #[serde(default)]
    types: Option<String>,
    /// Of this channel.
    #[serde(default)]
    channel_id: Option<String>,
    /// The shape of the items: `lifecycle` (the default) or `object`.
    #[serde(default)]
    format: Option<String>,
}

/// What is dealt with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeInput {
    /// The `up_to` of a batch, or any event's id: everything up to it is dealt with. Or `latest`: everything that has
    /// happened until now.
    up_to: String,
}

/// Fetch a consumer's next events
///
/// A consumer that has acknowledged nothing begins at the oldest event. The same events come again until they are
/// acknowledged.
#[utoipa::path(
    get, path = "/consumers/{name}/events", operation_id = "fetch_events", tag = "events",
    params(("name" = String, Path, description = "A name of your choice, unique in the workspace"), FetchParams),
    responses((status = 200, description = "The oldest first", body = Batch)),
)]
pub(crate) async fn fetch(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    Params(params): Params<FetchParams>,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Read)?;
    let name = name(&id)?;
    let limit = limit(params.limit)?;
    let wait = params.wait.map_or(0, |seconds| u64::try_from(seconds).unwrap_or(u64::MAX));
    if wait > LONGEST_WAIT {
        return Err(Problem::field("/wait", format!("expected a number from 0 to {LONGEST_WAIT}")));
    }
    let which = EventParams::of(params.types, params.channel_id, params.format);
    let format = which.format()?;
    let filter = which.filter(format)?;
    let known = gateway.store.consumer_get(caller.workspace_id, name).await?;
    let after = known.map_or(Position::default(), |consumer| consumer.position);
    let reading = Reading { gateway: &gateway, workspace: caller.workspace_id, filter, after, limit };
    let page = if wait == 0 {
        reading.now().await?
    } else {
        // One that waits holds a connection as a stream does.
        let _open = Open::new(&gateway, &caller)?;
        tokio::select! {
            page = tokio::time::timeout(Duration::from_secs(wait), reading.soon()) => match page {
                Ok(page) => page?,
                Err(_) => Listing { items: Vec::new(), next: None },
            },
            () = caller.ended(&*gateway.clock) => Listing { items: Vec::new(), next: None },
        }
    };
    // What came while it waited is not for a key that is gone.
    caller.still_may(gateway.clock.now())?;
    let batch = Batch {
        up_to: page.items.last().map(|entry| entry.event.id),
        has_more: page.next.is_some(),
        data: bodies(&gateway, &page.items, format)?,
    };
    json(StatusCode::OK, &batch)
}

/// What is to be read.
struct Reading<'a> {
    gateway: &'a Gateway,
    workspace: WorkspaceId,
    filter: EventFilter,
    after: Position,
    limit: usize,
}

impl Reading<'_> {
    /// What there is.
    async fn now(&self) -> Answer<Listing<LogEntry>> {
        let filter = self.filter.clone();
        Ok(self.gateway.store.event_list(self.workspace, filter, self.after, self.limit).await?)
    }

    /// What there is, as soon as there is something.
    async fn soon(mut self) -> Answer<Listing<LogEntry>> {
        let (mut head, mut stopping) = (self.gateway.tail.head(), self.gateway.stopping.subscribe());
        loop {
            let seen = *head.borrow_and_update();
            let page = self.now().await?;
            if !page.items.is_empty() {
                return Ok(page);
            }
            // Up to the head that was known before, there is nothing.
            self.after = self.after.max(seen);
            let after = self.after;
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return Ok(page),
                moved = head.wait_for(|head| *head > after) => if moved.is_err() { return Ok(page) },
            }
        }
    }
}

/// Acknowledge a consumer's events
///
/// Everything up to one of them. A consumer never goes back.
#[utoipa::path(
    post, path = "/consumers/{name}/ack", operation_id = "acknowledge_events", tag = "events",
    request_body = AcknowledgeInput,
    params(("name" = String, Path, description = "The consumer")),
    responses((status = 200, description = "The consumer", body = ConsumerView)),
)]
pub(crate) async fn acknowledge(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Write)?;
    let name = name(&id)?;
    let input: AcknowledgeInput = request.json()?;
    let up_to = if input.up_to == LATEST {
        gateway.store.log_head().await?
    } else {
        let unknown = || Problem::field("/up_to", "there is no such event; give the `up_to` of a batch, or `latest`");
        let event = event_id(&input.up_to).ok_or_else(unknown)?;
        gateway.store.event_get(caller.workspace_id, event).await?.ok_or_else(unknown)?.position
    };
    let now = gateway.clock.now();
    let consumer = gateway.store.consumer_acknowledge(caller.workspace_id, name, up_to, now).await?;
    json(StatusCode::OK, &view(&gateway, &caller, consumer).await?)
}

/// List the consumers
#[utoipa::path(
    get, path = "/consumers", operation_id = "list_consumers", tag = "events", params(PageParams),
    responses((status = 200, description = "The newest first", body = List<ConsumerView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Read)?;
    let page = page("consumers", params.limit, params.cursor.as_deref())?;
    let Listing { items, next } = gateway.store.consumer_list(caller.workspace_id, page).await?;
    let mut views = Vec::with_capacity(items.len());
    for consumer in items {
        views.push(view(&gateway, &caller, consumer).await?);
    }
    json(StatusCode::OK, &listed("consumers", Listing { items: views, next }, |view| view))
}

/// Get a consumer
#[utoipa::path(
    get, path = "/consumers/{name}", operation_id = "get_consumer", tag = "events",
    params(("name" = String, Path, description = "The consumer")),
    responses((status = 200, description = "The consumer", body = ConsumerView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Events, Access::Read)?;
    let found = gateway.store.consumer_get(caller.workspace_id, name(&id)?).await?;
    let consumer = found.ok_or_else(|| Problem::not_found("consumer"))?;
    json(StatusCode::OK, &view(&gateway, &caller, consumer).await?)
}

/// Delete a consumer
///
/// One of the same name begins at the oldest event again.
#[utoipa::path(
    delete, path = "/consumers/{name}", operation_id = "delete_consumer", tag = "events",
    params(("name" = String, Path, description = "The consumer")),
    responses((status = 204, description = "It is deleted")),
)]
pub(crate) async fn delete(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<StatusCode> {
    caller.may(Area::Events, Access::Write)?;
    let name = name(&id)?;
    let act = caller.act(&gateway, Action::ConsumerDeleted, &name, Changes::default());
    if gateway.store.consumer_delete(caller.workspace_id, name, act).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("consumer"))
    }
}

async fn view(gateway: &Gateway, caller: &Caller, consumer: Consumer) -> Answer<ConsumerView> {
    Ok(ConsumerView {
        backlog: gateway.store.event_count(caller.workspace_id, consumer.position).await?,
        name: consumer.name,
        updated_at: consumer.updated_at.to_string(),
    })
}

fn name(id: &Id) -> Answer<String> {
    let name = id.text();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    // Clients take `.` and `..` out of a path.
    let is_relative = name == "." || name == "..";
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_plain) && !is_relative {
        Ok(name.to_owned())
    } else {
        let told = format!("a consumer's name has 1 to {LONGEST_NAME} letters, digits, hyphens, underscores and dots");
        Err(Problem::field("/name", told))
    }
}
