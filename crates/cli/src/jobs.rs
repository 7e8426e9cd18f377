//! `tidings jobs`: replays that are under way, and those that were.

use clap::{Args, Subcommand};

use crate::{
    client::{ServerArguments, path},
    output::Table,
    verb::{Desk, PageArguments, cell, dim, status, text},
};

/// Replays that are under way, and those that were.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings jobs list
  tidings jobs get job_…
  tidings jobs cancel job_…")]
pub(crate) struct JobsArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists the jobs, the newest first
    List(PageArguments),
    /// Shows one job
    Get(JobArgument),
    /// Ends a job
    Cancel(JobArgument),
}

#[derive(Debug, Clone, Args)]
struct JobArgument {
    /// The job
    #[arg(value_name = "job_…")]
    id: String,
}

/// Does it.
pub(crate) async fn run(arguments: JobsArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(page) => {
            let table =
                Table::new("There are no jobs.", &["ID", "ENDPOINT", "ONLY", "STATUS", "SENT", "COUNT", "CREATED"]);
            desk.list(&["jobs"], &page.with(&[]), table, |job| {
                vec![
                    cell(job, "/id"),
                    cell(job, "/endpoint_id"),
                    cell(job, "/only"),
                    status(job, "/status"),
                    cell(job, "/sent"),
                    cell(job, "/count"),
                    dim(job, "/created_at"),
                ]
            })
            .await
        }
        Verb::Get(JobArgument { id }) => desk.show(&["jobs", &id]).await,
        Verb::Cancel(JobArgument { id }) => {
            let answer = desk.client.post(&path(&["jobs", &id, "cancel"]), None).await?;
            desk.output.answer(&answer, |answer| format!("{id} is {}.", text(&answer.json, "/status")))
        }
    }
}
