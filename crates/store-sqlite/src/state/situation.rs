//! Loading what is known when a change comes, by the rule in [`tidings_domain::decide`].

use std::sync::Arc;

use tidings_domain::{
    WorkspaceId,
    change::Lookups,
    channel::{Channel, ChannelStatus},
    contact::Identity,
    decide::Situation,
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
    let mut statement = reader.statement("SELECT status, sequence FROM channels WHERE number = ?1")?;
    let rows = statement.query([channel_number]).map_err(refused)?;
    let (status, channel_sequence) = codec::first(rows, |row| {
        Ok((codec::word(row, "status", ChannelStatus::from_name)?, codec::count(row, "sequence")?))
    })?
    .ok_or(StoreError::NotFound("the channel"))?;
    let channel = if channel.status == status {
        Arc::clone(channel)
    } else {
        Arc::new(Channel { status, ..Channel::clone(channel) })
    };

    let message = match (lookups.message_id, lookups.vendor_id) {
        (None, None) => None,
        (Some(id), vendor_id) => match messages::find(reader, workspace, id)? {
            None => vendor_id
                .map(|id| messages::find_by_vendor_id(reader, workspace, channel_number, id))
                .transpose()?
                .flatten(),
            found => found,
        },
        (None, Some(vendor_id)) => messages::find_by_vendor_id(reader, workspace, channel_number, vendor_id)?,
    };
    let recorded = match (&message, lookups.own_vendor_id) {
        (None, Some(own)) => messages::find_by_vendor_id(reader, workspace, channel_number, own)?.is_some(),
        _ => false,
    };
    let identities = lookups.identities.into_iter().flatten();
    let (contact, taken) = match &message {
        Some(message) => (contacts::load(reader, channel.workspace_id, message.contact)?, Vec::new()),
        None => by_identities(reader, (workspace, channel.workspace_id), identities)?,
    };
    let conversation = match (&message, &contact) {
        (Some(message), _) => conversations::load(reader, message.conversation)?,
        (None, Some(Loaded { number, contact, .. })) => {
            conversations::newest(reader, workspace, (*number, contact), (channel_number, &channel))?
        }
        (None, None) => None,
    };
    let quoted = match lookups.quoted {
        Some(vendor_id) => messages::find_by_vendor_id(reader, workspace, channel_number, vendor_id)?,
        None => None,
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
        contact: contact.map(|loaded| loaded.contact),
        taken,
        conversation: conversation.map(|(_, conversation)| conversation),
        message: message.map(|found| Arc::new(found.message)),
        quoted: quoted.map(|found| Arc::new(found.message)),
        recorded,
    };
    Ok((situation, place))
}

/// The contact that has the first known of the identities, and which of them belong to others.
fn by_identities<'a>(
    reader: &Reader<'_>,
    (workspace, workspace_id): (i64, WorkspaceId),
    identities: impl Iterator<Item = &'a Identity>,
) -> Result<(Option<Loaded>, Vec<Identity>), StoreError> {
    let mut found = None;
    let mut taken = Vec::new();
    for identity in identities {
        match (contacts::owner(reader, workspace, identity)?, found) {
            (None, _) => {}
            (Some(owner), None) => found = Some(owner),
            (Some(owner), Some(found)) if owner == found => {}
            (Some(_), Some(_)) => taken.push(identity.clone()),
        }
    }
    let contact = found.map(|number| contacts::load(reader, workspace_id, number)).transpose()?.flatten();
    Ok((contact, taken))
}
