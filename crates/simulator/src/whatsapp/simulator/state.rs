//! `GET /simulator`: everything at a glance, and what a gateway needs to know to connect.

use serde_json::{Value, json};

use super::listen::Desk;
use crate::whatsapp::graph::MAGIC;

pub(super) fn state(desk: &Desk) -> Value {
    let account = desk.shared.account();
    let token = desk.shared.token();
    let (calls, webhooks) = desk.world.journal.counts();
    json!({
        "account": {
            "phone_number_id": account.phone_number_id,
            "business_account_id": account.business_account_id,
            "phone": account.display_phone_number,
            "app_secret": account.app_secret,
        },
        "api_base": desk.shared.base(),
        "access_token": desk.access_token,
        "token_is_good": token.as_deref() == Some(desk.access_token.as_str()),
        "callback": desk.shared.poster().callback(),
        "customers": desk.world.people(),
        "templates": *desk.shared.templates(),
        "counts": {
            "calls": calls,
            "webhooks": webhooks,
            "messages_taken": desk.shared.taken(),
            "webhooks_given_up": desk.shared.poster().given_up(),
        },
        "magic_numbers": MAGIC.iter().map(|magic| json!({ "ending": magic.ending, "does": magic.does })).collect::<Vec<_>>(),
    })
}
