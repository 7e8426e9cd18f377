//! `tidings restore`

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_store_sqlite::{check_whole, inspect, resume_from};

use super::{KEY, file, manifest::Manifest, progress::Progress, with_advice};
use crate::{
    folder::FolderArguments,
    host::{DATABASE, MEDIA, lock_folder, make_folder},
    options::ServeOptions,
};

/// The folder in the data folder in which a backup is unpacked.
pub(crate) const DRAFT: &str = ".restoring";

/// Options of `restore`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings restore --data /var/lib/tidings /backups/tidings-2026-11-26
  tidings restore --config /etc/tidings.toml /backups/tidings-2026-11-26

The data folder must hold nothing yet. Run it as the server's user, while no server runs on the folder.")]
pub(crate) struct RestoreArguments {
    /// The backup's folder; it is only read
    #[arg(value_name = "DIR")]
    backup: PathBuf,
    #[command(flatten)]
    folder: FolderArguments,
    /// Prints JSON instead of words
    #[arg(long)]
    json: bool,
}

/// Restores a backup.
pub(crate) fn restore(arguments: RestoreArguments) -> anyhow::Result<()> {
    let RestoreArguments { backup, folder, json } = arguments;
    let options = folder.resolve()?;
    let manifest = Manifest::read(&backup)?;
    make_folder(&options.data)?;
    // Until the end, so that no server starts on half of it.
    let _lock = lock_folder(&options.data).context("stop the server first, or name another data folder with --data")?;
    check_nothing_is_there(&options, &backup)?;
    let held = unpack(&manifest, &backup, &options).map_err(with_advice)?;
    let (data, taken_at) = (options.data.display(), &manifest.taken_at);
    if json {
        let summary = json!({
            "data": options.data, "taken_at": taken_at, "version": manifest.version, "schema": manifest.schema,
            "files": manifest.files.len(), "bytes": manifest.bytes(), "held_messages": held,
        });
        return crate::print(&summary.to_string());
    }
    crate::print(&format!("{data} is restored, as it was at {taken_at}."))?;
    if held > 0 {
        crate::print(&format!(
            "{held} messages were due then and may have gone out after it: they are not sent again. Ten minutes from \
             now they fail with `outcome_unknown`, unless the vendor has told of them; `tidings messages retry` sends one."
        ))?;
    }
    crate::print(&format!(
        "Start the server with the options that it had (`tidings serve --data {data}`), then look with `tidings doctor`."
    ))
}

fn check_nothing_is_there(options: &ServeOptions, backup: &Path) -> anyhow::Result<()> {
    for name in [DATABASE, MEDIA] {
        let path = options.data.join(name);
        ensure!(
            !path.exists(),
            "there is data in {} already ({name}): move it away, or name another folder with --data",
            options.data.display()
        );
    }
    let key = &options.seal_key_file;
    let shown = key.display();
    match file::content(key) {
        Ok(there) => {
            let same = file::content(&backup.join(KEY)).is_ok_and(|ours| ours == there);
            ensure!(same, "{shown} is there, and is not the backup's key: move it away, or name another one");
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
    }
}

/// Copies everything into a folder of its own, looks whether it is whole, and only then moves it into place: the database
/// last, without which there is nothing.
fn unpack(manifest: &Manifest, backup: &Path, options: &ServeOptions) -> anyhow::Result<usize> {
    let data = &options.data;
    // What a restoring that was killed has left.
    match std::fs::remove_dir_all(data.join(DRAFT)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).context("cannot sweep what a restoring before has left");
        }
        _ => {}
    }
    let draft = file::temporary()
        .prefix(DRAFT)
        .rand_bytes(0)
        .tempdir_in(data)
        .with_context(|| format!("cannot write to {}: run this as the server's user", data.display()))?;
    let progress = Progress::start()?;
    for (entry, done) in manifest.files.iter().zip(1..) {
        let from = backup.join(&entry.path);
        let content = file::copy(&from, &draft.path().join(&entry.path))
            .with_context(|| format!("cannot copy {}: if it is not there, take another backup", from.display()))?;
        ensure!(entry.is(&content), "{} is damaged: take another backup", from.display());
        progress.show("files", done, manifest.files.len() as u64);
    }
    let database = draft.path().join(DATABASE);
    let found = inspect(&database).context("the backup has no database that can be read: take another one")?;
    ensure!(
        found.schema <= found.newest_schema,
        "the backup is of a newer version: restore it with Tidings {} or later",
        manifest.version
    );
    check_whole(&database).context("the backup's database is damaged: take another one")?;
    let held = resume_from(&database, SystemClock.now())?;
    file::sync_folders(draft.path())?;
    if !options.seal_key_file.exists() {
        place_key(&draft.path().join(KEY), &options.seal_key_file)
            .with_context(|| format!("cannot write {}", options.seal_key_file.display()))?;
    }
    let media = draft.path().join(MEDIA);
    if media.exists() {
        std::fs::rename(media, data.join(MEDIA))?;
    }
    std::fs::rename(database, data.join(DATABASE))?;
    file::sync_folder(data)?;
    Ok(held)
}

/// Moves the key into its place, which may be on another disk than the data.
fn place_key(draft: &Path, key: &Path) -> std::io::Result<()> {
    match std::fs::rename(draft, key) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => file::copy(draft, key).map(drop),
        renamed => renamed,
    }
}
