//! A look at a database that changes nothing, also while a process runs on it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tidings_store::StoreError;

use crate::{
    error::refused,
    open::{connect_reader, gives_back, newest_schema},
};

/// What a look at a database found: the number of its schema, and of the newest that this version knows; and whether it
/// gives back space that is not used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspection {
    /// The database's.
    pub schema: i64,
    /// The newest. An older database is brought up to it when it is opened; a newer one is refused.
    pub newest_schema: i64,
    /// Whether the file becomes shorter when much is deleted.
    pub gives_back: bool,
}

/// Opens a database for reading and looks at its schema.
pub fn inspect(database: &Path) -> Result<Inspection, StoreError> {
    let connection = connect_beside(database)?;
    Ok(Inspection {
        schema: schema(&connection)?,
        newest_schema: newest_schema(),
        gives_back: gives_back(&connection)?,
    })
}

/// A connection that reads beside whatever process runs on the database, if any does.
pub(crate) fn connect_beside(database: &Path) -> Result<Connection, StoreError> {
    if beside(database, "-shm").exists() { connect_reader(database) } else { connect_alone(database) }
}

/// A connection to a database that nobody has open. A usual one would make files beside it, which would belong to whoever
/// looks, and lock the server's own user out.
pub(crate) fn connect_alone(database: &Path) -> Result<Connection, StoreError> {
    let path = database.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{path}?immutable=1"), flags).map_err(refused)
}

/// A file of the database's.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// The number of a database's schema.
pub(crate) fn schema(connection: &Connection) -> Result<i64, StoreError> {
    let asked = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    connection.query_row(asked, [], |row| row.get(0)).map_err(refused)
}

#[cfg(test)]
mod tests {
    use tidings_domain::id::OrderedIds;

    use super::*;
    use crate::{Options, SqliteStore, open::connect};

    #[test]
    fn a_look_at_a_copy_makes_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("100% mine?.db");
        let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| bytes.fill(1)));
        SqliteStore::open(Options { database: database.clone(), ids }).unwrap().close();
        for ending in ["-shm", "-wal"] {
            std::fs::remove_file(beside(&database, ending)).unwrap();
        }
        let found = inspect(&database).unwrap();
        assert_eq!(found.schema, found.newest_schema);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_look_tells_the_schema_also_while_a_store_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("tidings.db");
        assert!(inspect(&database).is_err());
        assert!(!database.exists(), "nothing is made");
        let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| bytes.fill(1)));
        let store = SqliteStore::open(Options { database: database.clone(), ids }).unwrap();
        let found = inspect(&database).unwrap();
        assert_eq!(found.schema, found.newest_schema);
        store.close();
        let newer = "INSERT INTO refinery_schema_history (version, name) VALUES (9999, 'of_later')";
        connect(&database).unwrap().execute_batch(newer).unwrap();
        assert_eq!(inspect(&database).unwrap(), Inspection { schema: 9999, ..found });
    }
}
