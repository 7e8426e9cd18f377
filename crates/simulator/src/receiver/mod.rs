//! A subscriber's server: takes webhooks on any path of one port, checks their signatures, hands each of them to whoever
//! waits, and answers as it was told to: at once, late, wrongly, or never.
//!
//! Behaviour and secret belong to a path, so one receiver can be many endpoints. Times of signatures are not judged: what
//! it says about a webhook depends on nothing but the webhook and the secret.

mod answer;
mod signature;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::Instant,
};

pub use answer::Behaviour;
use answer::{Abandoned, AnswerBody};
pub use signature::is_signed;

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The path it came to.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its raw body.
    pub body: Bytes,
    /// Whether a signature fits the secret that this path trusts.
    pub verified: bool,
    /// What it is answered with, or nothing where it never gets an answer.
    pub answered: Option<StatusCode>,
    /// The other end of the connection: the same for requests of one connection.
    pub peer: SocketAddr,
    /// When its body was complete.
    pub at: Instant,
}

impl Arrival {
    /// A header's value, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `webhook-id`: the event's id.
    pub fn id(&self) -> Option<&str> {
        self.header("webhook-id")
    }

    /// `tidings-event`: the event's name.
    pub fn event(&self) -> Option<&str> {
        self.header("tidings-event")
    }

    /// `tidings-format`: `lifecycle` or `object`.
    pub fn format(&self) -> Option<&str> {
        self.header("tidings-format")
    }
}

#[derive(Debug, Default)]
struct Paths {
    behaviours: HashMap<String, Behaviour>,
    secrets: HashMap<String, String>,
}

#[derive(Debug)]
struct Shared {
    paths: Mutex<Paths>,
    arrivals: mpsc::UnboundedSender<Arrival>,
}

impl Shared {
    fn paths<T>(&self, look: impl FnOnce(&mut Paths) -> T) -> T {
        look(&mut self.paths.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A running receiver. It stops, and its connections break, when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    // Held for its drop, which ends the accept loop and with it every connection.
    _tasks: JoinSet<()>,
}

impl Receiver {
    /// Starts on a free port of the loopback interface, answering 200 everywhere.
    pub async fn start() -> std::io::Result<Receiver> {
        Receiver::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts on an address of one's choice; port 0 picks a free one.
    pub async fn start_on(address: SocketAddr) -> std::io::Result<Receiver> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, arrivals) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { paths: Mutex::default(), arrivals: sender });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Receiver { address, shared, arrivals, _tasks: tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on, requests to this path are answered so.
    pub fn behave(&self, path: &str, behaviour: Behaviour) {
        self.shared.paths(|paths| paths.behaviours.insert(path.to_owned(), behaviour));
    }

    /// From now on, requests to this path are checked against this secret (`whsec_…`).
    pub fn trust(&self, path: &str, secret: &str) {
        self.shared.paths(|paths| paths.secrets.insert(path.to_owned(), secret.to_owned()));
    }

    /// The next arrival, in the order in which bodies were complete.
    pub async fn next(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }

    /// What has arrived already and was not taken yet.
    pub fn arrived(&mut self) -> Vec<Arrival> {
        std::iter::from_fn(|| self.arrivals.try_recv().ok()).collect()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, peer)) = accepted {
                connections.spawn(serve(stream, peer, Arc::clone(&shared)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    // A connection without it, or one that breaks, is the sender's to notice.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| receive(request, peer, Arc::clone(&shared)));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn receive(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: Arc<Shared>,
) -> Result<Response<AnswerBody>, Abandoned> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let body = body.collect().await.map_err(|_| Abandoned)?.to_bytes();
    let (behaviour, verified) = shared.paths(|paths| {
        let verified = paths.secrets.get(&path).is_some_and(|secret| is_signed(&head.headers, &body, secret));
        (paths.behaviours.get(&path).cloned().unwrap_or_default(), verified)
    });
    let answered = behaviour.answers();
    let arrival = Arrival { path, headers: head.headers, body, verified, answered, peer, at: Instant::now() };
    // Nobody waits any more when the receiver is being dropped.
    let _ = shared.arrivals.send(arrival);
    behaviour.answer().await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::Full;
    use tokio::time::timeout;

    use super::*;
    use crate::client::Connection;

    fn request(url: &str) -> Request<Full<Bytes>> {
        Request::post(url).header("tidings-format", "object").body(Full::from("{}")).unwrap()
    }

    #[tokio::test]
    async fn answers_as_it_is_told_and_path_by_path() {
        let mut receiver = Receiver::start().await.unwrap();
        receiver.behave("/wrong", Behaviour::status(StatusCode::SERVICE_UNAVAILABLE).with("retry-after", "7"));
        receiver.behave("/late", Behaviour::Slow(Duration::from_millis(20)));
        let mut connection = Connection::to(&receiver.url("/")).unwrap();

        let wrong = connection.send(request(&receiver.url("/wrong"))).await.unwrap();
        assert_eq!(
            (wrong.status(), &wrong.headers()["retry-after"]),
            (StatusCode::SERVICE_UNAVAILABLE, &"7".parse().unwrap())
        );
        let before = Instant::now();
        assert_eq!(connection.send(request(&receiver.url("/late"))).await.unwrap().status(), 200);
        assert!(before.elapsed() >= Duration::from_millis(20));
        assert_eq!(connection.send(request(&receiver.url("/other"))).await.unwrap().status(), 200);

        let arrived = receiver.arrived();
        let seen: Vec<_> = arrived.iter().map(|one| (one.path.as_str(), one.answered.unwrap().as_u16())).collect();
        assert_eq!(seen, [("/wrong", 503), ("/late", 200), ("/other", 200)]);
        assert!(arrived.iter().all(|one| !one.verified && one.format() == Some("object")));
    }

    #[tokio::test]
    async fn hangs_drips_and_closes() {
        let mut receiver = Receiver::start().await.unwrap();
        receiver.behave("/hang", Behaviour::Hang);
        receiver.behave("/drip", Behaviour::Drip(Duration::from_millis(1)));
        receiver.behave("/close", Behaviour::Close);
        let patience = Duration::from_millis(80);
        for path in ["/hang", "/drip"] {
            let mut connection = Connection::to(&receiver.url("/")).unwrap();
            assert!(timeout(patience, connection.send(request(&receiver.url(path)))).await.is_err(), "{path}");
            assert_eq!(receiver.next().await.unwrap().path, path);
        }
        let mut connection = Connection::to(&receiver.url("/")).unwrap();
        assert!(connection.send(request(&receiver.url("/close"))).await.is_err());
        let arrival = receiver.next().await.unwrap();
        assert_eq!((arrival.path.as_str(), arrival.answered), ("/close", None));
    }
}
