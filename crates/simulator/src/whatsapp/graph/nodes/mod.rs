//! What can be read of an account beside sending: its number, its templates, its media, the apps that listen.

pub(super) mod fields;
pub(super) mod media;
pub(super) mod number;
pub(super) mod templates;

use serde_json::{Value, json};

/// `GET /{waba_id}/subscribed_apps`. Source: "WhatsApp Business Account › Subscribed apps".
pub(super) fn subscribed_apps() -> Value {
    json!({ "data": [{ "whatsapp_business_api_data": {
        "id": "2438000000000042",
        "link": "https://www.facebook.com/games/?app_id=2438000000000042",
        "name": "Messaging",
    } }] })
}
