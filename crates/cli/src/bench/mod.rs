//! `tidings bench`: loader, server and sink on one machine, and a table at the end, so that anybody can repeat the figures
//! of `docs/performance.md`.
//!
//! The server is this same binary, started as a child on an empty data folder for each scenario and set up through its
//! public API. The loader plays `WhatsApp` and posts signed webhooks, or asks the API to send messages by way of a
//! vendor that takes everything; the sink is the endpoint that must hear of them. Each
//! message carries a marker in its text by which the sink finds it again. Everything stays on the loopback interface and
//! is bounded by `--messages` and `--seconds`. What the loader reaches against its own sink, without a server between
//! them, is measured in the same run and called R: only shares of R can be compared between machines.
//!
//! Story: [`scenario`] makes a [`child::Server`], drives [`load`] at it, waits for the [`sink`], and turns the
//! [`ledger`]'s times and the kernel's accounting ([`usage`]) into [`figures`], which [`table`] prints.

mod aged;
mod child;
mod figures;
mod ledger;
mod load;
mod readings;
mod retention;
mod scenario;
mod setup;
mod sink;
mod table;
mod template;
mod usage;

use std::{io::Write, path::PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use figures::Report;

/// Measures messages in to webhooks out, on this machine.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchArguments {
    /// What to measure.
    #[arg(long, value_enum, default_value_t = Scenario::All)]
    pub(crate) scenario: Scenario,
    /// Messages sent in each run at full speed.
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) messages: u32,
    /// How long each run at a fixed rate lasts.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// Messages per second in the runs at a fixed rate.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: u32,
    /// Connections of the loader.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=900))]
    pub(crate) connections: u32,
    /// Endpoints of the fan-out run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) endpoints: u32,
    /// Messages of the aged folder of the retention run.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub(crate) aged_messages: u32,
    /// Folder for the servers' data, on the disk to be measured; it is left behind. Without it a temporary one is used.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Prints one JSON object instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// All of the following but the backlog and retention.
    All,
    /// As fast as the server acknowledges, one endpoint.
    Saturation,
    /// As fast as the server acknowledges, several endpoints.
    Fanout,
    /// At a fixed rate, one endpoint.
    Latency,
    /// At a fixed rate, a healthy endpoint alone, then beside one that hangs, one that drips and one that fails.
    SlowEndpoint,
    /// Messages out, as fast as the server accepts them. They go out at the 1,000 a second that a vendor allows at most.
    Send,
    /// Messages out, at a fixed rate.
    SendRate,
    /// As fast as the server acknowledges, one endpoint that fails: what undelivered events cost.
    Backlog,
    /// On a folder as weeks of work leave it, with `--aged-messages` and five times as many events: messages in and out
    /// against an empty one, lists and searches, and what deleting the oldest fifth holds up. It takes half an hour.
    Retention,
}

/// Measures and prints. Lost messages are an error: figures of a server that loses something are worth nothing.
pub(crate) async fn run(arguments: BenchArguments) -> Result<()> {
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let data = arguments.data.as_deref().unwrap_or(temporary.path());
    let report = scenario::measure(&arguments, data).await?;
    let mut output = std::io::stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut output, &report)?;
        writeln!(output)?;
    } else {
        write!(output, "{}", table::render(&report))?;
    }
    let lost = lost(&report);
    anyhow::ensure!(lost == 0, "{lost} acknowledged messages did not arrive");
    Ok(())
}

fn lost(report: &Report) -> usize {
    report.runs.iter().map(|run| run.lost).sum()
}
