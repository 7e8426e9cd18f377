//! `/simulator/customers`: who there is on the other side.

use serde_json::Value;

use super::{control::ControlError, listen::Desk};
use crate::whatsapp::world::{ActError, Change};

pub(super) fn add(desk: &Desk, change: &Change) -> Result<Value, ControlError> {
    Ok(desk.world.add(&desk.shared, change)?)
}

pub(super) fn change(desk: &Desk, key: &str, change: &Change) -> Result<Value, ControlError> {
    Ok(desk.world.change(&desk.shared, &decoded(key), change)?)
}

pub(super) fn one(desk: &Desk, key: &str) -> Result<Value, ControlError> {
    let key = decoded(key);
    Ok(desk.world.person(&key).ok_or(ActError::Unknown(key))?)
}

/// `%2B` is a plus, and everything else in a key is what it is.
fn decoded(key: &str) -> String {
    key.replace("%2B", "+").replace("%2b", "+")
}
