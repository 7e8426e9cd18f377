//! `GET /{phone_number_id}`. Source: "WhatsApp Business Phone Number" of the Graph API reference.

use serde_json::{Map, Value, json};

use super::fields::select;
use crate::whatsapp::{Account, graph::error::GraphError};

/// What Meta gives when no fields are asked for.
const USUAL: [&str; 8] = [
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "last_onboarded_time",
    "webhook_configuration",
];

/// The number as a node with the fields that were asked for.
pub(crate) fn number(account: &Account, callback: Option<&str>, fields: Option<&str>) -> Result<Value, GraphError> {
    select(&node(account, callback), fields, &USUAL, "WhatsAppBusinessPhoneNumber")
}

fn node(account: &Account, callback: Option<&str>) -> Map<String, Value> {
    let webhooks = callback.map_or_else(|| json!({}), |url| json!({ "application": url }));
    let fields = [
        ("id", json!(account.phone_number_id)),
        ("verified_name", json!("Bistro Aurora")),
        ("code_verification_status", json!("VERIFIED")),
        ("display_phone_number", json!(format!("+{}", account.display_phone_number))),
        ("quality_rating", json!("GREEN")),
        ("quality_score", json!({ "score": "GREEN" })),
        ("platform_type", json!("CLOUD_API")),
        ("throughput", json!({ "level": "STANDARD" })),
        ("last_onboarded_time", json!("2026-01-12T09:30:00+0000")),
        ("webhook_configuration", webhooks),
        ("account_mode", json!("LIVE")),
        ("status", json!("CONNECTED")),
        ("name_status", json!("APPROVED")),
        ("messaging_limit_tier", json!("TIER_1K")),
        ("is_official_business_account", json!(false)),
        ("is_on_biz_app", json!(false)),
        ("is_pin_enabled", json!(true)),
        ("is_preverified_number", json!(false)),
        ("search_visibility", json!("NON_VISIBLE")),
        ("country_code", json!("US")),
        ("country_dial_code", json!("1")),
        ("whatsapp_business_manager_messaging_limit", json!("TIER_1K")),
        ("certificate", Value::Null),
        ("new_certificate", Value::Null),
        ("new_name_status", Value::Null),
        ("conversational_automation", Value::Null),
        ("eligibility_for_api_business_global_search", Value::Null),
        ("username", Value::Null),
        ("health_status", json!({ "can_send_message": "AVAILABLE", "entities": [] })),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
