//! Collects what is wrong with a message: all of it is told at once, field by field.

use std::collections::BTreeSet;

use url::Url;

use crate::adapter::FieldError;

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Complaints(Vec<FieldError>);

impl Complaints {
    /// Says what is wrong with a field.
    pub(super) fn about(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.to_owned(), detail: detail.into() });
    }

    /// A text must say something, in at most so many characters.
    pub(super) fn text(&mut self, pointer: &str, text: &str, most: usize) {
        if text.trim().is_empty() {
            self.about(pointer, "must not be empty");
        } else {
            self.at_most(pointer, text, most);
        }
    }

    /// A text must have at most so many characters.
    pub(super) fn at_most(&mut self, pointer: &str, text: &str, most: usize) {
        let length = text.chars().count();
        if length > most {
            self.about(pointer, format!("must have at most {most} characters; it has {length}"));
        }
    }

    /// A text must be one that has not been seen before.
    pub(super) fn unique<'t>(&mut self, pointer: &str, text: &'t str, seen: &mut BTreeSet<&'t str>) {
        if !seen.insert(text) {
            self.about(pointer, "must differ from the others");
        }
    }

    /// A text must be an address of the web.
    pub(super) fn address(&mut self, pointer: &str, text: &str) {
        if !Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            self.about(pointer, "must be an absolute URL that begins with https:// or http://");
        }
    }

    /// All of it.
    pub(super) fn all(self) -> Vec<FieldError> {
        self.0
    }
}
