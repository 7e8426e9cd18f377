//! `POST /simulator/faults`: what goes wrong beside single calls. Everything that a request names is done, in the order of
//! the fields here.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{document::DocumentError, listen::Desk};
use crate::whatsapp::{
    Customer, batch,
    graph::{number_at, shuffle},
    text_message,
};

/// As many updates as Meta puts into one webhook.
const MOST_AT_ONCE: usize = 1000;

/// What goes wrong, or right again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Faults {
    /// The token is revoked (`true`) or good again (`false`).
    revoke_token: Option<bool>,
    /// Links to media are answered 404 (`true`) or work again (`false`).
    dead_media_links: Option<bool>,
    /// So many messages are taken in a second; 0 lifts the limit.
    throttle: Option<u32>,
    /// Webhooks are held back from now on.
    #[serde(default)]
    hold_webhooks: bool,
    /// Webhooks that were held back are posted, in this order.
    release_webhooks: Option<ReleaseOrder>,
    /// The last webhooks that were taken are posted again, so many.
    repeat_webhooks: Option<usize>,
    /// So many customers write at once, in one webhook.
    batch_messages: Option<usize>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReleaseOrder {
    InOrder,
    Reversed,
    Shuffled,
}

pub(super) fn tell(desk: &Desk, faults: &Faults) -> Result<Value, DocumentError> {
    check(desk, faults)?;
    let poster = desk.shared.poster();
    if let Some(revoke) = faults.revoke_token {
        desk.shared.set_token((!revoke).then(|| desk.access_token.clone()));
    }
    if let Some(dead) = faults.dead_media_links {
        desk.shared.set_dead_links(dead);
    }
    if let Some(limit) = faults.throttle {
        desk.shared.set_throttle(Some(limit).filter(|limit| *limit > 0));
    }
    if faults.hold_webhooks {
        poster.hold_back();
    }
    let mut webhooks = faults.release_webhooks.map_or_else(Vec::new, |order| released(desk, order));
    webhooks.extend(faults.repeat_webhooks.map_or_else(Vec::new, |number| desk.world.journal.webhooks(number)));
    webhooks.extend(faults.batch_messages.map(|number| crowd(desk, number)));
    let number = webhooks.len();
    desk.shared.post_in_order(webhooks);
    Ok(json!({ "webhooks_posted": number }))
}

/// What posts needs somebody to post to, and what comes again must have been there.
fn check(desk: &Desk, faults: &Faults) -> Result<(), DocumentError> {
    let posting = [
        ("release_webhooks", faults.release_webhooks.is_some()),
        ("repeat_webhooks", faults.repeat_webhooks.is_some()),
        ("batch_messages", faults.batch_messages.is_some()),
    ];
    if desk.shared.poster().callback().is_none()
        && let Some((at, _)) = posting.into_iter().find(|(_, posts)| *posts)
    {
        let told = "it posts webhooks, and there is no callback yet: PUT /simulator/callback, or start with --callback";
        return Err(DocumentError::new(at, told));
    }
    for (at, number) in [("repeat_webhooks", faults.repeat_webhooks), ("batch_messages", faults.batch_messages)] {
        if number.is_some_and(|number| !(1..=MOST_AT_ONCE).contains(&number)) {
            return Err(DocumentError::new(at, format!("must be from 1 to {MOST_AT_ONCE}")));
        }
    }
    if faults.repeat_webhooks.is_some() && desk.world.journal.webhooks(1).is_empty() {
        return Err(DocumentError::new("repeat_webhooks", "no webhook was taken yet that could come again"));
    }
    Ok(())
}

fn released(desk: &Desk, order: ReleaseOrder) -> Vec<Value> {
    let mut held = desk.shared.poster().release();
    match order {
        ReleaseOrder::InOrder => {}
        ReleaseOrder::Reversed => held.reverse(),
        ReleaseOrder::Shuffled => shuffle(&mut held, desk.shared.seed()),
    }
    held
}

/// So many customers, who are nobody else, write one text each.
fn crowd(desk: &Desk, number: usize) -> Value {
    let write = |place: usize| {
        let digits = number_at(desk.shared.seed(), u64::try_from(place).unwrap_or(0)) % 10_000_000;
        let customer = Customer::with_phone(&format!("Crowd {place}"), &format!("1666{digits:07}"));
        let (id, seconds) = (desk.shared.inbound_id(&customer), desk.shared.seconds());
        desk.world.crowd_writes(customer.phone.as_deref().unwrap_or_default(), seconds);
        text_message(desk.shared.account(), &customer, &id, seconds, &format!("Message {place}"))
    };
    batch((1..=number).map(write))
}
