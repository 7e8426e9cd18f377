//! One thing with everything that is known of it: a line for each field.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::paint::{Paint, Tone, clean};

/// What comes first, because it is looked for first.
const FIRST: [&str; 6] = ["id", "type", "name", "status", "url", "secret"];

/// The fields of a document, one a line; what lies deeper has a dotted name.
pub(crate) fn details(paint: Paint, document: &Value) -> String {
    let mut lines = Vec::new();
    gather("", document, &mut lines);
    let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    lines.sort_by_key(|(name, _)| place(name));
    let width = lines.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let lines = lines.iter().map(|(name, text)| {
        let padding = " ".repeat(width - name.width());
        format!("{}{padding}  {text}", paint.on(Tone::Dim, name))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn gather(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Null => lines.push((name.to_owned(), "-".to_owned())),
        Value::String(text) => lines.push((name.to_owned(), clean(text))),
        Value::Object(fields) if fields.is_empty() => {}
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { clean(field) } else { format!("{name}.{}", clean(field)) };
                gather(&name, value, lines);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts: Vec<_> = items.iter().filter_map(Value::as_str).map(clean).collect();
            lines.push((name.to_owned(), if texts.is_empty() { "-".to_owned() } else { texts.join(", ") }));
        }
        other => lines.push((name.to_owned(), clean(&other.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_has_its_line_and_the_id_the_first() {
        let channel = json!({
            "created_at": "2026-11-01T00:00:00Z", "id": "chan_1", "name": "Support\u{7}",
            "capabilities": { "inbound": ["text", "image"], "read": true }, "verify_token": null, "settings": {},
        });
        assert_eq!(
            details(Paint::NONE, &channel),
            "id                    chan_1\n\
             name                  Support \n\
             capabilities.inbound  text, image\n\
             capabilities.read     true\n\
             created_at            2026-11-01T00:00:00Z\n\
             verify_token          -"
        );
    }
}
