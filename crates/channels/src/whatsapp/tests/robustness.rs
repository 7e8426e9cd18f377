//! No bytes make the parser panic, and no item spoils another.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{body, metadata, parse, updates, value_with};

/// Valid bodies to start from.
fn seeds() -> Vec<String> {
    let messages = [
        json!({"type": "text", "text": {"body": "Gr\u{fc}\u{df}e \u{1f600}"}, "context": {"id": "Q", "forwarded": true}}),
        json!({"type": "image", "image": {"id": "m", "mime_type": "image/png", "caption": "c"}}),
        json!({"type": "contacts", "contacts": [{"name": {"first_name": "Jo"}, "phones": [{"phone": "1"}]}]}),
        json!({"type": "interactive", "interactive": {"nfm_reply": {"response_json": "{\"a\":1}"}}}),
        json!({"type": "order", "order": {"product_items": [{"quantity": 1, "item_price": 2.5}]}}),
        json!({"type": "system", "system": {"type": "user_changed_number",
            "wa_id": "4", "body": "x changed from 1 to 4"}}),
        json!({"type": "edit", "edit": {"original_message_id": "wamid.T", "message": {"text": {"body": "b"}}}}),
        json!({"type": "reaction", "reaction": {"message_id": "wamid.T", "emoji": "👍"}}),
    ];
    let mut seeds: Vec<String> =
        messages.into_iter().map(|message| body("messages", &value_with(message)).to_string()).collect();
    let error = json!({"code": 1, "error_data": {"details": "d"}});
    let status = json!({"id": "s", "status": "failed", "timestamp": "1", "errors": [error]});
    seeds.push(body("messages", &json!({"metadata": metadata(), "statuses": [status]})).to_string());
    seeds.push(body("account_update", &json!({"event": "E"})).to_string());
    seeds
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("(id|type|text|from|body|errors|name)", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Replaces the value that is `place` steps into the tree.
fn replace(value: &mut Value, place: &mut usize, with: &Value) {
    if *place == 0 {
        *value = with.clone();
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, place, with)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, place, with)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_change_of_any_byte(seed: prop::sample::Index, place: prop::sample::Index, byte: u8, cut: bool) {
        let seeds = seeds();
        let mut bytes = seed.get(&seeds).clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if cut {
            bytes.truncate(place);
        }
        let _ = parse(&bytes);
    }

    #[test]
    fn any_field_of_any_type(seed: prop::sample::Index, place in 0_usize..60, with in any_json()) {
        let seeds = seeds();
        let mut value: Value = serde_json::from_str(seed.get::<String>(&seeds)).unwrap();
        replace(&mut value, &mut { place }, &with);
        let _ = parse(value.to_string().as_bytes());
    }

    #[test]
    fn one_item_spoils_nothing(odd in any_json(), field in "(from|id|timestamp|type|text|context|errors|referral)") {
        let mut good = json!({"from": "49151", "id": "wamid.1", "timestamp": "1790000001", "type": "text"});
        good["text"] = json!({"body": "x"});
        let mut bad = good.clone();
        bad[field] = odd.clone();
        let value = json!({"metadata": metadata(), "messages": [odd, good, bad]});
        let told = updates(&body("messages", &value));
        prop_assert_eq!(told.len(), 3);
        let alone = updates(&body("messages", &json!({"metadata": metadata(), "messages": [good]})));
        prop_assert_eq!(&told[1], &alone[0]);
    }
}

#[test]
fn numbers_and_depths_beyond_measure() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for odd in ["1e999", "123456789012345678901234567890", "-0.0e-999", &deep, r#"{"a":1,"a":2}"#, r#""\ud800""#] {
        let text =
            |body: &str| format!(r#"{{"from":"49151","id":"wamid.1","timestamp":"1","type":"text","text":{body}}}"#);
        for item in [odd.to_owned(), text(odd), text(&format!(r#"{{"body":{odd}}}"#))] {
            let good = text(r#"{"body":"x"}"#);
            let value = format!(r#"{{"contacts":[{odd}],"metadata":{odd},"messages":[{item},{good}]}}"#);
            let change = format!(r#"{{"field":"messages","value":{value}}}"#);
            let body = format!(r#"{{"entry":[{{"id":{odd},"time":{odd},"changes":[{change}]}}]}}"#);
            let Ok(updates) = parse(body.as_bytes()) else { panic!("{odd:.20}") };
            assert_eq!(updates.len(), 2, "{odd:.20}");
        }
    }
}
