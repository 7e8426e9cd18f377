//! Clients that do what no client library would: send half a request, or go on sending while the answer is there.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection without any protocol.
#[derive(Debug)]
pub struct Raw {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
}

impl Raw {
    /// Opens one to a server (`http://host:port`).
    pub async fn open(base: &str) -> Result<Raw> {
        let address = base.strip_prefix("http://").context("the address is http")?;
        let (reader, writer) = TcpStream::connect(address).await?.into_split();
        Ok(Raw { reader, writer })
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.writer.write_all(bytes).await?)
    }

    /// What comes back until there is a whole problem or the other side has closed.
    pub async fn answer(&mut self) -> Result<String> {
        let mut answer = Vec::new();
        let reading = async {
            let mut chunk = [0; 4096];
            // A reset after the answer is an end like any other.
            while let Ok(read @ 1..) = self.reader.read(&mut chunk).await {
                answer.extend_from_slice(&chunk[..read]);
                if answer.ends_with(b"}") {
                    break;
                }
            }
        };
        timeout(PATIENCE, reading).await.context("no answer")?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// Sends a request to its end or until the other side has had enough, and gives what comes back.
pub async fn raw_exchange(base: &str, request: Vec<u8>) -> Result<String> {
    let Raw { reader, mut writer } = Raw::open(base).await?;
    let sending = tokio::spawn(async move {
        // The server may close before it has read everything; what it answered is read all the same.
        let _ = writer.write_all(&request).await;
        writer
    });
    let writer = sending.await?;
    Raw { reader, writer }.answer().await
}
