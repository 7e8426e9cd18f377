//! Leases. Here one process has them all; the epoch still keeps a predecessor's late outcomes out.

use tidings_store::StoreError;
use uuid::Uuid;

use crate::{
    codec::{self, unsigned},
    error::refused,
    session::{Reader, Session},
};

/// Takes the lease on something and answers the new epoch.
pub(crate) fn acquire(session: &Session<'_>, kind: &'static str, id: Uuid, holder: &str) -> Result<u64, StoreError> {
    let mut statement = session.reader.statement(
        "INSERT INTO leases (kind, id, holder, epoch) VALUES (?1, ?2, ?3, 1) \
         ON CONFLICT (kind, id) DO UPDATE SET holder = excluded.holder, epoch = epoch + 1 RETURNING epoch",
    )?;
    statement.query_row(rusqlite::params![kind, id.as_bytes(), holder], |row| row.get(0)).map(unsigned).map_err(refused)
}

/// Refuses an epoch that is not the lease's.
pub(crate) fn check(reader: &Reader<'_>, kind: &'static str, id: Uuid, epoch: u64) -> Result<(), StoreError> {
    let mut statement = reader.statement("SELECT epoch FROM leases WHERE kind = ?1 AND id = ?2")?;
    let rows = statement.query(rusqlite::params![kind, id.as_bytes()]).map_err(refused)?;
    match codec::first(rows, |row| codec::count(row, "epoch"))? {
        Some(current) if current == epoch => Ok(()),
        _ => Err(StoreError::StaleLease(id.to_string())),
    }
}
