//! How statements are run, for tests of what they go through.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use rusqlite::{
    Connection,
    trace::{TraceEvent, TraceEventCodes},
};
use tidings_domain::id::OrderedIds;

use crate::{Options, SqliteStore};

/// A new store in a folder, and its database.
pub(crate) fn store_in(folder: &Path) -> (Arc<SqliteStore>, PathBuf) {
    let database = folder.join("tidings.db");
    let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| bytes.fill(1)));
    (Arc::new(SqliteStore::open(Options { database: database.clone(), ids }).unwrap()), database)
}

/// The statements that a connection has run.
pub(crate) struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Statements {
    /// From now on.
    pub(crate) fn of(connection: &mut Connection) -> Self {
        let statements: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let seen = Arc::clone(&statements);
        let note = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(_, sql) = event {
                seen.lock().unwrap().insert(sql.to_owned());
            }
        };
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).unwrap();
        Self(statements)
    }

    /// Those since it was last asked.
    pub(crate) fn taken(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// How a statement is run: what it goes through, and in which way.
pub(crate) fn steps(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    statement.raw_query().mapped(|row| row.get("detail")).collect::<Result<_, _>>().unwrap()
}
