//! From a name to a connection that speaks HTTP: resolve, judge, connect, secure. The address that is connected to is
//! the one that was judged, and no name is looked up twice. This module never keeps a connection.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{AlertDescription, CertificateError, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    client::Client,
    direct::Direct,
    error::{Phase, Progress, SendError, chain},
    shared::Shared,
    stream::Wire,
    target::Target,
};

/// How many of a name's addresses are tried.
const ADDRESSES_TRIED: usize = 8;

/// A connection of either protocol.
pub(crate) enum Connected {
    Direct(Box<Direct>),
    Shared(Shared),
}

/// Makes a connection in the time given.
pub(crate) async fn connect(
    client: &Client,
    target: &Target,
    within: Duration,
    progress: &Progress,
) -> Result<Connected, SendError> {
    let deadline = Instant::now() + within;
    timeout_at(deadline, open(client, target, deadline, progress))
        .await
        .unwrap_or_else(|_| Err(SendError::Timeout { phase: progress.phase() }))
}

async fn open(
    client: &Client,
    target: &Target,
    deadline: Instant,
    progress: &Progress,
) -> Result<Connected, SendError> {
    progress.enter(Phase::Resolving);
    let addresses = judged_addresses(client, target).await?;
    progress.enter(Phase::Connecting);
    let (tcp, remote) = first_to_answer(&addresses, deadline).await?;
    progress.enter(Phase::Handshake);
    if !target.secured {
        return Ok(Connected::Direct(Box::new(Direct::open(Wire::Plain(tcp), remote).await?)));
    }
    let tls = secure(client, target, tcp).await?;
    let chose_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
    let wire = Wire::Secured(Box::new(tls));
    if chose_http2 {
        Ok(Connected::Shared(Shared::open(wire, remote).await?))
    } else {
        Ok(Connected::Direct(Box::new(Direct::open(wire, remote).await?)))
    }
}

/// The addresses that the policy lets pass. It is an error if there are none, and the first refusal tells why.
async fn judged_addresses(client: &Client, target: &Target) -> Result<Vec<SocketAddr>, SendError> {
    let dns_error = |reason: String| SendError::Dns { host: target.host.clone(), reason };
    let found = match target.literal {
        Some(address) => vec![SocketAddr::new(address, target.port)],
        None => {
            client.resolver().resolve(&target.host, target.port).await.map_err(|error| dns_error(error.to_string()))?
        }
    };
    let mut refused = None;
    let mut passed = Vec::with_capacity(found.len());
    for address in found {
        match client.policy().judge_ip(address.ip()) {
            Ok(()) => passed.push(address),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    passed.truncate(ADDRESSES_TRIED);
    match refused {
        _ if !passed.is_empty() => Ok(passed),
        Some(refusal) => Err(refusal.into()),
        None => Err(dns_error("it has no address".to_owned())),
    }
}

/// The first address that takes the connection. One that keeps silent gets its share of the time that is left, so that
/// the others have their turn.
async fn first_to_answer(addresses: &[SocketAddr], deadline: Instant) -> Result<(TcpStream, SocketAddr), SendError> {
    let mut last = SendError::Timeout { phase: Phase::Connecting };
    for (tried, &address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(1);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        let attempt = TcpStream::connect(address);
        // The last one has all the rest, and the deadline around everything ends it.
        let result = if left == 1 { Ok(attempt.await) } else { timeout(share, attempt).await };
        match result {
            Ok(Ok(tcp)) => {
                tcp.set_nodelay(true).map_err(|error| connect_error(address, &error))?;
                return Ok((tcp, address));
            }
            Ok(Err(error)) => last = connect_error(address, &error),
            Err(_) => last = SendError::Connect { address, reason: "no answer in time".to_owned() },
        }
    }
    Err(last)
}

fn connect_error(address: SocketAddr, error: &io::Error) -> SendError {
    let reason = match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there (connection refused)".to_owned(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => "it can not be reached".to_owned(),
        _ => error.to_string(),
    };
    SendError::Connect { address, reason }
}

async fn secure(client: &Client, target: &Target, tcp: TcpStream) -> Result<TlsStream<TcpStream>, SendError> {
    let tls_error = |reason: String| SendError::Tls { host: target.host.clone(), reason };
    let config = client.tls().await.map_err(tls_error)?;
    let name = match target.literal {
        Some(address) => ServerName::from(address),
        None => ServerName::try_from(target.host.clone()).map_err(|error| tls_error(error.to_string()))?,
    };
    TlsConnector::from(Arc::clone(&config)).connect(name, tcp).await.map_err(|error| tls_error(tls_reason(&error)))
}

/// The usual reasons in plain words, each followed by the library's own.
fn tls_reason(error: &io::Error) -> String {
    let technical = chain(error);
    if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::ConnectionReset {
        return format!("the receiver hung up during the handshake ({technical})");
    }
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return technical;
    };
    let plain = match tls {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer => "its certificate is not from an authority that this machine trusts",
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            _ => "its certificate is not valid",
        },
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => "it shares no TLS version or cipher with us (TLS 1.2 or 1.3 is needed)",
        rustls::Error::InvalidMessage(_) => "it does not speak TLS on this port",
        _ => return technical,
    };
    format!("{plain} ({technical})")
}
