//! From SQLite's errors to the store's.

use rusqlite::{Error, ErrorCode};
use tidings_store::StoreError;

/// What SQLite's refusal means to the caller.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(crate) fn refused(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull,
        _ => StoreError::Backend(error.to_string()),
    }
}

/// The same, where breaking a uniqueness rule has a name.
pub(crate) fn refused_as(conflict: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Conflict(conflict),
        _ => refused(error),
    }
}

/// A record that is stored in a shape that we cannot read.
pub(crate) fn corrupt(what: impl Into<String>, detail: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { what: what.into(), detail: detail.to_string() }
}
