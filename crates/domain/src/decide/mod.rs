//! The one maker of events: from what is known and what changed to what to write and what happened.
//!
//! A backend does three things for each [`Change`], in one transaction: it loads a [`Situation`] by the change's
//! [`lookups`](Change::lookups), calls [`decide`], and writes the [`Decision`]. Nothing else in the project makes
//! events of messages, conversations, contacts or channels, so every backend has the same lifecycle.
//!
//! What the company wants, and what its sender finds out, are an [`Order`]; [`mod@order`] decides on it in the same way, but
//! may refuse.
//!
//! What the company does with its contacts and conversations is decided on in `records`; what an endpoint has lost to
//! retention is told by [`overtaken()`].
//!
//! The rule by which a situation is loaded:
//! 1. the message, by our id if the change names one and it is of that channel, else by the vendor's id on that channel,
//!    with the attempt that the vendor's id belongs to; for an order also how far its sending has come;
//! 2. its conversation and contact, if there is a message; else the conversation that is named, and its contact; else
//!    the contact that has the first known of the identities, and that contact's newest conversation on the channel;
//! 3. the identities of the change that belong to another contact than that one (`taken`);
//! 4. the message that is quoted, by our id or by the vendor's id on that channel;
//! 5. if there is no message, whether one has the change's own vendor id (`recorded`).
//!
//! After a decision that links a vendor's id to a message, the backend takes the changes kept for that id, oldest
//! first, and decides on each as if it came now; then on the decision's `follow_up`, if it has one.

mod amendment;
mod desk;
mod health;
mod identity;
mod notice;
mod order;
mod overtaken;
mod records;
mod said;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    change::{Change, Revoked, StatusReport},
    channel::{Channel, ChannelStatus},
    contact::{Contact, Identity},
    conversation::Conversation,
    event::{Event, EventKind, EventPayload, OrderingKey, SCHEMA},
    id::{ChannelId, ConversationId, EventId, IdSource, WorkspaceId},
    message::Message,
    sending::{ChannelHealth, Sending},
    time::Timestamp,
};

use desk::Desk;
pub use order::{Called, Order, Refusal, TargetProblem, order};
pub use overtaken::overtaken;
pub use records::{
    MOST_CUSTOM_FIELDS, MOST_METADATA, Merged, Owner, Parting, Recorded, Rivalry, change_contact, change_conversation,
    create_contact, delete_contact, give_up, merge_contacts, rivalry,
};

/// What is known when a change comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// The channel that it came by.
    pub channel: Arc<Channel>,
    /// How many events bear the channel's own ordering key.
    pub channel_sequence: u64,
    /// What is remembered of its trouble.
    pub channel_health: ChannelHealth,
    /// The contact.
    pub contact: Option<Contact>,
    /// The identities of the change that belong to another contact.
    pub taken: Vec<Identity>,
    /// The conversation.
    pub conversation: Option<Conversation>,
    /// It is closed, and this other one with the contact is open on the channel.
    pub successor: Option<ConversationId>,
    /// The message that the change speaks of.
    pub message: Option<Arc<Message>>,
    /// Which attempt at sending it the vendor's id belongs to, if it was found by that.
    pub attempt: Option<u32>,
    /// How far sending it has come. Loaded for orders alone.
    pub sending: Option<Sending>,
    /// The message that is quoted.
    pub quoted: Option<Arc<Message>>,
    /// The message that the change speaks of is not known, but the change itself has been recorded as one.
    pub recorded: bool,
}

/// Where times and ids come from.
pub struct Context<'a> {
    /// When the change is recorded.
    pub now: Timestamp,
    /// Where new ids come from.
    pub ids: &'a mut dyn IdSource,
}

/// A record to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write<T> {
    /// It is new.
    Insert(T),
    /// It is known and has changed.
    Update(T),
}

impl<T> Write<T> {
    /// The record.
    pub fn record(&self) -> &T {
        match self {
            Self::Insert(record) | Self::Update(record) => record,
        }
    }
}

/// What to write, and what happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// The contact that was loaded, to be written before all else, where it turned out to be somebody else than the one of
    /// the change: it has given up what is not its own. No new contact takes its place.
    pub parted: Option<Contact>,
    /// The contact to write, with its handles.
    pub contact: Option<Write<Contact>>,
    /// The conversation to write.
    pub conversation: Option<Write<Conversation>>,
    /// The message to write. A new one brings its vendor id, to be linked as its part 0.
    pub message: Option<Write<Arc<Message>>>,
    /// The vendor's id of a message that was known before, to be linked to its present attempt. If it belongs to another
    /// message already, it stays there.
    pub linked: Option<String>,
    /// How far sending the message has come.
    pub sending: Option<Write<Sending>>,
    /// The vendor does not have the message's uploaded file any more.
    pub lost_file: bool,
    /// The channel's new status, and what goes with it.
    pub channel: Option<ChannelWrite>,
    /// What is to be decided on next, in the same transaction.
    pub follow_up: Option<Change>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Why the change is to be kept beside the state, if it could not be applied.
    pub kept: Option<Kept>,
}

/// The parts of a channel that decisions write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelWrite {
    /// How it is doing.
    pub status: ChannelStatus,
    /// What is remembered of its trouble.
    pub health: ChannelHealth,
    /// How many events bear its own ordering key.
    pub sequence: u64,
}

/// Why a change is kept without having changed anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// It speaks of a message that is not known yet. It is applied when the vendor's id becomes known.
    Later(Later),
    /// It speaks of a message or contact that we do not have.
    Unmatched {
        /// What kind of change it is.
        kind: &'static str,
        /// The vendor's id of what we do not have.
        vendor_id: String,
    },
}

/// A change that waits for its message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Later {
    /// A report on it.
    Status(StatusReport),
    /// It was taken back.
    Revoked(Revoked),
}

impl Later {
    /// What kind of change waits: `status` or `revoked`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Revoked(_) => "revoked",
        }
    }

    /// The vendor's id of the message that it waits for.
    pub fn vendor_id(&self) -> &str {
        match self {
            Self::Status(report) => &report.vendor_id,
            Self::Revoked(revoked) => &revoked.target,
        }
    }
}

impl From<Later> for Change {
    fn from(later: Later) -> Self {
        match later {
            Later::Status(report) => Self::Status(report),
            Later::Revoked(revoked) => Self::Revoked(revoked),
        }
    }
}

/// Something that happens now, at this place among the events of its key.
fn happening(
    context: &mut Context<'_>,
    workspace_id: WorkspaceId,
    kind: EventKind,
    (key, sequence): (OrderingKey, u64),
    channel_id: Option<ChannelId>,
    payload: EventPayload,
) -> Event {
    let now = context.now;
    Event {
        id: EventId::next(context.ids, now),
        workspace_id,
        kind,
        schema: SCHEMA,
        key,
        sequence,
        channel_id,
        at: now,
        recorded_at: now,
        payload,
    }
}

/// Decides on a change. Pure but for the ids that it draws.
pub fn decide(situation: Situation, change: &Change, context: &mut Context<'_>) -> Decision {
    let mut desk = Desk::new(situation, context);
    match change {
        Change::Received(said) => said::received(&mut desk, said),
        Change::Echoed(said) => said::echoed(&mut desk, said),
        Change::Status(report) => status::reported(&mut desk, report),
        Change::Reacted(reacted) => amendment::reacted(&mut desk, reacted),
        Change::Edited(edited) => amendment::edited(&mut desk, edited),
        Change::Revoked(revoked) => amendment::revoked(&mut desk, revoked),
        Change::IdentityChanged(changed) => identity::changed(&mut desk, changed),
        Change::Preferred(preferred) => identity::preferred(&mut desk, preferred),
        Change::Notice(notice) => notice::noticed(&mut desk, notice),
    }
    desk.into_decision()
}
