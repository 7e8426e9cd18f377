//! A connection of HTTP/1.1, which carries one request at a time.
//!
//! The request's own task drives the connection: nothing is spawned, so no request pays for a hop between tasks, and
//! dropping the request (at its deadline, say) drops the connection with it. An idle connection is driven by nobody; that
//! its receiver has closed it shows when it is next looked at.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::{Body, Incoming},
    client::conn::{
        TrySendError,
        http1::{Builder, Connection, SendRequest},
    },
};
use hyper_util::rt::TokioIo;

use crate::{
    error::{Phase, Progress, SendError},
    exchange::{Answer, Lost, Reading},
    stream::{Heard, Stream, Wire},
};

/// How many bytes of an answer's head are read.
const HEAD_CAP: usize = 32 * 1024;

type Line = Connection<TokioIo<Stream>, Full<Bytes>>;

/// One connection.
pub(crate) struct Direct {
    sender: SendRequest<Full<Bytes>>,
    /// Gone once it has ended, since an ended future must not be polled.
    line: Option<Line>,
    heard: Heard,
    remote: SocketAddr,
}

impl Direct {
    pub(crate) async fn open(wire: Wire, remote: SocketAddr) -> Result<Self, SendError> {
        let heard = Heard::default();
        let stream = TokioIo::new(Stream::new(wire, heard.clone()));
        let (sender, line) = Builder::new()
            .max_buf_size(HEAD_CAP)
            .handshake(stream)
            .await
            .map_err(|error| SendError::from_hyper(&error, Phase::Handshake))?;
        Ok(Self { sender, line: Some(line), heard, remote })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        reading: Reading<'_>,
        progress: &Progress,
    ) -> Result<Answer, Lost> {
        self.heard.reset();
        progress.enter(Phase::Answer);
        let (head, mut incoming) = self.head_of_answer(request).await?.into_parts();
        progress.enter(Phase::Body);
        let mut body = reading.of(head.status);
        let mut truncated = false;
        while !truncated && !incoming.is_end_stream() {
            if body.is_full() {
                truncated = true;
            } else {
                match poll_fn(|context| self.poll_chunk(&mut incoming, context)).await? {
                    Some(chunk) => truncated = body.take(chunk).await,
                    None => break,
                }
            }
        }
        let (status, headers, body) = (head.status, head.headers, body.into_bytes());
        Ok(Answer { status, headers, body, truncated, remote: self.remote, reused: false, resent: false })
    }

    /// Whether the connection can carry another request. To be asked when nothing runs on it; it takes in what has
    /// happened since, such as that the receiver closed it.
    pub(crate) fn is_usable(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.line.is_some() && self.sender.is_ready()
    }

    async fn head_of_answer(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Lost> {
        let mut response = pin!(self.sender.try_send_request(request));
        let line = &mut self.line;
        let result = poll_fn(|context| {
            drive(line, context);
            // Only the connection can complete this, and it was polled just now with the task's own waker.
            response.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await;
        result.map_err(|failure| self.lost(failure))
    }

    /// The next bytes of the body, or `None` after the last.
    fn poll_chunk(&mut self, body: &mut Incoming, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Lost>> {
        // The first poll says that bytes are wanted, the connection reads them, the second poll takes them.
        let mut frame = Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop()));
        if frame.is_pending() {
            self.drive(context);
            frame = Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop()));
        }
        match frame {
            Poll::Pending if self.line.is_none() => {
                Poll::Ready(Err(Lost::Broken(SendError::Closed { phase: Phase::Body })))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(Ok(None)),
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Ok(Some(frame.into_data().unwrap_or_default()))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(Lost::Broken(SendError::from_hyper(&error, Phase::Body)))),
        }
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        drive(&mut self.line, context);
    }

    fn lost(&self, mut failure: TrySendError<Request<Full<Bytes>>>) -> Lost {
        let error = SendError::from_hyper(failure.error(), Phase::Answer);
        if failure.take_message().is_some() {
            Lost::NotSent(error)
        } else if self.heard.anything() {
            Lost::Broken(error)
        } else {
            Lost::Silent(error)
        }
    }
}

/// Lets a connection read and write what it can. When it ends it is dropped, which also tells whoever waits on it.
fn drive(line: &mut Option<Line>, context: &mut Context<'_>) {
    if let Some(running) = line
        && Pin::new(running).poll(context).is_ready()
    {
        *line = None;
    }
}
