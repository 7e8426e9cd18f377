//! `tidings completions`: what a shell needs to complete the command line, made from the command line itself.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// For which shell.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings completions bash > ~/.local/share/bash-completion/completions/tidings
  tidings completions zsh > ~/.zfunc/_tidings          with fpath+=~/.zfunc before compinit
  tidings completions fish > ~/.config/fish/completions/tidings.fish
  tidings completions elvish >> ~/.config/elvish/rc.elv
  tidings completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints it.
pub(crate) fn run(arguments: &CompletionsArguments, command: &mut Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(arguments.shell, command, "tidings", &mut script);
    crate::print(String::from_utf8_lossy(&script).trim_end())
}
