//! `tidings conversations`: what is talked of with whom, and on which channel.

use clap::{Args, Subcommand};

use crate::{
    client::ServerArguments,
    output::Table,
    verb::{Desk, PageArguments, cell, dim},
};

/// What is talked of with whom, and on which channel.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings conversations list --status open --unread
  tidings conversations get conv_…
  tidings messages list --conversation conv_…")]
pub(crate) struct ConversationsArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists conversations, the newest first
    List(Box<ListArguments>),
    /// Shows one conversation
    Get {
        /// The conversation
        #[arg(value_name = "conv_…")]
        id: String,
    },
}

#[derive(Debug, Clone, Args)]
struct ListArguments {
    /// Only by this channel
    #[arg(long, value_name = "chan_…")]
    channel: Option<String>,
    /// Only with this contact
    #[arg(long, value_name = "cont_…")]
    contact: Option<String>,
    /// Only those that are open, or closed
    #[arg(long)]
    status: Option<String>,
    /// Only those with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only those that somebody is to look after
    #[arg(long, value_name = "WHO")]
    assigned_to: Option<String>,
    /// Only those in which something is unread
    #[arg(long)]
    unread: bool,
    /// Only those that began at this time or later, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only those that began before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

/// Does it.
pub(crate) async fn run(arguments: ConversationsArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(wanted) => list(&desk, *wanted).await,
        Verb::Get { id } => desk.show(&["conversations", &id]).await,
    }
}

async fn list(desk: &Desk, wanted: ListArguments) -> anyhow::Result<()> {
    let parameters = [
        ("channel_id", wanted.channel),
        ("contact_id", wanted.contact),
        ("status", wanted.status),
        ("tag", wanted.tag),
        ("assigned_to", wanted.assigned_to),
        ("unread", wanted.unread.then(|| "true".to_owned())),
        ("since", wanted.since),
        ("until", wanted.until),
    ];
    let columns = ["ID", "CONTACT", "CHANNEL", "STATUS", "MESSAGES", "UNREAD", "~ASSIGNED TO", "LAST MESSAGE"];
    let table = Table::new("There are no such conversations.", &columns);
    desk.list(&["conversations"], &wanted.page.with(&parameters), table, |conversation| {
        vec![
            cell(conversation, "/id"),
            cell(conversation, "/contact_id"),
            cell(conversation, "/channel_id"),
            cell(conversation, "/status"),
            cell(conversation, "/message_count"),
            cell(conversation, "/unread_count"),
            cell(conversation, "/assigned_to"),
            dim(conversation, "/last_message_at"),
        ]
    })
    .await
}
