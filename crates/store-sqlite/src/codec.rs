//! Between columns and values. Every function names what it reads, so that a damaged row is told by name.

use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};
use tidings_domain::Timestamp;
use tidings_store::StoreError;

use crate::error::{corrupt, refused};

/// A column as SQLite's own type.
pub(crate) fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, name: &str) -> Result<T, StoreError> {
    row.get(name).map_err(|error| corrupt(name, error))
}

/// Sixteen bytes.
pub(crate) fn id(row: &Row<'_>, name: &str) -> Result<[u8; 16], StoreError> {
    column(row, name)
}

/// A time.
pub(crate) fn time(row: &Row<'_>, name: &str) -> Result<Timestamp, StoreError> {
    column(row, name).map(Timestamp::from_millis)
}

/// A time or none.
pub(crate) fn optional_time(row: &Row<'_>, name: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(column::<Option<i64>>(row, name)?.map(Timestamp::from_millis))
}

/// A number that is never negative.
pub(crate) fn count(row: &Row<'_>, name: &str) -> Result<u64, StoreError> {
    column::<i64>(row, name).map(unsigned)
}

/// One of a list of words.
pub(crate) fn word<T>(row: &Row<'_>, name: &str, from_name: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    let text = row.get_ref(name).map_err(|error| corrupt(name, error))?;
    let text = text.as_str().map_err(|error| corrupt(name, error))?;
    from_name(text).ok_or_else(|| corrupt(name, format!("unknown word `{text}`")))
}

/// One of a list of words or none.
pub(crate) fn optional_word<T>(
    row: &Row<'_>,
    name: &str,
    from_name: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    match row.get_ref(name).map_err(|error| corrupt(name, error))? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => word(row, name, from_name).map(Some),
    }
}

/// A JSON document.
pub(crate) fn document<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> Result<T, StoreError> {
    let text = row.get_ref(name).map_err(|error| corrupt(name, error))?;
    let text = text.as_str().map_err(|error| corrupt(name, error))?;
    serde_json::from_str(text).map_err(|error| corrupt(name, error))
}

/// A JSON document or none.
pub(crate) fn optional_document<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> Result<Option<T>, StoreError> {
    match row.get_ref(name).map_err(|error| corrupt(name, error))? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => document(row, name).map(Some),
    }
}

/// A value as a JSON document.
pub(crate) fn to_document<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(what, error))
}

/// SQLite's integers are signed; ours that count are not.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// And back.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Every row, read by a function that may find it damaged.
pub(crate) fn collect<T>(
    mut rows: rusqlite::Rows<'_>,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut items = Vec::new();
    while let Some(row) = rows.next().map_err(refused)? {
        items.push(read(row)?);
    }
    Ok(items)
}

/// The first row, if there is one.
pub(crate) fn first<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    rows.next().map_err(refused)?.map(read).transpose()
}
