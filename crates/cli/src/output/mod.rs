//! What the verbs print: for people on a terminal, plain and whole on a pipe, and the API's own JSON where it is asked for.
//!
//! Texts of others (names, errors, answers) may hold anything; what a terminal would obey is taken out of them here.

mod details;
mod paint;
mod table;
mod terminal;

use std::io::Write as _;

pub(crate) use self::{
    details::details,
    paint::{Paint, Tone, clean},
    table::{Cell, Table, cut},
    terminal::{ask, ask_secret, confirm, is_conversation, width},
};
use crate::client::Answer;

/// How a verb prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Whether the API's JSON is wanted.
    pub(crate) json: bool,
    /// Colours, where they are seen.
    pub(crate) paint: Paint,
    width: Option<usize>,
}

impl Output {
    /// For standard output as it is.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, paint: Paint::for_stdout(), width: width() }
    }

    /// An answer, as it came; or what `tell` makes of it for people.
    pub(crate) fn answer(&self, answer: &Answer, tell: impl FnOnce(&Answer) -> String) -> anyhow::Result<()> {
        if !self.json {
            return crate::print(tell(answer).trim_end());
        }
        if answer.body.is_empty() {
            return Ok(());
        }
        crate::print(String::from_utf8_lossy(&answer.body).trim_end())
    }

    /// A page of a list: a table, and how to get the next page.
    pub(crate) fn list(&self, answer: &Answer, table: impl FnOnce(&Answer) -> Table) -> anyhow::Result<()> {
        self.answer(answer, |answer| {
            let table = table(answer).render(self.paint, self.width);
            match answer.next_cursor() {
                Some(cursor) => format!("{table}\n{}", self.paint.on(Tone::Dim, &format!("more: --cursor {cursor}"))),
                None => table,
            }
        })
    }
}

/// Words beside what is asked for, to standard error, so that they disturb nobody who reads the output. They are lost
/// where it is closed.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
