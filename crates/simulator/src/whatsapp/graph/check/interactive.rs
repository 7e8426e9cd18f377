//! Messages with something to press. Source: "Interactive reply buttons messages", "Interactive list messages" and
//! "Interactive call-to-action URL button messages" of the Cloud API. Kinds without a page of their own here are looked at
//! no closer than that they have an action.

use std::collections::HashSet;

use serde_json::Value;

use super::{Object, object, text, text_within};
use crate::whatsapp::graph::error::GraphError;

const OTHER_KINDS: [&str; 9] = [
    "flow",
    "product",
    "product_list",
    "catalog_message",
    "carousel",
    "location_request_message",
    "address_message",
    "call_permission_request",
    "voice_call",
];

pub(super) fn check(interactive: &Object) -> Result<(), GraphError> {
    let kind = text(interactive, "type", "interactive.type")?;
    match kind {
        "button" => {
            body(interactive, 1024)?;
            buttons(object(interactive, "action")?)
        }
        "list" => {
            body(interactive, 4096)?;
            list(object(interactive, "action")?)
        }
        "cta_url" => {
            body(interactive, 1024)?;
            let parameters = object(object(interactive, "action")?, "parameters")?;
            text_within(parameters, "display_text", "display_text", 20)?;
            text(parameters, "url", "url").map(|_| ())
        }
        other if OTHER_KINDS.contains(&other) => object(interactive, "action").map(|_| ()),
        other => Err(GraphError::invalid(format!("Parameter 'interactive.type': {other} is not supported."))),
    }
}

fn body(interactive: &Object, most: usize) -> Result<(), GraphError> {
    text_within(object(interactive, "body")?, "text", "Body text", most).map(|_| ())
}

fn buttons(action: &Object) -> Result<(), GraphError> {
    let buttons = items(action, "buttons");
    if !(1..=3).contains(&buttons.len()) {
        return Err(GraphError::invalid("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3"));
    }
    let mut ids = HashSet::new();
    for button in buttons {
        let button =
            button.as_object().ok_or_else(|| GraphError::parameter("Param buttons must hold JSON objects."))?;
        if button.get("type").is_some_and(|kind| kind != "reply") {
            return Err(GraphError::invalid("Button type invalid. Allowed: reply"));
        }
        let reply = object(button, "reply")?;
        text_within(reply, "title", "Button title", 20)?;
        if !ids.insert(text_within(reply, "id", "Button id", 256)?) {
            return Err(GraphError::invalid("Button ids are not unique"));
        }
    }
    Ok(())
}

fn list(action: &Object) -> Result<(), GraphError> {
    text_within(action, "button", "Button label", 20)?;
    let sections = items(action, "sections");
    if !(1..=10).contains(&sections.len()) {
        return Err(GraphError::invalid("Invalid sections count. Min allowed sections: 1, Max allowed sections: 10"));
    }
    if sections.len() > 1 && sections.iter().any(|section| !section["title"].is_string()) {
        return Err(GraphError::missing("Parameter 'section.title' is missing."));
    }
    let rows: Vec<&Object> = sections
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|section| items(section, "rows"))
        .filter_map(Value::as_object)
        .collect();
    if rows.len() > 10 {
        return Err(GraphError::invalid("Total row count exceed max allowed count: 10"));
    }
    if rows.is_empty() {
        return Err(GraphError::missing("Parameter 'section.rows' is missing."));
    }
    let mut ids = HashSet::new();
    for row in rows {
        text_within(row, "title", "Row title", 24)?;
        if row.contains_key("description") {
            text_within(row, "description", "Row description", 72)?;
        }
        if !ids.insert(text_within(row, "id", "Row id", 200)?) {
            return Err(GraphError::invalid("Row ids are not unique"));
        }
    }
    Ok(())
}

fn items<'a>(of: &'a Object, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
