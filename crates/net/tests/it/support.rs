//! Receivers that do as they are told, and clients that may reach them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, header::CONTENT_TYPE};
use ipnet::IpNet;
use tidings_net::{AddressPolicy, Client, OutboundRequest, Pool, PoolLimits, Roots};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// An answer that leaves the connection open.
pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A listener whose connections are handled by a function, which is told how many there were before.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    pub(crate) async fn start<Handler, Running>(handler: Handler) -> Self
    where
        Handler: Fn(TcpStream, usize) -> Running + Send + 'static,
        Running: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(handler(stream, counter.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { address, connections }
    }

    /// One that answers every request with the same bytes.
    pub(crate) async fn answering(answer: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| async move {
            while read_request(&mut stream).await.is_some() {
                stream.write_all(answer).await.unwrap();
            }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?a=1", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn pool(&self) -> Pool {
        local_client().pool(&self.url(), PoolLimits::default()).unwrap()
    }
}

/// The networks that the tests' receivers are in.
pub(crate) fn local_policy() -> AddressPolicy {
    AddressPolicy::new(vec!["127.0.0.0/8".parse::<IpNet>().unwrap()])
}

pub(crate) fn local_client() -> Client {
    Client::new(local_policy(), Roots::System)
}

pub(crate) fn request(body: &str) -> OutboundRequest {
    OutboundRequest {
        method: Method::POST,
        path: None,
        headers: vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Bytes::copy_from_slice(body.as_bytes()),
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(10),
        body_cap: 16 * 1024,
        pieces: None,
        repeatable: true,
    }
}

/// One that is cut off soon.
pub(crate) fn hasty(body: &str) -> OutboundRequest {
    OutboundRequest { timeout: Duration::from_millis(300), ..request(body) }
}

/// The next request, head and body, or `None` if the connection ended.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    let mut body = bytes.split_off(end);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, String::from_utf8(body).unwrap()))
}

/// Waits until the other side hangs up.
pub(crate) async fn read_to_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
}
