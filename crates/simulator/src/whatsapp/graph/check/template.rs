//! Template messages against the account's templates. Source: "Templates" and the 132xxx of "Error codes". Of the
//! parameters only those of the body are counted.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::Value;

use super::{Object, object, text};
use crate::whatsapp::graph::error::GraphError;

pub(super) fn check(template: &Object, known: Option<&[Value]>) -> Result<(), GraphError> {
    let name = text(template, "name", "template.name")?;
    let language = text(object(template, "language")?, "code", "template.language.code")?;
    let Some(known) = known else { return Ok(()) };
    let Some(found) = known.iter().find(|one| one["name"] == name && one["language"] == language) else {
        let details = format!("template name ({name}) does not exist in {language}");
        return Err(GraphError::coded(StatusCode::NOT_FOUND, 132_001, details));
    };
    let refused = |code, details| Err(GraphError::coded(StatusCode::BAD_REQUEST, code, details));
    match found["status"].as_str() {
        Some(waiting @ ("PENDING" | "REJECTED")) => {
            let details = format!("template {name} in {language} is not approved: {waiting}");
            return Err(GraphError::coded(StatusCode::NOT_FOUND, 132_001, details));
        }
        Some("PAUSED") => return refused(132_015, format!("template {name} is paused")),
        Some("DISABLED") => return refused(132_016, format!("template {name} is disabled")),
        _ => {}
    }
    let (given, expected) = (given(template), expected(found));
    if given != expected {
        let details = format!(
            "body: number of localizable_params ({given}) does not match the expected number of params ({expected})"
        );
        return refused(132_000, details);
    }
    Ok(())
}

fn given(template: &Object) -> usize {
    template.get("components").and_then(Value::as_array).map_or(0, |components| {
        let body = components.iter().find(|component| is_body(component));
        body.and_then(|body| body["parameters"].as_array()).map_or(0, Vec::len)
    })
}

/// How many different `{{…}}` the body has.
fn expected(template: &Value) -> usize {
    let components = template["components"].as_array().map_or(&[][..], Vec::as_slice);
    let body = components.iter().find(|component| is_body(component));
    let text = body.and_then(|body| body["text"].as_str()).unwrap_or_default();
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(name, _)| name)
        .collect::<HashSet<_>>()
        .len()
}

fn is_body(component: &Value) -> bool {
    component["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("body"))
}
