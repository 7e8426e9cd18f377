//! The fields of an endpoint as they are typed, when it is registered and when it is changed.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    listen::Format,
    verb::{document, json, pair},
};

/// What may be said of an endpoint.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct EndpointFields {
    /// The events that it wants, by name, family or *, with commas between them
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    events: Vec<String>,
    /// The shape of the bodies
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only what happens on this channel; may be repeated
    #[arg(long = "channel", value_name = "chan_…")]
    channels: Vec<String>,
    /// What you call it
    #[arg(long)]
    description: Option<String>,
    /// What an event must say to be sent
    #[arg(long, value_name = "JSON", value_parser = json)]
    filter: Option<Value>,
    /// Whether a conversation's events come one after the other: conversation or none
    #[arg(long)]
    ordering: Option<String>,
    /// How many requests a second it may be sent
    #[arg(long, value_name = "NUMBER")]
    rate_limit: Option<f64>,
    /// How many requests at once it may be sent
    #[arg(long, value_name = "NUMBER")]
    concurrency: Option<u32>,
    /// How long one attempt may take
    #[arg(long, value_name = "MILLISECONDS")]
    timeout_ms: Option<u64>,
    /// A header of your own; may be repeated
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
    /// Whether it also signs by a key pair
    #[arg(long, value_name = "true|false")]
    key_pair: Option<bool>,
    /// Whether it is sent anything
    #[arg(long, value_name = "true|false")]
    pub(super) enabled: Option<bool>,
}

impl EndpointFields {
    /// The fields that are given, and these.
    pub(super) fn document(self, more: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
        let list = |items: Vec<String>| (!items.is_empty()).then(|| json!(items));
        let headers: Map<_, _> = self.headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        let fields = [
            ("events", list(self.events)),
            ("format", self.format.map(|format| json!(format.webhook().name()))),
            ("channels", list(self.channels)),
            ("description", self.description.map(Value::from)),
            ("filter", self.filter),
            ("ordering", self.ordering.map(Value::from)),
            ("rate_limit", self.rate_limit.map(Value::from)),
            ("concurrency", self.concurrency.map(Value::from)),
            ("timeout_ms", self.timeout_ms.map(Value::from)),
            ("headers", (!headers.is_empty()).then_some(Value::Object(headers))),
            ("key_pair", self.key_pair.map(Value::from)),
            ("enabled", self.enabled.map(Value::from)),
        ];
        document(more.into_iter().chain(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_typed_is_sent() {
        let fields = EndpointFields {
            events: vec!["message.*".to_owned()],
            headers: vec![("x-a".to_owned(), "b".to_owned())],
            enabled: Some(false),
            ..EndpointFields::default()
        };
        assert_eq!(
            fields.document([("url", None), ("resume_from", Some(json!("now")))]),
            json!({
                "events": ["message.*"], "headers": { "x-a": "b" }, "enabled": false, "resume_from": "now",
            })
        );
    }
}
