//! A browser without a window, spoken to over pipes. Source: "Chrome `DevTools` Protocol", with `--remote-debugging-pipe`:
//! commands on descriptor 3, answers on 4, each ended by a zero byte.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Duration, timeout},
};

use crate::eventually;

/// However busy the machine is with other tests.
const DEADLINE: Duration = Duration::from_mins(1);

/// A browser with one page. Its process is killed when it is dropped.
#[derive(Debug)]
pub struct Browser {
    _child: Child,
    _profile: tempfile::TempDir,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
}

impl Browser {
    /// Opens a page, or nothing where no browser is installed.
    pub async fn open(url: &str) -> Result<Option<Browser>> {
        let Some(program) = installed().await? else { return Ok(None) };
        let profile = tempfile::tempdir()?;
        let folder = profile.path().display();
        let command = format!(
            "exec {program} --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir='{folder}' \
             --remote-debugging-pipe 3<&0 4>&1 1>&2 0</dev/null"
        );
        let mut child = Command::new("sh")
            .args(["-c", &command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let commands = child.stdin.take().context("it takes commands")?;
        let answers = BufReader::new(child.stdout.take().context("it answers")?);
        let mut browser = Browser { _child: child, _profile: profile, commands, answers, session: None, last: 0 };
        let target = browser.command("Target.createTarget", json!({ "url": url })).await?["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = browser.command("Target.attachToTarget", attach).await?;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        Ok(Some(browser))
    }

    /// What an expression is worth in the page.
    pub async fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let wish = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.command("Runtime.evaluate", wish).await?;
        ensure!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until an expression is true in the page.
    pub async fn until(&mut self, expression: &str) -> Result<()> {
        eventually(expression, async || self.holds(expression).await).await
    }

    async fn holds(&mut self, expression: &str) -> Result<Option<()>> {
        Ok((self.evaluate(&format!("Boolean({expression})")).await? == true).then_some(()))
    }

    async fn command(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).await?;
        loop {
            let mut answer = Vec::new();
            let read =
                timeout(DEADLINE, self.answers.read_until(0, &mut answer)).await.context("the browser hangs")??;
            ensure!(read > 0, "the browser ended");
            answer.pop();
            let mut answer: Value = serde_json::from_slice(&answer)?;
            // What is no answer to this is a notice.
            if answer["id"] == self.last {
                ensure!(answer.get("error").is_none(), "{method}: {answer}");
                return Ok(answer["result"].take());
            }
        }
    }
}

async fn installed() -> Result<Option<&'static str>> {
    for program in ["chromium", "chromium-browser", "google-chrome"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
        if found.await?.success() {
            return Ok(Some(program));
        }
    }
    Ok(None)
}
