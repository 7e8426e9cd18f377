//! Over a real connection: deadlines, the end of serving, and what is open to everybody.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use futures_util::future::Either;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::{Call, Server, text_message};
use crate::{Environment, Gateway, Settings, StartError, seal::SealKey, serve};

/// A gateway that listens; what stops it; and the task that serves.
async fn listening(server: &Server) -> (std::net::SocketAddr, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let gateway = Arc::clone(&server.gateway);
    let serving = tokio::spawn(serve(gateway, listener, async {
        let _ = stopped.await;
    }));
    (address, stop, serving)
}

async fn ends<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it does not end")
}

#[tokio::test]
async fn a_request_is_answered_and_a_stop_ends_serving() {
    let server = Server::start().await;
    let (address, stop, serving) = listening(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 1024];
    let length = ends(connection.read(&mut answer)).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK"));
    stop.send(()).unwrap();
    ends(serving).await.unwrap().unwrap();
    assert_eq!(ends(connection.read(&mut answer)).await.unwrap_or(0), 0, "the idle connection is closed");
    assert!(TcpStream::connect(address).await.is_err(), "nobody is accepted any more");
}

#[tokio::test]
async fn who_drips_its_head_is_cut_off() {
    let server = Server::start_with(|settings| settings.header_timeout = Duration::from_millis(50)).await;
    let (address, _stop, _serving) = listening(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await.unwrap();
    let mut answer = Vec::new();
    ends(connection.read_to_end(&mut answer)).await.ok();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn who_drips_its_body_is_told_so() {
    let server = Server::start_with(|settings| settings.body_timeout = Duration::from_millis(50)).await;
    let channel = server.channel("100").await;
    let (address, _stop, _serving) = listening(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /in/{channel} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{{");
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let length = ends(connection.read(&mut answer)).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 408"));
}

#[tokio::test]
async fn who_asks_before_it_sends_too_much_is_refused_at_once() {
    let server = Server::start().await;
    let channel = server.channel("100").await;
    let (address, _stop, _serving) = listening(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /in/{channel} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        (16 << 20) + 1
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let length = ends(connection.read(&mut answer)).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer[..length]));
}

#[tokio::test]
async fn who_sends_nothing_holds_no_memory() {
    let server = Server::start_with(|settings| settings.body_memory = 1 << 20).await;
    let channel = server.channel("100").await;
    let path = format!("/in/{channel}");
    let silent = || Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let silent = (0..8).map(|_| server.call(Call::new("POST", &path).bytes(silent())));
    let silent = futures_util::future::join_all(silent);
    let long = text_message("100", 1, &"x".repeat(2 << 20));
    let delivered = server.deliver(&channel, &long);
    match ends(futures_util::future::select(silent, Box::pin(delivered))).await {
        Either::Left(_) => panic!("who sends nothing is answered"),
        Either::Right((delivered, _)) => assert_eq!(delivered.status, 200),
    }
    assert_eq!(server.gateway.body_memory.available_permits(), 1 << 10, "what was reserved is free again");
}

#[tokio::test]
async fn a_body_without_memory_is_told_to_come_again() {
    let server = Server::start_with(|settings| settings.body_timeout = Duration::from_millis(50)).await;
    let channel = server.channel("100").await;
    let all = server.gateway.body_memory.available_permits();
    let held = server.gateway.body_memory.acquire_many(u32::try_from(all).unwrap()).await.unwrap();
    let short = server.deliver(&channel, &text_message("100", 1, &"x".repeat(32 << 10))).await;
    assert_eq!(short.status, 200, "a short body needs no memory");
    let long = text_message("100", 2, &"x".repeat(128 << 10));
    let refused = server.deliver(&channel, &long).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "overloaded"));
    assert!(refused.headers.contains_key("retry-after"));
    drop(held);
    assert_eq!(server.deliver(&channel, &long).await.status, 200);
}

#[tokio::test]
async fn what_tells_of_the_process_is_open() {
    let server = Server::start().await;
    for (path, content_type) in [
        ("/healthz", "text/plain; charset=utf-8"),
        ("/readyz", "text/plain; charset=utf-8"),
        ("/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("/openapi.json", "application/json"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/page.js", "text/javascript; charset=utf-8"),
        ("/docs/page.css", "text/css; charset=utf-8"),
    ] {
        let reply = server.call(Call::new("GET", path)).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.headers["content-type"], content_type, "{path}");
    }
}

#[tokio::test]
async fn another_key_file_is_noticed_before_there_is_any_secret() {
    let server = Server::start().await;
    let store = server.gateway.store.clone();
    let environment = Environment { clock: server.clock.clone(), random: server.gateway.random.clone() };
    let settings = Settings::new(SealKey([8; 32]), server.gateway.settings.media.clone());
    let refused = Gateway::start(settings, store, environment).await;
    assert!(matches!(refused, Err(StartError::Sealed { .. })));
}

#[tokio::test]
async fn a_first_start_makes_the_operators_key_once() {
    let server = Server::start_with(|settings| settings.admin_key = None).await;
    let key = server.gateway.take_new_admin_key().expect("the first start makes a key");
    assert!(key.starts_with("tid_admin_"));
    assert_eq!(server.gateway.take_new_admin_key(), None);
    assert_eq!(server.call(Call::new("GET", "/v1/workspaces").key(&key)).await.status, 200);
    assert_eq!(server.get("/v1/workspaces").await.status, 401);
}
