//! What a call was answered with.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// As it came, to be given on untouched.
    pub(crate) body: Bytes,
    /// The same as JSON; null where it is none.
    pub(crate) json: Value,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Self { status, headers, body, json }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Value] {
        self.json["data"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// What to give as `--cursor` for the next page of a list.
    pub(crate) fn next_cursor(&self) -> Option<&str> {
        self.json["next_cursor"].as_str()
    }
}
