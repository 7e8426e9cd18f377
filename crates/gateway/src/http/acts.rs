//! What an act changed, as it is written down: field by field, before and after, and never a secret.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::api::endpoints::REDACTED;

/// What says nothing of what somebody did, or must not be told.
const UNTOLD: [&str; 11] = [
    "id",
    "status",
    "capabilities",
    "webhook_url",
    "verify_token",
    "hint",
    "secret",
    "public_key",
    "last_used_at",
    "created_at",
    "updated_at",
];

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct Changes(Map<String, Value>);

impl Changes {
    /// What callers are shown of a thing, before and after. A thing that is made was nothing before, and one that is deleted
    /// is nothing after.
    pub(crate) fn between<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Self {
        let fields = |thing: Option<&T>| match thing.map(serde_json::to_value) {
            Some(Ok(Value::Object(fields))) => fields,
            _ => Map::new(),
        };
        let (mut before, mut after) = (fields(before), fields(after));
        let names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
        let mut changes = Self::default();
        for name in names.iter().filter(|name| !UNTOLD.contains(&name.as_str())) {
            let [before, after] = [&mut before, &mut after].map(|fields| fields.remove(name).unwrap_or_default());
            if !(is_nothing(&before) && is_nothing(&after)) {
                changes = changes.and(name, before, after);
            }
        }
        changes
    }

    /// And this field, if it differs.
    #[must_use]
    pub(crate) fn and(mut self, name: &str, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        let (before, after) = (before.into(), after.into());
        if before != after {
            self.0.insert(name.to_owned(), json!({ "before": before, "after": after }));
        }
        self
    }

    /// And this field, whose values nobody is to read, if it differs.
    #[must_use]
    pub(crate) fn and_secretly(mut self, name: &str, differs: bool) -> Self {
        if differs {
            self.0.insert(name.to_owned(), json!({ "before": REDACTED, "after": REDACTED }));
        }
        self
    }

    /// Whether nothing changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By field.
    pub(crate) fn into_fields(self) -> Map<String, Value> {
        self.0
    }
}

/// What a field says that says nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({"id": "a", "name": "One", "url": "u", "tags": [], "updated_at": 1});
        let after = json!({"id": "a", "name": "Two", "url": "u", "tags": null, "updated_at": 2});
        let changes = Changes::between(Some(&before), Some(&after)).into_fields();
        assert_eq!(Value::Object(changes), json!({"name": {"before": "One", "after": "Two"}}));
        assert!(Changes::between(Some(&before), Some(&before)).is_empty());
    }

    #[test]
    fn what_is_made_was_nothing_and_secrets_are_untold() {
        let made = json!({"id": "a", "name": "One", "secret": "s", "verify_token": "v", "headers": {}});
        let changes = Changes::between(None, Some(&made)).and_secretly("credentials", true).into_fields();
        let redacted = json!({"before": "[redacted]", "after": "[redacted]"});
        assert_eq!(Value::Object(changes), json!({"name": {"before": null, "after": "One"}, "credentials": redacted}));
        let gone = Changes::between(Some(&made), None).into_fields();
        assert_eq!(Value::Object(gone), json!({"name": {"before": "One", "after": null}}));
    }
}
