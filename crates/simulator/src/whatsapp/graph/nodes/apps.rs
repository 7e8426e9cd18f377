//! The app that speaks for the number: its own tokens, what it subscribed to, and what a token is good for. Sources: "Graph
//! API › Reference › App › Subscriptions", "Debug-Token" and "Access tokens".

use serde_json::{Value, json};

use crate::whatsapp::Account;

/// The app's id.
pub(crate) const APP_ID: &str = "2438000000000042";

/// `GET /{waba_id}/subscribed_apps`. Source: "WhatsApp Business Account › Subscribed apps".
pub(crate) fn subscribed_apps() -> Value {
    json!({ "data": [{ "whatsapp_business_api_data": {
        "id": APP_ID,
        "link": format!("https://www.facebook.com/games/?app_id={APP_ID}"),
        "name": "Messaging",
    } }] })
}

/// The token by which the app itself calls: its id and its secret.
pub(crate) fn app_token(account: &Account) -> String {
    format!("{APP_ID}|{}", account.app_secret)
}

/// `GET /{app_id}/subscriptions`.
pub(crate) fn subscriptions(callback: Option<&str>) -> Value {
    let fields = ["messages", "message_template_status_update"].map(|name| json!({ "name": name, "version": "v26.0" }));
    let subscribed = callback.map(|url| {
        json!({
            "object": "whatsapp_business_account",
            "callback_url": url,
            "active": true,
            "fields": fields,
        })
    });
    json!({ "data": Vec::from_iter(subscribed) })
}

/// `GET /debug_token`: whether the token that is asked about is good, and what for.
pub(crate) fn debug_token(account: &Account, good: bool) -> Value {
    let scopes = ["whatsapp_business_management", "whatsapp_business_messaging"];
    let mut data = json!({
        "app_id": APP_ID,
        "type": "SYSTEM_USER",
        "application": "Messaging",
        "expires_at": 0,
        "is_valid": good,
        "scopes": scopes,
        "granular_scopes": scopes.map(|scope| json!({ "scope": scope, "target_ids": [account.business_account_id] })),
        "user_id": "122100000000000042",
    });
    if !good {
        data["error"] = json!({ "code": 190, "message": "Error validating access token" });
    }
    json!({ "data": data })
}
