//! What became of a message that the business sent: the items of `statuses`. Source: "Webhooks › Payload reference ›
//! statuses object".

use serde_json::{Value, json};

use super::{Account, Customer, webhook};

/// A status of the message with this vendor id: `sent`, `delivered`, `read`, `played` or `failed`. `tracker` is what was
/// given as `biz_opaque_callback_data` when the message was sent.
pub fn status(
    account: &Account,
    customer: &Customer,
    id: &str,
    status: &str,
    seconds: i64,
    tracker: Option<&str>,
) -> Value {
    let mut item = json!({ "id": id, "status": status, "timestamp": seconds.to_string() });
    for (key, value) in [
        ("recipient_id", customer.phone.as_deref()),
        ("recipient_user_id", customer.user_id.as_deref()),
        ("biz_opaque_callback_data", tracker),
    ] {
        if let Some(value) = value {
            item[key] = json!(value);
        }
    }
    if status == "failed" {
        item["errors"] = json!([{
            "code": 131_026,
            "title": "Message undeliverable",
            "message": "Message undeliverable",
            "error_data": { "details": "Message Undeliverable." },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }]);
    } else {
        item["pricing"] = json!({ "billable": true, "pricing_model": "PMP", "category": "service", "type": "regular" });
    }
    let mut webhook = webhook(account, customer, "statuses", vec![item]);
    if status == "failed" {
        // Meta leaves the contact out of failures.
        if let Value::Object(value) = &mut webhook["entry"][0]["changes"][0]["value"] {
            value.remove("contacts");
        }
    }
    webhook
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_why_and_names_no_contact() {
        let account = Account {
            phone_number_id: "1".into(),
            business_account_id: "2".into(),
            display_phone_number: "3".into(),
            app_secret: "4".into(),
        };
        let ana = Customer::with_phone("Ana", "5511987654321");
        let read = status(&account, &ana, "wamid.1", "read", 5, Some("msg_1"));
        let value = &read["entry"][0]["changes"][0]["value"];
        assert_eq!(value["statuses"][0]["timestamp"], "5");
        assert_eq!(value["statuses"][0]["recipient_id"], "5511987654321");
        assert_eq!(value["statuses"][0]["biz_opaque_callback_data"], "msg_1");
        assert_eq!(value["contacts"][0]["wa_id"], "5511987654321");

        let failed = status(&account, &ana, "wamid.1", "failed", 6, None);
        let value = &failed["entry"][0]["changes"][0]["value"];
        assert_eq!(value["statuses"][0]["errors"][0]["code"], 131_026);
        assert!(value.get("contacts").is_none());
        assert!(value["statuses"][0].get("biz_opaque_callback_data").is_none());
    }
}
