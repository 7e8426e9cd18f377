//! How a subscriber's server behaves towards those who call it: well, slowly, wrongly, or not at all.

use std::{convert::Infallible, future::pending, pin::Pin, task, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame};
use tokio::time::{Interval, interval, sleep};

/// What a path does with a request.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Answers at once.
    Answer {
        /// With this status.
        status: StatusCode,
        /// And these headers.
        headers: HeaderMap,
    },
    /// Answers 200 after this long.
    Slow(Duration),
    /// Answers 200 at once, then sends one byte of body after each of these, and never ends.
    Drip(Duration),
    /// Reads the request and never answers.
    Hang,
    /// Reads the request and closes the connection.
    Close,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour::ok()
    }
}

impl Behaviour {
    /// Answers 200.
    pub fn ok() -> Behaviour {
        Behaviour::status(StatusCode::OK)
    }

    /// Answers with a status.
    pub fn status(status: StatusCode) -> Behaviour {
        Behaviour::Answer { status, headers: HeaderMap::new() }
    }

    /// Adds a header to the answer. Only an [`Behaviour::Answer`] has headers of its own.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &'static str) -> Behaviour {
        if let Behaviour::Answer { headers, .. } = &mut self {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self
    }

    pub(super) fn answers(&self) -> Option<StatusCode> {
        match self {
            Behaviour::Answer { status, .. } => Some(*status),
            Behaviour::Slow(_) | Behaviour::Drip(_) => Some(StatusCode::OK),
            Behaviour::Hang | Behaviour::Close => None,
        }
    }

    pub(super) async fn answer(self) -> Result<Response<AnswerBody>, Abandoned> {
        let mut response = Response::new(Either::Left(Full::from("ok")));
        match self {
            Behaviour::Answer { status, headers } => {
                *response.status_mut() = status;
                response.headers_mut().extend(headers);
            }
            Behaviour::Slow(delay) => sleep(delay).await,
            Behaviour::Drip(every) => *response.body_mut() = Either::Right(Drip(interval(every))),
            Behaviour::Hang => pending().await,
            Behaviour::Close => return Err(Abandoned),
        }
        Ok(response)
    }
}

/// The request gets no answer; its connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the request is not answered")]
pub(super) struct Abandoned;

pub(super) type AnswerBody = Either<Full<Bytes>, Drip>;

/// A body that never ends.
#[derive(Debug)]
pub(super) struct Drip(Interval);

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b".")))))
    }
}
