//! The character U+0000: some databases cannot keep a text that holds it, so no field may.

use serde_json::{Map, Value};

use super::{
    body::escape,
    problem::{Answer, FieldProblem, Problem},
};

/// How the character is written in JSON, in the only way there is.
const ESCAPED: &[u8] = b"\\u0000";

/// Refuses an object with the character anywhere in it. `bytes` is what it was read from.
pub(crate) fn refuse(bytes: &[u8], object: &Map<String, Value>) -> Answer<()> {
    if !bytes.windows(ESCAPED.len()).any(|window| window == ESCAPED) {
        return Ok(());
    }
    let mut found = Vec::new();
    for (key, value) in object {
        search(&format!("/{}", escape(key)), key, value, &mut found);
    }
    if found.is_empty() { Ok(()) } else { Err(Problem::fields(found)) }
}

fn search(pointer: &str, key: &str, value: &Value, found: &mut Vec<FieldProblem>) {
    let mut tell = || found.push(FieldProblem::new(pointer, "must not hold the character U+0000"));
    if key.contains('\0') {
        return tell();
    }
    match value {
        Value::String(text) if text.contains('\0') => tell(),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                search(&format!("{pointer}/{number}"), "", item, found);
            }
        }
        Value::Object(object) => {
            for (key, value) in object {
                search(&format!("{pointer}/{}", escape(key)), key, value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(text: &str) -> Vec<String> {
        let object: Map<String, Value> = serde_json::from_str(text).unwrap();
        match refuse(text.as_bytes(), &object) {
            Ok(()) => vec![],
            Err(problem) => problem.errors.into_iter().map(|error| error.pointer).collect(),
        }
    }

    #[test]
    fn it_is_found_wherever_it_is() {
        assert_eq!(pointers(r#"{"text": "a\u0000b"}"#), ["/text"]);
        assert_eq!(pointers(r#"{"a": [{"b": "c"}, {"b/d": "\u0000"}], "e\u0000": 1}"#), ["/a/1/b~1d", "/e\0"]);
        assert_eq!(pointers(r#"{"text": "a\\u0000b", "n": null}"#), [""; 0], "a backslash and letters");
        assert_eq!(pointers(r#"{"text": "a\u0001b"}"#), [""; 0]);
    }
}
