//! Where a server keeps what it keeps, for verbs that work on its data folder itself.

use std::path::PathBuf;

use clap::Args;

use crate::options::{ServeArguments, ServeOptions};

/// The server's options, as it is started.
#[derive(Debug, Clone, Args)]
pub(crate) struct FolderArguments {
    /// The server's data folder [default: ./tidings-data]
    #[arg(long, env = "TIDINGS_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The file with the key that secrets are sealed with [default: tidings.key in the data folder]
    #[arg(long, env = "TIDINGS_SEAL_KEY_FILE", value_name = "FILE")]
    seal_key_file: Option<PathBuf>,
    /// The server's configuration file
    #[arg(long, env = "TIDINGS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl FolderArguments {
    pub(crate) fn resolve(self) -> anyhow::Result<ServeOptions> {
        let Self { data, seal_key_file, config } = self;
        ServeArguments { data, seal_key_file, config, ..ServeArguments::default() }.resolve()
    }
}
