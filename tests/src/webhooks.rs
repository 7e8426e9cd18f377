//! Webhooks of the vendor that the simulator has no builder for.

use serde_json::{Value, json};
use tidings_simulator::whatsapp::{Account, Customer, text_message};

/// When customers write, unless it matters.
pub const SECONDS: i64 = 1_776_609_000;

/// Somebody with a phone number; another one for each number.
pub fn customer(number: usize) -> Customer {
    Customer::with_phone("Ana Souza", &format!("55119{number:08}"))
}

/// A customer writes a text.
pub fn text(account: &Account, customer: &Customer, id: &str, body: &str) -> Value {
    text_message(account, customer, id, SECONDS, body)
}

/// A customer sends something else: `content` has the `type` and what stands under its name.
pub fn message(account: &Account, customer: &Customer, id: &str, content: Value) -> Value {
    let mut webhook = text(account, customer, id, "");
    let message = &mut webhook["entry"][0]["changes"][0]["value"]["messages"][0];
    if let (Some(message), Value::Object(content)) = (message.as_object_mut(), content) {
        message.remove("text");
        message.extend(content);
    }
    webhook
}

/// Somebody writes to a customer with the business's own app on the phone. Source: "Webhooks › `smb_message_echoes`".
pub fn echo(account: &Account, customer: &Customer, id: &str, seconds: i64, body: &str) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.business_account_id,
            "changes": [{
                "field": "smb_message_echoes",
                "value": {
                    "messaging_product": "whatsapp",
                    "metadata": {
                        "display_phone_number": account.display_phone_number,
                        "phone_number_id": account.phone_number_id,
                    },
                    "message_echoes": [{
                        "from": account.display_phone_number,
                        "to": customer.phone,
                        "id": id,
                        "timestamp": seconds.to_string(),
                        "type": "text",
                        "text": { "body": body },
                    }],
                },
            }],
        }],
    })
}
