//! The server's connections: takes them, and resets those whose caller is to be left without an answer.

use std::error::Error;

use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::outgoing::Reset;

/// Answers every request by `handle`, until it is dropped.
pub(crate) async fn accept<Handle, Answer, Answered>(listener: TcpListener, handle: Handle)
where
    Handle: Fn(Request<Incoming>) -> Answer + Clone + Send + 'static,
    Answer: Future<Output = Result<Response<Answered>, Reset>> + Send + 'static,
    Answered: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, handle.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<Handle, Answer, Answered>(stream: TcpStream, handle: Handle)
where
    Handle: Fn(Request<Incoming>) -> Answer + Send + 'static,
    Answer: Future<Output = Result<Response<Answered>, Reset>> + Send + 'static,
    Answered: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    // A connection without it is only slower.
    let _ = stream.set_nodelay(true);
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(handle));
    if (&mut connection).await.is_err() {
        // So the caller sees a reset, as when a machine in between dies, and not a tidy end.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}
