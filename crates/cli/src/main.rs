//! `tidings`: the gateway as one binary.
//!
//! Each verb has a file. Only this crate names a backend, reads the environment and the command line, and prints.

mod audit;
mod backup;
mod bench;
mod channels;
mod client;
mod compact;
mod completions;
mod config;
mod contacts;
mod conversations;
mod demo;
mod doctor;
mod endpoints;
mod events;
mod export;
mod folder;
mod hex;
mod host;
mod jobs;
mod keep;
mod keys;
mod listen;
mod messages;
mod options;
mod origin;
mod output;
mod serve;
mod simulate;
mod trigger;
mod usage;
mod verb;
mod workspaces;

use std::{io::Write as _, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ABOUT: &str = "A self-hosted gateway between a company's systems and its customers on messaging channels";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed, or found something that is not as it should be
  2  the command line is wrong
  3  the server refused it
  4  the server cannot be reached, or failed";

/// The command line.
#[derive(Parser)]
#[command(name = "tidings", version, about = ABOUT, after_help = EXIT_CODES, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Runs the gateway on the embedded store.
    Serve(options::ServeArguments),
    /// Prints events as they happen, and hands them on to a program on this machine.
    Listen(listen::ListenArguments),
    /// Sends sample events to a program on this machine: every kind, in both formats, signed.
    Trigger(trigger::TriggerArguments),
    /// The accounts at the vendors.
    Channels(channels::ChannelsArguments),
    /// Who is told what happens.
    Endpoints(endpoints::EndpointsArguments),
    /// Messages, in and out.
    Messages(messages::MessagesArguments),
    /// The people that the company talks with.
    Contacts(contacts::ContactsArguments),
    /// What is talked of with whom.
    Conversations(conversations::ConversationsArguments),
    /// The log of what happened.
    Events(events::EventsArguments),
    /// API keys.
    Keys(keys::KeysArguments),
    /// The tenants of the server, for its operator.
    Workspaces(workspaces::WorkspacesArguments),
    /// What a workspace does, by day or month.
    Usage(usage::UsageArguments),
    /// Who set up what, when and from where.
    Audit(audit::AuditArguments),
    /// Replays that are under way, and those that were.
    Jobs(jobs::JobsArguments),
    /// Shows the gateway at work: no accounts, nothing else installed.
    Demo(demo::DemoArguments),
    /// Measures the gateway on this machine: loader, server and sink in one command.
    Bench(bench::BenchArguments),
    /// Plays WhatsApp for those who have no account there: the Graph API, customers, and a page to write from.
    Simulate(simulate::SimulateArguments),
    /// Prints the OpenAPI document.
    Openapi,
    /// Prints what stands in every webhook, field by field, as Markdown.
    Schemas,
    /// Writes everything that is a workspace's as JSON Lines.
    Export(export::ExportArguments),
    /// Copies everything that the server keeps into a folder, while it runs.
    Backup(backup::BackupArguments),
    /// Puts a backup in place of a data folder that is not there.
    Restore(backup::RestoreArguments),
    /// Writes the database anew, as short as it can be.
    Compact(compact::CompactArguments),
    /// Looks whether everything is as it should be, and says what to do.
    Doctor(Box<doctor::DoctorArguments>),
    /// Prints what a shell needs to complete the command line.
    Completions(completions::CompletionsArguments),
    /// Prints the configuration file with every option and its default.
    Config,
}

fn main() -> ExitCode {
    let matches = Command::command().get_matches();
    let Command { verb } = match Command::from_arg_matches(&matches) {
        Ok(command) => command,
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::from(error).context("cannot start the runtime")),
    };
    let done = runtime.block_on(async {
        match verb {
            Verb::Serve(arguments) => serve::run(arguments, matches.subcommand_matches("serve")).await,
            Verb::Listen(arguments) => listen::run(arguments).await,
            Verb::Trigger(arguments) => trigger::run(arguments).await,
            Verb::Channels(arguments) => channels::run(arguments).await,
            Verb::Endpoints(arguments) => endpoints::run(arguments).await,
            Verb::Messages(arguments) => messages::run(arguments).await,
            Verb::Contacts(arguments) => contacts::run(arguments).await,
            Verb::Conversations(arguments) => conversations::run(arguments).await,
            Verb::Events(arguments) => events::run(arguments).await,
            Verb::Keys(arguments) => keys::run(arguments).await,
            Verb::Workspaces(arguments) => workspaces::run(arguments).await,
            Verb::Usage(arguments) => usage::run(arguments).await,
            Verb::Audit(arguments) => audit::run(arguments).await,
            Verb::Jobs(arguments) => jobs::run(arguments).await,
            Verb::Doctor(arguments) => doctor::run(*arguments).await,
            Verb::Export(arguments) => export::run(arguments).await,
            Verb::Backup(arguments) => backup::back_up(arguments),
            Verb::Restore(arguments) => backup::restore(arguments),
            Verb::Compact(arguments) => compact::run(arguments),
            Verb::Demo(arguments) => demo::run(arguments).await,
            Verb::Bench(arguments) => bench::run(arguments).await,
            Verb::Simulate(arguments) => simulate::run(arguments).await,
            Verb::Openapi => print(&serde_json::to_string_pretty(&tidings_gateway::openapi())?),
            Verb::Schemas => print(tidings_webhooks::schema::reference().trim_end()),
            Verb::Completions(arguments) => completions::run(&arguments, &mut Command::command()),
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
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<client::Failure>());
    failure.map_or(ExitCode::FAILURE, client::Failure::exit_code)
}
