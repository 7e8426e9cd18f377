//! A request out and its answer back, as the callers of this crate see them, and how one exchange can be lost.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc::Sender;

use crate::{body::CappedBody, error::SendError};

/// A request to the place that its pool is for.
#[derive(Debug, Clone)]
pub struct OutboundRequest {
    /// The method.
    pub method: Method,
    /// A path, with its query if it has one, that is appended to the path of the pool's URL, whose own query is then
    /// left out: `/v26.0/1/messages?limit=1`. `None` is the pool's URL as it is. Whatever stands here, the request
    /// stays below that URL; it is never repeated in an error, because some vendors want a token in it.
    pub path: Option<String>,
    /// The headers, but for those that [`crate::is_framing_header`] names: these are the client's own and left out.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; its length is sent with it.
    pub body: Bytes,
    /// The time for everything: name, connection, TLS, request and answer.
    pub timeout: Duration,
    /// The part of it that may pass before the connection is ready.
    pub connect_timeout: Duration,
    /// How many bytes of the answer's body are read. After these the answer counts as complete.
    pub body_cap: usize,
    /// Who is handed the body of a success piece by piece, as far as the cap: nothing of it is then kept. The request waits
    /// for him, and its answer counts as truncated if he goes away.
    pub pieces: Option<Sender<Bytes>>,
    /// Whether the request may be sent a second time, at once, when a kept connection is lost before any byte of an
    /// answer: the receiver may have closed it just then, but it may also have acted on the request.
    pub repeatable: bool,
}

/// What came back. A redirect is an answer like any other.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, at most 32 KiB of them.
    pub headers: HeaderMap,
    /// The first bytes of the body.
    pub body: Bytes,
    /// Whether the body went on, or may have, after these bytes. The connection was not kept then.
    pub truncated: bool,
    /// The address that was connected to, which is the one that was judged.
    pub remote: SocketAddr,
    /// Whether the connection was one that an earlier request had made.
    pub reused: bool,
    /// Whether the request went out a second time because a kept connection was lost.
    pub resent: bool,
}

/// How the body of an answer is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    cap: usize,
    pieces: Option<&'a Sender<Bytes>>,
}

impl Reading<'_> {
    /// The body of an answer with this status.
    pub(crate) fn of(self, status: StatusCode) -> CappedBody {
        CappedBody::new(self.cap, self.pieces.filter(|_| status.is_success()).cloned())
    }
}

impl OutboundRequest {
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { cap: self.body_cap, pieces: self.pieces.as_ref() }
    }
}

/// How an exchange was lost.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Nothing of the request left: the connection was gone already.
    NotSent(SendError),
    /// The request left, at least in part, and not one byte came back.
    Silent(SendError),
    /// The answer had begun.
    Broken(SendError),
}

impl From<Lost> for SendError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::NotSent(error) | Lost::Silent(error) | Lost::Broken(error) => error,
        }
    }
}
