//! The documents that the simulator is told things by: JSON of which every field must be known.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// What is wrong with a document.
#[derive(Debug)]
pub struct DocumentError {
    /// Where in it; `.` is the document itself.
    pub at: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::error::Error for DocumentError {}

impl std::fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at.as_str() {
            WHOLE => formatter.write_str(&self.message),
            at => write!(formatter, "{at}: {}", self.message),
        }
    }
}

/// The document itself, as `serde_path_to_error` names it.
const WHOLE: &str = ".";

impl DocumentError {
    pub(super) fn new(at: &str, message: impl Into<String>) -> DocumentError {
        DocumentError { at: at.to_owned(), message: message.into() }
    }
}

/// Nothing may stand behind it.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DocumentError> {
    // A list would be taken for the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(DocumentError::new(WHOLE, "a JSON object is expected"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| DocumentError::new(&error.path().to_string(), told(error.inner())))?;
    reader.end().map_err(|error| DocumentError::new(WHOLE, error.to_string()))?;
    Ok(read)
}

/// Line and column help where it is no JSON; what is wrong with a value has a name.
fn told(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => told.strip_suffix(&place).unwrap_or(&told).to_owned(),
        Category::Io | Category::Syntax | Category::Eof => told,
    }
}
