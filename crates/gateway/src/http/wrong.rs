//! Everything that is wrong with a request, gathered while it is read.

use std::str::FromStr;

use tidings_domain::{Timestamp, id::InvalidId};

use super::problem::{Answer, FieldProblem, Problem};

/// What is wrong so far.
#[derive(Default)]
pub(crate) struct Wrong(pub(crate) Vec<FieldProblem>);

impl Wrong {
    pub(crate) fn tell(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldProblem::new(pointer, detail));
    }

    pub(crate) fn id<T: FromStr<Err = InvalidId>>(&mut self, pointer: &str, text: Option<&str>) -> Option<T> {
        match text?.parse() {
            Ok(id) => Some(id),
            Err(error) => {
                self.tell(pointer, error.to_string());
                None
            }
        }
    }

    pub(crate) fn time(&mut self, pointer: &str, text: Option<&str>) -> Option<Timestamp> {
        let time = Timestamp::parse(text?);
        if time.is_none() {
            self.tell(pointer, "expected a time in RFC 3339, such as 2026-04-19T14:30:00Z");
        }
        time
    }

    /// A field that goes with something else only.
    pub(crate) fn needless(&mut self, pointer: &str, is_there: bool, goes_with: &str) {
        if is_there {
            self.tell(pointer, format!("goes with {goes_with} only"));
        }
    }

    pub(crate) fn required<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.tell(pointer, "is missing");
        }
        value
    }

    /// Whether a text is as long as it may be, in characters; none is shorter than one.
    pub(crate) fn text(&mut self, pointer: &str, text: Option<&str>, longest: usize) {
        if text.is_some_and(|text| text.trim().is_empty() || text.chars().count() > longest) {
            self.tell(pointer, format!("takes 1 to {longest} characters"));
        }
    }

    /// Nothing was wrong, or everything that was.
    pub(crate) fn none(self) -> Answer<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::fields(self.0)) }
    }
}
