//! A message, in or out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    channel::ChannelType,
    contact::HandleKind,
    content::{Content, MessageType},
    conversation::ActorType,
    event::Actor,
    id::{ChannelId, ContactId, ConversationId, HandleId, MessageId, WorkspaceId},
    status::MessageStatus,
    time::Timestamp,
};

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the contact.
    Inbound,
    /// To the contact.
    Outbound,
}

impl Direction {
    /// The word used in formats and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }

    /// The direction with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Inbound, Self::Outbound].into_iter().find(|direction| direction.name() == name)
    }
}

/// Whether a line in a conversation is a message to the contact at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A message.
    #[default]
    Message,
    /// A note among colleagues.
    Note,
    /// A line that the system wrote.
    System,
}

impl MessageKind {
    /// The object format's `type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Note => "note",
            Self::System => "system",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    fn is_message(&self) -> bool {
        *self == Self::Message
    }
}

/// Where a message came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source {
    /// The vendor: inbound messages, and what a person typed in the vendor's own app.
    #[default]
    Vendor,
    /// A call of the API with this key.
    Api {
        /// `key_…`, or `key_admin` for the operator's.
        id: String,
    },
    /// A person in an inbox.
    Inbox {
        /// The user.
        id: String,
    },
    /// An automation.
    Automation {
        /// The automation.
        id: String,
    },
    /// A campaign.
    Campaign {
        /// The campaign.
        id: String,
    },
    /// An AI agent.
    AiAgent {
        /// The agent.
        id: String,
    },
}

impl Source {
    fn is_vendor(&self) -> bool {
        *self == Self::Vendor
    }

    /// Whether whoever sends from here has read what came before: a person, or a program of the company's own. What goes out
    /// by itself has not.
    pub(crate) fn has_read(&self) -> bool {
        !matches!(self, Self::Automation { .. } | Self::Campaign { .. })
    }

    /// Who did what comes from here.
    pub(crate) fn actor(&self) -> Actor {
        let (actor_type, id) = match self {
            // Whoever typed it in the vendor's app; the vendor does not say who.
            Self::Vendor => (ActorType::Attendant, None),
            Self::Api { id } => (ActorType::Api, Some(id)),
            Self::Inbox { id } => (ActorType::Attendant, Some(id)),
            Self::Automation { id } | Self::Campaign { id } => (ActorType::Automation, Some(id)),
            Self::AiAgent { id } => (ActorType::Agent, Some(id)),
        };
        Actor { actor_type, id: id.cloned() }
    }
}

/// The identity that a message came from or went to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandleRef {
    /// Our id of the handle.
    pub id: HandleId,
    /// What kind of identity.
    pub kind: HandleKind,
    /// The identity itself; phone numbers with a leading `+`.
    pub value: String,
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyTo {
    /// Our id, if we have the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// The vendor's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// Who wrote it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Direction>,
    /// What kind it is, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_type: Option<MessageType>,
    /// When it was written, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The first words of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_text: Option<String>,
}

/// Somebody's reaction to a message. Each side has at most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Whose it is: `inbound` the contact's, `outbound` ours.
    pub sender: Direction,
    /// The vendor's time of it.
    pub timestamp: Timestamp,
}

/// That somebody took a reaction away, remembered so that an older one that comes late is told from a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedReaction {
    /// Whose it was.
    pub sender: Direction,
    /// The vendor's time of taking it away.
    pub timestamp: Timestamp,
}

/// Why a message failed, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageError {
    /// Our stable word for it, or the vendor's code.
    pub key: String,
    /// For people.
    pub message: String,
    /// What the vendor said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorError>,
}

/// An error in the vendor's words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VendorError {
    /// The vendor's code, as text.
    pub code: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its message or details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The vendor's id for tracing the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// One accepted change of status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// What it became.
    pub status: MessageStatus,
    /// When; never earlier than the entry before.
    pub at: Timestamp,
    /// Who said so: `channel`, `api` or `system`.
    pub source: HistorySource,
}

/// Who changed a message's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistorySource {
    /// The vendor.
    Channel,
    /// A call of the API.
    Api,
    /// The gateway itself.
    System,
}

impl HistorySource {
    /// The word used in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Api => "api",
            Self::System => "system",
        }
    }
}

const fn first_attempt() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_first_attempt(attempt: &u32) -> bool {
    *attempt == first_attempt()
}

/// A message, in or out. What is stored beside it (ids, times that are listed by) stands in columns as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Our id.
    pub id: MessageId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The conversation that it belongs to.
    pub conversation_id: ConversationId,
    /// The contact at the other end.
    pub contact_id: ContactId,
    /// The channel that it came or goes by.
    pub channel_id: ChannelId,
    /// That channel's type.
    pub channel_type: ChannelType,
    /// The contact's identity that it came from or goes to.
    pub handle: HandleRef,
    /// Whether it is a message at all.
    #[serde(default, skip_serializing_if = "MessageKind::is_message")]
    pub kind: MessageKind,
    /// Which way it goes.
    pub direction: Direction,
    /// Where it stands.
    pub status: MessageStatus,
    /// What it says.
    pub content: Content,
    /// The contact passed it on from elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ReplyTo>,
    /// Reactions to it, at most one of each side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// Reactions that were taken away, at most one of each side that has none. Shown to nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed_reactions: Vec<RemovedReaction>,
    /// What went wrong, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<MessageError>,
    /// Accepted changes of status, oldest first, without the birth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<HistoryEntry>,
    /// The how-manieth attempt at sending it this is, from 1: a retry that somebody asks for is another one, and what the
    /// vendor says of an older one no longer counts.
    #[serde(default = "first_attempt", skip_serializing_if = "is_first_attempt")]
    pub attempt: u32,
    /// The vendor's id, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// The vendor's time of the message.
    pub vendor_timestamp: Timestamp,
    /// What the vendor says beside the message, by channel type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_details: Option<Value>,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Source::is_vendor")]
    pub source: Source,
    /// The body is redacted in logs and in the delivery log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sensitive: bool,
    /// The generation that wrote it, if an AI did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_generation_id: Option<String>,
    /// Set by the API's caller, given back untouched.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// When it is to go out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// When we recorded it.
    pub created_at: Timestamp,
    /// When we recorded its last change.
    pub updated_at: Timestamp,
    /// When the channel accepted it. Set exactly when `message.sent` was emitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When it reached the device. For outbound messages set exactly when `message.delivered` was emitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it was seen. Set exactly when `message.read` was emitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
    /// The vendor's time of its last edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// When it failed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
}
