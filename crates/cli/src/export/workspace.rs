//! The workspace that is meant, by its name or its id.

use crate::{
    client::{Client, Failure, ServerArguments},
    verb::text,
};

/// What every id of a workspace begins with.
const ID: &str = "ws_";

/// A client that acts in the workspace that is named.
pub(super) async fn client(server: &ServerArguments) -> Result<Client, Failure> {
    let client = Client::new(server)?;
    match server.workspace() {
        Some(name) if !name.starts_with(ID) => {
            let client = client.in_workspace(None)?;
            let id = find(&client, &name).await?;
            client.in_workspace(Some(id))
        }
        _ => Ok(client),
    }
}

/// The id of the workspace of this name. Only the operator may ask.
async fn find(client: &Client, name: &str) -> Result<String, Failure> {
    let all = client.all("/v1/workspaces").await?;
    let found = all.iter().find(|workspace| workspace["name"] == name).map(|workspace| text(workspace, "/id"));
    found.ok_or_else(|| Failure::Usage(format!("--workspace: there is no workspace with the name or id `{name}`")))
}
