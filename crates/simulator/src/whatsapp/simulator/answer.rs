//! The bodies of answers: the Graph API's, whole documents, and streams of what happens.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::whatsapp::{
    graph::{Outgoing, Reset},
    world::Told,
};

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Answer {
    Graph(Outgoing),
    Whole(Full<Bytes>),
    /// Server-sent events. Source: "Server-sent events" of the HTML standard.
    Stream(mpsc::Receiver<Told>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        match self.get_mut() {
            Answer::Graph(body) => Pin::new(body).poll_frame(context),
            Answer::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Answer::Stream(told) => told.poll_recv(context).map(|told| told.map(|told| Ok(Frame::data(event(&told))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Answer::Graph(body) => body.is_end_stream(),
            Answer::Whole(body) => body.is_end_stream(),
            Answer::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Answer::Graph(body) => body.size_hint(),
            Answer::Whole(body) => body.size_hint(),
            Answer::Stream(_) => SizeHint::default(),
        }
    }
}

fn event(told: &Told) -> Bytes {
    // JSON has no line breaks of its own.
    Bytes::from(format!("event: {}\ndata: {}\n\n", told.event, told.data))
}

/// A document.
pub(super) fn json(status: StatusCode, body: &Value) -> Response<Answer> {
    of_type(status, "application/json; charset=utf-8", body.to_string())
}

/// Anything whole.
pub(super) fn of_type(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Response<Answer> {
    let mut response = Response::new(Answer::Whole(Full::new(body.into())));
    *response.status_mut() = status;
    let fallback = HeaderValue::from_static("application/octet-stream");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap_or(fallback));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What happens from now on.
pub(super) fn stream(told: mpsc::Receiver<Told>) -> Response<Answer> {
    let mut response = Response::new(Answer::Stream(told));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
