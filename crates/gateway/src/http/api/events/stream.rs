//! `GET /v1/events/stream`: the log as server-sent events.
//!
//! A stream reads the store in chunks, at the pace at which its client takes them, and then waits for the next commit.
//! It holds one chunk at most: a slow client costs no memory, and whoever comes back resumes by the last id it saw.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event as Sent, KeepAlive, Sse},
    },
};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use tidings_domain::{
    endpoint::WebhookFormat,
    event::Position,
    key::{Access, Area},
};
use tidings_store::{EventFilter, StoreError};
use tidings_webhooks::rendered_kind;
use tokio::sync::watch;

use super::{EventParams, envelope, last::event_before, place_after};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::Params,
        page::place,
        problem::{Answer, Problem},
        streams::Open,
    },
};

/// How many events are read at once.
const CHUNK: usize = 64;
/// How soon a client that lost its stream is to come back.
const RECONNECT: Duration = Duration::from_secs(1);

/// Stream the events
///
/// As server-sent events: `id` is the event's id, `event` its name, `data` its envelope. Resumes after the header
/// `Last-Event-ID`, or after `after`; starts at the oldest event without either. With `last` it begins with an `id`
/// without data: where to resume from before anything has come, which is empty where the log begins.
#[utoipa::path(
    get, path = "/events/stream", operation_id = "stream_events", tag = "events",
    params(EventParams, ("last-event-id" = Option<String>, Header, description = "The last event that was seen")),
    responses((status = 200, description = "Events as they happen", content_type = "text/event-stream", body = String)),
)]
pub(crate) async fn stream(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    Params(params): Params<EventParams>,
) -> Answer<Response> {
    caller.may(Area::Events, Access::Read)?;
    if params.limit.is_some() {
        return Err(Problem::field("/limit", "a stream has no end"));
    }
    let format = params.format()?;
    let filter = params.filter(format)?;
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("unreadable")).filter(|id| !id.is_empty());
    let mut place_of_last = None;
    let position = match (last, &params.cursor, params.last) {
        (None, Some(cursor), _) => Position(u64::from_be_bytes(place(cursor)?)),
        (None, None, Some(newest)) => {
            let before = event_before(&gateway, caller.workspace_id, &filter, newest as u64).await?;
            place_of_last = Some(before.as_ref().map(|entry| entry.event.id.to_string()).unwrap_or_default());
            before.map_or_else(Position::default, |entry| entry.position)
        }
        _ => place_after(&gateway, &caller, last.or(params.after.as_deref())).await?,
    };
    let heartbeat = KeepAlive::new().interval(gateway.settings.stream_heartbeat).text("");
    let open = Open::new(&gateway, &caller)?;
    let mut reader = Reader::new(gateway, caller, filter, format, position, open);
    reader.waiting.extend(place_of_last.map(|id| Sent::default().id(id)));
    let events = stream::unfold(reader, |mut reader| async move {
        let next = reader.next().await?;
        Some((Ok::<_, Infallible>(next), reader))
    });
    let mut response = Sse::new(events).keep_alive(heartbeat).into_response();
    // A proxy that gathers an answer before it passes it on would hold back every event.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// One client's place in the log.
struct Reader {
    gateway: Arc<Gateway>,
    caller: Caller,
    filter: EventFilter,
    format: WebhookFormat,
    position: Position,
    head: watch::Receiver<Position>,
    stopping: watch::Receiver<bool>,
    waiting: VecDeque<Sent>,
    _open: Open,
}

impl Reader {
    fn new(
        gateway: Arc<Gateway>,
        caller: Caller,
        filter: EventFilter,
        format: WebhookFormat,
        position: Position,
        open: Open,
    ) -> Self {
        // The first thing that a client gets tells it that the stream is open.
        let opening = Sent::default().comment("open").retry(RECONNECT);
        Self {
            head: gateway.tail.head(),
            stopping: gateway.stopping.subscribe(),
            _open: open,
            waiting: VecDeque::from([opening]),
            gateway,
            caller,
            filter,
            format,
            position,
        }
    }

    /// The next event, when there is one; `None` at the end: the server stops, the key has ended, or the store cannot be
    /// read.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            // Also what was read already is not for a key that is gone.
            self.caller.still_may(self.gateway.clock.now()).ok()?;
            if let Some(sent) = self.waiting.pop_front() {
                return Some(sent);
            }
            if let Err(error) = self.read().await {
                tracing::error!(%error, "an event stream ends");
                return None;
            }
            if self.waiting.is_empty() {
                let position = self.position;
                tokio::select! {
                    _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                    () = self.caller.ended(&*self.gateway.clock) => return None,
                    moved = self.head.wait_for(|head| *head > position) => { moved.ok()?; }
                }
            }
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let head = *self.head.borrow_and_update();
        let filter = self.filter.clone();
        let page = self.gateway.store.event_list(self.caller.workspace_id, filter, self.position, CHUNK).await?;
        if let Some(last) = page.items.last() {
            self.position = last.position;
        }
        if page.next.is_none() {
            // Up to the head that was known before, nothing is left for this client.
            self.position = self.position.max(head);
        }
        self.waiting.extend(page.items.iter().filter_map(|entry| {
            let event = &entry.event;
            let body = envelope(&self.gateway, event, self.format)?;
            let name = rendered_kind(event.kind, self.format).name();
            Some(Sent::default().id(event.id.to_string()).event(name).data(String::from_utf8_lossy(&body)))
        }));
        Ok(())
    }
}
