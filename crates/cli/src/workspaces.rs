//! `tidings workspaces`: the tenants of a server, for its operator.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::{
    client::{ServerArguments, path},
    output::{Table, details},
    verb::{Desk, PageArguments, cell, dim, document, pair, text},
};

/// The tenants of the server; all of it needs the operator's key.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings workspaces create --name acme --quota messages_per_day=10000
  tidings workspaces quotas ws_…                            shows them
  tidings workspaces quotas ws_… endpoints=20 channels=null  null takes one back
  tidings keys create --name acme --workspace ws_…

Quotas are messages_per_day, endpoints, channels, keys, media_bytes and requests_per_second.")]
pub(crate) struct WorkspacesArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists the workspaces, the newest first
    List(PageArguments),
    /// Shows one workspace
    Get(WorkspaceArgument),
    /// Makes a workspace
    #[command(visible_alias = "add")]
    Create {
        /// What it is called; unique
        #[arg(long)]
        name: String,
        /// How much it may have or do; may be repeated [default: nothing is limited]
        #[arg(long = "quota", value_name = "NAME=NUMBER", value_parser = quota)]
        quotas: Vec<(String, Value)>,
    },
    /// Shows or changes how much a workspace may have and do
    Quotas {
        #[command(flatten)]
        workspace: WorkspaceArgument,
        #[arg(help = "Those that change, such as messages_per_day; null takes a limit back")]
        #[arg(value_name = "NAME=NUMBER", value_parser = quota)]
        quotas: Vec<(String, Value)>,
    },
}

#[derive(Debug, Clone, Args)]
struct WorkspaceArgument {
    /// The workspace
    #[arg(value_name = "ws_…")]
    id: String,
}

/// A quota as it is typed.
fn quota(typed: &str) -> Result<(String, Value), String> {
    let (name, value) = pair(typed)?;
    match (&*value, value.parse::<u64>()) {
        ("null", _) => Ok((name, Value::Null)),
        (_, Ok(number)) => Ok((name, number.into())),
        (_, Err(_)) => Err(format!("`{value}` is neither a number nor null")),
    }
}

/// Does it.
pub(crate) async fn run(arguments: WorkspacesArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List(page) => {
            let table = Table::new("There are no workspaces.", &["ID", "~NAME", "~QUOTAS", "CREATED"]);
            desk.list(&["workspaces"], &page.with(&[]), table, |workspace| {
                vec![
                    cell(workspace, "/id"),
                    cell(workspace, "/name"),
                    cell(&limits(workspace), ""),
                    dim(workspace, "/created_at"),
                ]
            })
            .await
        }
        Verb::Get(WorkspaceArgument { id }) => desk.show(&["workspaces", &id]).await,
        Verb::Create { name, quotas } => {
            let asked = document([("name", Some(json!(name))), ("quotas", object(quotas))]);
            let answer = desk.client.post(&path(&["workspaces"]), Some(&asked)).await?;
            desk.output.answer(&answer, |answer| {
                let id = text(&answer.json, "/id");
                format!("{id} is made. A key for it: tidings keys create --name … --workspace {id}")
            })
        }
        Verb::Quotas { workspace: WorkspaceArgument { id }, quotas } => {
            let place = path(&["workspaces", &id]);
            let answer = match object(quotas) {
                Some(quotas) => desk.client.patch(&place, &json!({ "quotas": quotas })).await?,
                None => desk.client.get(&place).await?,
            };
            desk.output.answer(&answer, |answer| details(desk.output.paint, &answer.json["quotas"]))
        }
    }
}

fn object(quotas: Vec<(String, Value)>) -> Option<Value> {
    (!quotas.is_empty()).then(|| Value::Object(Map::from_iter(quotas)))
}

/// The quotas that limit anything, as `name=number`.
fn limits(workspace: &Value) -> Value {
    let quotas = workspace["quotas"].as_object().into_iter().flatten().filter(|(_, number)| !number.is_null());
    quotas.map(|(name, number)| format!("{name}={number}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_numbers_or_none() {
        assert_eq!(quota("media_bytes=10737418240"), Ok(("media_bytes".to_owned(), json!(10_737_418_240_u64))));
        assert_eq!(quota("keys=null"), Ok(("keys".to_owned(), Value::Null)));
        for wrong in ["keys", "keys=", "keys=many", "keys=-1", "=1"] {
            assert!(quota(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_limits_is_told() {
        let workspace = json!({ "quotas": { "keys": 3, "channels": null } });
        assert_eq!(limits(&workspace), json!(["keys=3"]));
    }
}
