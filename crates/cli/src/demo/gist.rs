//! What a webhook says, in a few words.

use serde_json::Value;

/// The gist of a body of either format: what went wrong, else how the contact reacted, else what became of the message,
/// else what it says.
pub(super) fn gist(event: &str, body: &Value) -> String {
    let data = &body["data"];
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let wrong = text("/error_message").or_else(|| text("/errors/0/message"));
    let happened = || text("/reactions/0/emoji").or_else(|| text("/status")).filter(|_| event == "message.updated");
    let name = || text("/name");
    if let Some(plain) = wrong.or_else(happened).or_else(name) {
        return plain.to_owned();
    }
    text("/content").or_else(|| text("/content/body")).map(|said| format!("“{said}”")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_are_understood() {
        for (event, data, told) in [
            ("message.received", json!({ "content": "Hello", "status": "delivered" }), "“Hello”"),
            ("message.sent", json!({ "content": { "body": "Hello" }, "status": "sent" }), "“Hello”"),
            (
                "message.updated",
                json!({ "content": "Hello", "status": "read", "reactions": [{ "emoji": "👍" }] }),
                "👍",
            ),
            ("message.updated", json!({ "content": { "body": "Hello" }, "status": "read", "reactions": [] }), "read"),
            ("message.updated", json!({ "status": "failed", "errors": [{ "message": "Blocked" }] }), "Blocked"),
            ("message.failed", json!({ "error_message": "Blocked" }), "Blocked"),
            ("contact.created", json!({ "name": "Ana" }), "Ana"),
            ("message.delivered", json!({}), ""),
        ] {
            assert_eq!(gist(event, &json!({ "data": data })), told, "{event}");
        }
    }
}
