//! `WhatsApp`'s Cloud API as seen from a webhook: a customer writes to a business's number, or a message's status changes,
//! and Meta POSTs it, signed with the app's secret.
//!
//! The other direction, the API that a business calls to send, is played by [`graph`]. [`simulator`] puts both together, with
//! customers who live their own lives.
//!
//! Every function builds one whole webhook; [`batch`] puts several into one, as Meta does under load. [`Vendor`] posts
//! them. Sources: Meta's "Webhooks › Payload reference" of the `WhatsApp` Business Platform, and "Business-scoped user IDs"
//! for customers without a phone number.

mod codes;
mod encode;
pub mod graph;
mod messages;
pub mod simulator;
mod statuses;
mod templates;
mod vendor;
mod world;

pub use encode::{encode, sign};
pub use messages::{image_message, location_message, reaction, text_message};
pub use statuses::{failed_status, status};
pub use vendor::Vendor;

use serde_json::{Map, Value, json};

/// A business's number and the app that speaks for it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The number's id at Meta, by which webhooks are routed.
    pub phone_number_id: String,
    /// The `WhatsApp` Business Account the number belongs to.
    pub business_account_id: String,
    /// The number as people read it, digits only.
    pub display_phone_number: String,
    /// The Meta app's secret: what webhooks are signed with.
    pub app_secret: String,
}

/// Somebody who writes. With a username the phone number may be unknown; then the business-scoped user id stands alone.
#[derive(Debug, Clone, Default)]
pub struct Customer {
    /// The name in the profile.
    pub name: String,
    /// The phone number, digits only.
    pub phone: Option<String>,
    /// The business-scoped user id, such as `BR.13491208655302741918`.
    pub user_id: Option<String>,
    /// The username, where one was adopted.
    pub username: Option<String>,
}

impl Customer {
    /// Somebody with a phone number and nothing else.
    pub fn with_phone(name: &str, phone: &str) -> Customer {
        Customer { name: name.to_owned(), phone: Some(phone.to_owned()), ..Customer::default() }
    }

    fn contact(&self) -> Value {
        let mut profile = Map::from_iter([("name".to_owned(), json!(self.name))]);
        insert(&mut profile, "username", self.username.as_ref());
        let mut contact = Map::from_iter([("profile".to_owned(), Value::Object(profile))]);
        insert(&mut contact, "wa_id", self.phone.as_ref());
        insert(&mut contact, "user_id", self.user_id.as_ref());
        Value::Object(contact)
    }
}

/// One webhook with the entries of several.
pub fn batch(webhooks: impl IntoIterator<Item = Value>) -> Value {
    let entries: Vec<Value> = webhooks
        .into_iter()
        .filter_map(|mut webhook| match webhook["entry"].take() {
            Value::Array(entries) => Some(entries),
            _ => None,
        })
        .flatten()
        .collect();
    json!({ "object": "whatsapp_business_account", "entry": entries })
}

/// A webhook of the field `messages`: one list of messages or of statuses, and the customer it is about.
fn webhook(account: &Account, customer: &Customer, list: &str, items: Vec<Value>) -> Value {
    let mut value = Map::from_iter([
        ("messaging_product".to_owned(), json!("whatsapp")),
        (
            "metadata".to_owned(),
            json!({
                "display_phone_number": account.display_phone_number,
                "phone_number_id": account.phone_number_id,
            }),
        ),
        ("contacts".to_owned(), json!([customer.contact()])),
    ]);
    value.insert(list.to_owned(), Value::Array(items));
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.business_account_id,
            "changes": [{ "field": "messages", "value": value }],
        }],
    })
}

fn insert(object: &mut Map<String, Value>, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), json!(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            phone_number_id: "106540352242922".into(),
            business_account_id: "102290129340398".into(),
            display_phone_number: "15550783881".into(),
            app_secret: "secret".into(),
        }
    }

    #[test]
    fn a_text_has_the_shape_of_the_payload_reference() {
        let ana = Customer::with_phone("Ana", "5511987654321");
        assert_eq!(
            text_message(&account(), &ana, "wamid.1", 1_776_609_000, "Oi"),
            json!({
                "object": "whatsapp_business_account",
                "entry": [{
                    "id": "102290129340398",
                    "changes": [{
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
                            "contacts": [{ "profile": { "name": "Ana" }, "wa_id": "5511987654321" }],
                            "messages": [{
                                "from": "5511987654321",
                                "id": "wamid.1",
                                "timestamp": "1776609000",
                                "type": "text",
                                "text": { "body": "Oi" },
                            }],
                        },
                        "field": "messages",
                    }],
                }],
            })
        );
    }

    #[test]
    fn a_customer_without_a_phone_has_no_phone_anywhere() {
        let unnamed = Customer {
            name: "Julian".into(),
            user_id: Some("CO.1047385771169864".into()),
            username: Some("julian".into()),
            phone: None,
        };
        let webhook = text_message(&account(), &unnamed, "wamid.2", 1, "Hello");
        let value = &webhook["entry"][0]["changes"][0]["value"];
        assert_eq!(value["contacts"][0]["profile"]["username"], "julian");
        assert_eq!(value["contacts"][0]["user_id"], "CO.1047385771169864");
        assert_eq!(value["messages"][0]["from_user_id"], "CO.1047385771169864");
        assert!(value["contacts"][0].get("wa_id").is_none());
        assert!(value["messages"][0].get("from").is_none());
    }

    #[test]
    fn a_batch_keeps_every_entry_in_order() {
        let ana = Customer::with_phone("Ana", "5511987654321");
        let one = text_message(&account(), &ana, "wamid.1", 1, "one");
        let two = reaction(&account(), &ana, "wamid.2", 2, "wamid.1", Some("👍"));
        let three = status(&account(), &ana, "wamid.9", "delivered", 3, Some("msg_1"));
        let batch = batch([one.clone(), two.clone(), three.clone()]);
        assert_eq!(batch["entry"], json!([one["entry"][0], two["entry"][0], three["entry"][0]]));
    }
}
