//! An address that stays while the server behind it is started again on another port.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::Server;

/// A certificate for this machine, and what a server needs to show it.
#[derive(Debug)]
pub struct Certificate {
    /// As the program reads whom to trust, from the file that `SSL_CERT_FILE` names.
    pub pem: String,
    config: Arc<ServerConfig>,
}

impl Certificate {
    /// A new one.
    pub fn make() -> Result<Certificate> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())?;
        let encoded = STANDARD.encode(made.cert.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n");
        Ok(Certificate { pem, config: Arc::new(config) })
    }
}

/// A door. It is closed when it is dropped.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    scheme: &'static str,
    behind: Arc<Mutex<SocketAddr>>,
    porter: JoinHandle<()>,
}

impl Door {
    /// A door to this server.
    pub async fn to(server: &Server) -> Result<Door> {
        Door::open(server, "http", None).await
    }

    /// A door that is secured, as a proxy before the server is; its address begins with `https`.
    pub async fn secured(server: &Server, certificate: &Certificate) -> Result<Door> {
        Door::open(server, "https", Some(TlsAcceptor::from(certificate.config.clone()))).await
    }

    async fn open(server: &Server, scheme: &'static str, acceptor: Option<TlsAcceptor>) -> Result<Door> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let behind = Arc::new(Mutex::new(address_of(server)?));
        let porter = tokio::spawn(open(listener, behind.clone(), acceptor));
        Ok(Door { address, scheme, behind, porter })
    }

    /// `http://host:port`, or `https://…`. It never changes.
    pub fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Leads to the server's new address after a restart.
    pub fn move_to(&self, server: &Server) -> Result<()> {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = address_of(server)?;
        Ok(())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.porter.abort();
    }
}

fn address_of(server: &Server) -> Result<SocketAddr> {
    let base = server.base();
    Ok(base.strip_prefix("http://").context("the address is http")?.parse()?)
}

async fn open(listener: TcpListener, behind: Arc<Mutex<SocketAddr>>, acceptor: Option<TlsAcceptor>) {
    while let Ok((visitor, _)) = listener.accept().await {
        let server = *behind.lock().unwrap_or_else(PoisonError::into_inner);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Whoever does not trust us, or finds nobody behind the door, goes away.
            match acceptor {
                None => lead(visitor, server).await,
                Some(acceptor) => lead(acceptor.accept(visitor).await?, server).await,
            }
        });
    }
}

/// Carries what either side says to the other.
async fn lead(mut visitor: impl AsyncRead + AsyncWrite + Unpin, server: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    copy_bidirectional(&mut visitor, &mut server).await.map(drop)
}
