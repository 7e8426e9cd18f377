//! The options of every verb that speaks to a running server.
//!
//! Their variables are read here and not by clap, which would tell in each error about something else that what they give
//! must be typed.

use clap::Args;

/// Which server, and who asks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArguments {
    #[arg(help = "The server's address [env: TIDINGS_SERVER] [default: http://127.0.0.1:7777]")]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    #[arg(help = "An API key [env: TIDINGS_KEY, else TIDINGS_ADMIN_KEY]")]
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) key: Option<String>,
    #[arg(help = "The workspace in which the operator's key acts [env: TIDINGS_WORKSPACE] [default: `default`]")]
    #[arg(long, global = true, value_name = "ws_…")]
    workspace: Option<String>,
    /// Prints the API's JSON instead of tables and words
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The variables that are read here.
pub(crate) const VARIABLES: [&str; 3] = [SERVER, KEY, WORKSPACE];
const SERVER: &str = "TIDINGS_SERVER";
const KEY: &str = "TIDINGS_KEY";
const WORKSPACE: &str = "TIDINGS_WORKSPACE";

impl ServerArguments {
    /// Where the server is, if anybody says so.
    pub(crate) fn named_server(&self) -> Option<String> {
        given(self.server.as_ref(), &[SERVER])
    }

    /// Where the server is.
    pub(super) fn server(&self) -> String {
        self.named_server().unwrap_or_else(|| "http://127.0.0.1:7777".to_owned())
    }

    /// The key that counts.
    pub(crate) fn key(&self) -> Option<String> {
        given(self.key.as_ref(), &[KEY, "TIDINGS_ADMIN_KEY"])
    }

    /// The workspace that is acted in.
    pub(crate) fn workspace(&self) -> Option<String> {
        given(self.workspace.as_ref(), &[WORKSPACE])
    }
}

/// What was typed, else the first of these variables. What is empty says nothing.
fn given(typed: Option<&String>, variables: &[&str]) -> Option<String> {
    let set = variables.iter().filter_map(|name| std::env::var(name).ok());
    typed.cloned().into_iter().chain(set).find(|value| !value.trim().is_empty())
}
