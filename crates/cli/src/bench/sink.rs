//! The endpoints that webhooks must arrive at: a server that reads a body, notes its marker, and answers 200.
//!
//! It checks no signatures: it stands for the receivers' side, and its cost belongs to nobody's figures.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::ledger::Ledger;

/// A running sink; dropping it ends it.
pub(super) struct Sink {
    address: SocketAddr,
    _task: JoinSet<()>,
}

impl Sink {
    pub(super) async fn start(ledger: Arc<Ledger>) -> Result<Sink> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut task = JoinSet::new();
        task.spawn(accept(listener, ledger));
        Ok(Sink { address, _task: task })
    }

    /// Where the endpoint with this number is reached.
    pub(super) fn url(&self, endpoint: usize) -> String {
        format!("http://{}/{endpoint}", self.address)
    }
}

async fn accept(listener: TcpListener, ledger: Arc<Ledger>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, Arc::clone(&ledger)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, ledger: Arc<Ledger>) {
    // What breaks here shows as messages that did not arrive.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| take(request, Arc::clone(&ledger)));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn take(request: Request<Incoming>, ledger: Arc<Ledger>) -> Result<Response<Full<Bytes>>, Infallible> {
    let endpoint = request.uri().path().trim_start_matches('/').parse().ok();
    if let (Some(endpoint), Ok(body)) = (endpoint, request.into_body().collect().await) {
        ledger.arrive(endpoint, &body.to_bytes());
    }
    Ok(Response::new(Full::from("ok")))
}
