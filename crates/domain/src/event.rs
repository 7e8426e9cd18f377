//! Events: what happened, with everything that a subscriber is told of it.
//!
//! An event holds a snapshot of what it speaks of, so that its webhook is the same each time it is rendered, whatever
//! has changed since. Only [`crate::decide`] (and the dispatcher, of an endpoint that fails) makes them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    channel::{Channel, ChannelStatus, ChannelType, Provider, words},
    contact::Contact,
    conversation::{ActorType, Conversation},
    id::{ChannelId, ContactId, ConversationId, EndpointId, EventId, WorkspaceId},
    message::Message,
    time::Timestamp,
};

words! {
    /// The catalogue of events.
    EventKind {
        /// A contact's message is durably stored.
        MessageReceived = "message.received",
        /// The channel accepted a message of ours.
        MessageSent = "message.sent",
        /// It reached the device.
        MessageDelivered = "message.delivered",
        /// It was seen.
        MessageRead = "message.read",
        /// It failed for good.
        MessageFailed = "message.failed",
        /// Anything else about a message changed.
        MessageUpdated = "message.updated",
        /// A conversation began.
        ConversationCreated = "conversation.created",
        /// It has another assignee.
        ConversationAssigned = "conversation.assigned",
        /// Its tags or metadata changed.
        ConversationUpdated = "conversation.updated",
        /// It was closed.
        ConversationClosed = "conversation.closed",
        /// It goes on.
        ConversationReopened = "conversation.reopened",
        /// A contact is new.
        ContactCreated = "contact.created",
        /// Something about it changed.
        ContactUpdated = "contact.updated",
        /// It was erased.
        ContactDeleted = "contact.deleted",
        /// Two became one.
        ContactMerged = "contact.merged",
        /// A channel works.
        ChannelConnected = "channel.connected",
        /// The vendor refuses a channel.
        ChannelDisconnected = "channel.disconnected",
        /// A channel has errors in a row.
        ChannelError = "channel.error",
        /// The vendor says something about account, number, template or policy.
        ChannelNotice = "channel.notice",
        /// An AI agent asks for a human.
        AgentHandoffStarted = "agent.handoff_started",
        /// A human took over.
        AgentHandoffCompleted = "agent.handoff_completed",
        /// From human to human.
        AgentTransferred = "agent.transferred",
        /// An endpoint has been down for half the time after which it is disabled.
        EndpointFailing = "endpoint.failing",
        /// An endpoint was disabled.
        EndpointDisabled = "endpoint.disabled",
        /// An endpoint works again.
        EndpointRecovered = "endpoint.recovered",
        /// Retention overtook an endpoint.
        EndpointGap = "endpoint.gap",
        /// Somebody pressed "test". Never in the log.
        WebhookTest = "webhook.test",
    }
}

/// The schema of the events that this version makes. It rises when a field is added to what is rendered.
pub const SCHEMA: u16 = 1;

/// A place in the log: opaque, growing, with gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// Events with the same key reach an endpoint in order: the bits of the conversation's id, else the contact's, else
/// the channel's (or the endpoint's, for its own trouble).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderingKey(pub Uuid);

impl From<ConversationId> for OrderingKey {
    fn from(id: ConversationId) -> Self {
        Self(id.uuid())
    }
}

impl From<ContactId> for OrderingKey {
    fn from(id: ContactId) -> Self {
        Self(id.uuid())
    }
}

impl From<ChannelId> for OrderingKey {
    fn from(id: ChannelId) -> Self {
        Self(id.uuid())
    }
}

impl From<EndpointId> for OrderingKey {
    fn from(id: EndpointId) -> Self {
        Self(id.uuid())
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id, the same over retries, replays and formats.
    pub id: EventId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What happened.
    pub kind: EventKind,
    /// The schema of the payload.
    pub schema: u16,
    /// What it is ordered by.
    pub key: OrderingKey,
    /// Its number among the events with that key, from 1.
    pub sequence: u64,
    /// The channel that it concerns, if it concerns one.
    pub channel_id: Option<ChannelId>,
    /// When it happened; the `*_at` of the lifecycle format.
    pub at: Timestamp,
    /// When we recorded it.
    pub recorded_at: Timestamp,
    /// What it speaks of, as it was then.
    pub payload: EventPayload,
}

/// An event at its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// The place.
    pub position: Position,
    /// The event.
    pub event: Arc<Event>,
    /// How many bytes its payload has where it is stored: what it costs to hold.
    pub size: usize,
}

/// What an event speaks of, as it was then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventPayload {
    /// `message.*`
    Message(MessageEvent),
    /// `conversation.*`
    Conversation(ConversationEvent),
    /// `contact.*`
    Contact(ContactEvent),
    /// `channel.*`
    Channel(ChannelEvent),
    /// `endpoint.*` and `webhook.test`
    Endpoint(EndpointEvent),
    /// Whatever it was, the contact that it spoke of was erased, and this with it. Nobody is sent it any more.
    Erased,
}

/// A message and what its webhook needs beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageEvent {
    /// The message after the change.
    pub message: Arc<Message>,
    /// The contact's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_name: Option<String>,
    /// The contact's phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    /// The contact's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    /// The channel's name.
    pub channel_name: String,
    /// What changed, for `message.updated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<MessageChange>,
}

words! {
    /// What changed, in `message.updated`.
    MessageChange {
        /// Its content.
        Edited = "edited",
        /// It was deleted, unsent or taken back.
        Deleted = "deleted",
        /// It has one reaction more.
        ReactionAdded = "reaction_added",
        /// It has one reaction less.
        ReactionRemoved = "reaction_removed",
        /// It waits for its time.
        Scheduled = "scheduled",
        /// It waits for another time.
        Rescheduled = "rescheduled",
        /// It will not go out.
        Cancelled = "cancelled",
        /// Its status, against the ladder: failed, then delivered after all.
        Status = "status",
    }
}

/// Who did something, and what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What they are.
    #[serde(rename = "type")]
    pub actor_type: ActorType,
    /// Who they are, if they have an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Actor {
    /// The gateway itself.
    pub const SYSTEM: Self = Self { actor_type: ActorType::System, id: None };

    /// The contact.
    pub fn contact(id: ContactId) -> Self {
        Self { actor_type: ActorType::Contact, id: Some(id.to_string()) }
    }
}

/// A field's value before and after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

/// Changed fields by name.
pub type FieldChanges = BTreeMap<String, FieldChange>;

/// A conversation and what happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationEvent {
    /// The conversation after the change.
    pub conversation: Conversation,
    /// What happened.
    #[serde(flatten)]
    pub detail: ConversationDetail,
}

/// What happened to a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "detail", rename_all = "snake_case")]
pub enum ConversationDetail {
    /// It began.
    Created,
    /// It has another assignee.
    Assigned {
        /// Who had it before.
        previous_assigned_to: Option<String>,
        /// And what they are.
        previous_assigned_type: Option<ActorType>,
    },
    /// Its tags or metadata changed.
    Updated {
        /// The changed fields.
        changes: FieldChanges,
        /// Who changed them.
        by: Actor,
    },
    /// It was closed.
    Closed {
        /// By whom.
        by: Actor,
        /// `resolved`, `unresolved` or `spam`.
        resolution: Option<String>,
        /// How long it was open.
        duration_seconds: u64,
    },
    /// It goes on.
    Reopened {
        /// By whom.
        by: Actor,
        /// `new_message`, `manual` or `api`.
        reason: String,
    },
}

/// A contact and what happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactEvent {
    /// The contact after the change (before it, for `contact.deleted`).
    pub contact: Contact,
    /// What happened.
    #[serde(flatten)]
    pub detail: ContactDetail,
}

/// What happened to a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "detail", rename_all = "snake_case")]
pub enum ContactDetail {
    /// It is new.
    Created,
    /// Something about it changed.
    Updated {
        /// The changed fields.
        changes: FieldChanges,
        /// Who changed them.
        by: Actor,
    },
    /// It was erased.
    Deleted {
        /// By whom.
        by: Actor,
    },
    /// Another one was merged into it.
    Merged {
        /// The one that is no more.
        merged_contact_id: ContactId,
        /// By whom.
        by: Actor,
    },
}

/// A channel and what happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelEvent {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its type.
    pub channel_type: ChannelType,
    /// Its name.
    pub name: String,
    /// The number that customers see.
    pub phone_number: Option<String>,
    /// Who stands behind it.
    pub provider: Provider,
    /// How it is doing after the change.
    pub status: ChannelStatus,
    /// What happened.
    #[serde(flatten)]
    pub detail: ChannelDetail,
}

impl ChannelEvent {
    /// Of this channel, as it is.
    pub fn of(channel: &Channel, detail: ChannelDetail) -> Self {
        Self {
            channel_id: channel.id,
            channel_type: channel.channel_type,
            name: channel.name.clone(),
            phone_number: channel.phone_number.clone(),
            provider: channel.provider,
            status: channel.status,
            detail,
        }
    }
}

/// What happened to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "detail", rename_all = "snake_case")]
pub enum ChannelDetail {
    /// It works.
    Connected {
        /// Who connected it, if a person did.
        connected_by: Option<String>,
    },
    /// The vendor refuses it.
    Disconnected {
        /// `token_expired`, `revoked`, `phone_offline`, `session_conflict` or `unknown`.
        reason: String,
        /// When it worked last.
        last_active_at: Option<Timestamp>,
    },
    /// Errors in a row.
    Error {
        /// The vendor's code.
        code: String,
        /// The vendor's words.
        message: String,
        /// `rate_limit`, `auth_error`, `provider_error`, `network_error` or `unknown`.
        category: String,
        /// The messages that it hit.
        affected_message_ids: Vec<String>,
    },
    /// The vendor says something.
    Notice {
        /// What it is about.
        notice: String,
        /// What it says.
        details: Value,
    },
}

/// An endpoint and what happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointEvent {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Where it is.
    pub url: String,
    /// What happened.
    #[serde(flatten)]
    pub detail: EndpointDetail,
}

/// What happened to an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "detail", rename_all = "snake_case")]
pub enum EndpointDetail {
    /// `endpoint.failing`, `.disabled`, `.recovered`
    Health {
        /// In words.
        reason: String,
        /// Since when it fails, or failed.
        failing_since: Option<Timestamp>,
        /// How many events wait for it.
        backlog: u64,
    },
    /// `endpoint.gap`
    Gap {
        /// In words.
        reason: String,
        /// The oldest position that was skipped.
        from: Position,
        /// The newest position that was skipped.
        to: Position,
        /// How many events were skipped, but for what the endpoint's filter says of them.
        count: u64,
        /// How many events wait for it.
        backlog: u64,
    },
    /// `webhook.test`
    Test {
        /// Who asked for it: a key's id.
        requested_by: String,
    },
}
