//! What the business sends, as it comes to a customer.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::oneshot, time::sleep};

use super::{Change, Person, World, chat::from_business, key_of, locked, place, rules::reaction_to};
use crate::whatsapp::graph::{Ladder, Round, Sent, Shared, Step, Taken};

impl World {
    /// Puts what was taken into the chat, and lets the customer answer when its statuses are told.
    pub(super) fn receive(&self, shared: &Arc<Shared>, taken: Taken) {
        let Taken { sent, body, steps, told } = taken;
        let Some(key) = key_of(&sent.customer).map(str::to_owned) else { return };
        if place(&locked(&self.people), &key).is_none() {
            // Whoever is one too many is served as well, only without a chat.
            let _ = self.add(shared, &Change::stranger(&sent.customer, self.crowd_wrote_at(&sent.customer)));
        }
        let templates = shared.templates();
        self.with(&key, |person| {
            if person.blocked {
                return ((), Vec::new());
            }
            // What is said of it further is said when it arrives.
            if !person.online && steps.last() == Some(&Step::Sent) && body["type"] != "reaction" {
                person.waiting.push(sent.clone());
            }
            ((), show(person, &sent, &body, &templates))
        });
        if !steps.iter().any(|step| matches!(step, Step::Failed(_))) {
            self.answer_after(shared, &key, &sent.id, told);
        }
    }

    /// What waited for a customer has arrived: the vendor says delivered, and read where the customer reads.
    pub(super) fn deliver_late(&self, shared: &Arc<Shared>, key: &str, arrived: Vec<Sent>) {
        for sent in arrived {
            let Some(steps) = self.with(key, |person| {
                let steps = if person.reads { vec![Step::Delivered, Step::Read] } else { vec![Step::Delivered] };
                (steps, Vec::new())
            }) else {
                return;
            };
            let sent = Sent { seconds: shared.seconds(), ..sent };
            let (begin, hold) = oneshot::channel();
            let (done, told) = oneshot::channel();
            shared.poster().begin(Round {
                webhooks: Ladder::of(steps).webhooks(shared.account(), &sent),
                delay: Duration::ZERO,
                pause: Duration::ZERO,
                hold,
                done: vec![done],
            });
            drop(begin);
            self.answer_after(shared, key, &sent.id, told);
        }
    }

    /// The customer's rules come into force when it has got the message, and it was told so.
    fn answer_after(&self, shared: &Arc<Shared>, key: &str, id: &str, told: oneshot::Receiver<()>) {
        let Some(world) = self.this.upgrade() else { return };
        let (poster, shared, key, id) = (shared.poster(), Arc::clone(shared), key.to_owned(), id.to_owned());
        poster.clone().run(async move {
            // An error says that the other end was dropped, which is the sign that all are posted.
            let _ = told.await;
            let act = |person: &mut Person| {
                let bubble = person.bubble(&id).filter(|_| person.online);
                let acts = bubble.map(|bubble| reaction_to(&person.answers, bubble)).unwrap_or_default();
                ((person.delay_ms, acts), Vec::new())
            };
            let Some((delay, acts)) = world.with(&key, act) else { return };
            for said in acts {
                sleep(Duration::from_millis(delay)).await;
                // It fits the chat that it was made from.
                let _ = world.say(&shared, &key, said, None);
            }
        });
    }

    /// What the callback has taken is marked in the chats: statuses, and what customers wrote.
    pub(super) fn mark(&self, webhook: &Value) {
        let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for entry in items(&webhook["entry"]) {
            for change in items(&entry["changes"]) {
                for status in items(&change["value"]["statuses"]) {
                    let code = status["errors"][0]["code"].as_u64();
                    self.rise(&status["id"], "business", status["status"].as_str().unwrap_or_default(), code);
                }
                for message in items(&change["value"]["messages"]) {
                    self.rise(&message["id"], "customer", "delivered", None);
                }
            }
        }
    }

    fn rise(&self, id: &Value, from: &str, status: &str, error_code: Option<u64>) {
        let Some(id) = id.as_str() else { return };
        let mut people = locked(&self.people);
        let told = people.iter_mut().find_map(|person| {
            let customer = person.id.clone();
            let bubble = person.bubble_mut(id)?;
            if !bubble.rise(from, status) {
                return None;
            }
            bubble.error_code = error_code.or(bubble.error_code);
            Some(json!({ "customer": customer, "message": bubble }))
        });
        drop(people);
        if let Some(told) = told {
            self.journal.tell("message", &told);
        }
    }
}

/// A reaction is no bubble of its own but stands on another. Answers the ids of the bubbles that changed.
fn show(person: &mut Person, sent: &Sent, body: &Value, templates: &[Value]) -> Vec<String> {
    if body["type"] == "reaction" {
        let reaction = &body["reaction"];
        let target = reaction["message_id"].as_str().unwrap_or_default().to_owned();
        if let Some(bubble) = person.bubble_mut(&target) {
            bubble.business_reaction = reaction["emoji"].as_str().filter(|emoji| !emoji.is_empty()).map(str::to_owned);
        }
        return vec![target];
    }
    person.say(from_business(&sent.id, sent.seconds, body, templates));
    vec![sent.id.clone()]
}
