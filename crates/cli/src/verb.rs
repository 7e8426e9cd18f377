//! What the verbs that name a kind of thing (`channels`, `endpoints`, …) have in common.

use clap::Args;
use serde_json::{Map, Value};

use crate::{
    client::{Answer, Client, Failure, ServerArguments, path, query},
    output::{Cell, Output, Table, Tone, confirm, details},
};

/// A verb at work: whom it asks, and how it prints.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) client: Client,
    pub(crate) output: Output,
}

/// The most that the API puts on a page.
const LARGEST_PAGE: u16 = 200;

/// Which page of a list.
#[derive(Debug, Clone, Args)]
pub(crate) struct PageArguments {
    /// How many at most, up to 200 [default: 50]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u16>,
    /// The next page, by what the page before ends with
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// How sure one is.
#[derive(Debug, Clone, Args)]
pub(crate) struct YesArgument {
    /// Does not ask whether it is meant
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl PageArguments {
    /// How many are asked for.
    pub(crate) fn size(&self) -> u16 {
        self.limit.unwrap_or(50)
    }

    /// The page on which so many are, unless its size was said; the error is how many fit.
    pub(crate) fn holding(self, number: Option<u16>) -> Result<Self, u16> {
        match number {
            Some(number) if self.limit.is_none() && number > LARGEST_PAGE => Err(LARGEST_PAGE),
            _ => Ok(Self { limit: self.limit.or(number), ..self }),
        }
    }

    /// Whether it is the first page.
    pub(crate) fn is_first(&self) -> bool {
        self.cursor.is_none()
    }

    /// These parameters and the page's.
    pub(crate) fn with<'a>(self, parameters: &[(&'a str, Option<String>)]) -> Vec<(&'a str, Option<String>)> {
        let page = [("limit", self.limit.map(|limit| limit.to_string())), ("cursor", self.cursor)];
        parameters.iter().cloned().chain(page).collect()
    }
}

impl Desk {
    pub(crate) fn new(arguments: &ServerArguments) -> Result<Self, Failure> {
        Ok(Self { client: Client::new(arguments)?, output: Output::new(arguments.json) })
    }

    /// Lists things; `fill` makes a row of each.
    pub(crate) async fn list(
        &self,
        segments: &[&str],
        parameters: &[(&str, Option<String>)],
        mut table: Table,
        fill: impl Fn(&Value) -> Vec<Cell>,
    ) -> anyhow::Result<()> {
        let answer = self.client.get(&query(&path(segments), parameters)).await?;
        self.output.list(&answer, |answer| {
            answer.items().iter().for_each(|item| table.row(fill(item)));
            table
        })
    }

    /// Shows one thing with all its fields.
    pub(crate) async fn show(&self, segments: &[&str]) -> anyhow::Result<()> {
        let answer = self.client.get(&path(segments)).await?;
        self.details(&answer)
    }

    /// Tells all fields of an answer.
    pub(crate) fn details(&self, answer: &Answer) -> anyhow::Result<()> {
        self.output.answer(answer, |answer| details(self.output.paint, &answer.json))
    }

    /// Deletes something, if it is meant.
    pub(crate) async fn delete(&self, segments: &[&str], id: &str, yes: &YesArgument) -> anyhow::Result<()> {
        confirm(&format!("delete {id}"), yes.yes)?;
        let answer = self.client.delete(&path(segments)).await?;
        self.output.answer(&answer, |_| format!("{id} is deleted."))
    }
}

/// A document of those fields that are given.
pub(crate) fn document(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

/// The field of a document as a cell.
pub(crate) fn cell(document: &Value, pointer: &str) -> Cell {
    Cell::new(&text(document, pointer))
}

/// The same for an id, which is what one looks for last.
pub(crate) fn dim(document: &Value, pointer: &str) -> Cell {
    Cell::toned(Tone::Dim, &text(document, pointer))
}

/// The same for a status, in the colour of what it means.
pub(crate) fn status(document: &Value, pointer: &str) -> Cell {
    let text = text(document, pointer);
    let tone = match &*text {
        "connected" | "healthy" | "delivered" | "read" | "sent" | "done" => Tone::Good,
        "pending" | "scheduled" | "paused" | "running" | "cancelled" => Tone::Warn,
        "disconnected" | "error" | "down" | "disabled" | "failed" | "dead" => Tone::Bad,
        _ => Tone::Plain,
    };
    Cell::toned(tone, &text)
}

/// A field of a document as text; empty where there is none.
pub(crate) fn text(document: &Value, pointer: &str) -> String {
    match document.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let texts: Vec<_> = items.iter().map(|item| text(item, "")).collect();
            texts.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// `name=value` as it is typed.
pub(crate) fn pair(typed: &str) -> Result<(String, String), String> {
    let (name, value) = typed.split_once('=').ok_or_else(|| format!("`{typed}` is not name=value"))?;
    if name.is_empty() { Err(format!("`{typed}` has no name")) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// JSON as it is typed.
pub(crate) fn json(typed: &str) -> Result<Value, String> {
    serde_json::from_str(typed).map_err(|error| format!("it is no JSON: {error}"))
}

/// A setting as it is typed: a number or true or false where it reads as one, else a text. Long runs of digits are ids
/// of the vendors, and stay texts.
pub(crate) fn setting(typed: &str) -> Value {
    match typed {
        "true" | "false" => Value::Bool(typed == "true"),
        "null" => Value::Null,
        _ if typed.len() <= 6 => typed.parse::<u64>().map_or_else(|_| typed.into(), Value::from),
        _ => typed.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_given_is_sent() {
        assert_eq!(document([("name", Some(json!("A"))), ("url", None)]), json!({ "name": "A" }));
    }

    #[test]
    fn settings_are_what_they_read_as() {
        for (typed, meant) in [
            ("80", json!(80)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("v26.0", json!("v26.0")),
            ("106540352242922", json!("106540352242922")),
        ] {
            assert_eq!(setting(typed), meant);
        }
    }

    #[test]
    fn pairs_have_a_name() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("a").is_err() && pair("=b").is_err());
    }

    #[test]
    fn fields_are_told_as_text() {
        let known = json!({ "a": ["x", 1], "b": null, "c": { "d": true } });
        assert_eq!(["/a", "/b", "/c/d", "/e"].map(|pointer| text(&known, pointer)), ["x, 1", "", "true", ""]);
    }
}
