//! What a customer does: writes, sends something, presses, reacts. Each is one webhook to the business.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Bubble, Person, Said, Speech, World, speech::Content};
use crate::whatsapp::{
    graph::{Media, Shared, has_dead_links},
    messages::message,
};

/// Why something cannot be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// Nobody has this id, number or user id.
    #[error("there is no customer {0}")]
    Unknown(String),
    /// Somebody else has the phone number or the user id.
    #[error("{0} has this phone or user_id")]
    Taken(String),
    /// There is no room for one more.
    #[error("there are {0} customers, which is all that there can be")]
    Crowded(usize),
    /// The message that is meant is not in the chat.
    #[error("there is no message {0} in the customer's chat")]
    NoMessage(String),
    /// The message has nothing to press, or not that.
    #[error("there is nothing to press that fits: {0}")]
    NothingToPress(String),
    /// What is said cannot be said.
    #[error("{0}")]
    Wrong(String),
}

impl World {
    /// A customer says what was asked for. Answers the message's id and the webhook.
    pub(crate) fn speak(&self, shared: &Arc<Shared>, speech: &Speech) -> Result<Value, ActError> {
        let said = self
            .with(&speech.customer, |person| (speech.said(person), Vec::new()))
            .ok_or_else(|| ActError::Unknown(speech.customer.clone()))??;
        self.say(shared, &speech.customer, said, speech.reply_to.clone())
    }

    pub(super) fn say(
        &self,
        shared: &Arc<Shared>,
        key: &str,
        said: Said,
        reply_to: Option<String>,
    ) -> Result<Value, ActError> {
        let at = shared.seconds();
        let unknown = || ActError::Unknown(key.to_owned());
        let customer = self.with(key, |person| (person.customer.clone(), Vec::new())).ok_or_else(unknown)?;
        let id = shared.inbound_id(&customer);
        let content = said.content(|mime_type, bytes| {
            let link_is_dead = customer.phone.as_deref().is_some_and(has_dead_links);
            shared.keep_media(Media { mime_type: mime_type.to_owned(), bytes, link_is_dead })
        });
        let Content { kind, value, text, media_id, on, reaction } = content;
        let mut webhook = message(shared.account(), &customer, &id, at, kind, value);
        let answered = reply_to.or_else(|| on.clone());
        if let Some(id) = &answered {
            let item = &mut webhook["entry"][0]["changes"][0]["value"]["messages"][0];
            item["context"] = json!({ "from": shared.account().display_phone_number, "id": id });
        }
        let show = |person: &mut Person| {
            person.wrote_at = Some(at);
            if let Some((target, emoji)) = reaction {
                if let Some(bubble) = person.bubble_mut(&target) {
                    bubble.customer_reaction = emoji;
                }
                return ((), vec![target]);
            }
            let mut bubble = Bubble::new(&id, "customer", at, kind, text);
            bubble.media_id = media_id;
            bubble.reply_to = answered;
            person.say(bubble);
            ((), vec![id.clone()])
        };
        self.with(key, show).ok_or_else(unknown)?;
        shared.poster().begin_at_once(webhook.clone());
        Ok(json!({ "id": id, "webhook": webhook }))
    }
}
