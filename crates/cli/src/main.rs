//! `tidings`: the gateway as one binary.
//!
//! Each verb has a file. Only this crate names a backend, reads the environment and the command line, and prints.

mod bench;
mod config;
mod demo;
mod host;
mod options;
mod serve;
mod simulate;

use std::{io::Write as _, process::ExitCode};

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ABOUT: &str = "A self-hosted gateway between a company's systems and its customers on messaging channels";

/// The command line.
#[derive(Parser)]
#[command(name = "tidings", version, about = ABOUT, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Runs the gateway on the embedded store.
    Serve(options::ServeArguments),
    /// Shows the gateway at work: no accounts, nothing else installed.
    Demo(demo::DemoArguments),
    /// Measures the gateway on this machine: loader, server and sink in one command.
    Bench(bench::BenchArguments),
    /// Plays WhatsApp for those who have no account there: the Graph API, customers, and a page to write from.
    Simulate(simulate::SimulateArguments),
    /// Prints the OpenAPI document.
    Openapi,
    /// Prints the configuration file with every option and its default.
    Config,
}

fn main() -> ExitCode {
    let Command { verb } = Command::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::from(error).context("cannot start the runtime")),
    };
    let done = runtime.block_on(async {
        match verb {
            Verb::Serve(arguments) => serve::run(arguments).await,
            Verb::Demo(arguments) => demo::run(arguments).await,
            Verb::Bench(arguments) => bench::run(arguments).await,
            Verb::Simulate(arguments) => simulate::run(arguments).await,
            Verb::Openapi => print(&tidings_gateway::openapi().to_pretty_json()?),
            Verb::Config => print(config::REFERENCE.trim_end()),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// To standard output. A reader that has gone away is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // Nothing is left to be done when standard error is closed.
    let _ = writeln!(std::io::stderr(), "tidings: {error:#}");
    ExitCode::FAILURE
}
