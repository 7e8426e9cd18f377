//! One attempt: the event's body, the endpoint's headers and signatures, one request, and what its answer means.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::RETRY_AFTER};
use tidings_domain::{
    Timestamp,
    content::Attachment,
    delivery::{Attempt, Outcome},
    event::{Event, EventPayload, Position},
};
use tidings_net::{AddressRefused, Answer, OutboundRequest, Pool};
use tidings_store::StoreError;
use tidings_webhooks::{
    Attempted, CONTROL, Verdict,
    courier::{Finished, Send},
    judge, words,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Held, Shared};
use crate::{flow::tail::Posting, registry::LiveEndpoint};

/// The part of an attempt's time that may pass before it is connected.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From how many bytes of payload on an event is not held while it waits.
pub(super) const LARGE: usize = 64 * 1024;
/// From which age on an event's links to files are made valid anew before it is sent.
const EXTENDED_AFTER: Duration = Duration::from_hours(12);
/// How much of an answer's body is kept.
const BODY_CAP: usize = 16 * 1024;
/// How much of an answer's headers is kept.
const HEADERS_CAP: usize = 4 * 1024;

/// What became of something that was to be sent.
pub(super) enum Delivered {
    /// It was attempted.
    Attempted(Finished),
    /// It is not in the log any more.
    Vanished(Position),
    /// It could not be read from the log; it is to be tried again.
    Unreadable(Position, StoreError),
}

/// Attempts to deliver an event.
pub(super) async fn deliver(
    shared: Arc<Shared>,
    live: Arc<LiveEndpoint>,
    pool: Result<Pool, AddressRefused>,
    readings: Arc<Semaphore>,
    send: Send<Held>,
) -> Delivered {
    // What is read keeps its place among the readings for as long as it is held, if it is large.
    let (posting, _place) = match find(&shared, &readings, &send).await {
        Ok(Some(found)) => found,
        Ok(None) => return Delivered::Vanished(send.position),
        Err(error) => return Delivered::Unreadable(send.position, error),
    };
    let Some(body) = posting.body(live.endpoint.format, &*shared.links) else {
        return Delivered::Vanished(send.position);
    };
    let at = shared.clock.now();
    if at.since(posting.event.recorded_at) > EXTENDED_AFTER && links_to_files(&posting.event) {
        // Without this the receiver gets links that have expired, and can ask for fresh ones.
        if let Err(error) = shared.store.link_extend(send.position, at).await {
            tracing::warn!(%error, "the links of an event that is sent late are not extended");
        }
    }
    let (signature, headers) = headers(&live, &posting, &send, &body, at);
    let request = OutboundRequest {
        method: Method::POST,
        path: None,
        headers,
        body,
        timeout: live.endpoint.timeout(),
        connect_timeout: CONNECT_TIMEOUT.min(live.endpoint.timeout()),
        body_cap: BODY_CAP,
        pieces: None,
        repeatable: true,
    };
    let started = tokio::time::Instant::now();
    let answered = match pool {
        Ok(pool) => pool.send(&request).await,
        Err(refused) => Err(refused.into()),
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut attempt = Attempt {
        position: send.position,
        event_id: posting.event.id,
        number: send.number,
        trigger: send.trigger,
        at,
        duration_ms,
        outcome: Outcome::Failed,
        status_code: None,
        error: None,
        signature,
        late: send.late,
        response_headers: None,
        response_body: Vec::new(),
        next_at: None,
    };
    let verdict = match answered {
        Ok(answer) => {
            let attempted = Attempted::Answered {
                status: answer.status.as_u16(),
                retry_after: answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()),
                control: answer.headers.get(CONTROL).and_then(|value| value.to_str().ok()),
            };
            let verdict = judge(&attempted, shared.clock.now());
            record_answer(&mut attempt, &answer);
            if !verdict.is_delivered() {
                let lost = attempt.error.take().map(|lost| format!("{lost}; ")).unwrap_or_default();
                let aborted = if verdict == Verdict::Aborted { ", and that it wants no further try" } else { "" };
                attempt.error = Some(lost + &words(answer.status.as_u16()) + aborted);
            }
            verdict
        }
        Err(error) => {
            attempt.error = Some(error.to_string());
            judge(&Attempted::Unanswered, at)
        }
    };
    let jitter = if verdict.is_delivered() { 0.0 } else { jitter(&shared) };
    Delivered::Attempted(Finished { attempt, verdict, jitter })
}

/// Whether an event's body has links to files that we serve.
fn links_to_files(event: &Event) -> bool {
    let EventPayload::Message(told) = &event.payload else { return false };
    told.message.content.attachments.iter().filter_map(Attachment::media).any(|media| media.source_url.is_none())
}

async fn find(
    shared: &Shared,
    readings: &Arc<Semaphore>,
    send: &Send<Held>,
) -> Result<Option<(Arc<Posting>, Option<OwnedSemaphorePermit>)>, StoreError> {
    if let Some(posting) = send.item.clone().flatten() {
        return Ok(Some((posting, None)));
    }
    let place = readings.clone().acquire_owned().await.ok();
    let posting = match shared.tail.at(send.position) {
        Some(posting) => Some(posting),
        None => shared.store.log_at(send.position).await?.map(Posting::new),
    };
    Ok(posting.map(|posting| {
        let place = place.filter(|_| posting.size >= LARGE);
        (posting, place)
    }))
}

/// The signatures, and all headers with them.
fn headers(
    live: &LiveEndpoint,
    posting: &Posting,
    send: &Send<Held>,
    body: &[u8],
    at: Timestamp,
) -> (String, Vec<(HeaderName, HeaderValue)>) {
    let attempt = tidings_webhooks::Attempt {
        endpoint: &live.endpoint,
        secrets: &live.secrets,
        event: &posting.event,
        body,
        number: send.number,
        late: send.late,
        at,
    };
    let mut signature = String::new();
    let all = tidings_webhooks::headers(&attempt);
    // All values share one piece of memory, so that a header costs no allocation of its own.
    let values = Bytes::from(all.iter().map(|(_, value)| value.as_str()).collect::<String>());
    let mut headers = Vec::with_capacity(all.len());
    let mut end = 0;
    for (name, value) in all {
        let start = end;
        end += value.len();
        if name == "webhook-signature" {
            signature = value;
        }
        // What an endpoint may send was checked when it was saved; what is not a header none the less is left out.
        let name = match name {
            Cow::Borrowed(name) => Ok(HeaderName::from_static(name)),
            Cow::Owned(name) => HeaderName::try_from(name),
        };
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_maybe_shared(values.slice(start..end))) {
            headers.push((name, value));
        }
    }
    (signature, headers)
}

fn record_answer(attempt: &mut Attempt, answer: &Answer) {
    attempt.status_code = Some(answer.status.as_u16());
    attempt.response_headers = Some(headers_document(&answer.headers));
    attempt.response_body = answer.body.to_vec();
    if answer.resent {
        attempt.error = Some("a kept connection was lost, so the request was sent again on a new one".to_owned());
    }
}

/// An answer's headers as a JSON object. Of a header that comes twice, the values are joined as HTTP allows.
fn headers_document(headers: &HeaderMap) -> String {
    let mut document = String::from("{");
    for name in headers.keys() {
        let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = values.next().unwrap_or_default().into_owned();
        let value = values.fold(first, |joined, next| joined + ", " + &next);
        if document.len() + name.as_str().len() + value.len() > HEADERS_CAP {
            break;
        }
        let comma = if document.len() > 1 { "," } else { "" };
        document.extend([comma, "\"", name.as_str(), "\":", &serde_json::Value::String(value).to_string()]);
    }
    document + "}"
}

/// A random number from 0 up to 1.
fn jitter(shared: &Shared) -> f64 {
    let mut bytes = [0; 4];
    shared.random.fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
}
