//! `tidings backup`

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::json;
use tempfile::TempDir;
use tidings_gateway::{
    clock::{Clock as _, SystemClock},
    media_place,
};
use tidings_store_sqlite::{Examiner, check_whole, inspect, named_files};

use super::{
    KEY, file,
    manifest::{Entry, Manifest},
    progress::Progress,
    with_advice,
};
use crate::{
    folder::FolderArguments,
    host::{DATABASE, MEDIA},
    options::ServeOptions,
    output::note,
};

/// Options of `backup`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings backup --data /var/lib/tidings /backups/tidings-2026-11-26
  tidings backup --config /etc/tidings.toml /backups/tidings-$(date +%F)

Run it as the server's user, or as root, on the server's machine; the server goes on meanwhile.
The backup holds the sealing key: keep it as secret as the data folder.
It ends with 1 if nothing was backed up, or if uploaded files were found to be lost.")]
pub(crate) struct BackupArguments {
    /// The folder to make; it must not be there, or be empty
    #[arg(value_name = "DIR")]
    target: PathBuf,
    #[command(flatten)]
    folder: FolderArguments,
    /// Prints JSON instead of words
    #[arg(long)]
    json: bool,
}

/// Makes a backup.
pub(crate) fn back_up(arguments: BackupArguments) -> anyhow::Result<()> {
    let BackupArguments { target, folder, json } = arguments;
    let options = folder.resolve()?;
    check_target(&target)?;
    let manifest = take(&options, &target).map_err(with_advice)?;
    let (files, bytes, taken_at) = (manifest.files.len(), manifest.bytes(), &manifest.taken_at);
    let shown = target.display();
    if json {
        let summary = json!({
            "backup": target, "taken_at": taken_at, "version": manifest.version, "schema": manifest.schema,
            "files": files, "bytes": bytes, "lost_files": manifest.lost_files,
        });
        crate::print(&summary.to_string())?;
    } else {
        crate::print(&format!("{shown} is a backup of {taken_at}: {files} files, {bytes} bytes."))?;
        note("It holds the sealing key: keep it as secret as the data folder.");
    }
    let lost = &manifest.lost_files;
    ensure!(
        lost.is_empty(),
        "the backup is made, but uploaded files were lost or damaged in the data folder before it: {}",
        lost.join(", ")
    );
    Ok(())
}

fn check_target(target: &Path) -> anyhow::Result<()> {
    let shown = target.display();
    match std::fs::read_dir(target) {
        Ok(mut entries) => ensure!(entries.next().is_none(), "{shown} is not empty: name a folder that is not there"),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("{shown}: name a folder that is not there")),
    }
    Ok(())
}

/// Fills a folder beside the target, and gives it the target's name when it is whole.
fn take(options: &ServeOptions, target: &Path) -> anyhow::Result<Manifest> {
    let name = target.file_name().context("the folder to make has no name of its own")?;
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut prefix = name.to_owned();
    prefix.push(".partial-");
    let draft = file::temporary().prefix(&prefix).tempdir_in(parent).with_context(|| {
        format!("cannot make a folder in {}, which must be there and be yours to write to", parent.display())
    })?;
    let manifest = fill(&draft, options)?;
    std::fs::rename(draft.path(), target)
        .with_context(|| format!("cannot give the backup the name {}", target.display()))?;
    // It is no draft any more: nothing is deleted.
    let _ = draft.keep();
    file::sync_folder(parent)?;
    Ok(manifest)
}

fn fill(draft: &TempDir, options: &ServeOptions) -> anyhow::Result<Manifest> {
    let progress = Progress::start()?;
    let taken_at = SystemClock.now().rfc3339_millis();
    let (source, copy) = (options.data.join(DATABASE), draft.path().join(DATABASE));
    ensure!(source.exists(), "there is no {}: name the server's data folder with --data", source.display());
    tidings_store_sqlite::back_up(&source, &copy, |done, all| progress.show("database", done, all))
        .with_context(|| format!("cannot copy {}", source.display()))?;
    check_whole(&copy).with_context(|| {
        format!(
            "{} is damaged, and nothing was backed up: keep the backups that you have, and see `tidings doctor`",
            source.display()
        )
    })?;
    let schema = inspect(&copy)?.schema;
    let mut files = vec![Entry::new(DATABASE, file::content(&copy)?)];
    let key = &options.seal_key_file;
    let content = file::copy(key, &draft.path().join(KEY))
        .with_context(|| format!("cannot copy the sealing key {}; name it with --seal-key-file", key.display()))?;
    files.push(Entry::new(KEY, content));
    let named = named_files(&copy)?;
    let live = Examiner::open(&source)?;
    let mut lost = Vec::new();
    for (sha256, done) in named.iter().zip(1..) {
        match copy_upload(options, draft.path(), sha256)? {
            Upload::Copied(entry) => files.push(entry),
            Upload::Lost(name) if live.is_named(sha256)? => lost.push(name),
            // Its record has gone since the database was copied.
            Upload::Lost(_) => {}
        }
        progress.show("uploaded files", done, named.len() as u64);
    }
    let manifest = Manifest::new(schema, taken_at, files, lost);
    manifest.write(draft.path())?;
    file::sync_folders(draft.path())?;
    Ok(manifest)
}

enum Upload {
    Copied(Entry),
    /// It is not there, or is not what was uploaded.
    Lost(String),
}

fn copy_upload(options: &ServeOptions, draft: &Path, sha256: &[u8; 32]) -> anyhow::Result<Upload> {
    let place = Path::new(MEDIA).join(media_place(sha256));
    let (from, to) = (options.data.join(&place), draft.join(&place));
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match file::copy(&from, &to) {
        Ok(content) if content.sha256 == name => Ok(Upload::Copied(Entry::new(place.to_string_lossy(), content))),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            bail!(anyhow::Error::from(error).context(format!("cannot copy {}", from.display())))
        }
        _ => {
            std::fs::remove_file(&to).with_context(|| format!("cannot take {} back", to.display()))?;
            Ok(Upload::Lost(name))
        }
    }
}
