//! Looking at answers: what a document holds, what a problem says, and waiting until something is so.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tidings_simulator::Arrival;
use tokio::time::{Instant, sleep};

use crate::Answer;

/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often something is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Asks until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "not within {} seconds: {what}", PATIENCE.as_secs());
        sleep(LOOK_EVERY).await;
    }
}

/// A webhook's body.
pub fn json_of(arrival: &Arrival) -> Value {
    serde_json::from_slice(&arrival.body).expect("a webhook is JSON")
}

/// A text within a document, by JSON pointer.
pub fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    let found = document.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("there is no text at {pointer} of {document:#}"))
}

/// Fails unless everything that is expected is there. Objects may hold more; lists and all else must be the same.
#[track_caller]
pub fn assert_holds(actual: &Value, expected: &Value) {
    if let Some(difference) = difference(actual, expected, "") {
        panic!("{difference}, in {actual:#}");
    }
}

fn difference(actual: &Value, expected: &Value, at: &str) -> Option<String> {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected.iter().find_map(|(name, expected)| {
            let at = format!("{at}/{name}");
            match actual.get(name) {
                Some(actual) => difference(actual, expected, &at),
                None => Some(format!("{at} is missing")),
            }
        }),
        (Value::Array(actual), Value::Array(expected)) if actual.len() == expected.len() => {
            let pairs = actual.iter().zip(expected).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (actual, expected))| difference(actual, expected, &format!("{at}/{index}")))
        }
        _ if actual == expected => None,
        _ => Some(format!("{at} is {actual} instead of {expected}")),
    }
}

/// Where a problem sees what is wrong.
pub fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
}

impl Answer {
    /// The problem that an answer must be: of this status and code, and whole.
    pub fn problem(self, status: u16, code: &str) -> Result<Value> {
        let told = || format!("{}: {}", self.status, String::from_utf8_lossy(&self.body));
        ensure!(self.status.as_u16() == status && self.json["code"] == code, "not {status} {code} but {}", told());
        let content_type = self.headers.get("content-type").context("it has no content type")?;
        ensure!(content_type == "application/problem+json", "its content type is {content_type:?}");
        ensure!(self.json["status"] == status, "its document has another status: {}", told());
        for field in ["type", "title", "detail"] {
            ensure!(self.json[field].as_str().is_some_and(|text| !text.is_empty()), "no {field}: {}", told());
        }
        Ok(self.json)
    }

    /// A header of the answer, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
