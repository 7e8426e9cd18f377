//! A client of the event stream. It speaks HTTP/1.0, to which a server answers without framing of its own, so that what
//! is read is the stream to the byte.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streamed {
    /// `id`
    pub id: String,
    /// `event`
    pub event: String,
    /// `data`
    pub data: String,
}

/// An open stream.
#[derive(Debug)]
pub struct EventStream {
    reader: BufReader<TcpStream>,
}

impl EventStream {
    /// Opens it; `path` has the parameters, too.
    pub async fn open(base: &str, key: &str, path: &str, last_event_id: Option<&str>) -> Result<EventStream> {
        let address = base.strip_prefix("http://").context("the address is http")?;
        let mut stream = TcpStream::connect(address).await?;
        let last = last_event_id.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n{last}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut stream = EventStream { reader: BufReader::new(stream) };
        let status = stream.line().await?.context("no answer")?;
        ensure!(status.contains(" 200 "), "{status}");
        while !stream.line().await?.context("no end of the headers")?.is_empty() {}
        Ok(stream)
    }

    /// Where a stream of the last events begins, which it says before all else: after the event of this id, or at the
    /// beginning of the log if there is none.
    pub async fn place(&mut self) -> Result<String> {
        loop {
            let line = self.line().await?.context("the stream ended")?;
            if let Some(id) = line.strip_prefix("id:") {
                let end = self.line().await?.context("the stream ended")?;
                ensure!(end.is_empty(), "a place has no {end}");
                return Ok(id.trim_start().to_owned());
            }
        }
    }

    /// The next event; `None` when the server ends the stream.
    pub async fn next(&mut self) -> Result<Option<Streamed>> {
        let (mut id, mut event, mut data) = (String::new(), String::new(), String::new());
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            match line.split_once(':').map(|(name, value)| (name, value.trim_start())) {
                // Comments keep the stream alive.
                Some(("" | "retry", _)) => {}
                Some(("id", value)) => value.clone_into(&mut id),
                Some(("event", value)) => value.clone_into(&mut event),
                Some(("data", value)) => data.push_str(value),
                Some((name, _)) => bail!("a stream has no `{name}`"),
                None if id.is_empty() => {}
                None => return Ok(Some(Streamed { id, event, data })),
            }
        }
    }

    /// The next events, so many.
    pub async fn take(&mut self, number: usize) -> Result<Vec<Streamed>> {
        let mut events = Vec::with_capacity(number);
        for _ in 0..number {
            events.push(self.next().await?.context("the stream ended")?);
        }
        Ok(events)
    }

    async fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.reader.read_line(&mut line)).await.context("the stream is silent")??;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}
