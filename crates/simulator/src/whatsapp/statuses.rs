//! What became of a message that the business sent: the items of `statuses`. Source: "Webhooks › Payload reference ›
//! statuses object".

use serde_json::{Value, json};

use super::{
    Account, Customer,
    codes::{details, title},
    webhook,
};

/// Meta's code for a recipient that cannot be reached.
const UNDELIVERABLE: u32 = 131_026;

/// A status of the message with this vendor id: `sent`, `delivered`, `read`, `played` or `failed`. `tracker` is what was
/// given as `biz_opaque_callback_data` when the message was sent. A failure is by the code 131026, "Message
/// undeliverable"; [`failed_status`] takes others.
pub fn status(
    account: &Account,
    customer: &Customer,
    id: &str,
    status: &str,
    seconds: i64,
    tracker: Option<&str>,
) -> Value {
    if status == "failed" {
        return failed_status(account, customer, id, UNDELIVERABLE, seconds, tracker);
    }
    let mut item = item(customer, id, status, seconds, tracker);
    // The price is told with `sent` and with `delivered`, and not again afterwards.
    if matches!(status, "sent" | "delivered") {
        item["pricing"] = json!({ "billable": true, "pricing_model": "PMP", "category": "service", "type": "regular" });
    }
    webhook(account, customer, "statuses", vec![item])
}

/// The message with this vendor id failed for the reason of this code. Source: "Error codes" of the Cloud API.
pub fn failed_status(
    account: &Account,
    customer: &Customer,
    id: &str,
    code: u32,
    seconds: i64,
    tracker: Option<&str>,
) -> Value {
    let title = title(code);
    let mut item = item(customer, id, "failed", seconds, tracker);
    item["errors"] = json!([{
        "code": code,
        "title": title,
        "message": title,
        "error_data": { "details": details(code) },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }]);
    let mut webhook = webhook(account, customer, "statuses", vec![item]);
    // Meta leaves the contact out of failures.
    if let Value::Object(value) = &mut webhook["entry"][0]["changes"][0]["value"] {
        value.remove("contacts");
    }
    webhook
}

fn item(customer: &Customer, id: &str, status: &str, seconds: i64, tracker: Option<&str>) -> Value {
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
    item
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
    #[test]
    fn a_failure_is_by_any_code() {
        let account = Account {
            phone_number_id: "1".into(),
            business_account_id: "2".into(),
            display_phone_number: "3".into(),
            app_secret: "4".into(),
        };
        let ana = Customer::with_phone("Ana", "5511987654321");
        let failed = failed_status(&account, &ana, "wamid.1", 131_047, 6, Some("msg_1"));
        let item = &failed["entry"][0]["changes"][0]["value"]["statuses"][0];
        assert_eq!((&item["errors"][0]["code"], &item["status"]), (&json!(131_047), &json!("failed")));
        assert_eq!(item["errors"][0]["title"], "Re-engagement message");
    }
}
