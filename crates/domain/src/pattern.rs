//! Patterns of event names: `message.received`, `conversation.*`, `*`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::event::EventKind;

/// A pattern of event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventPattern {
    /// `*`
    All,
    /// `conversation.*`; holds the family with its dot.
    Family(&'static str),
    /// One event.
    One(EventKind),
}

/// A text that matches no event there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` matches no event: expected an event's name, a family such as `message.*`, or `*`")]
pub struct UnknownPattern(pub String);

impl EventPattern {
    /// Whether an event of this kind, rendered under `rendered`, is meant.
    pub fn matches(self, kind: EventKind, rendered: EventKind) -> bool {
        match self {
            Self::All => true,
            Self::Family(family) => kind.name().starts_with(family) || rendered.name().starts_with(family),
            Self::One(one) => one == kind || one == rendered,
        }
    }
}

impl FromStr for EventPattern {
    type Err = UnknownPattern;

    fn from_str(text: &str) -> Result<Self, UnknownPattern> {
        if text == "*" {
            return Ok(Self::All);
        }
        let found = match text.strip_suffix('*').filter(|family| family.ends_with('.')) {
            Some(family) => EventKind::ALL
                .iter()
                .find(|kind| kind.name().starts_with(family))
                .map(|kind| Self::Family(&kind.name()[..family.len()])),
            None => EventKind::from_name(text).map(Self::One),
        };
        found.ok_or_else(|| UnknownPattern(text.to_owned()))
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("*"),
            Self::Family(family) => write!(formatter, "{family}*"),
            Self::One(kind) => formatter.write_str(kind.name()),
        }
    }
}

impl Serialize for EventPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_families_and_everything() {
        for (pattern, matches) in [("*", true), ("message.*", true), ("message.read", true), ("contact.*", false)] {
            let parsed: EventPattern = pattern.parse().unwrap();
            assert_eq!(parsed.to_string(), pattern);
            assert_eq!(parsed.matches(EventKind::MessageRead, EventKind::MessageUpdated), matches, "{pattern}");
        }
        let rendered: EventPattern = "message.updated".parse().unwrap();
        assert!(rendered.matches(EventKind::MessageRead, EventKind::MessageUpdated));
        for wrong in ["", "message", "message*", "mes.*", "message.received.*", "**"] {
            assert!(wrong.parse::<EventPattern>().is_err(), "{wrong}");
        }
    }
}
