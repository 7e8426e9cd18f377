//! An address that stays while the server behind it is started again on another port.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::Server;

/// A door. It is closed when it is dropped.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    behind: Arc<Mutex<SocketAddr>>,
    porter: JoinHandle<()>,
}

impl Door {
    /// A door to this server.
    pub async fn to(server: &Server) -> Result<Door> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let behind = Arc::new(Mutex::new(address_of(server)?));
        let porter = tokio::spawn(open(listener, behind.clone()));
        Ok(Door { address, behind, porter })
    }

    /// `http://host:port`. It never changes.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
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

async fn open(listener: TcpListener, behind: Arc<Mutex<SocketAddr>>) {
    while let Ok((mut visitor, _)) = listener.accept().await {
        let server = *behind.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(async move {
            // Whoever finds nobody behind the door is sent away.
            if let Ok(mut server) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(&mut visitor, &mut server).await;
            }
        });
    }
}
