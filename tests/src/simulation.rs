//! `tidings simulate` as a child process: started on a free port, and known by what it prints.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::{Duration, timeout},
};

use crate::{Api, binary};

/// However busy the machine is with other tests.
const DEADLINE: Duration = Duration::from_mins(1);
/// The last line of the introduction begins so, after its blanks.
const LAST: &str = "/simulator/messages ";

/// A simulator. Its process is killed when it is dropped.
#[derive(Debug)]
pub struct Simulation {
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStdout>>,
    introduction: String,
    base: String,
}

impl Simulation {
    /// Starts one with further arguments.
    pub async fn start(arguments: &[&str]) -> Result<Simulation> {
        let mut child = Command::new(binary::path()?)
            .args(["simulate", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the simulator")?;
        let mut lines = BufReader::new(child.stdout.take().context("it prints")?).lines();
        let mut introduction = String::new();
        while !introduction.contains(LAST) {
            let line = timeout(DEADLINE, lines.next_line()).await.context("it does not introduce itself")??;
            introduction.push_str(&line.with_context(|| format!("it ended: {introduction}"))?);
            introduction.push('\n');
        }
        let (_, rest) = introduction.split_once("listening on ").context("it says where it listens")?;
        let base = rest.split_whitespace().next().context("it says where it listens")?.to_owned();
        Ok(Simulation { child, lines, introduction, base })
    }

    /// `http://host:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client of the control API.
    pub fn api(&self) -> Result<Api> {
        Api::new(&self.base, "none is needed")
    }

    /// The document of the printed `curl` whose address ends so.
    pub fn printed(&self, path: &str) -> Result<Value> {
        let wanted = format!("{path} ");
        let line = self.introduction.lines().find(|line| line.trim().starts_with("curl ") && line.contains(&wanted));
        let line = line.with_context(|| format!("no curl to {path} in {}", self.introduction))?;
        let (_, document) = line.split_once(" -d '").with_context(|| format!("no document in {line}"))?;
        Ok(serde_json::from_str(document.trim_end_matches('\''))?)
    }

    /// The next line that it prints, after the introduction, which has all of these words.
    pub async fn line_with(&mut self, words: &[&str]) -> Result<String> {
        loop {
            let line = timeout(DEADLINE, self.lines.next_line()).await.with_context(|| format!("no {words:?}"))??;
            let line = line.with_context(|| format!("it ended without {words:?}"))?;
            if words.iter().all(|word| line.contains(word)) {
                return Ok(line);
            }
        }
    }

    /// SIGTERM: it ends by itself.
    pub async fn stop(&mut self) -> Result<()> {
        let process = self.child.id().context("it does not run")?;
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {process}")]).status().await?;
        ensure!(asked.success(), "cannot ask the simulator to stop");
        self.line_with(&["stopped"]).await?;
        let status = timeout(DEADLINE, self.child.wait()).await.context("the simulator does not stop")??;
        ensure!(status.success(), "the simulator ended with {status}");
        Ok(())
    }
}
