//! `tidings audit`: who set up what, when and from where.

use clap::Args;
use serde_json::Value;

use crate::{
    client::ServerArguments,
    output::Table,
    verb::{Desk, PageArguments, cell, dim},
};

/// Who set up what, when and from where.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings audit
  tidings audit --actor operator --since 2026-11-01T00:00:00Z
  tidings audit --object ep_01M8C621A3FJKAD08F1RCJCPG8 --json")]
pub(crate) struct AuditArguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Only what was done with this key, or by the operator
    #[arg(long, value_name = "key_… | operator")]
    actor: Option<String>,
    /// Only this, such as endpoint.deleted
    #[arg(long)]
    action: Option<String>,
    /// Only what was done to this
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    /// Only what was done at this time or later, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what was done before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

/// Does it.
pub(crate) async fn run(arguments: AuditArguments) -> anyhow::Result<()> {
    let AuditArguments { server, actor, action, object, since, until, page } = arguments;
    let desk = Desk::new(&server)?;
    let parameters = [("actor", actor), ("action", action), ("object", object), ("since", since), ("until", until)];
    let table = Table::new("Nothing was done.", &["AT", "ACTION", "OBJECT", "BY", "FROM", "~CHANGED"]);
    desk.list(&["audit"], &page.with(&parameters), table, |act| {
        vec![
            dim(act, "/at"),
            cell(act, "/action"),
            cell(act, "/object"),
            cell(act, "/actor/name"),
            cell(act, "/address"),
            cell(&changed(act), ""),
        ]
    })
    .await
}

/// The names of the fields that changed; `--json` has their values.
fn changed(act: &Value) -> Value {
    let fields = act["changes"].as_object();
    fields.into_iter().flat_map(|fields| fields.keys()).map(String::as_str).collect()
}
