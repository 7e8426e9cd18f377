//! Filters by content: what a document must say to be wanted.
//!
//! A filter is a JSON object of conditions that must all hold. A condition is named by a path into the document and says
//! what must be there: a value, or an object of operators; `$and`, `$or` and `$not` join conditions.
//!
//! ```json
//! {"data.channel_type": "whatsapp", "$or": [{"event": {"$in": ["message.failed"]}}, {"data.sequence": {"$gt": 100}}]}
//! ```
//!
//! The story: [`Filter::parse`] reads it once and tells everything that is wrong with it, by JSON pointer; [`Filter::passes`]
//! asks a document as often as one likes, and never fails.

mod parse;
mod path;
#[cfg(test)]
mod tests;

use std::{cmp::Ordering, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use path::Path;

/// Something that is wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Where, as a JSON pointer into the filter.
    pub pointer: String,
    /// What, and what to do about it.
    pub detail: String,
}

/// What a document must say to be wanted. A clone is the same filter.
#[derive(Debug, Clone)]
pub struct Filter {
    source: Arc<Value>,
    condition: Arc<Condition>,
}

/// A condition of a document.
#[derive(Debug)]
enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// Of what stands at a path.
    At(Path, Vec<Test>),
}

/// A test of what stands at a path. Where a path leads through lists it may lead to several values; but for the negative
/// ones, a test holds if it does for any of them.
#[derive(Debug)]
enum Test {
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Compares(Comparison, Value),
    Begins(String),
    Exists(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    /// Reads a filter, or tells everything that is wrong with it.
    pub fn parse(source: Value) -> Result<Self, Vec<FilterError>> {
        let condition = parse::condition(&source)?;
        Ok(Self { source: Arc::new(source), condition: Arc::new(condition) })
    }

    /// As it was given.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Whether a document is wanted.
    pub fn passes(&self, document: &Value) -> bool {
        self.condition.holds(document)
    }
}

impl Condition {
    fn holds(&self, document: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|condition| condition.holds(document)),
            Self::Any(any) => any.iter().any(|condition| condition.holds(document)),
            Self::Not(condition) => !condition.holds(document),
            Self::At(path, tests) => {
                let found = path.find(document);
                tests.iter().all(|test| test.holds(&found))
            }
        }
    }
}

impl Test {
    fn holds(&self, found: &[&Value]) -> bool {
        match self {
            Self::In(values) => is_any(found, values),
            Self::NotIn(values) => !is_any(found, values),
            Self::Compares(comparison, than) => {
                found.iter().any(|value| order(value, than).is_some_and(|order| comparison.holds(order)))
            }
            Self::Begins(prefix) => {
                found.iter().any(|value| value.as_str().is_some_and(|text| text.starts_with(prefix.as_str())))
            }
            Self::Exists(wanted) => found.iter().any(|value| !value.is_null()) == *wanted,
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Whether any of what was found is any of the values. What is absent is null.
fn is_any(found: &[&Value], values: &[Value]) -> bool {
    let absent = found.is_empty() && values.iter().any(Value::is_null);
    absent || found.iter().any(|found| values.iter().any(|value| equal(found, value)))
}

/// Whether two values say the same. A number is the same however it is spelled.
fn equal(one: &Value, other: &Value) -> bool {
    one == other || (one.is_number() && order(one, other) == Some(Ordering::Equal))
}

/// Which of two numbers or texts comes first. Texts are compared character by character, which puts times in order, too.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.as_str().cmp(other)),
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        _ => None,
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Value::deserialize(deserializer)?).map_err(|errors| {
            let told = errors.first().map_or("", |error| error.detail.as_str());
            de::Error::custom(format!("not a filter: {told}"))
        })
    }
}
