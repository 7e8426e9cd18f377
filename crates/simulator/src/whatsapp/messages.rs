//! What customers say: the items of `messages`. Source: "Webhooks › Payload reference › messages object".

use serde_json::{Map, Value, json};

use super::{Account, Customer, insert, webhook};

/// A customer writes a text.
pub fn text_message(account: &Account, customer: &Customer, id: &str, seconds: i64, body: &str) -> Value {
    message(account, customer, id, seconds, "text", json!({ "body": body }))
}

/// A customer sends a photo; the media id is what its bytes can be fetched by.
pub fn image_message(
    account: &Account,
    customer: &Customer,
    id: &str,
    seconds: i64,
    media_id: &str,
    caption: Option<&str>,
) -> Value {
    let mut image = json!({
        "id": media_id,
        "mime_type": "image/jpeg",
        "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    });
    if let Some(caption) = caption {
        image["caption"] = json!(caption);
    }
    message(account, customer, id, seconds, "image", image)
}

/// A customer shares a place. A live position has no name.
pub fn location_message(
    account: &Account,
    customer: &Customer,
    id: &str,
    seconds: i64,
    (latitude, longitude): (f64, f64),
    name: Option<&str>,
) -> Value {
    let mut location = json!({ "latitude": latitude, "longitude": longitude });
    if let Some(name) = name {
        location["name"] = json!(name);
    }
    message(account, customer, id, seconds, "location", location)
}

/// A customer reacts to a message, or takes the reaction back: then the key `emoji` is absent.
pub fn reaction(
    account: &Account,
    customer: &Customer,
    id: &str,
    seconds: i64,
    target: &str,
    emoji: Option<&str>,
) -> Value {
    let mut reaction = json!({ "message_id": target });
    if let Some(emoji) = emoji {
        reaction["emoji"] = json!(emoji);
    }
    message(account, customer, id, seconds, "reaction", reaction)
}

/// A message of any kind.
pub(super) fn message(
    account: &Account,
    customer: &Customer,
    id: &str,
    seconds: i64,
    kind: &str,
    content: Value,
) -> Value {
    let mut message = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("timestamp".to_owned(), json!(seconds.to_string())),
        ("type".to_owned(), json!(kind)),
        (kind.to_owned(), content),
    ]);
    insert(&mut message, "from", customer.phone.as_ref());
    insert(&mut message, "from_user_id", customer.user_id.as_ref());
    webhook(account, customer, "messages", vec![Value::Object(message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(webhook: &Value) -> &Value {
        &webhook["entry"][0]["changes"][0]["value"]["messages"][0]
    }

    #[test]
    fn each_kind_stands_under_its_own_name() {
        let account = Account {
            phone_number_id: "1".into(),
            business_account_id: "2".into(),
            display_phone_number: "3".into(),
            app_secret: "4".into(),
        };
        let ana = Customer::with_phone("Ana", "5511987654321");
        let image = image_message(&account, &ana, "wamid.1", 1, "998", Some("Our table"));
        assert_eq!(said(&image)["type"], "image");
        assert_eq!(said(&image)["image"]["id"], "998");
        assert_eq!(said(&image)["image"]["caption"], "Our table");
        let place = location_message(&account, &ana, "wamid.2", 2, (-23.55, -46.63), None);
        assert_eq!(said(&place)["location"], json!({ "latitude": -23.55, "longitude": -46.63 }));
        let added = reaction(&account, &ana, "wamid.3", 3, "wamid.1", Some("👍"));
        assert_eq!(said(&added)["reaction"], json!({ "message_id": "wamid.1", "emoji": "👍" }));
        let removed = reaction(&account, &ana, "wamid.4", 4, "wamid.1", None);
        assert_eq!(said(&removed)["reaction"], json!({ "message_id": "wamid.1" }));
    }
}
