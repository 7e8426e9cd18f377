//! The words that a schema is written in: what a field may hold, and how that is said as JSON Schema.

use serde_json::{Map, Value, json};

use crate::formats::camel;

/// A field of an object.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) holds: Holds,
    /// What it means, for people.
    pub(super) about: &'static str,
    /// Whether it may be null.
    pub(super) nullable: bool,
    /// Whether it is left out where there is nothing to say.
    pub(super) optional: bool,
}

/// What a field may hold.
#[derive(Debug, Clone)]
pub(super) enum Holds {
    Text,
    /// One of our ids, with this prefix.
    Id(&'static str),
    /// One of our ids in its UUID spelling.
    Uuid,
    /// A time as RFC 3339 spells it, in UTC.
    Time,
    Integer,
    Number,
    Bool,
    /// One of these words.
    Words(Vec<&'static str>),
    /// An object with these fields.
    Object(Vec<Field>),
    /// An object of others' making, or whose names are not known beforehand.
    Free,
    List(Box<Holds>),
    /// One of these objects, told apart by the word in their field `type`.
    Kinds(Vec<(&'static str, Vec<Field>)>),
    /// What the page and the schema have a place of their own for: the parts of a message.
    Parts,
    Anything,
}

/// A field that is always there.
pub(super) fn field(name: &str, holds: Holds, about: &'static str) -> Field {
    Field { name: name.to_owned(), holds, about, nullable: false, optional: false }
}

impl Field {
    pub(super) fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// The same fields as the object format spells them.
pub(super) fn camelled(fields: Vec<Field>) -> Vec<Field> {
    fields.into_iter().map(|field| Field { name: camel(&field.name), holds: field.holds.camelled(), ..field }).collect()
}

impl Holds {
    pub(super) fn list_of(self) -> Self {
        Self::List(Box::new(self))
    }

    fn camelled(self) -> Self {
        match self {
            Self::Id(_) => Self::Uuid,
            Self::Object(fields) => Self::Object(camelled(fields)),
            Self::List(items) => items.camelled().list_of(),
            Self::Kinds(kinds) => {
                Self::Kinds(kinds.into_iter().map(|(word, fields)| (word, camelled(fields))).collect())
            }
            other => other,
        }
    }

    fn schema(&self, nullable: bool) -> Map<String, Value> {
        let typed = |name: &str| {
            let kind = if nullable { json!([name, "null"]) } else { json!(name) };
            Map::from_iter([("type".to_owned(), kind)])
        };
        let with = |mut schema: Map<String, Value>, key: &str, value: Value| {
            schema.insert(key.to_owned(), value);
            schema
        };
        match self {
            Self::Text => typed("string"),
            Self::Id(prefix) => with(typed("string"), "pattern", json!(format!("^{prefix}_[0-9A-HJKMNP-TV-Z]{{26}}$"))),
            Self::Uuid => with(typed("string"), "format", json!("uuid")),
            Self::Time => with(typed("string"), "format", json!("date-time")),
            Self::Integer => typed("integer"),
            Self::Number => typed("number"),
            Self::Bool => typed("boolean"),
            Self::Words(words) => {
                let mut all: Vec<Value> = words.iter().map(|word| json!(word)).collect();
                if nullable {
                    all.push(Value::Null);
                }
                with(typed("string"), "enum", Value::Array(all))
            }
            Self::Object(fields) => {
                let mut schema = object(fields);
                schema.extend(typed("object"));
                schema
            }
            Self::Free => typed("object"),
            Self::List(items) => with(typed("array"), "items", Value::Object(items.schema(false))),
            Self::Kinds(kinds) => with(Map::new(), "oneOf", kinds.iter().map(kind).collect()),
            Self::Parts => Map::from_iter([("$ref".to_owned(), json!("#/$defs/attachment"))]),
            Self::Anything => Map::new(),
        }
    }
}

fn kind((word, fields): &(&'static str, Vec<Field>)) -> Value {
    let mut schema = object(fields);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("type".to_owned(), json!({ "const": word }));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.push(json!("type"));
    }
    Value::Object(schema)
}

/// An object with these fields. Others may join them in a later version, so they are not forbidden.
pub(super) fn object(fields: &[Field]) -> Map<String, Value> {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = field.holds.schema(field.nullable);
        schema.insert("description".to_owned(), json!(field.about));
        properties.insert(field.name.clone(), Value::Object(schema));
    }
    let required: Vec<&str> = fields.iter().filter(|field| !field.optional).map(|field| field.name.as_str()).collect();
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
        ("required".to_owned(), json!(required)),
    ])
}
