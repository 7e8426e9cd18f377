//! A connection of HTTP/2, which carries many requests at a time.
//!
//! Its frames have to be read at any time, so here a task of its own drives it. It ends when the last clone of its sender
//! is dropped or the connection breaks.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Body,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::{
    error::{Phase, Progress, SendError},
    exchange::{Answer, Lost, Reading},
    stream::{Heard, Stream, Wire},
};

/// How many bytes of an answer's headers are read.
const HEAD_CAP: u32 = 32 * 1024;
/// How many requests one connection carries at most. Where the receiver allows fewer, the rest wait inside the connection
/// and their deadlines hold.
const STREAM_CAP: usize = 100;

/// One connection; a clone is the same one.
#[derive(Clone)]
pub(crate) struct Shared {
    sender: SendRequest<Full<Bytes>>,
    remote: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    running: AtomicUsize,
    /// A request was cut off on it, so the receiver may be gone without a word.
    suspect: AtomicBool,
    /// It was used since the last sweep.
    used: AtomicBool,
}

/// Counts a running request, and makes the connection suspect unless the request comes to an end of its own.
struct Running<'a> {
    state: &'a State,
    ended: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.state.running.fetch_sub(1, Ordering::Relaxed);
        if !self.ended {
            self.state.suspect.store(true, Ordering::Relaxed);
        }
    }
}

impl Shared {
    pub(crate) async fn open(wire: Wire, remote: SocketAddr) -> Result<Self, SendError> {
        let stream = TokioIo::new(Stream::new(wire, Heard::default()));
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .max_header_list_size(HEAD_CAP)
            .handshake(stream)
            .await
            .map_err(|error| SendError::from_hyper(&error, Phase::Handshake))?;
        // Its end needs no telling: every request that it cut short is told its own error.
        tokio::spawn(async move { connection.await.ok() });
        Ok(Self { sender, remote, state: Arc::default() })
    }

    /// Whether it can carry one more request.
    pub(crate) fn has_room(&self) -> bool {
        self.state.running.load(Ordering::Relaxed) < STREAM_CAP
    }

    /// Whether it is to be given up.
    pub(crate) fn is_gone(&self) -> bool {
        self.sender.is_closed() || self.state.suspect.load(Ordering::Relaxed)
    }

    /// Whether nothing has used it since this was last asked.
    pub(crate) fn was_idle(&self) -> bool {
        !self.state.used.swap(false, Ordering::Relaxed) && self.state.running.load(Ordering::Relaxed) == 0
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        reading: Reading<'_>,
        progress: &Progress,
    ) -> Result<Answer, Lost> {
        self.state.used.store(true, Ordering::Relaxed);
        self.state.running.fetch_add(1, Ordering::Relaxed);
        let state = Arc::clone(&self.state);
        let mut running = Running { state: &state, ended: false };
        progress.enter(Phase::Answer);
        let result = self.run(request, reading, progress).await;
        running.ended = true;
        result
    }

    async fn run(
        &mut self,
        request: Request<Full<Bytes>>,
        reading: Reading<'_>,
        progress: &Progress,
    ) -> Result<Answer, Lost> {
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(mut failure) => {
                let error = SendError::from_hyper(failure.error(), Phase::Answer);
                return Err(match failure.take_message() {
                    Some(_) => Lost::NotSent(error),
                    // A receiver that refuses one request keeps the connection; a lost connection says nothing.
                    None if self.sender.is_closed() => Lost::Silent(error),
                    None => Lost::Broken(error),
                });
            }
        };
        progress.enter(Phase::Body);
        let (head, mut incoming) = response.into_parts();
        let mut body = reading.of(head.status);
        let mut truncated = false;
        while !truncated && !incoming.is_end_stream() {
            if body.is_full() {
                truncated = true;
            } else {
                match incoming.frame().await {
                    Some(Ok(frame)) => truncated = body.take(frame.into_data().unwrap_or_default()).await,
                    Some(Err(error)) => return Err(Lost::Broken(SendError::from_hyper(&error, Phase::Body))),
                    None => break,
                }
            }
        }
        let (status, headers, body) = (head.status, head.headers, body.into_bytes());
        Ok(Answer { status, headers, body, truncated, remote: self.remote, reused: false, resent: false })
    }
}
