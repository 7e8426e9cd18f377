//! `tidings messages`: what was written, and what is to be sent.

mod send;
mod trace;

use clap::{Args, Subcommand};

use self::send::SendArguments;
use crate::{
    client::{ServerArguments, path},
    output::Table,
    verb::{Desk, PageArguments, cell, dim, status, text},
};

/// Messages, in and out.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings messages send --channel chan_… --to +5511987654321 --text 'On its way.'
  tidings messages list --status failed
  tidings messages retry msg_…
  tidings messages trace msg_…")]
pub(crate) struct MessagesArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists messages, the newest first
    List(ListArguments),
    /// Shows one message
    Get(MessageArgument),
    /// Sends a message; done when the server has it on the disk
    Send(Box<SendArguments>),
    /// Sends a failed message again, as a new attempt
    Retry(MessageArgument),
    /// Cancels a message that has not gone out yet
    Cancel(MessageArgument),
    /// Shows a message's whole story, to every endpoint's answers
    Trace(MessageArgument),
}

#[derive(Debug, Clone, Args)]
struct MessageArgument {
    /// The message
    #[arg(value_name = "msg_…")]
    id: String,
}

#[derive(Debug, Clone, Args)]
struct ListArguments {
    /// Only of this channel
    #[arg(long, value_name = "chan_…")]
    channel: Option<String>,
    /// Only of this conversation
    #[arg(long, value_name = "conv_…")]
    conversation: Option<String>,
    /// Only with this contact
    #[arg(long, value_name = "cont_…")]
    contact: Option<String>,
    /// Only in this status, such as failed
    #[arg(long)]
    status: Option<String>,
    /// Only inbound or outbound ones
    #[arg(long)]
    direction: Option<String>,
    /// Only those recorded at this time or later, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only those recorded before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

/// Does it.
pub(crate) async fn run(arguments: MessagesArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(list) => list_messages(&desk, list).await,
        Verb::Get(MessageArgument { id }) => desk.show(&["messages", &id]).await,
        Verb::Send(arguments) => send::send(&desk, *arguments).await,
        Verb::Retry(MessageArgument { id }) => {
            let answer = desk.client.post(&path(&["messages", &id, "retry"]), None).await?;
            desk.output.answer(&answer, |answer| format!("{id} is {}.", text(&answer.json, "/status")))
        }
        Verb::Cancel(MessageArgument { id }) => {
            let answer = desk.client.delete(&path(&["messages", &id])).await?;
            desk.output.answer(&answer, |_| format!("{id} is cancelled."))
        }
        Verb::Trace(MessageArgument { id }) => trace::trace(&desk, &id).await,
    }
}

async fn list_messages(desk: &Desk, list: ListArguments) -> anyhow::Result<()> {
    let parameters = [
        ("channel_id", list.channel),
        ("conversation_id", list.conversation),
        ("contact_id", list.contact),
        ("status", list.status),
        ("direction", list.direction),
        ("since", list.since),
        ("until", list.until),
    ];
    let table = Table::new("There are no messages.", &["CREATED", "ID", "DIRECTION", "STATUS", "TYPE", "~TEXT"]);
    desk.list(&["messages"], &list.page.with(&parameters), table, |message| {
        vec![
            dim(message, "/created_at"),
            cell(message, "/id"),
            cell(message, "/direction"),
            status(message, "/status"),
            cell(message, "/type"),
            cell(message, if message["error"].is_null() { "/text" } else { "/error/message" }),
        ]
    })
    .await
}
