//! An API of JSON, as a program uses it: the gateway's, and that of the simulator.

use std::fmt;

use anyhow::Context as _;
use bytes::Bytes;
use http::{
    Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::Full;
use serde_json::Value;
use tidings_simulator::client::Connection;

/// A client of the API.
pub(super) struct Api {
    authorization: String,
    connection: Connection,
}

/// What it was asked is not done.
#[derive(Debug)]
pub(super) struct Refused {
    path: String,
    pub(super) status: StatusCode,
    told: String,
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} answered {}: {}", self.path, self.status, self.told)
    }
}

impl Api {
    pub(super) fn new(base: &str, key: &str) -> anyhow::Result<Self> {
        Ok(Self { authorization: format!("Bearer {key}"), connection: Connection::to(base)? })
    }

    /// Posts a document and answers with the answer's.
    pub(super) async fn post(&mut self, path: &str, document: &Value) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(document.to_string())))?;
        let answer = self.connection.send(request).await?;
        let text = String::from_utf8_lossy(answer.body());
        if !answer.status().is_success() {
            return Err(Refused { path: path.to_owned(), status: answer.status(), told: text.into_owned() }.into());
        }
        serde_json::from_str(&text).with_context(|| format!("{path} answered no JSON"))
    }
}
