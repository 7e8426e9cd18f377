//! Copying a file so that it is whole, on the disk, and its owner's alone.

use std::{
    fs::{DirBuilder, File},
    io::{self, ErrorKind, Read as _, Write as _},
    path::Path,
};

use aws_lc_rs::digest::{Context, SHA256};

use crate::hex::hex;

/// How much is in memory at once.
const PIECE: usize = 256 * 1024;

/// What a file holds, in short.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) size: u64,
    /// In lower-case hexadecimal digits.
    pub(super) sha256: String,
}

/// Copies a file to where there is none, with the folders on the way to it.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<Content> {
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    let mut target = create(to)?;
    let content = read(from, |piece| target.write_all(piece))?;
    target.sync_all()?;
    Ok(content)
}

/// What makes a folder that is taken away again, and is its owner's alone.
pub(super) fn temporary<'a>() -> tempfile::Builder<'a, 'a> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
}

/// What a file holds.
pub(super) fn content(path: &Path) -> io::Result<Content> {
    read(path, |_| Ok(()))
}

/// Writes a file where there is none.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Puts the names in a folder on the disk, and those in the folders in it.
pub(super) fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

/// Puts the names in a folder on the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether an error says that there is no more room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

fn read(path: &Path, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let mut piece = vec![0; PIECE];
    let (mut size, mut hash) = (0, Context::new(&SHA256));
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        size += length as u64;
        hash.update(&piece[..length]);
        each(&piece[..length])?;
    }
    Ok(Content { size, sha256: hex(hash.finish().as_ref()) })
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
