//! What becomes of a message that was accepted: the statuses that the vendor posts about it, and in what shape. Meta
//! promises neither their order nor that each comes once. Source: "Webhooks › Payload reference › statuses object".

use serde_json::Value;

use super::random::shuffle;
use crate::whatsapp::{Account, Customer, batch, failed_status, status};

/// One status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It left Meta's servers.
    Sent,
    /// It reached the customer's device.
    Delivered,
    /// The customer opened it.
    Read,
    /// The customer listened to it: only of voice messages.
    Played,
    /// It will not arrive, for the reason of this error code.
    Failed(u32),
    /// It was deleted.
    Deleted,
}

/// In which order the steps are posted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they happened.
    #[default]
    InOrder,
    /// The last one first.
    Reversed,
    /// By chance, from the seed of the server.
    Shuffled,
}

/// The statuses of one message and how they are posted. Start from [`Ladder::none`], [`Ladder::full`] or
/// [`Ladder::failed`] and change the fields that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// What happens, in the order in which it happens.
    pub steps: Vec<Step>,
    /// In which order it is told.
    pub order: Order,
    /// How many times each status is posted: 1 is once, 0 never.
    pub repeats: u32,
    /// All statuses in one webhook instead of a webhook for each.
    pub batched: bool,
    /// How long the vendor waits before the first webhook, in milliseconds.
    pub delay_millis: u64,
    /// How long the vendor waits between two webhooks, in milliseconds.
    pub pause_millis: u64,
    /// Added to the vendor's clock in the timestamps: negative for statuses that come days late.
    pub offset_seconds: i64,
    /// How many seconds lie between the timestamps of two steps.
    pub spacing_seconds: i64,
    /// Whether the statuses carry the `biz_opaque_callback_data` of the message.
    pub carry_tracker: bool,
}

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder::none()
    }
}

impl Ladder {
    /// No status ever comes.
    pub fn none() -> Ladder {
        Ladder::of([])
    }

    /// Sent, delivered, read.
    pub fn full() -> Ladder {
        Ladder::of([Step::Sent, Step::Delivered, Step::Read])
    }

    /// It fails with this error code.
    pub fn failed(code: u32) -> Ladder {
        Ladder::of([Step::Failed(code)])
    }

    /// These steps: once each, in order, at once, with the tracker.
    pub fn of(steps: impl IntoIterator<Item = Step>) -> Ladder {
        Ladder {
            steps: steps.into_iter().collect(),
            order: Order::InOrder,
            repeats: 1,
            batched: false,
            delay_millis: 0,
            pause_millis: 0,
            offset_seconds: 0,
            spacing_seconds: 0,
            carry_tracker: true,
        }
    }

    /// The webhooks of this ladder in the order in which they are posted.
    pub(crate) fn webhooks(&self, account: &Account, message: &Sent) -> Vec<Value> {
        let mut seconds = message.seconds + self.offset_seconds;
        let mut told = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let webhook = self.webhook(account, message, *step, seconds);
            told.extend((0..self.repeats).map(|_| webhook.clone()));
            seconds += self.spacing_seconds;
        }
        match self.order {
            Order::InOrder => {}
            Order::Reversed => told.reverse(),
            Order::Shuffled => shuffle(&mut told, message.chance),
        }
        if self.batched && !told.is_empty() { vec![batch(told)] } else { told }
    }

    fn webhook(&self, account: &Account, message: &Sent, step: Step, seconds: i64) -> Value {
        let tracker = message.tracker.as_deref().filter(|_| self.carry_tracker);
        let name = match step {
            Step::Sent => "sent",
            Step::Delivered => "delivered",
            Step::Read => "read",
            Step::Played => "played",
            Step::Deleted => "deleted",
            Step::Failed(code) => {
                return failed_status(account, &message.customer, &message.id, code, seconds, tracker);
            }
        };
        status(account, &message.customer, &message.id, name, seconds, tracker)
    }
}

/// A message that the vendor accepted.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Its vendor id.
    pub(crate) id: String,
    /// Whom it goes to.
    pub(crate) customer: Customer,
    /// What the business gave to recognise it by.
    pub(crate) tracker: Option<String>,
    /// The vendor's clock when it was accepted.
    pub(crate) seconds: i64,
    /// What a shuffle of its statuses depends on.
    pub(crate) chance: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ladder: &Ladder) -> Vec<Vec<(String, String)>> {
        let account = Account {
            phone_number_id: "1".into(),
            business_account_id: "2".into(),
            display_phone_number: "3".into(),
            app_secret: "4".into(),
        };
        let message = Sent {
            id: "wamid.1".into(),
            customer: Customer::with_phone("Ana", "5511987654321"),
            tracker: Some("msg_1".into()),
            seconds: 1000,
            chance: 4,
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entry = |entry: &Value| {
            let item = &entry["changes"][0]["value"]["statuses"][0];
            (text(&item["status"]), text(&item["timestamp"]))
        };
        let webhooks = ladder.webhooks(&account, &message);
        webhooks.iter().map(|webhook| webhook["entry"].as_array().unwrap().iter().map(entry).collect()).collect()
    }

    fn flat(ladder: &Ladder) -> Vec<String> {
        told(ladder).concat().into_iter().map(|(status, _)| status).collect()
    }

    #[test]
    fn orders_repeats_and_batches() {
        assert_eq!(flat(&Ladder::full()), ["sent", "delivered", "read"]);
        assert_eq!(flat(&Ladder { order: Order::Reversed, ..Ladder::full() }), ["read", "delivered", "sent"]);
        let twice = Ladder { repeats: 2, batched: true, ..Ladder::full() };
        assert_eq!(told(&twice).len(), 1);
        assert_eq!(flat(&twice), ["sent", "sent", "delivered", "delivered", "read", "read"]);
        let shuffled = Ladder { order: Order::Shuffled, repeats: 3, ..Ladder::full() };
        assert_eq!(flat(&shuffled), flat(&shuffled));
        assert_ne!(flat(&shuffled), flat(&Ladder { repeats: 3, ..Ladder::full() }));
        assert!(told(&Ladder { batched: true, ..Ladder::none() }).is_empty());
    }

    #[test]
    fn times_are_of_the_steps_and_not_of_the_posting() {
        let late = Ladder { offset_seconds: -500, spacing_seconds: 10, order: Order::Reversed, ..Ladder::full() };
        let times: Vec<String> = told(&late).concat().into_iter().map(|(_, seconds)| seconds).collect();
        assert_eq!(times, ["520", "510", "500"]);
    }
}
