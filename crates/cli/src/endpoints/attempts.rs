//! `tidings endpoints attempts` and `dead-letters`: the delivery log as a table.

use clap::Args;
use serde_json::Value;

use super::EndpointArgument;
use crate::{
    output::{Cell, Table},
    verb::{Desk, PageArguments, cell, dim, status},
};

/// Which attempts.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings endpoints attempts ep_… --outcome failed
  tidings endpoints attempts ep_… --message msg_…")]
pub(super) struct AttemptsArguments {
    #[command(flatten)]
    endpoint: EndpointArgument,
    /// Only of this event
    #[arg(long, value_name = "evt_…")]
    event: Option<String>,
    /// Only of this message's events
    #[arg(long, value_name = "msg_…")]
    message: Option<String>,
    /// Only with this outcome: delivered, failed or dead
    #[arg(long)]
    outcome: Option<String>,
    /// Only those answered so
    #[arg(long, value_name = "NUMBER")]
    status_code: Option<u16>,
    /// Only those made at this time or later
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only those made before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

/// Lists them.
pub(super) async fn attempts(desk: &Desk, arguments: AttemptsArguments) -> anyhow::Result<()> {
    let parameters = [
        ("event_id", arguments.event),
        ("message_id", arguments.message),
        ("outcome", arguments.outcome),
        ("status_code", arguments.status_code.map(|code| code.to_string())),
        ("since", arguments.since),
        ("until", arguments.until),
    ];
    let segments = ["endpoints", &*arguments.endpoint.id, "attempts"];
    desk.list(&segments, &arguments.page.with(&parameters), table("There was no attempt."), row).await
}

/// The table of attempts.
pub(super) fn table(nothing: &'static str) -> Table {
    Table::new(nothing, &["TIME", "EVENT", "NO", "OUTCOME", "STATUS", "MS", "~ERROR", "NEXT"])
}

/// An attempt's row.
pub(super) fn row(attempt: &Value) -> Vec<Cell> {
    vec![
        dim(attempt, "/at"),
        cell(attempt, "/event_id"),
        cell(attempt, "/attempt"),
        status(attempt, "/outcome"),
        cell(attempt, "/status_code"),
        cell(attempt, "/duration_ms"),
        cell(attempt, "/error"),
        dim(attempt, "/next_at"),
    ]
}
