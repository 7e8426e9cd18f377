//! The workspace that is meant, by its name or its id.

use super::list::get;
use crate::{
    client::{Client, Failure, ServerArguments, query},
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
    let mut cursor = None;
    loop {
        let parameters = [("limit", Some("200".to_owned())), ("cursor", cursor)];
        let answer = get(client, &query("/v1/workspaces", &parameters)).await?;
        if let Some(found) = answer.items().iter().find(|workspace| workspace["name"] == name) {
            return Ok(text(found, "/id"));
        }
        cursor = answer.next_cursor().map(str::to_owned);
        if cursor.is_none() {
            return Err(Failure::Usage(format!("--workspace: there is no workspace with the name or id `{name}`")));
        }
    }
}
