//! `tidings export`: everything that is a workspace's, as JSON Lines, by the API of a running server.
//!
//! Lists are read newest first, each from the place at which it began, so that what comes meanwhile is not in them and
//! nothing is in them twice. They are begun in the order in which things refer to one another and written the other way
//! round: whatever a line refers to has been begun later, so that it is there, and stands before it.
//!
//! A page of each is in memory, and no more. The last line counts what was written: a file without it is cut.

mod files;
mod list;
mod progress;
mod target;
mod usage;
mod workspace;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tidings_gateway::clock::{Clock as _, SystemClock};

use self::{files::Files, list::List, target::Target};
use crate::{
    client::{Client, ServerArguments},
    output::note,
};

/// The number of the shape that lines have.
const VERSION: u32 = 1;

/// Options of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings export --workspace acme --output acme.jsonl
  tidings export --output acme.jsonl --media acme-files
  tidings export --events | gzip > acme.jsonl.gz

The operator's key exports the workspace that --workspace names, by its name or id; a workspace's own key exports its own
and needs channels:read, endpoints:read, contacts:read, conversations:read, messages:read, media:read and keys:read,
with --events also events:read.
It ends with 1 if files that --media was to fetch were not there; the rest is exported all the same.")]
pub(crate) struct ExportArguments {
    /// The file to make, which must not be there; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Also the log of what happened
    #[arg(long)]
    events: bool,
    /// Also fetches the files of messages and those that were uploaded, into this folder, each under its id
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArguments,
}

/// The first line.
#[derive(Debug, Serialize)]
struct Head {
    r#type: &'static str,
    version: u32,
    workspace_id: String,
    exported_at: String,
    server: String,
    tidings: &'static str,
}

/// What is listed newest first, in the order in which it is written: what is referred to comes first.
const LISTS: [Kind; 7] = [
    Kind { name: "channel", path: "/v1/channels", withheld: &["verify_token"] },
    Kind { name: "endpoint", path: "/v1/endpoints", withheld: &[] },
    // A link ends within a day, and an export is kept for longer.
    Kind { name: MEDIA, path: "/v1/media", withheld: &["url", "url_expires_at"] },
    Kind { name: "contact", path: "/v1/contacts", withheld: &[] },
    Kind { name: "conversation", path: "/v1/conversations", withheld: &[] },
    Kind { name: "message", path: "/v1/messages", withheld: &[] },
    Kind { name: "audit", path: "/v1/audit", withheld: &[] },
];

const MEDIA: &str = "media";

/// A kind of thing that there is a list of.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// What its lines have as `type`.
    name: &'static str,
    /// Where it is listed.
    path: &'static str,
    /// Fields that are shown and not exported.
    withheld: &'static [&'static str],
}

/// Writes all of it.
pub(crate) async fn run(arguments: ExportArguments) -> anyhow::Result<()> {
    let ExportArguments { server, output, events, media } = arguments;
    let client = workspace::client(&server).await?;
    let begun = begin(&client, events).await?;
    let mut files = media.map(Files::begin).transpose()?;
    let mut target = Target::make(&output)?;
    let usage = usage::read(&client).await?;
    target.line(&Head {
        r#type: "export",
        version: VERSION,
        workspace_id: usage.workspace_id,
        exported_at: SystemClock.now().rfc3339_millis(),
        server: client.server().to_string(),
        tidings: env!("CARGO_PKG_VERSION"),
    })?;
    for list in begun.lists {
        write(&client, list, files.as_mut(), &mut target).await?;
    }
    if let Some(events) = begun.events {
        write(&client, events, None, &mut target).await?;
    }
    for day in &usage.days {
        target.write("usage", day)?;
    }
    let told = target.end()?;
    note(&told);
    files.map_or(Ok(()), Files::end)
}

/// Lists that are begun, in the order in which they are written.
struct Begun {
    lists: Vec<List>,
    events: Option<List>,
}

async fn begin(client: &Client, events: bool) -> anyhow::Result<Begun> {
    let events = if events { List::of_events(client).await? } else { None };
    let mut lists = Vec::with_capacity(LISTS.len());
    for kind in LISTS.iter().rev() {
        lists.push(List::begin(client, *kind).await?);
    }
    lists.reverse();
    Ok(Begun { lists, events })
}

/// Writes a list to its end, and fetches what lies beside it.
async fn write(
    client: &Client,
    mut list: List,
    mut files: Option<&mut Files>,
    target: &mut Target,
) -> anyhow::Result<()> {
    let kind = list.kind;
    while let Some(page) = list.page(client).await? {
        for mut item in page {
            if let Some(files) = files.as_mut().filter(|_| kind.name == MEDIA) {
                files.fetch(client, &item).await?;
            }
            if let Some(fields) = item.as_object_mut() {
                kind.withheld.iter().for_each(|field| drop(fields.remove(*field)));
            }
            target.write(kind.name, &item)?;
        }
    }
    Ok(())
}
