//! What a backup says of itself: which files belong to it and what they hold, so that what is damaged or missing is
//! noticed before it is used.

use std::path::{Component, Path};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use super::file::{self, Content};

/// The manifest's name in a backup.
const MANIFEST: &str = "manifest.json";
/// The layout of a backup that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The version of Tidings that made the backup.
    pub(super) version: String,
    /// The number of the database's schema.
    pub(super) schema: i64,
    /// The database is as it was then, or a moment later.
    pub(super) taken_at: String,
    /// All files but this one.
    pub(super) files: Vec<Entry>,
    /// Hashes of uploaded files that the database names, and that were not in the data folder as they should be.
    pub(super) lost_files: Vec<String>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Below the backup's folder.
    pub(super) path: String,
    size: u64,
    sha256: String,
}

impl Entry {
    pub(super) fn new(path: impl Into<String>, content: Content) -> Self {
        Self { path: path.into(), size: content.size, sha256: content.sha256 }
    }

    /// Whether this is what the file held.
    pub(super) fn is(&self, content: &Content) -> bool {
        (self.size, &self.sha256) == (content.size, &content.sha256)
    }
}

impl Manifest {
    pub(super) fn new(schema: i64, taken_at: String, files: Vec<Entry>, lost_files: Vec<String>) -> Self {
        Self { format: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), schema, taken_at, files, lost_files }
    }

    /// How many bytes the files have together.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.size).sum()
    }

    /// Writes it into a backup.
    pub(super) fn write(&self, backup: &Path) -> anyhow::Result<()> {
        let path = backup.join(MANIFEST);
        file::write(&path, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads that of a backup.
    pub(super) fn read(backup: &Path) -> anyhow::Result<Self> {
        let path = backup.join(MANIFEST);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{} is no whole backup: {MANIFEST}, which is written last, cannot be read", backup.display())
        })?;
        Self::parse(&text).with_context(|| format!("{} cannot be used", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        /// What every format has.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
            version: String,
        }
        let head: Head = serde_json::from_str(text)?;
        ensure!(head.format <= FORMAT, "it is of a newer version: restore it with Tidings {} or later", head.version);
        let manifest: Self = serde_json::from_str(text)?;
        for Entry { path, .. } in &manifest.files {
            let is_below = Path::new(path).components().all(|component| matches!(component, Component::Normal(_)));
            ensure!(is_below, "it names a file outside of the backup: {path:?}");
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_one_and_one_that_leads_elsewhere_are_refused() {
        let newer = Manifest::parse(r#"{"format": 2, "version": "9.0.0", "all": "different"}"#).unwrap_err();
        assert!(newer.to_string().contains("9.0.0 or later"), "{newer}");
        for path in ["../tidings.db", "/etc/passwd", "media/../../x"] {
            let content = Content { size: 0, sha256: String::new() };
            let manifest = Manifest::new(1, String::new(), vec![Entry::new(path, content)], Vec::new());
            let refused = Manifest::parse(&serde_json::to_string(&manifest).unwrap()).unwrap_err();
            assert!(refused.to_string().contains("outside"), "{refused}");
        }
    }
}
