//! `tidings endpoints`: who is told what happens.

mod attempts;
mod fields;
mod replay;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::{attempts::AttemptsArguments, fields::EndpointFields, replay::ReplayArguments};
use crate::{
    client::{ServerArguments, path},
    output::{Table, Tone, clean, confirm},
    verb::{Desk, PageArguments, YesArgument, cell, document, status, text},
};

/// Who is told what happens.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings endpoints add --url https://example.com/webhooks --events 'message.*,channel.*'
  tidings endpoints test ep_…
  tidings endpoints stats ep_…
  tidings endpoints update ep_… --enabled true
  tidings endpoints replay ep_… --only missing --since 2026-11-01T00:00:00Z --wait")]
pub(crate) struct EndpointsArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists the endpoints
    List(PageArguments),
    /// Shows one endpoint
    Get(EndpointArgument),
    /// Registers an endpoint; its secret is shown once
    #[command(
        visible_alias = "create",
        after_help = "\
Examples:
  tidings endpoints add --url https://example.com/webhooks
  tidings endpoints add --url https://example.com/webhooks --events 'message.*' --format object
  tidings endpoints add --url https://example.com/webhooks --filter '{\"data.channel_type\": \"whatsapp\"}'"
    )]
    Add {
        /// Where it is
        #[arg(long)]
        url: String,
        #[command(flatten)]
        fields: Box<EndpointFields>,
    },
    /// Changes an endpoint
    Update(Box<UpdateArguments>),
    /// Deletes an endpoint
    Delete {
        #[command(flatten)]
        endpoint: EndpointArgument,
        #[command(flatten)]
        yes: YesArgument,
    },
    /// Sends it a `webhook.test` now, and tells what it answers
    Test(EndpointArgument),
    /// Replaces its secret; the old one signs beside the new one for a while
    Rotate {
        #[command(flatten)]
        endpoint: EndpointArgument,
        /// For how long the old secret signs, too; 0 is the emergency [default: a day]
        #[arg(long, value_name = "SECONDS")]
        overlap_seconds: Option<u32>,
        #[command(flatten)]
        yes: YesArgument,
    },
    /// Sends events of the past again
    Replay(ReplayArguments),
    /// Tells how it is doing
    Stats(EndpointArgument),
    /// Lists the attempts at it, the newest first
    Attempts(AttemptsArguments),
    /// Lists what was given up and not taken since
    DeadLetters {
        #[command(flatten)]
        endpoint: EndpointArgument,
        #[command(flatten)]
        page: PageArguments,
    },
}

#[derive(Debug, Clone, Args)]
struct EndpointArgument {
    /// The endpoint
    #[arg(value_name = "ep_…")]
    id: String,
}

#[derive(Debug, Clone, Args)]
struct UpdateArguments {
    #[command(flatten)]
    endpoint: EndpointArgument,
    /// Where it is
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    fields: EndpointFields,
    /// With --enabled true: what was missed meanwhile is not delivered
    #[arg(long, requires = "enabled")]
    from_now: bool,
}

/// Does it.
pub(crate) async fn run(arguments: EndpointsArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(page) => {
            let table = Table::new("There are no endpoints.", &["ID", "STATUS", "FORMAT", "~URL", "~EVENTS"]);
            desk.list(&["endpoints"], &page.with(&[]), table, |endpoint| {
                vec![
                    cell(endpoint, "/id"),
                    status(endpoint, "/status"),
                    cell(endpoint, "/format"),
                    cell(endpoint, "/url"),
                    cell(endpoint, "/events"),
                ]
            })
            .await
        }
        Verb::Get(EndpointArgument { id }) => desk.show(&["endpoints", &id]).await,
        Verb::Add { url, fields } => {
            let asked = fields.document([("url", Some(json!(url)))]);
            let answer = desk.client.post(&path(&["endpoints"]), Some(&asked)).await?;
            desk.output.answer(&answer, |answer| with_secret(&desk, &answer.json, &text(&answer.json, "/id")))
        }
        Verb::Update(arguments) => {
            let UpdateArguments { endpoint, url, fields, from_now } = *arguments;
            let change =
                fields.document([("url", url.map(Value::from)), ("resume_from", from_now.then(|| json!("now")))]);
            let answer = desk.client.patch(&path(&["endpoints", &endpoint.id]), &change).await?;
            desk.details(&answer)
        }
        Verb::Delete { endpoint: EndpointArgument { id }, yes } => desk.delete(&["endpoints", &id], &id, &yes).await,
        Verb::Test(EndpointArgument { id }) => test(&desk, &id).await,
        Verb::Rotate { endpoint: EndpointArgument { id }, overlap_seconds, yes } => {
            confirm(&format!("replace the secret of {id}"), yes.yes)?;
            let asked = document([("overlap_seconds", overlap_seconds.map(Value::from))]);
            let answer = desk.client.post(&path(&["endpoints", &id, "secret", "rotate"]), Some(&asked)).await?;
            desk.output.answer(&answer, |answer| {
                let before = match (overlap_seconds, text(&answer.json, "/previous_valid_until")) {
                    (Some(0), _) => "The one before it signs no longer.".to_owned(),
                    (_, until) => format!("The one before it signs, too, until {until}."),
                };
                format!("{}\n{before}", with_secret(&desk, &answer.json, &id))
            })
        }
        Verb::Replay(arguments) => replay::replay(&desk, arguments).await,
        Verb::Stats(EndpointArgument { id }) => desk.show(&["endpoints", &id, "stats"]).await,
        Verb::Attempts(arguments) => attempts::attempts(&desk, arguments).await,
        Verb::DeadLetters { endpoint: EndpointArgument { id }, page } => {
            let table = attempts::table("Nothing was given up.");
            desk.list(&["endpoints", &id, "dead-letters"], &page.with(&[]), table, attempts::row).await
        }
    }
}

/// What is shown only once.
fn with_secret(desk: &Desk, answer: &Value, id: &str) -> String {
    let secret = desk.output.paint.on(Tone::Bold, &text(answer, "/secret"));
    format!("The secret of {id}, shown only this once:\n\n    {secret}\n")
}

/// What it answers. What does not arrive is a failure, so that scripts notice it.
pub(crate) async fn test(desk: &Desk, id: &str) -> anyhow::Result<()> {
    let answer = desk.client.post(&path(&["endpoints", id, "test"]), None).await?;
    let delivered = answer.json["delivered"] == true;
    desk.output.answer(&answer, |answer| {
        let field = |pointer: &str| clean(&text(&answer.json, pointer));
        let (tone, word) = if delivered { (Tone::Good, "delivered") } else { (Tone::Bad, "not delivered") };
        let word = desk.output.paint.on(tone, word);
        let (status, duration) = (field("/status_code"), field("/duration_ms"));
        let line = format!("{word}  {status}  {duration} ms  {}  {}", field("/error"), field("/response_body"));
        line.trim_end().to_owned()
    })?;
    anyhow::ensure!(delivered, "{id} did not take the test");
    Ok(())
}
