//! `tidings contacts`: the people that the company talks with.

use clap::{Args, Subcommand};

use crate::{
    client::{ServerArguments, path},
    output::{Table, confirm},
    verb::{Desk, PageArguments, YesArgument, cell, dim},
};

/// The people that the company talks with.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings contacts list
  tidings contacts list --search 'ana silva'
  tidings contacts list --phone +5511987654321
  tidings contacts erase cont_…")]
pub(crate) struct ContactsArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists contacts, the newest first
    List(Box<ListArguments>),
    /// Shows one contact with its handles and fields
    Get(ContactArgument),
    /// Erases a contact with everything that was said with it, for ever
    Erase {
        #[command(flatten)]
        contact: ContactArgument,
        #[command(flatten)]
        yes: YesArgument,
    },
}

#[derive(Debug, Clone, Args)]
struct ContactArgument {
    /// The contact
    #[arg(value_name = "cont_…")]
    id: String,
}

#[derive(Debug, Clone, Args)]
struct ListArguments {
    /// Only those in whose names, numbers or addresses all these words are
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// Only the one with this number
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// Only the one with this address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Only those with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only those that somebody is to look after
    #[arg(long, value_name = "WHO")]
    assigned_to: Option<String>,
    /// Only those that were made at this time or later, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only those that were made before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

/// Does it.
pub(crate) async fn run(arguments: ContactsArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(wanted) => list(&desk, *wanted).await,
        Verb::Get(ContactArgument { id }) => desk.show(&["contacts", &id]).await,
        Verb::Erase { contact: ContactArgument { id }, yes } => {
            confirm(&format!("erase {id} with everything that was said with it, for ever"), yes.yes)?;
            let answer = desk.client.delete(&path(&["contacts", &id])).await?;
            desk.output
                .answer(&answer, |_| format!("{id} is erased; what is left of it is overwritten within moments."))
        }
    }
}

async fn list(desk: &Desk, wanted: ListArguments) -> anyhow::Result<()> {
    let parameters = [
        ("search", wanted.search),
        ("phone", wanted.phone),
        ("email", wanted.email),
        ("tag", wanted.tag),
        ("assigned_to", wanted.assigned_to),
        ("since", wanted.since),
        ("until", wanted.until),
    ];
    let table = Table::new("There are no such contacts.", &["ID", "~NAME", "PHONE", "~EMAIL", "~TAGS", "CREATED"]);
    desk.list(&["contacts"], &wanted.page.with(&parameters), table, |contact| {
        let name = if contact["name"].is_string() { "/name" } else { "/profile_name" };
        vec![
            cell(contact, "/id"),
            cell(contact, name),
            cell(contact, "/phone"),
            cell(contact, "/email"),
            cell(contact, "/tags"),
            dim(contact, "/created_at"),
        ]
    })
    .await
}
