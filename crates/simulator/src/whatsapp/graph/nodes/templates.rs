//! `/{waba_id}/message_templates`: listed page by page, made, deleted. Sources: "WhatsApp Business Account › Message templates" and "Graph
//! API › Paginated results".

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::fields::{only, parameter};
use crate::whatsapp::graph::error::GraphError;

const USUAL_LIMIT: usize = 25;

/// One page. `url` is the address without the query, for the link to the next page.
pub(crate) fn page(templates: &[Value], url: &str, query: &str) -> Result<Value, GraphError> {
    let limit = match parameter(query, "limit") {
        Some(limit) => limit
            .parse()
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| GraphError::parameter("Param limit must be a positive integer."))?,
        None => USUAL_LIMIT,
    };
    let templates = &filtered(templates, query)[..];
    let start = match parameter(query, "after") {
        Some(cursor) => place(&cursor).ok_or_else(|| GraphError::parameter("Invalid cursor for pagination."))?,
        None => 0,
    };
    let start = start.min(templates.len());
    let end = start.saturating_add(limit).min(templates.len());
    let data: Vec<Value> = match parameter(query, "fields") {
        Some(fields) => templates[start..end].iter().map(|template| only(template, &fields)).collect(),
        None => templates[start..end].to_vec(),
    };
    let mut page = json!({ "data": data });
    if start < end {
        page["paging"]["cursors"] = json!({ "before": cursor(start), "after": cursor(end) });
    }
    if end < templates.len() {
        page["paging"]["next"] = json!(next(url, query, &cursor(end)));
    }
    if let Some(wanted) = parameter(query, "summary") {
        page["summary"] = summary(templates.len(), &wanted);
    }
    Ok(page)
}

/// The figures that were asked for. An account that is not verified may have 250 templates.
fn summary(count: usize, wanted: &str) -> Value {
    let all = json!({
        "total_count": count,
        "message_template_count": count,
        "message_template_limit": 250,
        "are_translations_complete": true,
    });
    let mut chosen = only(&all, wanted);
    if let Value::Object(chosen) = &mut chosen {
        chosen.remove("id");
    }
    chosen
}

/// Those that a query asks for by name, language, status or category.
fn filtered(templates: &[Value], query: &str) -> Vec<Value> {
    let wishes = ["name", "language", "status", "category"].map(|field| (field, parameter(query, field)));
    let wanted = |template: &&Value| {
        wishes.iter().all(|(field, wish)| wish.as_ref().is_none_or(|wish| template[*field] == wish.as_str()))
    };
    templates.iter().filter(wanted).cloned().collect()
}

/// A template that is made of what a call gives, and waits for its review.
pub(crate) fn made(templates: &[Value], id: &str, call: &Value) -> Result<Value, GraphError> {
    let required = |field: &str| {
        let missing = || GraphError::parameter(&format!("The parameter {field} is required."));
        call[field].as_str().filter(|text| !text.is_empty()).ok_or_else(missing)
    };
    let (name, language, category) = (required("name")?, required("language")?, required("category")?);
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(GraphError::parameter("Param name must consist of lower-case letters, digits and underscores."));
    }
    if templates.iter().any(|one| one["name"] == name && one["language"] == language) {
        let mut error = GraphError::parameter("Invalid parameter: there is already content in this language for it.");
        error.subcode = Some(2_388_024);
        return Err(error);
    }
    Ok(json!({
        "id": id,
        "name": name,
        "language": language,
        "category": category.to_ascii_uppercase(),
        "status": "PENDING",
        "parameter_format": call.get("parameter_format").cloned().unwrap_or_else(|| json!("POSITIONAL")),
        "components": call.get("components").cloned().unwrap_or_else(|| json!([])),
    }))
}

/// What is left of the templates when those of a name, or the one of an id, are deleted; and those.
pub(crate) fn without(templates: &[Value], query: &str) -> Result<(Vec<Value>, Vec<Value>), GraphError> {
    let name = parameter(query, "name").ok_or_else(|| GraphError::parameter("The parameter name is required."))?;
    let id = parameter(query, "hsm_id");
    let hit = |one: &Value| one["name"] == name.as_str() && id.as_ref().is_none_or(|id| one["id"] == id.as_str());
    let (deleted, left): (Vec<Value>, Vec<Value>) = templates.iter().cloned().partition(hit);
    if deleted.is_empty() {
        return Err(GraphError::parameter("Message template was not found."));
    }
    Ok((left, deleted))
}

fn next(url: &str, query: &str, after: &str) -> String {
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "after");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("after", after).finish();
    format!("{url}?{query}")
}

/// Callers must not look into a cursor, so it is not made for reading.
fn cursor(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("template:{place}"))
}

fn place(cursor: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?.strip_prefix("template:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next_one() {
        let templates: Vec<Value> = (0..3).map(|id| json!({ "id": id, "name": "x" })).collect();
        let first = page(&templates, "http://x/t", "limit=2&fields=id").unwrap();
        assert_eq!(first["data"], json!([{ "id": 0 }, { "id": 1 }]));
        let after = first["paging"]["cursors"]["after"].as_str().unwrap();
        assert_eq!(first["paging"]["next"], format!("http://x/t?limit=2&fields=id&after={after}"));
        let last = page(&templates, "http://x/t", &format!("limit=2&after={after}")).unwrap();
        assert_eq!(last["data"], json!([{ "id": 2, "name": "x" }]));
        assert!(last["paging"].get("next").is_none());
        assert_eq!(page(&[], "http://x/t", "").unwrap(), json!({ "data": [] }));
        for wrong in ["limit=0", "limit=x", "after=x"] {
            assert_eq!(page(&templates, "http://x/t", wrong).unwrap_err().code, 100, "{wrong}");
        }
    }
}
