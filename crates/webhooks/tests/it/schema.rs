//! The schemas and the bodies speak of the same fields. They are checked by a validator that we did not write, in a strict
//! form: a body may have no field that its schema does not know.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use tidings_domain::{
    endpoint::WebhookFormat,
    event::{Event, EventKind},
};
use tidings_webhooks::{render, rendered_kind, schema::body_schema};

use crate::{
    generate::message_event,
    samples::{self, Links},
};

/// Forbids what is not named, in every object that names something.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}

fn validator(kind: EventKind, format: WebhookFormat) -> Validator {
    let mut schema = body_schema(kind, format).expect("a format has a schema of what it tells");
    strict(&mut schema);
    jsonschema::options().should_validate_formats(true).build(&schema).expect("it is a schema")
}

fn check(event: &Event, format: WebhookFormat) -> Result<(), String> {
    let Some(body) = render(event, format, &Links) else { return Ok(()) };
    let mut body: Value = serde_json::from_slice(&body).expect("a body is JSON");
    // No adapter says anything but objects here; what is made up does.
    if body["data"].get("vendorDetails").is_some_and(|details| !details.is_object()) {
        body["data"]["vendorDetails"] = Value::Null;
    }
    let validator = validator(rendered_kind(event.kind, format), format);
    let wrong: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{format:?} {body:#}\n{}", wrong.join("\n"))) }
}

#[test]
fn every_sample_is_as_its_schema_says() {
    for (name, event) in samples::all() {
        for format in WebhookFormat::ALL.iter().copied() {
            if let Err(wrong) = check(&event, format) {
                panic!("{name}: {wrong}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_message_is_as_its_schema_says(event in message_event()) {
        for format in WebhookFormat::ALL.iter().copied() {
            prop_assert_eq!(check(&event, format), Ok(()));
        }
    }
}

/// The paths of all fields that a schema knows, or that a body has.
fn paths(value: &Value, schema: bool, at: &str, found: &mut BTreeSet<String>) {
    let inner = if schema { &value["properties"] } else { value };
    match inner {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = format!("{at}/{name}");
                paths(field, schema, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, schema, at, found)),
        _ => {}
    }
    if schema && let Some(items) = value.get("items") {
        paths(items, schema, at, found);
    }
}

/// What the first word of an event's name says: what it is about.
fn family(kind: EventKind) -> &'static str {
    kind.name().split('.').next().unwrap_or_default()
}

#[test]
fn no_schema_knows_a_field_that_no_body_has() {
    for format in WebhookFormat::ALL.iter().copied() {
        let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (_, event) in samples::all() {
            if let Some(body) = render(&event, format, &Links) {
                let body = serde_json::from_slice(&body).unwrap();
                paths(&body, false, "", seen.entry(family(event.kind)).or_default());
            }
        }
        for kind in EventKind::ALL.iter().copied().filter(|kind| family(*kind) != "agent") {
            let Some(schema) = body_schema(kind, format) else { continue };
            let mut known = BTreeSet::new();
            paths(&schema, true, "", &mut known);
            let phantom: Vec<&String> = known.difference(&seen[family(kind)]).collect();
            assert!(phantom.is_empty(), "{format:?} {kind:?}: {phantom:?}");
        }
    }
}
