//! The server under measurement: this same binary as a child process, with its data in a folder of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// The bearer key of the measured servers, which nobody else can reach.
pub(super) const ADMIN_KEY: &str = "key-of-the-benchmark";
const ANNOUNCEMENT: &str = "listening on http://";
const START_WITHIN: Duration = Duration::from_secs(20);
const STOP_WITHIN: Duration = Duration::from_mins(5);

/// A running server; dropping it kills it.
pub(super) struct Server {
    child: Child,
    pub(super) process: u32,
    pub(super) address: SocketAddr,
    data: PathBuf,
}

impl Server {
    /// Starts a server on a free port and waits until it says that it listens.
    pub(super) async fn start(data: &Path) -> Result<Server> {
        Self::start_with(data, &[]).await
    }

    /// The same with further options.
    pub(super) async fn start_with(data: &Path, options: &[&str]) -> Result<Server> {
        let binary = std::env::current_exe().context("cannot tell where this binary is")?;
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(options)
            .env("TIDINGS_ADMIN_KEY", ADMIN_KEY)
            .env("TIDINGS_ALLOW_NETWORKS", "127.0.0.0/8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the server")?;
        let process = child.id().context("the server ended at once")?;
        let (sender, mut lines) = mpsc::unbounded_channel();
        tokio::spawn(read(child.stdout.take(), sender.clone()));
        tokio::spawn(read(child.stderr.take(), sender));
        let address = timeout(START_WITHIN, announced(&mut lines)).await.context("the server does not listen")??;
        // Both pipes are read on, or the server would block once they are full.
        tokio::spawn(async move { while lines.recv().await.is_some() {} });
        Ok(Server { child, process, address, data: data.to_owned() })
    }

    /// Asks it to stop, and waits until it has drained, checkpointed and gone.
    pub(super) async fn stop(mut self) -> Result<()> {
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.process)]).status().await?;
        anyhow::ensure!(asked.success(), "cannot ask the server to stop");
        let status = timeout(STOP_WITHIN, self.child.wait()).await.context("the server does not stop")??;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    /// Where its data is.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }
}

async fn announced(lines: &mut mpsc::UnboundedReceiver<String>) -> Result<SocketAddr> {
    let mut said = String::new();
    while let Some(line) = lines.recv().await {
        if let Some((_, address)) = line.split_once(ANNOUNCEMENT) {
            let end = address.find(|character: char| !character.is_ascii_digit() && !".:".contains(character));
            return address[..end.unwrap_or(address.len())].parse().with_context(|| format!("not an address: {line}"));
        }
        said.push_str(&line);
        said.push('\n');
    }
    bail!("the server ended before it listened:\n{said}")
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, lines: mpsc::UnboundedSender<String>) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = reader.next_line().await {
        if lines.send(line).is_err() {
            return;
        }
    }
}
