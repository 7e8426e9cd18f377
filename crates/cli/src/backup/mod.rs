//! `tidings backup` and `tidings restore`: everything that a server keeps, as a folder that can be put in its place.
//!
//! A backup has the database as it was at one moment, the key that secrets are sealed with, and the uploaded files that
//! this database names. The database is copied first: a file lies in its place before the database names it. One that is
//! deleted for its age, or with a contact, after the copy was made may be gone before its turn comes, and is missed by
//! nobody. The `manifest` is written last,
//! and the folder gets its name when all of it is on the disk: what was not finished is never taken for a backup.

mod file;
mod manifest;
mod progress;
mod restore;
mod take;

use tidings_store::StoreError;

pub(crate) use self::{
    restore::{DRAFT, RestoreArguments, restore},
    take::{BackupArguments, back_up},
};

/// What the sealing key's copy is called in a backup.
const KEY: &str = "tidings.key";

/// Says what to do where a disk is full.
fn with_advice(error: anyhow::Error) -> anyhow::Error {
    let is_full = error.chain().any(|cause| {
        matches!(cause.downcast_ref::<StoreError>(), Some(StoreError::DiskFull))
            || cause.downcast_ref::<std::io::Error>().is_some_and(file::is_full)
    });
    if is_full {
        error.context("the disk is full; nothing of it was left behind: make room, or name a folder on another disk")
    } else {
        error
    }
}
