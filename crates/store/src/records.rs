//! Records as they are stored, and how lists of them are asked for.

use std::fmt;

use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, EventId, Timestamp,
    channel::Channel,
    conversation::ConversationStatus,
    delivery::Outcome,
    endpoint::{Endpoint, EndpointStatus},
    message::Direction,
    status::MessageStatus,
};

/// Bytes that were sealed above the store; it cannot read them.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

/// A channel with what its adapter needs.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelRecord {
    /// What decisions need to know of it.
    pub channel: Channel,
    /// The vendor's id of the account: what updates are routed by. Unique in a workspace and type.
    pub account: String,
    /// The vendor's id of what the account belongs to, if updates may name that alone.
    pub account_group: Option<String>,
    /// The adapter's settings.
    pub settings: Map<String, Value>,
    /// Credentials and verify token.
    pub secrets: Sealed,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An endpoint with its secrets and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointRecord {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The keys that sign.
    pub secrets: Sealed,
    /// How it is doing. `Disabled` and `Paused` go with `enabled: false`.
    pub status: EndpointStatus,
}

/// Which part of a list is asked for: newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended.
    pub before: Option<Mark>,
}

/// Where a page of a list ends: at an item of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The item's number in the order of recording.
    pub number: u64,
    /// The item's time, in a list that is in the order of time.
    pub at: Option<Timestamp>,
}

impl Mark {
    /// In a list that is in the order of recording.
    pub const fn at_number(number: u64) -> Self {
        Self { number, at: None }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Mark>,
}

/// Which messages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageFilter {
    /// Of this conversation.
    pub conversation_id: Option<ConversationId>,
    /// Of this channel.
    pub channel_id: Option<ChannelId>,
    /// Of this contact.
    pub contact_id: Option<ContactId>,
    /// With this status.
    pub status: Option<MessageStatus>,
    /// Going this way.
    pub direction: Option<Direction>,
    /// Recorded at this time or later.
    pub since: Option<Timestamp>,
    /// Recorded before this time.
    pub until: Option<Timestamp>,
}

/// Which conversations are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationFilter {
    /// Of this channel.
    pub channel_id: Option<ChannelId>,
    /// Of this contact.
    pub contact_id: Option<ContactId>,
    /// With this status.
    pub status: Option<ConversationStatus>,
    /// Whom this one looks after; an inner `None`: nobody.
    pub assigned_to: Option<Option<String>>,
    /// With this tag.
    pub tag: Option<String>,
    /// Whether there is anything that nobody has read.
    pub unread: Option<bool>,
    /// Recorded at this time or later.
    pub since: Option<Timestamp>,
    /// Recorded before this time.
    pub until: Option<Timestamp>,
}

/// Which attempts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttemptFilter {
    /// At any of these events.
    pub events: Option<Vec<EventId>>,
    /// Answered with this status code.
    pub status_code: Option<u16>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Only at events that the endpoint has not taken in any attempt.
    pub untaken: bool,
    /// Made at this time or later.
    pub since: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
}
