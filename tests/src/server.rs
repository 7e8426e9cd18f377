//! The binary as a child process: started on a free port and a folder of its own, killed, started again.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

use crate::{Api, binary};

/// The operator's key of every server that the harness starts.
pub const ADMIN_KEY: &str = "key-of-the-black-box-tests";
const ANNOUNCEMENT: &str = "listening on http://";
/// However busy the machine is with other tests.
const DEADLINE: Duration = Duration::from_mins(1);

/// What a server is started with beyond the usual: a variable's value, or nothing for one that is not to be set.
type Variables = Vec<(String, Option<String>)>;
/// What a server has printed and logged.
type Output = Arc<Mutex<String>>;

/// A server. Its process is killed and its data deleted when it is dropped.
#[derive(Debug)]
pub struct Server {
    data: TempDir,
    variables: Variables,
    child: Child,
    address: SocketAddr,
    output: Output,
}

impl Server {
    /// Starts one that may call the loopback interface.
    pub async fn start() -> Result<Server> {
        Server::start_with(&[]).await
    }

    /// Starts one with further variables (`TIDINGS_…`).
    pub async fn start_with(variables: &[(&str, &str)]) -> Result<Server> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), Some((*value).into()))).collect();
        Server::start_on(tempfile::tempdir()?, variables).await
    }

    /// Starts one that is given no operator's key.
    pub async fn start_without_key() -> Result<Server> {
        Server::start_on(tempfile::tempdir()?, vec![("TIDINGS_ADMIN_KEY".into(), None)]).await
    }

    /// Starts one that keeps its data within this folder: on another file system, say.
    pub async fn start_within(folder: &Path) -> Result<Server> {
        Server::start_on(tempfile::tempdir_in(folder)?, Vec::new()).await
    }

    /// Starts one on data that something else has put there.
    pub async fn start_on_folder(data: TempDir) -> Result<Server> {
        Server::start_on(data, Vec::new()).await
    }

    async fn start_on(data: TempDir, variables: Variables) -> Result<Server> {
        let output = Output::default();
        let (child, address) = spawn(data.path(), &variables, &output).await?;
        Ok(Server { data, variables, child, address, output })
    }

    /// `http://host:port`. It changes with a restart.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with the operator's key.
    pub fn api(&self) -> Result<Api> {
        Api::new(&self.base(), ADMIN_KEY)
    }

    /// Where it keeps its data.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Everything that it has printed and logged until now, since its last start.
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tries to start another one on the same data; answers its address.
    pub async fn start_another(&self) -> Result<SocketAddr> {
        let (_child, address) = spawn(self.data.path(), &self.variables, &Output::default()).await?;
        Ok(address)
    }

    /// How much memory it has, in kB; 0 where the system does not tell.
    pub fn memory(&self) -> u64 {
        let status = self.child.id().and_then(|id| std::fs::read_to_string(format!("/proc/{id}/status")).ok());
        let resident = |status: String| status.lines().find_map(|line| line.strip_prefix("VmRSS:").map(str::to_owned));
        let number = status.and_then(resident).and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        number.unwrap_or(0)
    }

    /// SIGKILL: it ends wherever it is.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM: it drains and ends by itself.
    pub async fn stop(&mut self) -> Result<()> {
        let process = self.child.id().context("it does not run")?;
        // The shell's own kill, because there is no safe call for it in the standard library.
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {process}")]).status().await?;
        anyhow::ensure!(asked.success(), "cannot ask the server to stop");
        let status = timeout(DEADLINE, self.child.wait()).await.context("the server does not stop")??;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    /// Starts it again on the same data, after [`Server::kill`] or [`Server::stop`], on another port.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill().await?;
        self.output = Output::default();
        (self.child, self.address) = spawn(self.data.path(), &self.variables, &self.output).await?;
        Ok(())
    }

    /// The same with further variables from now on.
    pub async fn restart_with(&mut self, variables: &[(&str, &str)]) -> Result<()> {
        self.variables.extend(variables.iter().map(|(name, value)| ((*name).into(), Some((*value).into()))));
        self.restart().await
    }
}

async fn spawn(data: &Path, variables: &Variables, output: &Output) -> Result<(Child, SocketAddr)> {
    let mut command = Command::new(binary::path()?);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("TIDINGS_ADMIN_KEY", ADMIN_KEY)
        .env("TIDINGS_ALLOW_NETWORKS", "127.0.0.0/8");
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start the server")?;
    let (sender, mut lines) = mpsc::unbounded_channel();
    tokio::spawn(read(child.stdout.take(), sender.clone(), output.clone()));
    tokio::spawn(read(child.stderr.take(), sender, output.clone()));
    let address = timeout(DEADLINE, announced(&mut lines)).await.context("the server does not listen")??;
    Ok((child, address))
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

/// Reads until the end, or the server would block once the pipe is full.
async fn read(pipe: Option<impl AsyncRead + Unpin>, lines: mpsc::UnboundedSender<String>, output: Output) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = reader.next_line().await {
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        output.push_str(&line);
        output.push('\n');
        drop(output);
        // Whoever waited for the address has it.
        let _ = lines.send(line);
    }
}
