//! How times, UUIDs and the names of free fields are spelled.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;
use tidings_domain::{ContactId, KeyId, MessageId, Timestamp};
use uuid::Uuid;

/// A time in whole seconds.
pub(super) struct Seconds(pub(super) Timestamp);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339_seconds())
    }
}

/// A time in milliseconds.
pub(super) struct Millis(pub(super) Timestamp);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339_millis())
    }
}

/// An id in its UUID spelling.
#[derive(Clone, Copy)]
pub(super) struct Hyphenated(pub(super) Uuid);

impl Serialize for Hyphenated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut [0; uuid::fmt::Hyphenated::LENGTH]))
    }
}

/// An id that may be ours or of others' making. In `camelCase` bodies ours is spelled as a UUID; others' are given back
/// as they came.
pub(super) struct AnyId<'a>(pub(super) &'a str);

impl Serialize for AnyId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match our_uuid(self.0) {
            Some(uuid) => Hyphenated(uuid).serialize(serializer),
            None => serializer.serialize_str(self.0),
        }
    }
}

fn our_uuid(text: &str) -> Option<Uuid> {
    let (prefix, bits) = text.split_once('_')?;
    if bits.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    match prefix {
        ContactId::PREFIX => text.parse().ok().map(ContactId::uuid),
        MessageId::PREFIX => text.parse().ok().map(MessageId::uuid),
        // AI agents and people have ids of the same make.
        KeyId::PREFIX | "agt" | "usr" => format!("key_{bits}").parse().ok().map(KeyId::uuid),
        _ => None,
    }
}

/// A value whose keys, at every depth, are turned from `snake_case` to `camelCase`.
pub(super) struct CamelKeys<'a>(pub(super) &'a Value);

impl Serialize for CamelKeys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(&camel(key), &CamelKeys(value))?;
                }
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(CamelKeys)),
            plain => plain.serialize(serializer),
        }
    }
}

/// `phone_number_id` becomes `phoneNumberId`; what is no `snake_case` is left as it is.
pub(crate) fn camel(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    let mut letters = key.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == '_' && !text.is_empty() && next.is_ascii_lowercase() => {
                text.push(next.to_ascii_uppercase());
                letters.next();
            }
            _ => text.push(letter),
        }
    }
    text
}

/// A free value, unless it is null: what is null and what is absent are the same once stored.
pub(super) fn something(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_camel_case() {
        for (snake, expected) in [
            ("phone_number_id", "phoneNumberId"),
            ("id", "id"),
            ("_private", "_private"),
            ("trailing_", "trailing_"),
            ("a__b", "a_B"),
            ("step_2", "step_2"),
            ("alreadyCamel", "alreadyCamel"),
            ("", ""),
        ] {
            assert_eq!(camel(snake), expected, "{snake}");
        }
    }

    #[test]
    fn ids_of_ours_become_uuids_and_others_stay() {
        let shown = |text: &str| serde_json::to_string(&AnyId(text)).unwrap();
        let uuid = r#""00000000-0000-0000-0000-000000000007""#;
        for text in ["key", "agt", "usr", "cont", "msg"].map(|prefix| format!("{prefix}_00000000000000000000000007")) {
            assert_eq!(shown(&text), uuid, "{text}");
        }
        for text in ["key_admin", "campaign-7", "crm_00000000000000000000000007", ""] {
            assert_eq!(shown(text), format!("{text:?}"));
        }
    }
}
