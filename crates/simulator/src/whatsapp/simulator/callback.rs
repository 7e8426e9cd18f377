//! `/simulator/callback`: where webhooks go, after the handshake that Meta has before them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{control::ControlError, listen::Desk};
use crate::whatsapp::graph::shake_hands;

/// The callback, as an app's owner types it into Meta's form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Callback {
    url: String,
    verify_token: String,
}

/// Asks the callback; only one that answers as it must is posted to.
pub(super) async fn put(desk: &Desk, callback: &Callback) -> Result<Value, ControlError> {
    shake_hands(&desk.shared, &callback.url, &callback.verify_token).await?;
    Ok(told(desk, json!({ "callback": callback.url, "verified": true })))
}

/// From now on webhooks are dropped.
pub(super) fn forget(desk: &Desk) -> Value {
    desk.shared.poster().set_callback(None);
    told(desk, json!({ "callback": null }))
}

fn told(desk: &Desk, outcome: Value) -> Value {
    desk.world.journal.tell("callback", &outcome);
    outcome
}
