//! Everything that is wrong with a request, gathered while it is read.

use std::str::FromStr;

use tidings_domain::{Timestamp, id::InvalidId};

use crate::http::problem::FieldProblem;

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Wrong(pub(super) Vec<FieldProblem>);

impl Wrong {
    pub(super) fn tell(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldProblem::new(pointer, detail));
    }

    pub(super) fn id<T: FromStr<Err = InvalidId>>(&mut self, pointer: &str, text: Option<&str>) -> Option<T> {
        match text?.parse() {
            Ok(id) => Some(id),
            Err(error) => {
                self.tell(pointer, error.to_string());
                None
            }
        }
    }

    pub(super) fn time(&mut self, pointer: &str, text: Option<&str>) -> Option<Timestamp> {
        let time = Timestamp::parse(text?);
        if time.is_none() {
            self.tell(pointer, "expected a time in RFC 3339, such as 2026-04-19T14:30:00Z");
        }
        time
    }

    /// A field that goes with something else only.
    pub(super) fn needless(&mut self, pointer: &str, is_there: bool, goes_with: &str) {
        if is_there {
            self.tell(pointer, format!("goes with {goes_with} only"));
        }
    }

    pub(super) fn required<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.tell(pointer, "is missing");
        }
        value
    }
}
