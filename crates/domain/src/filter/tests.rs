//! What filters let pass, and what is said of those that are none.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Filter;

fn filter(source: Value) -> Filter {
    Filter::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn pointers(source: Value) -> Vec<String> {
    Filter::parse(source).map_or_else(|errors| errors.into_iter().map(|error| error.pointer).collect(), |_| vec![])
}

fn event() -> Value {
    json!({
        "event": "message.received",
        "timestamp": "2026-04-19T14:30:00.000Z",
        "data": {
            "channel_type": "whatsapp", "sequence": 7, "price": 1.5, "text": "Olá, tudo bem?", "reply_to": null,
            "attachments": [{ "type": "image", "size": 10 }, { "type": "audio", "size": 20 }],
            "tags": ["vip", "new"], "a.b": true,
        },
    })
}

#[test]
fn what_each_condition_says() {
    let event = event();
    for (source, passes) in [
        (json!({"event": "message.received"}), true),
        (json!({"event": "message.sent"}), false),
        (json!({"event": {"$eq": "message.received"}, "data.sequence": 7}), true),
        (json!({"event": "message.received", "data.sequence": 8}), false),
        (json!({"data.sequence": 7.0}), true),
        (json!({"data.sequence": {"$gt": 6, "$lt": 8}}), true),
        (json!({"data.sequence": {"$gt": 7}}), false),
        (json!({"data.sequence": {"$gte": 7, "$lte": 7}}), true),
        (json!({"data.price": {"$gt": 1}}), true),
        (json!({"data.sequence": {"$gt": "6"}}), false),
        (json!({"timestamp": {"$gte": "2026-04-19", "$lt": "2026-04-20"}}), true),
        (json!({"data.channel_type": {"$in": ["sms", "whatsapp"]}}), true),
        (json!({"data.channel_type": {"$nin": ["sms", "whatsapp"]}}), false),
        (json!({"data.channel_type": {"$ne": "sms"}}), true),
        (json!({"data.nothing": {"$ne": "sms"}}), true),
        (json!({"data.text": {"$prefix": "Olá"}}), true),
        (json!({"data.text": {"$prefix": "olá"}}), false),
        (json!({"data.sequence": {"$prefix": "7"}}), false),
        (json!({"data.text": {"$exists": true}}), true),
        (json!({"data.reply_to": {"$exists": true}}), false),
        (json!({"data.reply_to": null}), true),
        (json!({"data.nothing": null}), true),
        (json!({"data.nothing.deeper": {"$exists": false}}), true),
        (json!({"data.attachments.type": "audio"}), true),
        (json!({"data.attachments.0.type": "audio"}), false),
        (json!({"data.attachments.type": {"$nin": ["audio"]}}), false),
        (json!({"data.attachments.size": {"$gt": 15}}), true),
        (json!({"data.tags": "vip"}), true),
        (json!({"data.tags": ["vip", "new"]}), true),
        (json!({"data.tags": ["new"]}), false),
        (json!({"/data/a.b": true}), true),
        (json!({"$or": [{"event": "x"}, {"data.sequence": 7}]}), true),
        (json!({"$and": [{"event": "x"}, {"data.sequence": 7}]}), false),
        (json!({"$not": {"event": "x"}}), true),
        (json!({"data": {"$exists": true}}), true),
        (json!({"data.attachments.0": {"type": "image", "size": 10}}), true),
    ] {
        assert_eq!(filter(source.clone()).passes(&event), passes, "{source}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_by_its_place() {
    for (source, expected) in [
        (json!(7), vec![""]),
        (json!({}), vec![""]),
        (json!({"$or": []}), vec!["/$or"]),
        (json!({"$or": [{}, {"a": 1}, 7]}), vec!["/$or/0", "/$or/2"]),
        (json!({"$gt": 7}), vec!["/$gt"]),
        (json!({"$not": [{"a": 1}]}), vec!["/$not"]),
        (json!({"a": {"$gt": null}, "b": {"$like": "x"}}), vec!["/a/$gt", "/b/$like"]),
        (json!({"a": {"$in": 7}}), vec!["/a/$in"]),
        (json!({"a": {"$in": []}}), vec!["/a/$in"]),
        (json!({"a": {"$prefix": 7}}), vec!["/a/$prefix"]),
        (json!({"a": {"$exists": "yes"}}), vec!["/a/$exists"]),
        (json!({"a": {"$gt": 1, "b": 2}}), vec!["/a/b"]),
        (json!({"a..b": 1}), vec!["/a..b"]),
        (json!({"": 1}), vec!["/"]),
        (json!({"/a/b~0c": {"$in": 1}}), vec!["/~1a~1b~00c/$in"]),
        (json!({"/a/b~2": 1}), vec!["/~1a~1b~02"]),
    ] {
        assert_eq!(pointers(source.clone()), expected, "{source}");
    }
    assert_eq!(pointers(json!({"a": {"$in": vec![1; 1001]}})), ["/a/$in"]);
    let deep = (0..17).fold(json!({"a": 1}), |inner, _| json!({ "$not": inner }));
    assert_eq!(pointers(deep).len(), 1);
}

#[test]
fn it_is_stored_as_it_was_given() {
    let source = json!({"data.sequence": {"$gt": 6}});
    let stored = serde_json::to_string(&filter(source.clone())).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), source);
    assert_eq!(serde_json::from_str::<Filter>(&stored).unwrap(), filter(source));
    assert!(serde_json::from_str::<Filter>("{}").is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("a".to_owned()),
        Just("a.b".to_owned()),
        Just("$or".to_owned()),
        Just("$not".to_owned()),
        Just("$in".to_owned()),
        Just("$gt".to_owned()),
        Just("/a/0".to_owned()),
        ".{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_is_a_filter_or_an_error_and_none_panics(source in any_json(), document in any_json()) {
        match Filter::parse(source) {
            Ok(filter) => {
                filter.passes(&document);
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }
}
