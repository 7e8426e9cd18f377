//! Writing a decision.

use std::sync::Arc;

use tidings_domain::{
    decide::{Decision, Write},
    message::Message,
};
use tidings_store::{BodyNumber, StoreError};

use crate::{
    error::corrupt,
    files::{awaited, media},
    session::Session,
    state::{channels, contacts, conversations, messages, outbox, situation::Place},
};

/// What became known by writing a decision.
pub(crate) struct Written {
    /// The message, if it was written.
    pub(crate) message: Option<Arc<Message>>,
    /// The vendor's id that was linked to it.
    pub(crate) vendor_id: Option<String>,
}

/// Writes a decision and appends its events. `body` is what it was read from.
pub(crate) fn write(
    session: &mut Session<'_>,
    place: &mut Place,
    decision: Decision,
    body: Option<BodyNumber>,
) -> Result<Written, StoreError> {
    if let Some(parted) = &decision.parted {
        contacts::write(&session.reader, place.workspace, place.contact.take(), parted)?;
    }
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
    let written = write_message(session, place, decision.message, decision.linked)?;
    if let Some(sending) = &decision.sending {
        outbox::write(&session.reader, place, written.message.as_deref(), sending)?;
    }
    if let Some(message) = place.message.filter(|_| decision.lost_file) {
        media::forget_of_message(&session.reader, place.channel, message)?;
    }
    if let Some(channel) = &decision.channel {
        channels::write_health(&session.reader, place.channel, channel)?;
    }
    for event in decision.events {
        let channel = event.channel_id.map(|_| place.channel);
        session.append(place.workspace, channel, body, event)?;
    }
    Ok(written)
}

fn write_message(
    session: &Session<'_>,
    place: &mut Place,
    message: Option<Write<Arc<Message>>>,
    linked: Option<String>,
) -> Result<Written, StoreError> {
    match message {
        None => Ok(Written { message: None, vendor_id: None }),
        Some(Write::Insert(message)) => {
            let number = messages::insert(&session.reader, place, &message)?;
            awaited::expect(&session.reader, place, number, &message)?;
            place.message = Some(number);
            Ok(Written { vendor_id: message.vendor_id.clone(), message: Some(message) })
        }
        Some(Write::Update(message)) => {
            let number = place.message.ok_or_else(|| corrupt("message", "it was not loaded"))?;
            messages::update(&session.reader, place, number, &message)?;
            if let Some(vendor_id) = &linked {
                messages::link(&session.reader, place, &message, vendor_id)?;
            }
            Ok(Written { message: Some(message), vendor_id: linked })
        }
    }
}
