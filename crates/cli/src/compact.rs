//! `tidings compact`: writes the database anew, as short as it can be.
//!
//! A server gives space back by itself, unless its database was made by a version that could not; this is how such a one
//! learns it, and how anybody gets back all at once what was deleted.

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;
use tidings_store_sqlite::compact;

use crate::{
    folder::FolderArguments,
    host::{DATABASE, lock_folder},
};

/// Options of `compact`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings compact --data /var/lib/tidings

Run it as the server's user, while no server runs on the folder. For a while the database takes up to twice as much on
the disk again.")]
pub(crate) struct CompactArguments {
    #[command(flatten)]
    folder: FolderArguments,
    /// Prints JSON instead of words
    #[arg(long)]
    json: bool,
}

/// Compacts a database.
pub(crate) fn run(arguments: CompactArguments) -> anyhow::Result<()> {
    let CompactArguments { folder, json } = arguments;
    let data = folder.resolve()?.data;
    let database = data.join(DATABASE);
    let shown = database.display();
    ensure!(database.exists(), "{shown} is not there");
    let _lock = lock_folder(&data).context("stop the server first, or name another data folder with --data")?;
    let (before, after) = compact(&database).with_context(|| format!("cannot compact {shown}"))?;
    if json {
        let summary = json!({ "database": database, "bytes_before": before, "bytes": after });
        return crate::print(&summary.to_string());
    }
    crate::print(&format!("{shown} is compact: it had {before} bytes, and has {after}."))
}
