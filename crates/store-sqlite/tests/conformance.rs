//! The embedded store keeps the promises that every store makes.

use std::sync::Arc;

use tempfile::TempDir;
use tidings_domain::id::OrderedIds;
use tidings_store::Store;
use tidings_store_sqlite::{Options, SqliteStore};

fn open() -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        database: folder.path().join("tidings.db"),
        ids: Box::new(OrderedIds::new(|bytes: &mut [u8]| bytes.fill(0x5A))),
    };
    let store = SqliteStore::open(options).expect("a store that can be opened");
    (folder, Arc::new(store))
}

tidings_store::conformance_suite!(crate::open);
