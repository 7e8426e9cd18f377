//! Loading what is known when a change comes, by the rule in [`tidings_domain::decide`].

use std::sync::Arc;

use tidings_domain::{
    change::Lookups,
    channel::{Channel, ChannelStatus},
    contact::Identity,
    conversation::{Conversation, ConversationStatus},
    decide::Situation,
    sending::ChannelHealth,
};
use tidings_store::StoreError;

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
    state::{
        contacts::{self, Loaded},
        conversations, messages,
    },
};

/// The numbers of what a situation speaks of, by which its decision is written.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) workspace: i64,
    pub(crate) channel: i64,
    pub(crate) contact: Option<contacts::Stored>,
    pub(crate) conversation: Option<i64>,
    pub(crate) message: Option<i64>,
}

/// What is known, and where it is stored.
pub(crate) fn load(
    session: &mut Session<'_>,
    workspace: i64,
    channel: &Arc<Channel>,
    lookups: Lookups<'_>,
) -> Result<(Situation, Place), StoreError> {
    let channel_number = session.channel(channel.id)?;
    let reader = &session.reader;
    let (status, channel_sequence, channel_health) = channel_now(reader, channel_number)?;
    let channel = if channel.status == status {
        Arc::clone(channel)
    } else {
        Arc::new(Channel { status, ..Channel::clone(channel) })
    };

    let message = match (lookups.message_id, lookups.vendor_id) {
        (None, None) => None,
        (Some(id), vendor_id) => match messages::find(reader, workspace, id)? {
            Some(found) if found.channel == channel_number => Some(found),
            _ => vendor_id
                .map(|id| messages::find_by_vendor_id(reader, workspace, channel_number, id))
                .transpose()?
                .flatten(),
        },
        (None, Some(vendor_id)) => messages::find_by_vendor_id(reader, workspace, channel_number, vendor_id)?,
    };
    let recorded = match (&message, lookups.own_vendor_id) {
        (None, Some(own)) => messages::find_by_vendor_id(reader, workspace, channel_number, own)?.is_some(),
        _ => false,
    };
    let named = lookups.conversation_id.map(|id| conversations::find(reader, workspace, id)).transpose()?.flatten();
    let known = message.as_ref().map(|message| (message.contact, message.conversation)).or(named);
    let identities = lookups.identities.into_iter().flatten();
    let (owner, taken) = by_identities(reader, workspace, known.map(|(contact, _)| contact), identities)?;
    let contact = owner.map(|number| contacts::load(reader, channel.workspace_id, number)).transpose()?.flatten();
    let conversation = match (known, &contact) {
        (Some((_, number)), _) => conversations::load(reader, number)?,
        (None, Some(Loaded { number, contact, .. })) => {
            conversations::newest(reader, workspace, (*number, contact), (channel_number, &channel))?
        }
        (None, None) => None,
    };
    // One that is closed may have a successor, such as after a merge: what is written anew goes there.
    let is_closed = |found: &(i64, Conversation)| found.1.status == ConversationStatus::Closed;
    let successor = match &contact {
        Some(Loaded { number, contact, .. }) if conversation.as_ref().is_some_and(is_closed) => {
            conversations::newest(reader, workspace, (*number, contact), (channel_number, &channel))?
                .filter(|newest| !is_closed(newest))
        }
        _ => None,
    };
    let (conversation, successor) = match successor {
        Some(successor) if message.is_none() => (Some(successor), None),
        successor => (conversation, successor.map(|(_, successor)| successor.id)),
    };
    let quoted = match (lookups.quoted_id, lookups.quoted) {
        (Some(id), _) => messages::find(reader, workspace, id)?,
        (None, Some(vendor_id)) => messages::find_by_vendor_id(reader, workspace, channel_number, vendor_id)?,
        (None, None) => None,
    };

    let place = Place {
        workspace,
        channel: channel_number,
        contact: contact.as_ref().map(Loaded::stored),
        conversation: conversation.as_ref().map(|(number, _)| *number),
        message: message.as_ref().map(|message| message.number),
    };
    let situation = Situation {
        channel,
        channel_sequence,
        channel_health,
        contact: contact.map(|loaded| loaded.contact),
        taken,
        conversation: conversation.map(|(_, conversation)| conversation),
        successor,
        attempt: message.as_ref().and_then(|found| found.attempt),
        sending: None,
        message: message.map(|found| Arc::new(found.message)),
        quoted: quoted.map(|found| Arc::new(found.message)),
        recorded,
    };
    Ok((situation, place))
}

/// How a channel is doing: its status, how many events bear its own ordering key, and its health.
pub(crate) fn channel_now(reader: &Reader<'_>, number: i64) -> Result<(ChannelStatus, u64, ChannelHealth), StoreError> {
    let mut statement = reader.statement("SELECT status, sequence, health FROM channels WHERE number = ?1")?;
    let rows = statement.query([number]).map_err(refused)?;
    codec::first(rows, |row| {
        let status = codec::word(row, "status", ChannelStatus::from_name)?;
        let health = codec::optional_document(row, "health")?.unwrap_or_default();
        Ok((status, codec::count(row, "sequence")?, health))
    })?
    .ok_or(StoreError::NotFound("the channel"))
}

/// The contact that is known, else the one that has the first known of the identities; and which of them belong to
/// others.
fn by_identities<'a>(
    reader: &Reader<'_>,
    workspace: i64,
    known: Option<i64>,
    identities: impl Iterator<Item = &'a Identity>,
) -> Result<(Option<i64>, Vec<Identity>), StoreError> {
    let mut found = known;
    let mut taken = Vec::new();
    for identity in identities {
        match (contacts::owner(reader, workspace, identity)?, found) {
            (None, _) => {}
            (Some(owner), None) => found = Some(owner),
            (Some(owner), Some(found)) if owner == found => {}
            (Some(_), Some(_)) => taken.push(identity.clone()),
        }
    }
    Ok((found, taken))
}
