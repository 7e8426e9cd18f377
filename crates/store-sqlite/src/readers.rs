//! Reading beside the writer: a few connections, handed out one at a time.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tidings_store::StoreError;
use tokio::sync::Semaphore;

use crate::{error::refused, open, session::Reader};

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
    pub(crate) async fn run<T, F>(self: &Arc<Self>, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Stopped)?;
        let readers = Arc::clone(self);
        tokio::task::spawn_blocking(move || Lent::take(&readers)?.read(query)).await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// A connection that goes back when it is done with, also after a panic.
struct Lent<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl<'a> Lent<'a> {
    fn take(readers: &'a Readers) -> Result<Self, StoreError> {
        let connection = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if connection.is_some() { Ok(Self { connection, readers }) } else { Err(StoreError::Stopped) }
    }

    /// Runs a query of which everything is read of one moment.
    fn read<T>(&self, query: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.connection.as_ref().ok_or(StoreError::Stopped)?;
        let moment = connection.unchecked_transaction().map_err(refused)?;
        query(&Reader { connection: &moment })
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.connection.take());
    }
}
