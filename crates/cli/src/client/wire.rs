//! One HTTP/1.1 request over a connection of its own, in the clear or secured.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header::HOST};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::handshake,
    rt::{Read, Write},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{Failure, address::ServerAddress};

/// However far away the server is.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);

/// Sends a request to a path of the server. The body of the answer is still to be read.
pub(super) async fn send(
    server: &ServerAddress,
    path: &str,
    mut request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Failure> {
    let unusable = |error: &dyn std::error::Error| Failure::Usage(format!("`{path}` cannot be asked for: {error}"));
    *request.uri_mut() = format!("{}{path}", server.prefix).parse::<Uri>().map_err(|error| unusable(&error))?;
    let host = HeaderValue::from_str(&server.authority).map_err(|error| unusable(&error))?;
    request.headers_mut().insert(HOST, host);
    let tcp = timeout(CONNECT_DEADLINE, TcpStream::connect((&*server.host, server.port)))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|error| server.unreachable(told(&error)))?;
    tcp.set_nodelay(true).map_err(|error| server.unreachable(error.to_string()))?;
    if !server.secured {
        return exchange(server, TokioIo::new(tcp), request).await;
    }
    let name = ServerName::try_from(server.host.clone()).map_err(|error| unusable(&error))?;
    let secured = timeout(CONNECT_DEADLINE, connector(server)?.connect(name, tcp))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|error| server.unreachable(format!("no TLS: {error}")))?;
    exchange(server, TokioIo::new(secured), request).await
}

async fn exchange(
    server: &ServerAddress,
    stream: impl Read + Write + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Failure> {
    let broken = |error: hyper::Error| server.unreachable(format!("the exchange broke off: {error}"));
    let (mut sender, connection) = handshake(stream).await.map_err(broken)?;
    // Its error reaches us through the answer.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(broken)
}

/// Trusts what the system trusts.
fn connector(server: &ServerAddress) -> Result<TlsConnector, Failure> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(server.unreachable("this machine has no trusted certificates; install its ca-certificates package"));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| server.unreachable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The usual reasons in plain words.
fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there (connection refused)".to_owned(),
        io::ErrorKind::TimedOut => format!("no connection within {} seconds", CONNECT_DEADLINE.as_secs()),
        _ => error.to_string(),
    }
}
