//! The embedded store: one SQLite database in WAL mode, synchronous commits, nothing else to install.
//!
//! One `writer` thread owns the writing connection. It takes some of what is queued, runs it in one transaction, commits
//! once, tells the commit's listener, and answers. Reads go through a few `readers`: those
//! without which nothing goes on have connections of their own, apart from lists, counts and searches. A `checkpoint` thread moves the write-ahead log into the database while the writer goes on.
//!
//! `state/` and `log/` hold the verbs, a file for each subject; `migrations/` the schema, which is meant to be read.

mod checkpoint;
mod codec;
mod error;
mod inspect;
mod log;
mod open;
mod queue;
mod readers;
mod session;
mod state;
mod tally;
mod writer;

pub use inspect::{Inspection, inspect};
pub use open::{Options, SqliteStore};
