//! Opening the database, and the store that the gateway holds.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use tidings_domain::id::IdSource;
use tidings_store::StoreError;
use tokio::sync::watch;

use crate::{
    checkpoint::{Checkpoint, Emptying, Length},
    codec,
    error::refused,
    inspect::schema,
    readers::Readers,
    writer::Writer,
};

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// SQLite's number for a database that gives back when it is asked to.
const INCREMENTAL: i64 = 2;
/// How long a connection waits for a lock that another has, a person's shell say.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A database of an older version that is no larger than so many bytes is compacted when it is opened: that takes about a
/// second.
const COMPACTED_AT_ONCE: i64 = 64 << 20;
/// How many connections read beside the writer what has to go on …
const READERS: usize = 3;
/// … and how many what somebody looks for, which may take long.
const BROWSERS: usize = 3;

/// Where the store is and where its new ids come from.
pub struct Options {
    /// The database file; made if it is not there. Its folder must be.
    pub database: PathBuf,
    /// Where new ids come from.
    pub ids: Box<dyn IdSource>,
}

/// The embedded store.
pub struct SqliteStore {
    pub(crate) writer: Writer,
    pub(crate) readers: Arc<Readers>,
    pub(crate) browsers: Arc<Readers>,
    pub(crate) emptying: Emptying,
    pub(crate) write_ahead: Length,
}

impl SqliteStore {
    /// Opens the database and brings its schema up to date.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let Options { database, ids } = options;
        let mut connection = connect(&database)?;
        refuse_newer(&connection)?;
        migrations::migrations::runner()
            .run(&mut connection)
            .map_err(|error| StoreError::Backend(format!("cannot bring the schema up to date: {error}")))?;
        if !gives_back(&connection)? && size(&connection)? <= COMPACTED_AT_ONCE {
            rewrite(&connection)?;
        }
        connection.set_prepared_statement_cache_capacity(256);
        let checkpoint = Checkpoint::start(&database)?;
        Ok(Self {
            emptying: checkpoint.emptying(),
            write_ahead: checkpoint.length(),
            writer: Writer::start(connection, ids, checkpoint)?,
            readers: Arc::new(Readers::open(&database, READERS)?),
            browsers: Arc::new(Readers::open(&database, BROWSERS)?),
        })
    }

    /// Becomes true when the store has stopped; if nobody closed it, a commit failed and the process must end.
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.writer.stopped()
    }

    /// Takes no more verbs, finishes the queued ones and moves the write-ahead log into the database.
    pub fn close(&self) {
        self.writer.close();
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// A database of a newer version is left alone.
fn refuse_newer(connection: &Connection) -> Result<(), StoreError> {
    if !connection.table_exists(None, "refinery_schema_history").map_err(refused)? {
        return Ok(());
    }
    let (schema, newest) = (schema(connection)?, newest_schema());
    if schema > newest {
        let told = format!("it is of a newer version (schema {schema}, known are {newest}): run that one");
        return Err(StoreError::Backend(told));
    }
    Ok(())
}

/// The number of the newest schema that this version knows.
pub(crate) fn newest_schema() -> i64 {
    let runner = migrations::migrations::runner();
    let versions = runner.get_migrations().iter().map(|migration| i64::from(migration.version()));
    versions.max().unwrap_or(0)
}

/// A connection that may write. What is deleted is overwritten; see [`crate::erasure`]. Commits wait for the disk; the write-ahead log is moved by [`crate::checkpoint`].
pub(crate) fn connect(database: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(refused)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
    keep_plans(&connection)?;
    // How space is given back can be chosen as long as the database is empty.
    connection
        .execute_batch(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -10000; \
             PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(refused)?;
    Ok(connection)
}

/// Whether space that is not used any more can be given back to the file system. A database that an older version made
/// cannot, until it is written anew.
pub(crate) fn gives_back(connection: &Connection) -> Result<bool, StoreError> {
    let way: i64 = connection.query_row("PRAGMA auto_vacuum", [], |row| row.get(0)).map_err(refused)?;
    Ok(way == INCREMENTAL)
}

/// How many bytes the database has.
fn size(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    connection.query_row(sql, [], |row| row.get(0)).map_err(refused)
}

/// Writes the whole database anew, as short as it can be and so that it gives back from now on.
fn rewrite(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;").map_err(refused)
}

/// Writes a database that nobody has open anew, as [`rewrite`] does. Answers how many bytes it had and has. For a while it
/// takes up to twice as much on the disk again.
pub fn compact(database: &Path) -> Result<(u64, u64), StoreError> {
    let connection = connect(database)?;
    let before = size(&connection)?;
    rewrite(&connection)?;
    let after = size(&connection)?;
    connection.close().map_err(|(_, error)| refused(error))?;
    Ok((codec::unsigned(before), codec::unsigned(after)))
}

/// A connection that only reads.
pub(crate) fn connect_reader(database: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(refused)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
    keep_plans(&connection)?;
    connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000;").map_err(refused)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A statement's plan depends on the statement alone. Otherwise SQLite looks at the bound values, and parses a join anew
/// each time it is run with others.
fn keep_plans(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop).map_err(refused)
}
