//! How an answer leaves: whole, byte by byte, or only half of it. Who waits for the answer to be out holds on to the other
//! end of [`Outgoing::release`], which is dropped with the body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::Value;
use tokio::{
    sync::oneshot,
    time::{Interval, interval},
};

use crate::whatsapp::encode;

/// The connection is reset instead of carrying an answer, or the rest of one.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset")]
pub(crate) struct Reset;

#[derive(Debug)]
enum Pace {
    Whole,
    /// So many bytes are left to send before the reset.
    Half(usize),
    Drip(Interval),
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct Outgoing {
    left: Bytes,
    pace: Pace,
    flushed: bool,
    // Held for its drop.
    _release: Option<oneshot::Sender<()>>,
}

impl Outgoing {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Outgoing {
        Outgoing { left: bytes.into(), pace: Pace::Whole, flushed: false, _release: None }
    }

    /// What is left to send.
    pub(crate) fn left(&self) -> &Bytes {
        &self.left
    }

    /// Half of it, and then a reset.
    pub(super) fn half(self) -> Outgoing {
        Outgoing { pace: Pace::Half(self.left.len() / 2), ..self }
    }

    /// One byte after each pause.
    pub(super) fn drip(self, pause: Duration) -> Outgoing {
        // An interval of nothing is not allowed.
        Outgoing { pace: Pace::Drip(interval(pause.max(Duration::from_nanos(1)))), ..self }
    }

    /// Dropped when the answer is out, or when there is nobody any more to take it.
    pub(super) fn release(self, held: Option<oneshot::Sender<()>>) -> Outgoing {
        Outgoing { _release: held, ..self }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            return Poll::Ready(None);
        }
        let length = match &mut this.pace {
            Pace::Whole => this.left.len(),
            Pace::Half(0) if this.flushed => return Poll::Ready(Some(Err(Reset))),
            Pace::Half(0) => {
                // The server writes out what it has when it is told to wait, and only then.
                this.flushed = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Pace::Half(length) => std::mem::take(length),
            Pace::Drip(pause) => {
                ready!(pause.poll_tick(context));
                1
            }
        };
        Poll::Ready(Some(Ok(Frame::data(this.left.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.left.len()).unwrap_or(u64::MAX))
    }
}

/// An answer in JSON, spelled as Meta spells it.
pub(super) fn json(status: StatusCode, body: &Value) -> Response<Outgoing> {
    of_type(status, HeaderValue::from_static("application/json; charset=UTF-8"), encode(body))
}

/// A page as of a proxy that stands in front of the API.
pub(super) fn page(status: StatusCode) -> Response<Outgoing> {
    let html = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
    of_type(status, HeaderValue::from_static("text/html; charset=utf-8"), html)
}

/// An answer of any type.
pub(super) fn of_type(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
