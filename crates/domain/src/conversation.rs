//! Conversations: everything said with one contact on one channel, in one order.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    channel::{ChannelType, words},
    id::{ChannelId, ContactId, ConversationId, WorkspaceId},
    time::Timestamp,
};

words! {
    /// Whether a conversation is going on.
    ConversationStatus {
        /// Going on. At most one of a contact and a channel is.
        Open = "open",
        /// Over, until the next message.
        Closed = "closed",
    }
}

words! {
    /// Who did something.
    ActorType {
        /// An AI agent.
        Agent = "agent",
        /// A person of the company.
        Attendant = "attendant",
        /// A call of the API.
        Api = "api",
        /// An automation or campaign.
        Automation = "automation",
        /// The contact.
        Contact = "contact",
        /// The gateway itself.
        System = "system",
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Our id.
    pub id: ConversationId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// With whom.
    pub contact_id: ContactId,
    /// By which channel.
    pub channel_id: ChannelId,
    /// That channel's type.
    pub channel_type: ChannelType,
    /// Whether it is going on.
    pub status: ConversationStatus,
    /// Who looks after it.
    pub assigned_to: Option<String>,
    /// Whether that is a person or an AI agent.
    pub assigned_type: Option<ActorType>,
    /// Tags.
    pub tags: Vec<String>,
    /// The company's own fields.
    pub metadata: Map<String, Value>,
    /// How many messages it has, in and out.
    pub message_count: u64,
    /// How many events bear its ordering key.
    pub sequence: u64,
    /// When we recorded its last message.
    pub last_message_at: Option<Timestamp>,
    /// The vendor's time of the contact's last message: what the reply window counts from.
    pub last_inbound_at: Option<Timestamp>,
    /// When we recorded it.
    pub created_at: Timestamp,
    /// When we recorded its last change.
    pub updated_at: Timestamp,
    /// When it was closed, if it is.
    pub closed_at: Option<Timestamp>,
}
