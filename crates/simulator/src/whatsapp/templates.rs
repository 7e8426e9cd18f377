//! What Meta decides about a template: the field `message_template_status_update`. Source:
//! "Webhooks › `message_template_status_update` webhook reference".

use serde_json::{Value, json};

use super::Account;

/// A template's status has changed: to `APPROVED`, `REJECTED`, `PENDING`, `PAUSED`, `DISABLED` or `DELETED`. The reason is
/// that of a rejection.
pub(super) fn template_status(
    account: &Account,
    template: &Value,
    event: &str,
    reason: Option<&str>,
    seconds: i64,
) -> Value {
    let mut value = json!({
        "event": event,
        // Templates' ids are numbers here, and texts everywhere else.
        "message_template_id": template["id"].as_str().and_then(|id| id.parse::<u64>().ok()),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "message_template_category": template["category"],
        "reason": reason.unwrap_or("NONE"),
    });
    match (event, reason) {
        ("DISABLED", _) => value["disable_info"] = json!({ "disable_date": seconds.to_string() }),
        ("PAUSED", _) => {
            value["other_info"] = json!({
                "title": "FIRST_PAUSE",
                "description": "Your WhatsApp message template has been paused for 3 hours.",
            });
        }
        ("REJECTED", Some("INVALID_FORMAT")) => {
            value["rejection_info"] = json!({
                "reason": "The template has a variable at its beginning or its end.",
                "recommendation": "Put words before and after every variable.",
            });
        }
        _ => {}
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.business_account_id,
            "time": seconds,
            "changes": [{ "field": "message_template_status_update", "value": value }],
        }],
    })
}
