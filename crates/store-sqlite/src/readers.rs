//! Reading beside the writer: a few connections, handed out one at a time.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use rusqlite::Connection;
use tidings_store::StoreError;
use tokio::sync::Semaphore;

use crate::{open, session::Reader};

/// A few connections that only read.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    /// Opens `count` connections.
    pub(crate) fn open(database: &Path, count: usize) -> Result<Self, StoreError> {
        let idle: Vec<Connection> = (0..count).map(|_| open::connect_reader(database)).collect::<Result<_, _>>()?;
        Ok(Self { permits: Semaphore::new(idle.len()), idle: Mutex::new(idle) })
    }

    /// Runs a query on a thread that may block.
    pub(crate) async fn run<T, F>(self: &std::sync::Arc<Self>, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Stopped)?;
        let readers = std::sync::Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let taken = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = taken else { return Err(StoreError::Stopped) };
            let result = query(&Reader { connection: &connection });
            readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
        .unwrap_or(Err(StoreError::Stopped))
    }
}
