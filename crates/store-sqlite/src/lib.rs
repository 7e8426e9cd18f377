//! The embedded store: one SQLite database in WAL mode, synchronous commits, nothing else to install.
//!
//! One `writer` thread owns the writing connection. It takes some of what is queued, runs it in one transaction, commits
//! once, tells the commit's listener, and answers. Reads go through a few `readers`: those
//! without which nothing goes on have connections of their own, apart from lists, counts and searches. A `checkpoint` thread moves the write-ahead log into the database while the writer goes on.
//!
//! Beside a running store, [`inspect()`] and an [`Examiner`] look at its database and [`back_up`] copies it.
//!
//! `state/`, `files/`, `erasure/`, `retention/` and `log/` hold the verbs, a file for each subject; `migrations/` the schema, which is meant to be read.

mod backup;
mod checkpoint;
mod codec;
mod erasure;
mod error;
mod examine;
mod files;
mod inspect;
mod log;
mod open;
#[cfg(test)]
mod plans;
mod queue;
mod readers;
mod retention;
mod session;
mod state;
mod tally;
mod writer;

pub use backup::{back_up, check_whole, named_files, resume_from};
pub use examine::{Examiner, FailingFiles, NamedFile, Room, Wholeness};
pub use inspect::{Inspection, inspect};
pub use open::{Options, SqliteStore, compact};
