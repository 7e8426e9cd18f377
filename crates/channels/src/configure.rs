//! Reads an operator's credentials and settings field by field and collects everything that is wrong with them. It
//! never looks at the world: whether a token works is found out elsewhere.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use url::Url;

use crate::adapter::FieldError;

/// Longer values than this are mistakes.
const LONGEST_VALUE: usize = 4096;

/// One object of an operator's request. Fields are taken one by one; what is left over at the end is unknown.
pub(crate) struct Fields<'a> {
    section: &'static str,
    given: &'a Map<String, Value>,
    known: Vec<&'static str>,
    checked: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// The fields of `credentials` or `settings`.
    pub(crate) fn new(section: &'static str, given: &'a Map<String, Value>) -> Self {
        Self { section, given, known: Vec::new(), checked: Map::new(), errors: Vec::new() }
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, name: &'static str) -> String {
        let text = self.optional(name);
        if text.is_none() && !self.errors.iter().any(|error| error.pointer == self.pointer(name)) {
            self.refuse(name, "is required");
        }
        text.unwrap_or_default()
    }

    /// A text that may be absent or null.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        match self.given.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match problem(text) {
                None => {
                    self.checked.insert(name.to_owned(), Value::String(text.clone()));
                    Some(text.clone())
                }
                Some(problem) => {
                    self.refuse(name, problem);
                    None
                }
            },
            Some(_) => {
                self.refuse(name, "must be a string");
                None
            }
        }
    }

    /// A text that is this one if it is not given.
    pub(crate) fn with_default(&mut self, name: &'static str, default: &str) -> String {
        let text = self.optional(name).unwrap_or_else(|| default.to_owned());
        self.set(name, text.clone());
        text
    }

    /// A whole number in this range that is this one if it is not given.
    pub(crate) fn number(&mut self, name: &'static str, default: u64, range: &RangeInclusive<u64>) {
        self.known.push(name);
        let number = match self.given.get(name) {
            None | Some(Value::Null) => Some(default),
            Some(given) => given.as_u64().filter(|number| range.contains(number)),
        };
        match number {
            Some(number) => {
                self.checked.insert(name.to_owned(), Value::from(number));
            }
            None => self.refuse(name, &format!("must be a whole number from {} to {}", range.start(), range.end())),
        }
    }

    /// The base address of a vendor's API, kept without a slash at its end.
    pub(crate) fn address(&mut self, name: &'static str, default: &str) -> String {
        let text = self.with_default(name, default).trim_end_matches('/').to_owned();
        match Url::parse(&text) {
            Err(_) => self.refuse(name, "must be an absolute URL"),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                self.refuse(name, "must begin with https:// or http://");
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                self.refuse(name, "must not contain a user name or password");
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                self.refuse(name, "must not contain a query or fragment");
            }
            Ok(_) => {}
        }
        self.set(name, text.clone());
        text
    }

    /// Says that a field cannot be taken as it is.
    pub(crate) fn refuse(&mut self, name: &str, detail: &str) {
        let pointer = self.pointer(name);
        self.errors.push(FieldError { pointer, detail: detail.to_owned() });
    }

    /// The JSON pointer of a field.
    pub(crate) fn pointer(&self, name: &str) -> String {
        format!("/{}/{}", self.section, name.replace('~', "~0").replace('/', "~1"))
    }

    /// What was taken, and everything that was wrong, unknown fields included.
    pub(crate) fn finish(mut self) -> (Map<String, Value>, Vec<FieldError>) {
        for name in self.given.keys() {
            if !self.known.contains(&name.as_str()) {
                let detail = format!("unknown field; known are {}", self.known.join(", "));
                self.refuse(name, &detail);
            }
        }
        (self.checked, self.errors)
    }

    fn set(&mut self, name: &str, value: String) {
        self.checked.insert(name.to_owned(), Value::String(value));
    }
}

fn problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("must not be empty")
    } else if text.len() > LONGEST_VALUE {
        Some("is too long")
    } else if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
        Some("must not contain spaces, line breaks or control characters")
    } else {
        None
    }
}
