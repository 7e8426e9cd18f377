//! The loader: posts messages over many connections kept open, as fast as they are acknowledged or at a fixed rate.
//!
//! Each message is sent once. What is not acknowledged with 2xx is counted as refused and never repeated.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tidings_simulator::whatsapp::sign;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{ledger::Ledger, template::Template};

/// No run lasts longer, whatever the server does.
const LONGEST: Duration = Duration::from_mins(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What is posted where, and how fast.
pub(super) struct Load {
    pub(super) target: String,
    /// How the server knows that it may take them.
    pub(super) proof: Proof,
    pub(super) template: Template,
    pub(super) connections: u32,
    /// Messages per second; without it as fast as the answers come.
    pub(super) rate: Option<u32>,
}

/// How the server knows that it may take a message.
pub(super) enum Proof {
    /// It need not.
    None,
    /// The vendor's signature, with the app's secret.
    Signature(String),
    /// A key of the API.
    Key(&'static str),
}

/// Sends all messages of the ledger.
pub(super) async fn run(load: Load, ledger: &Arc<Ledger>) -> Result<()> {
    let uri: Uri = load.target.parse()?;
    let host = uri.authority().context("an address without a host")?.to_string();
    let address: SocketAddr = host.parse().context("not a numeric address")?;
    let path = uri.path().to_owned();
    let begun = Instant::now();
    let shared = Arc::new(Shared { load, address, host, path, begun, next: AtomicUsize::new(0) });
    let mut workers = JoinSet::new();
    for _ in 0..shared.load.connections {
        workers.spawn(work(Arc::clone(&shared), Arc::clone(ledger)));
    }
    workers.join_all().await;
    Ok(())
}

struct Shared {
    load: Load,
    address: SocketAddr,
    host: String,
    path: String,
    begun: Instant,
    next: AtomicUsize,
}

impl Shared {
    /// When a message is due at a fixed rate.
    fn due(&self, message: usize) -> Option<Instant> {
        let rate = f64::from(self.load.rate?);
        let message = u32::try_from(message).ok()?;
        Some(self.begun + Duration::from_secs_f64(f64::from(message) / rate))
    }

    fn request(&self, message: usize, ledger: &Ledger) -> http::Result<Request<Full<Bytes>>> {
        let body = self.load.template.body(message, &ledger.marker(message));
        let mut request =
            Request::post(&self.path).header("host", &self.host).header("content-type", "application/json");
        request = match &self.load.proof {
            Proof::None => request,
            Proof::Signature(secret) => request.header("x-hub-signature-256", sign(secret, &body)),
            Proof::Key(key) => request.header("authorization", format!("Bearer {key}")),
        };
        request.body(Full::new(body))
    }
}

async fn work(shared: Arc<Shared>, ledger: Arc<Ledger>) {
    let mut connection = None;
    loop {
        let message = shared.next.fetch_add(1, Relaxed);
        if message >= ledger.messages() || shared.begun.elapsed() > LONGEST {
            return;
        }
        if let Some(due) = shared.due(message) {
            sleep_until(due).await;
        }
        match timeout(ANSWER_WITHIN, send(&shared, &ledger, message, &mut connection)).await {
            Ok(Ok(())) => ledger.acknowledge(message),
            Ok(Err(error)) => ledger.refuse(|| format!("{error:#}")),
            Err(_) => {
                connection = None;
                ledger.refuse(|| format!("no answer within {} seconds", ANSWER_WITHIN.as_secs()));
            }
        }
    }
}

async fn send(
    shared: &Shared,
    ledger: &Ledger,
    message: usize,
    connection: &mut Option<SendRequest<Full<Bytes>>>,
) -> Result<()> {
    let request = shared.request(message, ledger)?;
    ledger.sending(message);
    let mut sender = match connection.take() {
        Some(open) if !open.is_closed() => open,
        _ => connect(shared.address).await?,
    };
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    *connection = Some(sender);
    anyhow::ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body[..body.len().min(400)]));
    Ok(())
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Its error reaches us through the sender.
    tokio::spawn(connection);
    Ok(sender)
}
