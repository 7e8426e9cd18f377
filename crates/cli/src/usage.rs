//! `tidings usage`: what a workspace does, by day or month.

use clap::Args;

use crate::{
    client::ServerArguments,
    output::Table,
    verb::{Desk, cell},
};

/// What a workspace does, by day or month.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings usage
  tidings usage --by month --since 2026-01-01
  tidings usage --workspace ws_… --json     with what it has and may have")]
pub(crate) struct UsageArguments {
    /// The first day in UTC, such as 2026-11-01 [default: 30 days ago]
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// The day after the last one [default: tomorrow]
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// day or month
    #[arg(long, value_name = "day | month")]
    by: Option<String>,
    #[command(flatten)]
    server: ServerArguments,
}

/// Does it.
pub(crate) async fn run(arguments: UsageArguments) -> anyhow::Result<()> {
    let UsageArguments { since, until, by, server } = arguments;
    let desk = Desk::new(&server)?;
    let columns = ["PERIOD", "MESSAGES IN", "MESSAGES OUT", "EVENTS", "WEBHOOKS TAKEN", "NOT TAKEN", "FILE BYTES"];
    let table = Table::new("Nothing was done.", &columns);
    desk.list(&["usage"], &[("since", since), ("until", until), ("by", by)], table, |period| {
        let fields =
            ["period", "messages_in", "messages_out", "events", "webhooks_delivered", "webhooks_failed", "media_bytes"];
        fields.map(|field| cell(period, &format!("/{field}"))).into()
    })
    .await
}
