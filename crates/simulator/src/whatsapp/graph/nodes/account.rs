//! `GET /{waba_id}`. Source: "WhatsApp Business Account" of the Graph API reference.

use serde_json::{Map, Value, json};

use super::{apps::subscribed_apps, fields::select};
use crate::whatsapp::{Account, graph::error::GraphError};

/// What Meta gives when no fields are asked for.
const USUAL: [&str; 4] = ["name", "timezone_id", "message_template_namespace", "currency"];

/// The account as a node with the fields that were asked for.
pub(crate) fn business_account(account: &Account, fields: Option<&str>) -> Result<Value, GraphError> {
    select(&node(account), fields, &USUAL, "WhatsAppBusinessAccount")
}

fn node(account: &Account) -> Map<String, Value> {
    let fields = [
        ("id", json!(account.business_account_id)),
        ("name", json!("Bistro Aurora")),
        ("timezone_id", json!("1")),
        ("currency", json!("USD")),
        ("country", json!("US")),
        ("message_template_namespace", json!("b6a0f3e1_3a4f_4b0c_9d9e_5f4e3d2c1b0a")),
        ("account_review_status", json!("APPROVED")),
        ("business_verification_status", json!("verified")),
        ("ownership_type", json!("SELF")),
        ("status", json!("ACTIVE")),
        ("marketing_messages_lite_api_status", json!("INELIGIBLE")),
        ("health_status", json!({ "can_send_message": "AVAILABLE", "entities": [] })),
        ("subscribed_apps", subscribed_apps()),
        ("is_enabled_for_insights", json!(false)),
        ("marketing_messages_onboarding_status", Value::Null),
        ("on_behalf_of_business_info", Value::Null),
        ("owner_business_info", Value::Null),
        ("disable_marketing_messages_on_cloud_api", Value::Null),
        ("primary_business_location", Value::Null),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
