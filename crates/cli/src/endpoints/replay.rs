//! `tidings endpoints replay`: events of the past are sent again, as a job that may be waited for.

use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::EndpointArgument;
use crate::{
    client::{Answer, path},
    output::note,
    verb::{Desk, document, text},
};

/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The steps of the bar.
const STEPS: f64 = 1000.0;

/// Which events are sent again.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings endpoints replay ep_… --only missing --since 2026-11-01T00:00:00Z --dry-run
  tidings endpoints replay ep_… --only failed --since 2026-11-01T00:00:00Z --wait")]
pub(super) struct ReplayArguments {
    #[command(flatten)]
    endpoint: EndpointArgument,
    /// Which of the events that it wants
    #[arg(long, value_enum)]
    only: Only,
    /// Recorded at this time or later, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Recorded before this time [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only these events, by name or pattern, with commas between them
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    events: Vec<String>,
    /// Only counts: nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// Waits for the end of the job
    #[arg(long, conflicts_with = "dry_run")]
    wait: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Only {
    /// What was never tried at it, for whatever reason
    Missing,
    /// What was given up
    Failed,
    /// All
    All,
}

impl Only {
    const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Failed => "failed",
            Self::All => "all",
        }
    }
}

/// Begins it and, if it is wished, waits for it.
pub(super) async fn replay(desk: &Desk, arguments: ReplayArguments) -> anyhow::Result<()> {
    let asked = document([
        ("only", Some(json!(arguments.only.name()))),
        ("since", Some(json!(arguments.since))),
        ("until", arguments.until.map(Value::from)),
        ("events", (!arguments.events.is_empty()).then(|| json!(arguments.events))),
        ("dry_run", arguments.dry_run.then_some(Value::Bool(true))),
    ]);
    let answer = desk.client.post(&path(&["endpoints", &arguments.endpoint.id, "replay"]), Some(&asked)).await?;
    if !arguments.wait {
        return desk.output.answer(&answer, |answer| told(&answer.json));
    }
    let answer = wait(desk, &answer).await?;
    desk.output.answer(&answer, |answer| told(&answer.json))?;
    let status = text(&answer.json, "/status");
    anyhow::ensure!(status == "done", "the job is {status}");
    Ok(())
}

/// Looks at the job until it is over. On a terminal a bar shows how far it is.
async fn wait(desk: &Desk, begun: &Answer) -> anyhow::Result<Answer> {
    let id = text(&begun.json, "/id");
    note(&format!("{id} is under way; it goes on when this command is ended."));
    // Draws on standard error, and only on a terminal.
    let bar = ProgressBar::new(steps(&json!({ "progress": 1 })));
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3}%  {msg}")?);
    loop {
        let answer = desk.client.get(&path(&["jobs", &id])).await?;
        bar.set_position(steps(&answer.json));
        bar.set_message(format!("{} of {} sent", text(&answer.json, "/sent"), text(&answer.json, "/count")));
        if answer.json["status"] != "running" {
            bar.finish_and_clear();
            return Ok(answer);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// How far a job is, in steps of the bar.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and the steps")]
fn steps(job: &Value) -> u64 {
    (job["progress"].as_f64().unwrap_or(0.0).clamp(0.0, 1.0) * STEPS).round() as u64
}

/// A count or a job, in words.
fn told(answer: &Value) -> String {
    let field = |pointer: &str| text(answer, pointer);
    let (id, status, count) = (field("/id"), field("/status"), field("/count"));
    match &*status {
        "" => format!("{count} events at most would be sent."),
        "running" => format!("{id} is running: {count} events at most. See how far it is: tidings jobs get {id}"),
        _ => format!("{id} is {status}: {} of {count} events at most were sent.", field("/sent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_goes_as_far_as_the_job() {
        for (progress, expected) in
            [(json!(0), 0), (json!(0.5), 500), (json!(1), 1000), (json!(7), 1000), (json!(null), 0)]
        {
            assert_eq!(steps(&json!({ "progress": progress })), expected);
        }
    }

    #[test]
    fn a_count_and_a_job_are_told() {
        assert_eq!(told(&json!({ "count": 3 })), "3 events at most would be sent.");
        let job = json!({ "id": "job_1", "status": "done", "count": 3, "sent": 2 });
        assert_eq!(told(&job), "job_1 is done: 2 of 3 events at most were sent.");
    }
}
