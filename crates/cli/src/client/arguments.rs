//! The options of every verb that speaks to a running server.

use clap::Args;

/// Which server, and who asks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArguments {
    #[arg(help = "The server's address [default: http://127.0.0.1:7777]")]
    #[arg(long, global = true, env = "TIDINGS_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    #[arg(help = "An API key [env: TIDINGS_KEY, else TIDINGS_ADMIN_KEY]")]
    #[arg(long, global = true, env = "TIDINGS_KEY", value_name = "KEY", hide_env = true)]
    pub(crate) key: Option<String>,
    /// The workspace in which the operator's key acts [default: the workspace `default`]
    #[arg(long, global = true, env = "TIDINGS_WORKSPACE", value_name = "ws_…")]
    pub(crate) workspace: Option<String>,
    /// Prints the API's JSON instead of tables and words
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl ServerArguments {
    /// Where the server is.
    pub(crate) fn server(&self) -> &str {
        self.server.as_deref().unwrap_or("http://127.0.0.1:7777")
    }

    /// The key that counts. A variable that is set to nothing is no key.
    pub(crate) fn key(&self) -> Option<String> {
        let given = self.key.clone().filter(|key| !key.trim().is_empty());
        given.or_else(|| std::env::var("TIDINGS_ADMIN_KEY").ok()).filter(|key| !key.trim().is_empty())
    }
}
