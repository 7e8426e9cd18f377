//! `tidings keys`: who may use the API, and for what.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    client::{ServerArguments, path},
    output::{Table, Tone},
    verb::{Desk, PageArguments, YesArgument, cell, dim, document, text},
};

/// API keys.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings keys create --name till --scope messages:write --scope events:read
  tidings keys create --name audit --scope messages:read --expires-at 2027-01-01T00:00:00Z
  tidings keys list
  tidings keys delete key_01M8C621A3FJKAD08F1RCJCPG8")]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists the keys of the workspace
    List(PageArguments),
    /// Makes a key; its secret is shown once
    #[command(visible_alias = "add")]
    Create {
        /// What it is called
        #[arg(long)]
        name: String,
        /// What it may do, such as messages:read; may be repeated [default: all that your key may]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// From when on it opens nothing, such as 2027-01-01T00:00:00Z [default: never, or when your key does]
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// Deletes a key, which is refused from then on
    Delete {
        /// The key
        #[arg(value_name = "key_…")]
        id: String,
        #[command(flatten)]
        yes: YesArgument,
    },
}

/// Does it.
pub(crate) async fn run(arguments: KeysArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(page) => {
            let table = Table::new(
                "There are no keys.",
                &["ID", "~NAME", "SECRET", "~SCOPES", "CREATED", "EXPIRES", "LAST USED"],
            );
            desk.list(&["keys"], &page.with(&[]), table, |key| {
                vec![
                    cell(key, "/id"),
                    cell(key, "/name"),
                    dim(key, "/hint"),
                    cell(key, "/scopes"),
                    dim(key, "/created_at"),
                    dim(key, "/expires_at"),
                    dim(key, "/last_used_at"),
                ]
            })
            .await
        }
        Verb::Create { name, scopes, expires_at } => {
            let scopes = (!scopes.is_empty()).then(|| json!(scopes));
            let asked = document([
                ("name", Some(json!(name))),
                ("scopes", scopes),
                ("expires_at", expires_at.map(|at| json!(at))),
            ]);
            let answer = desk.client.post(&path(&["keys"]), Some(&asked)).await?;
            desk.output.answer(&answer, |answer| {
                let (id, secret) = (text(&answer.json, "/id"), text(&answer.json, "/secret"));
                let secret = desk.output.paint.on(Tone::Bold, &secret);
                format!("{id} may do: {}\n\n    {secret}\n\nIt is shown only this once.", text(&answer.json, "/scopes"))
            })
        }
        Verb::Delete { id, yes } => desk.delete(&["keys", &id], &id, &yes).await,
    }
}
