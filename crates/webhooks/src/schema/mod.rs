//! What stands in a webhook's body, field by field: as JSON Schema for programs, and as a page for people.
//!
//! `lifecycle` and `object` list the fields of each event, `parts` those of a message's attachments; `field` has the words
//! that they are written in, and says them as JSON Schema; `page` says them in Markdown. Nothing is rendered from it: what
//! is rendered is held against it by tests, of which every field must be known here.

mod field;
mod lifecycle;
mod object;
mod page;
mod parts;
mod words;

use serde_json::{Map, Value, json};
use tidings_domain::{endpoint::WebhookFormat, event::EventKind};

use crate::rendered_kind;
use field::{Field, Holds, camelled};

pub use page::reference;

/// The JSON Schema (2020-12) of an event's body in a format; `None` where the format tells of it under another name.
pub fn body_schema(kind: EventKind, format: WebhookFormat) -> Option<Value> {
    if rendered_kind(kind, format) != kind {
        return None;
    }
    let mut schema = field::object(&body(kind, format));
    let parts = Holds::Kinds(parts_of(format));
    let holder = field::object(&[field::field("attachment", parts, "A part of a message.")]);
    let attachment = holder.get("properties").and_then(|properties| properties.get("attachment")).cloned();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!(format!("{} ({})", kind.name(), format.name())));
    schema.insert("description".to_owned(), json!(page::meaning(kind)));
    if schema_speaks_of_parts(&schema) {
        schema.insert("$defs".to_owned(), json!({ "attachment": attachment }));
    }
    Some(Value::Object(schema))
}

fn schema_speaks_of_parts(schema: &Map<String, Value>) -> bool {
    Value::Object(schema.clone()).to_string().contains("#/$defs/attachment")
}

/// The fields of a body.
fn body(kind: EventKind, format: WebhookFormat) -> Vec<Field> {
    match format {
        WebhookFormat::Lifecycle => lifecycle::envelope(kind, lifecycle::data(kind)),
        WebhookFormat::Object => object::envelope(kind, object::data(kind)),
    }
}

/// The parts of a message, as a format spells them.
fn parts_of(format: WebhookFormat) -> Vec<(&'static str, Vec<Field>)> {
    let parts = parts::parts();
    match format {
        WebhookFormat::Lifecycle => parts,
        WebhookFormat::Object => parts.into_iter().map(|(word, fields)| (word, camelled(fields))).collect(),
    }
}
