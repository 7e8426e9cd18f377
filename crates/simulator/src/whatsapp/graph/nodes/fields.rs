//! The query of a request, and its parameter `fields`: which properties of a node the answer has. Source: "Graph API ›
//! Field expansion".

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::whatsapp::graph::error::GraphError;

/// The value of a parameter of the query.
pub(crate) fn parameter(query: &str, wanted: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// The node with the fields that were asked for, and its id; without a wish, with those in `usual`.
pub(crate) fn select(
    node: &Map<String, Value>,
    wanted: Option<&str>,
    usual: &[&str],
    node_type: &str,
) -> Result<Value, GraphError> {
    let wanted = wanted.filter(|wanted| !wanted.is_empty()).map_or_else(|| usual.to_vec(), names);
    let mut answer = Map::new();
    for name in wanted.into_iter().chain(["id"]) {
        let value = node.get(name).ok_or_else(|| {
            GraphError::parameter(&format!("Tried accessing nonexisting field ({name}) on node type ({node_type})"))
        })?;
        // A field that the node has, but without a value, is left out.
        if !value.is_null() {
            answer.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(answer))
}

/// The fields of a node that were asked for, and its id, where the node has them.
pub(crate) fn only(node: &Value, wanted: &str) -> Value {
    let names = names(wanted);
    let wanted = |name: &str| name == "id" || names.contains(&name);
    let fields = node.as_object().into_iter().flatten().filter(|(name, _)| wanted(name));
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The names in a list such as `id,throughput{level},name`; what is in braces or after a dot is not selected further.
fn names(wanted: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let outside = move |character: char| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    };
    wanted.split(outside).map(|field| field.split(['{', '.']).next().unwrap_or(field).trim()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn gives_what_is_asked_for() {
        let node = json!({ "id": "1", "name": "x", "throughput": { "level": "HIGH" }, "certificate": null });
        let node = node.as_object().unwrap();
        let select = |wanted| select(node, wanted, &["name"], "Number");
        assert_eq!(select(None).unwrap(), json!({ "id": "1", "name": "x" }));
        assert_eq!(select(Some("certificate")).unwrap(), json!({ "id": "1" }));
        assert_eq!(
            select(Some("throughput{level,x}, name")).unwrap(),
            json!({ "id": "1", "name": "x", "throughput": { "level": "HIGH" } })
        );
        assert_eq!(select(Some("colour")).unwrap_err().code, 100);
        assert_eq!(parameter("a=1&fields=id%2Cname", "fields").as_deref(), Some("id,name"));
    }
}
