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
    /// How many messages of the contact have come since somebody of the company read it or answered.
    #[serde(default)]
    pub unread_count: u64,
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
    /// When it was reopened last, if it ever was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Timestamp>,
    /// When it was closed, if it is.
    pub closed_at: Option<Timestamp>,
    /// How it ended, if it is closed and somebody said so: `resolved`, `unresolved` or `spam`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

impl Conversation {
    /// It goes on.
    pub(crate) fn reopen(&mut self, now: Timestamp) {
        self.status = ConversationStatus::Open;
        self.reopened_at = Some(now);
        self.closed_at = None;
        self.resolution = None;
    }

    /// Since when it has been open, or was until it was closed.
    pub fn opened_at(&self) -> Timestamp {
        self.reopened_at.unwrap_or(self.created_at)
    }
}

/// What is to change of a conversation. What is `None` stays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConversationPatch {
    /// Whether it is going on.
    pub status: Option<ConversationStatus>,
    /// How it ended, where it is closed: `resolved`, `unresolved` or `spam`.
    pub resolution: Option<String>,
    /// Who looks after it, and whether that is a person or an AI agent; an inner `None`: nobody.
    pub assignee: Option<Option<(String, ActorType)>>,
    /// All of its tags.
    pub tags: Option<Vec<String>>,
    /// A merge patch of the company's own fields; an inner `None` clears them all.
    pub metadata: Option<Option<Map<String, Value>>>,
}
