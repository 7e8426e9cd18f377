//! The command line as somebody types it: a verb that ends ([`Told`]), and one that goes on ([`Running`]).

use std::{process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{ADMIN_KEY, binary};

/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a verb told before it ended.
#[derive(Debug)]
pub struct Told {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

impl Told {
    /// Standard output of a verb that did what it was asked.
    pub fn ok(self) -> Result<String> {
        ensure!(self.code == Some(0), "it ended with {:?}: {}{}", self.code, self.output, self.errors);
        Ok(self.output)
    }

    /// The same as JSON.
    pub fn json(self) -> Result<Value> {
        let output = self.ok()?;
        serde_json::from_str(&output).with_context(|| format!("not JSON: {output}"))
    }
}

/// Runs a verb against the server at this address, with the operator's key.
pub async fn tidings(base: &str, arguments: &[&str]) -> Result<Told> {
    tidings_with(base, arguments, &[]).await
}

/// The same with further variables.
pub async fn tidings_with(base: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Told> {
    let mut command = command(base, arguments)?;
    let running = command.envs(variables.iter().copied()).stdin(Stdio::null()).output();
    let output = timeout(PATIENCE, running).await.with_context(|| format!("{arguments:?} does not end"))??;
    Ok(Told {
        code: output.status.code(),
        output: String::from_utf8(output.stdout)?,
        errors: String::from_utf8(output.stderr)?,
    })
}

/// A verb that goes on. Its process is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts it.
    pub fn start(base: &str, arguments: &[&str]) -> Result<Running> {
        Running::of(command(base, arguments)?)
    }

    /// The same, with what it says on standard error among its lines.
    pub fn with_errors(base: &str, arguments: &[&str]) -> Result<Running> {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(binary::path()?).args(arguments);
        Running::of(asking(shell, base))
    }

    /// Any other program that goes on.
    pub fn of(mut command: Command) -> Result<Running> {
        command.kill_on_drop(true);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().context("it has no output")?;
        Ok(Running { child, lines: BufReader::new(stdout).lines() })
    }

    /// The next line of its output.
    pub async fn line(&mut self) -> Result<String> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.context("it says nothing")??;
        line.context("its output has ended")
    }

    /// The next line that has these words.
    pub async fn line_with(&mut self, words: &str) -> Result<String> {
        loop {
            let line = self.line().await.with_context(|| format!("without “{words}”"))?;
            if line.contains(words) {
                return Ok(line);
            }
        }
    }

    /// The next lines, so many.
    pub async fn lines(&mut self, number: usize) -> Result<Vec<String>> {
        let mut lines = Vec::with_capacity(number);
        for _ in 0..number {
            lines.push(self.line().await?);
        }
        Ok(lines)
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

fn command(base: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(binary::path()?);
    command.args(arguments);
    Ok(asking(command, base))
}

/// The server and the key that are meant unless it is said otherwise.
fn asking(mut command: Command, base: &str) -> Command {
    command.env("TIDINGS_SERVER", base).env("TIDINGS_KEY", ADMIN_KEY).kill_on_drop(true);
    for other in ["TIDINGS_ADMIN_KEY", "TIDINGS_WORKSPACE", "TIDINGS_CONFIG", "TIDINGS_DATA"] {
        command.env_remove(other);
    }
    command
}
