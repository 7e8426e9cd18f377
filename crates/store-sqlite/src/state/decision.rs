//! Writing a decision.

use std::sync::Arc;

use tidings_domain::{
    decide::{Decision, Write},
    message::Message,
};
use tidings_store::StoreError;

use crate::{
    codec::signed,
    error::{corrupt, refused},
    session::Session,
    state::{contacts, conversations, messages, situation::Place},
};

/// Writes a decision and appends its events. Answers the message, if it is a new one.
pub(crate) fn write(
    session: &mut Session<'_>,
    place: &mut Place,
    decision: Decision,
) -> Result<Option<Arc<Message>>, StoreError> {
    if let Some(contact) = &decision.contact {
        place.contact =
            Some(contacts::write(&session.reader, place.workspace, place.contact.take(), contact.record())?);
    }
    match &decision.conversation {
        None => {}
        Some(Write::Insert(conversation)) => {
            let contact = place.contact.as_ref().ok_or_else(|| corrupt("conversation", "it has no contact"))?.number;
            let number = conversations::insert(&session.reader, place.workspace, contact, place.channel, conversation)?;
            place.conversation = Some(number);
        }
        Some(Write::Update(conversation)) => {
            let number = place.conversation.ok_or_else(|| corrupt("conversation", "it was not loaded"))?;
            conversations::update(&session.reader, number, conversation)?;
        }
    }
    let mut new_message = None;
    match decision.message {
        None => {}
        Some(Write::Insert(message)) => {
            place.message = Some(messages::insert(&session.reader, place, &message)?);
            new_message = Some(message);
        }
        Some(Write::Update(message)) => {
            let number = place.message.ok_or_else(|| corrupt("message", "it was not loaded"))?;
            messages::update(&session.reader, number, &message)?;
        }
    }
    if let Some(channel) = decision.channel {
        session
            .reader
            .statement("UPDATE channels SET status = ?2, sequence = ?3 WHERE number = ?1")?
            .execute(rusqlite::params![place.channel, channel.status.name(), signed(channel.sequence)])
            .map_err(refused)?;
    }
    for event in decision.events {
        let channel = event.channel_id.map(|_| place.channel);
        session.append(place.workspace, channel, event)?;
    }
    Ok(new_message)
}
