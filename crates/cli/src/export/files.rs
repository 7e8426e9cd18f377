//! The bytes of files, fetched by the links that the API shows, each into a file that is called by its id.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest;
use http::StatusCode;
use serde_json::Value;

use crate::{
    client::{Client, Failure},
    hex::hex,
    verb::text,
};

/// The folder that files are fetched into.
pub(super) struct Files {
    folder: PathBuf,
    /// The ids of those that were not there.
    lost: Vec<String>,
}

impl Files {
    /// Makes the folder if it is not there.
    pub(super) fn begin(folder: PathBuf) -> anyhow::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self { folder, lost: Vec::new() })
    }

    /// Fetches the file of this record, and compares it with what the record says.
    pub(super) async fn fetch(&mut self, client: &Client, record: &Value) -> anyhow::Result<()> {
        let (id, url) = (text(record, "/id"), text(record, "/url"));
        // The address in the link is the one for vendors and browsers; the server is asked where it is asked anyway.
        let Some((_, token)) = url.rsplit_once("/m/") else { bail!("{id} has no link, but `{url}`") };
        let path = self.place(&id)?;
        let cannot = || format!("cannot write to {}", path.display());
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).with_context(cannot)?;
        let mut download = match client.download(&format!("/m/{token}")).await {
            Ok(download) => download,
            Err(failure) if is_gone(&failure) => {
                self.lost.push(id);
                return Ok(());
            }
            Err(failure) => return Err(failure.into()),
        };
        let mut hash = digest::Context::new(&digest::SHA256);
        while let Some(piece) = download.next().await? {
            hash.update(&piece);
            file.write_all(&piece).with_context(cannot)?;
        }
        let found = hex(hash.finish().as_ref());
        if found != text(record, "/sha256") {
            self.lost.push(id);
            return Ok(());
        }
        file.persist_noclobber(&path)
            .with_context(|| format!("cannot make {}: name another folder with --media", path.display()))?;
        Ok(())
    }

    /// An id is a name and leads nowhere else, whatever a server says.
    fn place(&self, id: &str) -> anyhow::Result<PathBuf> {
        let is_name = !id.is_empty() && id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        ensure!(is_name, "`{id}` is no id of a file");
        Ok(self.folder.join(Path::new(id)))
    }

    /// Tells of those that were not there.
    pub(super) fn end(self) -> anyhow::Result<()> {
        ensure!(
            self.lost.is_empty(),
            "everything is exported but the content of these files, which the server does not have as they were: {}",
            self.lost.join(", ")
        );
        Ok(())
    }
}

/// Whether the server says that it does not have (any more) what it was asked for.
fn is_gone(failure: &Failure) -> bool {
    failure.refusal().is_some_and(|refusal| matches!(refusal.status, StatusCode::GONE | StatusCode::NOT_FOUND))
}
