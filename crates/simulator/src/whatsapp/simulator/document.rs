//! The documents that the simulator is told things by: JSON of which every field must be known.

use serde::de::DeserializeOwned;

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
#[error("{at}: {message}")]
pub struct DocumentError {
    /// Where in it.
    pub at: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl DocumentError {
    pub(super) fn new(at: &str, message: impl Into<String>) -> DocumentError {
        DocumentError { at: at.to_owned(), message: message.into() }
    }
}

/// Nothing may stand behind it.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DocumentError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| DocumentError::new(&error.path().to_string(), error.inner().to_string()))?;
    reader.end().map_err(|error| DocumentError::new(".", error.to_string()))?;
    Ok(read)
}
