//! The bytes of files: a folder in which each lies under the hash of its content, so that the same content lies there once.
//!
//! A file comes in under `incoming/`, hashed on the way; when it is whole and on the disk it is renamed into its place,
//! `ab/cd/abcd…`, and held there ([`Placed`]) until there is a record of it. What a crash leaves under `incoming/` is swept
//! at the next start. What no record names any more is removed by who has the [`Broom`]. This module knows no tenant and no
//! record: who may read a file, and who names it, is for others to say.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use tidings_store::ContentHash;
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt as _,
};

/// Where files are while they come in.
const INCOMING: &str = "incoming";

/// Why a file could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MediaError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// There is no such content.
    #[error("the file is not there")]
    Missing,
    /// The disk refused.
    #[error("the disk refused")]
    Io(#[source] io::Error),
}

impl From<io::Error> for MediaError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

/// The folder. A clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct MediaStore {
    folder: PathBuf,
    held: Arc<Mutex<HashMap<ContentHash, usize>>>,
    /// What is held no longer: whether there is a record of it now is for the collector to find out.
    released: Arc<Mutex<Vec<ContentHash>>>,
    /// Held while a file takes its place, and while files are removed.
    placing: Arc<tokio::sync::Mutex<()>>,
}

/// A content that lies in its place and stays there for as long as this lives: until there is a record of it.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The hash of the content.
    pub(crate) sha256: ContentHash,
    store: MediaStore,
}

impl Drop for Placed {
    fn drop(&mut self) {
        let mut held = self.store.held();
        if let Some(holders) = held.get_mut(&self.sha256) {
            *holders -= 1;
            if *holders == 0 {
                held.remove(&self.sha256);
            }
        }
        drop(held);
        self.store.released().push(self.sha256);
    }
}

/// Whoever has it may remove files; meanwhile none takes its place.
pub(crate) struct Broom<'a> {
    store: &'a MediaStore,
    _placing: tokio::sync::MutexGuard<'a, ()>,
}

impl Broom<'_> {
    /// Removes a content. False if somebody is about to make a record of it.
    pub(crate) async fn remove(&self, sha256: &ContentHash) -> Result<bool, MediaError> {
        if self.store.held().contains_key(sha256) {
            return Ok(false);
        }
        match fs::remove_file(self.store.place(sha256)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(true),
        }
    }
}

impl MediaStore {
    /// Makes the folder if it is not there, and sweeps what a crash has left.
    pub(crate) async fn open(folder: &Path) -> io::Result<Self> {
        let incoming = folder.join(INCOMING);
        match fs::remove_dir_all(&incoming).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(&incoming).await?;
        // The folder's own name must be on the disk as well.
        for folder in incoming.ancestors().skip(1).take(2).filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).await?.sync_all().await?;
        }
        Ok(Self { folder: folder.to_owned(), held: Arc::default(), released: Arc::default(), placing: Arc::default() })
    }

    fn released(&self) -> MutexGuard<'_, Vec<ContentHash>> {
        self.released.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The contents that were let go since this was asked last.
    pub(crate) fn take_released(&self) -> Vec<ContentHash> {
        std::mem::take(&mut *self.released())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<ContentHash, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else removes files, or puts one in its place.
    pub(crate) async fn broom(&self) -> Broom<'_> {
        Broom { store: self, _placing: self.placing.lock().await }
    }

    /// The contents in one of the 256 folders that all of them are spread over.
    pub(crate) fn contents_of_shard(&self, shard: u8) -> io::Result<Vec<ContentHash>> {
        let mut contents = Vec::new();
        let folder = self.folder.join(hex(&[shard]));
        for inner in entries(&folder)? {
            contents.extend(entries(&inner)?.iter().filter_map(|path| content_of(path)));
        }
        Ok(contents)
    }

    /// Begins to take a file in, under a name that no other has.
    pub(crate) async fn begin(&self, name: &str) -> Result<Incoming, MediaError> {
        let path = self.folder.join(INCOMING).join(name);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&path).await?;
        Ok(Incoming { store: self.clone(), file, path: Some(path), hash: Context::new(&SHA256), size: 0 })
    }

    /// The whole content.
    pub(crate) async fn read(&self, sha256: &ContentHash) -> Result<Bytes, MediaError> {
        Ok(fs::read(self.place(sha256)).await?.into())
    }

    /// Where a content lies.
    pub(crate) fn place(&self, sha256: &ContentHash) -> PathBuf {
        self.folder.join(media_place(sha256))
    }
}

/// What is in a folder; nothing if there is none.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The hash that a file is named by; `None` if somebody else has put it there.
fn content_of(path: &Path) -> Option<ContentHash> {
    let name = path.file_name()?.to_str().filter(|name| name.len() == 64)?;
    let mut sha256 = [0; 32];
    for (byte, digits) in sha256.iter_mut().zip(name.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    (hex(&sha256) == name).then_some(sha256)
}

/// Where in the folder of uploaded files the content with this hash lies: `ab/cd/abcd…`.
pub fn media_place(sha256: &ContentHash) -> PathBuf {
    let name = hex(sha256);
    PathBuf::from(&name[..2]).join(&name[2..4]).join(name)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A file that is coming in. Dropped before it is finished, nothing of it stays.
pub(crate) struct Incoming {
    store: MediaStore,
    file: File,
    /// Gone once the file is in its place.
    path: Option<PathBuf>,
    hash: Context,
    size: u64,
}

impl Incoming {
    /// How many bytes have come in.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The next bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(self.file.write_all(bytes).await?)
    }

    /// That was all: it is on the disk and in its place when this answers.
    pub(crate) async fn finish(mut self) -> Result<Placed, MediaError> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.clone().finish().as_ref());
        let place = self.store.place(&sha256);
        let shard = place.parent().map(Path::to_owned).unwrap_or_default();
        fs::create_dir_all(&shard).await?;
        let placed = {
            let _placing = self.store.placing.lock().await;
            if let Some(path) = &self.path {
                fs::rename(path, &place).await?;
            }
            *self.store.held().entry(sha256).or_default() += 1;
            Placed { sha256, store: self.store.clone() }
        };
        self.path = None;
        // The names on the way to it must be on the disk as well.
        for folder in shard.ancestors().take(3) {
            File::open(folder).await?.sync_all().await?;
        }
        Ok(placed)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What cannot be deleted now is swept at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
        }
        found
    }

    async fn keep(store: &MediaStore, name: &str, parts: &[&[u8]]) -> Placed {
        let mut incoming = store.begin(name).await.unwrap();
        for part in parts {
            incoming.write(part).await.unwrap();
        }
        incoming.finish().await.unwrap()
    }

    #[tokio::test]
    async fn the_same_content_lies_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).await.unwrap();
        let whole = keep(&store, "one", &[b"hello world"]).await;
        let in_parts = keep(&store, "two", &[b"hello ", b"", b"world"]).await;
        assert_eq!(whole.sha256, in_parts.sha256);
        assert_eq!(hex(&whole.sha256), "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
        assert_eq!(files(folder.path()).len(), 1);
        assert_eq!(store.read(&whole.sha256).await.unwrap(), "hello world");
        assert!(matches!(store.read(&[0; 32]).await, Err(MediaError::Missing)));
    }

    #[tokio::test]
    async fn what_is_about_to_be_recorded_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).await.unwrap();
        let first = keep(&store, "one", &[b"hello"]).await;
        let sha256 = first.sha256;
        assert_eq!(store.contents_of_shard(sha256[0]).unwrap(), [sha256]);
        assert!(store.contents_of_shard(!sha256[0]).unwrap().is_empty());
        let again = keep(&store, "two", &[b"hello"]).await;
        drop(first);
        assert_eq!(store.take_released(), [sha256]);
        assert!(!store.broom().await.remove(&sha256).await.unwrap(), "the second one is not recorded yet");
        drop(again);
        assert!(store.broom().await.remove(&sha256).await.unwrap());
        assert!(files(folder.path()).is_empty());
        assert!(store.broom().await.remove(&sha256).await.unwrap(), "it is gone already");
    }

    #[tokio::test]
    async fn what_was_not_finished_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).await.unwrap();
        let mut incoming = store.begin("one").await.unwrap();
        incoming.write(b"half").await.unwrap();
        assert_eq!(incoming.size(), 4);
        assert!(matches!(store.begin("one").await, Err(MediaError::Io(_))), "names are not used twice");
        drop(incoming);
        assert!(files(folder.path()).is_empty());
        std::fs::write(folder.path().join(INCOMING).join("left by a crash"), b"x").unwrap();
        MediaStore::open(folder.path()).await.unwrap();
        assert!(files(folder.path()).is_empty());
    }
}
