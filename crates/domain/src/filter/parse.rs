//! Reading a filter: everything that is wrong with it is told, each by a pointer into it.

use serde_json::{Map, Value};

use super::{Comparison, Condition, FilterError, Path, Test};

/// How deep conditions may lie within one another.
const DEEPEST: usize = 16;
/// How many conditions and values a filter may have in all.
const MOST: usize = 1000;

const EMPTY: &str = "name at least one condition, such as {\"data.channel_type\": \"whatsapp\"}";
const OPERATORS: &str = "$eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, $prefix and $exists";

/// Reads a whole filter.
pub(super) fn condition(source: &Value) -> Result<Condition, Vec<FilterError>> {
    let mut reading = Reading { errors: Vec::new(), left: MOST };
    let condition = reading.object(source, "", DEEPEST);
    match condition {
        Some(condition) if reading.errors.is_empty() => Ok(condition),
        _ => Err(reading.errors),
    }
}

struct Reading {
    errors: Vec<FilterError>,
    /// How many more conditions and values there may be.
    left: usize,
}

impl Reading {
    fn wrong<T>(&mut self, pointer: &str, detail: impl Into<String>) -> Option<T> {
        self.errors.push(FilterError { pointer: pointer.to_owned(), detail: detail.into() });
        None
    }

    fn count(&mut self, pointer: &str) -> Option<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Some(())
            }
            None if self.errors.iter().any(|error| error.detail.contains("in all")) => None,
            None => self.wrong(pointer, format!("a filter has at most {MOST} conditions and values in all")),
        }
    }

    /// Conditions that must all hold.
    fn object(&mut self, value: &Value, pointer: &str, deep: usize) -> Option<Condition> {
        let Value::Object(object) = value else {
            return self.wrong(pointer, format!("expected an object of conditions; {EMPTY}"));
        };
        if object.is_empty() {
            return self.wrong(pointer, EMPTY);
        }
        let Some(deep) = deep.checked_sub(1) else {
            return self.wrong(pointer, format!("conditions lie at most {DEEPEST} deep within one another"));
        };
        // All are read, so that all that is wrong is told.
        let all: Vec<Option<Condition>> =
            object.iter().map(|(name, value)| self.named(name, value, &join(pointer, name), deep)).collect();
        all.into_iter().collect::<Option<Vec<_>>>().map(Condition::All)
    }

    fn named(&mut self, name: &str, value: &Value, pointer: &str, deep: usize) -> Option<Condition> {
        self.count(pointer)?;
        match name {
            "$and" => self.list(value, pointer, deep).map(Condition::All),
            "$or" => self.list(value, pointer, deep).map(Condition::Any),
            "$not" => self.object(value, pointer, deep).map(|condition| Condition::Not(Box::new(condition))),
            _ if name.starts_with('$') => self.wrong(
                pointer,
                format!("unknown; conditions are joined by $and, $or and $not; {OPERATORS} stand under a path"),
            ),
            _ => match Path::parse(name) {
                Ok(path) => Some(Condition::At(path, self.tests(value, pointer)?)),
                Err(detail) => self.wrong(pointer, detail),
            },
        }
    }

    fn list(&mut self, value: &Value, pointer: &str, deep: usize) -> Option<Vec<Condition>> {
        let items = value.as_array().filter(|items| !items.is_empty());
        let Some(items) = items else {
            return self.wrong(pointer, "expected a list of one or more objects of conditions");
        };
        let all: Vec<Option<Condition>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.object(item, &format!("{pointer}/{index}"), deep))
            .collect();
        all.into_iter().collect()
    }

    /// A value, or an object of operators.
    fn tests(&mut self, value: &Value, pointer: &str) -> Option<Vec<Test>> {
        match value {
            Value::Object(object) if object.keys().any(|key| key.starts_with('$')) => self.operators(object, pointer),
            _ => Some(vec![Test::In(vec![value.clone()])]),
        }
    }

    fn operators(&mut self, object: &Map<String, Value>, pointer: &str) -> Option<Vec<Test>> {
        let all: Vec<Option<Test>> =
            object.iter().map(|(name, value)| self.operator(name, value, &join(pointer, name))).collect();
        all.into_iter().collect()
    }

    fn operator(&mut self, name: &str, value: &Value, pointer: &str) -> Option<Test> {
        self.count(pointer)?;
        match name {
            "$eq" => Some(Test::In(vec![value.clone()])),
            "$ne" => Some(Test::NotIn(vec![value.clone()])),
            "$in" => self.values(value, pointer).map(Test::In),
            "$nin" => self.values(value, pointer).map(Test::NotIn),
            "$gt" => self.comparison(Comparison::Greater, value, pointer),
            "$gte" => self.comparison(Comparison::GreaterOrEqual, value, pointer),
            "$lt" => self.comparison(Comparison::Less, value, pointer),
            "$lte" => self.comparison(Comparison::LessOrEqual, value, pointer),
            "$prefix" => match value {
                Value::String(prefix) => Some(Test::Begins(prefix.clone())),
                _ => self.wrong(pointer, "expected a text"),
            },
            "$exists" => match value {
                Value::Bool(wanted) => Some(Test::Exists(*wanted)),
                _ => self.wrong(pointer, "expected true or false"),
            },
            _ => self.wrong(pointer, format!("unknown operator; known are {OPERATORS}")),
        }
    }

    fn comparison(&mut self, comparison: Comparison, value: &Value, pointer: &str) -> Option<Test> {
        match value {
            Value::Number(_) | Value::String(_) => Some(Test::Compares(comparison, value.clone())),
            _ => self.wrong(pointer, "expected a number or a text; times are texts"),
        }
    }

    fn values(&mut self, value: &Value, pointer: &str) -> Option<Vec<Value>> {
        let values = value.as_array().filter(|values| !values.is_empty());
        let Some(values) = values else { return self.wrong(pointer, "expected a list of one or more values") };
        for _ in values {
            self.count(pointer)?;
        }
        Some(values.clone())
    }
}

/// The pointer to a field of what a pointer leads to.
fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
