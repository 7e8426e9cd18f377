//! `tidings events`: the log of what happened.

use clap::{Args, Subcommand, value_parser};
use serde_json::{Value, json};

use crate::{
    client::{Failure, ServerArguments, path, query},
    listen::Format,
    output::{Cell, Table},
    verb::{Desk, PageArguments, cell, dim, text},
};

/// The log of what happened.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings events list                                the last 50
  tidings events list --last 200 --types 'message.*'
  tidings events list --after evt_… --json           for a program that polls
  tidings events get evt_…
  tidings events resend evt_… --to ep_…")]
pub(crate) struct EventsArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists events, the oldest first
    List(ListArguments),
    /// Shows one event: what a webhook of it says
    Get {
        /// The event
        #[arg(value_name = "evt_…")]
        id: String,
        /// The shape of it
        #[arg(long, value_enum, default_value_t = Format::Lifecycle)]
        format: Format,
    },
    /// Sends an event to an endpoint again
    Resend {
        /// The event
        #[arg(value_name = "evt_…")]
        id: String,
        /// The endpoint
        #[arg(long, value_name = "ep_…")]
        to: String,
    },
}

#[derive(Debug, Clone, Args)]
struct ListArguments {
    /// The last so many, on one page: up to 200, or with --limit on pages of that size [default: 50]
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u16).range(1..))]
    #[arg(conflicts_with_all = ["after", "cursor"])]
    last: Option<u16>,
    /// Those after this one
    #[arg(long, value_name = "evt_…", conflicts_with = "cursor")]
    after: Option<String>,
    /// Only of these types, by name or pattern, with commas between them
    #[arg(long, value_name = "PATTERN")]
    types: Option<String>,
    /// Only of this channel
    #[arg(long, value_name = "chan_…")]
    channel: Option<String>,
    /// The shape of them
    #[arg(long, value_enum, default_value_t = Format::Lifecycle)]
    format: Format,
    #[command(flatten)]
    page: PageArguments,
}

/// Does it.
pub(crate) async fn run(arguments: EventsArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(list) => list_events(&desk, list).await,
        Verb::Get { id, format } => {
            let format = Some(format.webhook().name().to_owned());
            let answer = desk.client.get(&query(&path(&["events", &id]), &[("format", format)])).await?;
            desk.details(&answer)
        }
        Verb::Resend { id, to } => {
            let asked = json!({ "endpoint_id": to });
            let answer = desk.client.post(&path(&["events", &id, "resend"]), Some(&asked)).await?;
            desk.output.answer(&answer, |_| format!("{id} will be sent to {to}."))
        }
    }
}

async fn list_events(desk: &Desk, wanted: ListArguments) -> anyhow::Result<()> {
    let begins = wanted.after.is_none() && wanted.page.is_first();
    let page = wanted.page.holding(wanted.last).map_err(|most| {
        Failure::Usage(format!(
            "--last: a page holds at most {most}; say --limit {most} as well, and the next --cursor is told at its end"
        ))
    })?;
    let last = wanted.last.or_else(|| begins.then(|| page.size()));
    let parameters = [
        ("last", last.map(|last| last.to_string())),
        ("after", wanted.after),
        ("types", wanted.types),
        ("channel_id", wanted.channel),
        ("format", Some(wanted.format.webhook().name().to_owned())),
    ];
    let table = Table::new("Nothing has happened.", &["TIME", "EVENT", "ID", "~WHAT"]);
    desk.list(&["events"], &page.with(&parameters), table, |event| {
        vec![dim(event, time(event)), cell(event, "/event"), cell(event, id(event)), Cell::new(&words(event))]
    })
    .await
}

/// Where an event's id stands, which depends on its format.
fn id(event: &Value) -> &'static str {
    if event["event_id"].is_string() { "/event_id" } else { "/id" }
}

/// The same for its time.
fn time(event: &Value) -> &'static str {
    if event["timestamp"].is_string() { "/timestamp" } else { "/data/timestamp" }
}

/// What an event is about, in a few words.
pub(crate) fn words(event: &Value) -> String {
    let told = ["/data/content", "/data/content/body", "/data/name", "/data/error_message", "/data/channel_name"];
    let told = told.into_iter().filter_map(|pointer| event.pointer(pointer)?.as_str()).find(|text| !text.is_empty());
    let about = ["/data/message_id", "/data/conversation_id", "/data/contact_id", "/data/endpoint_id"];
    let about = || about.into_iter().map(|pointer| text(event, pointer)).find(|id| !id.is_empty());
    told.map(|text| format!("“{text}”")).or_else(about).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_in_its_own_words_or_by_what_it_is_about() {
        for (event, told) in [
            (json!({ "data": { "content": "Hello" } }), "“Hello”"),
            (json!({ "data": { "content": { "body": "Hello" } } }), "“Hello”"),
            (json!({ "data": { "message_id": "msg_1", "conversation_id": "conv_1" } }), "msg_1"),
            (json!({}), ""),
        ] {
            assert_eq!(words(&event), told);
        }
    }
}
