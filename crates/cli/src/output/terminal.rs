//! The terminal: how wide it is, and what is asked on it.

use std::io::{self, IsTerminal as _, Write as _, stderr, stdin, stdout};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::client::Failure;

/// The exit code of a process that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// How many columns standard output has, where it is a terminal.
pub(crate) fn width() -> Option<usize> {
    let stdout = stdout();
    let size = stdout.is_terminal().then(|| tcgetwinsize(&stdout).ok()).flatten()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

/// Whether somebody can be asked.
pub(crate) fn is_conversation() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Asks until what is typed is right; `check` says what is wrong with it.
pub(crate) fn ask(question: &str, check: impl Fn(&str) -> Result<(), String>) -> anyhow::Result<String> {
    loop {
        prompt(question);
        let typed = read_line()?;
        match check(&typed) {
            Ok(()) => return Ok(typed),
            Err(wrong) => super::note(&format!("  {wrong}")),
        }
    }
}

/// The same without showing what is typed.
pub(crate) fn ask_secret(question: &str, check: impl Fn(&str) -> Result<(), String>) -> anyhow::Result<String> {
    loop {
        prompt(&format!("{question} (hidden)"));
        let hidden = Hidden::start();
        let typed = read_line();
        drop(hidden);
        super::note("");
        let typed = typed?;
        match check(&typed) {
            Ok(()) => return Ok(typed),
            Err(wrong) => super::note(&format!("  {wrong}")),
        }
    }
}

/// Asks before something is done that cannot be undone. Where nobody can be asked, `--yes` must have been said.
pub(crate) fn confirm(what: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !is_conversation() {
        return Err(Failure::Usage(format!("{what}: nobody can be asked here; say --yes")).into());
    }
    prompt(&format!("{what}? [y/N]"));
    let typed = read_line()?;
    anyhow::ensure!(matches!(&*typed.to_lowercase(), "y" | "yes"), "nothing was done");
    Ok(())
}

fn prompt(question: &str) {
    let mut stderr = stderr();
    // Whoever closed it does not read the question, and is not waited for either: input ends.
    let _ = write!(stderr, "{question}: ").and_then(|()| stderr.flush());
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    if stdin().read_line(&mut line)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the input ended before everything was asked").into());
    }
    Ok(line.trim().to_owned())
}

/// Whoever interrupts a hidden question would otherwise be left with a terminal that shows nothing.
fn show_when_interrupted(before: Termios) {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
            super::note("");
            std::process::exit(INTERRUPTED);
        }
    });
}

/// What is typed is not shown for as long as this lives.
struct Hidden(Option<Termios>);

impl Hidden {
    fn start() -> Self {
        let before = tcgetattr(stdin()).ok();
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            show_when_interrupted(before.clone());
            // Where it cannot be hidden it is shown.
            let _ = tcsetattr(stdin(), OptionalActions::Flush, &hidden);
        }
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}
