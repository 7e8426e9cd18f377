//! Samples: an event of every kind that can happen, and of the rarer kinds of messages, for those who write a receiver
//! and for those who test what is rendered.
//!
//! They are always the same ones, but for the ids and the time, which are given: who gives the same gets the same. A kind's
//! sample has its name; a rarer message has its kind and a word more, such as `message.received.image`.

mod contents;
mod health;
mod messages;
mod people;

use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, EndpointId, EventId, HandleId, MediaId, Timestamp, WorkspaceId,
    endpoint::WebhookFormat,
    event::{Event, EventKind, EventPayload, OrderingKey, SCHEMA},
};
use uuid::Uuid;

use crate::{MediaLinks, renders};

/// The samples of one set of ids and one moment.
#[derive(Debug, Clone, Copy)]
pub struct Samples {
    ids: u128,
    moment: Timestamp,
}

/// The names of all samples that a format tells of, those of the kinds first.
pub fn names(format: WebhookFormat) -> Vec<String> {
    let samples = Samples::new(Uuid::nil(), Timestamp::from_millis(0)).all();
    samples.into_iter().filter(|(_, event)| renders(event, format)).map(|(name, _)| name).collect()
}

/// Links that show what they were made of, and lead nowhere.
#[derive(Debug, Clone, Copy)]
pub struct SampleLinks;

impl MediaLinks for SampleLinks {
    fn media_url(&self, event: EventId, media: MediaId) -> String {
        format!("https://tidings.example/m/{event}.{media}")
    }
}

impl Samples {
    /// All ids are this one but for its last two bytes. Everything begins at the moment.
    pub fn new(ids: Uuid, moment: Timestamp) -> Self {
        Self { ids: ids.as_u128() & !0xffff, moment }
    }

    /// Every sample, by its name. They all have the same event id.
    pub fn all(self) -> Vec<(String, Event)> {
        let kinds = [self.messages(), self.conversations(), self.contacts(), self.channels(), self.endpoints()];
        let kinds = kinds.into_iter().flatten().map(|event| (event.kind.name().to_owned(), event));
        let rarer = self.contents().into_iter();
        kinds.chain(rarer.map(|(word, event)| (format!("{}.{word}", event.kind.name()), event))).collect()
    }

    /// The moment so many seconds later.
    pub const fn later(self, seconds: i64) -> Timestamp {
        Timestamp::from_millis(self.moment.as_millis() + seconds * 1000)
    }

    /// An event with this to tell.
    pub fn event(self, kind: EventKind, at: Timestamp, payload: EventPayload) -> Event {
        let (key, channel_id) = match &payload {
            EventPayload::Contact(_) => (OrderingKey::from(self.contact_id()), None),
            EventPayload::Channel(_) => (OrderingKey::from(self.channel_id()), Some(self.channel_id())),
            EventPayload::Endpoint(_) => (OrderingKey::from(self.endpoint_id()), None),
            EventPayload::Message(_) | EventPayload::Conversation(_) | EventPayload::Erased => {
                (OrderingKey::from(self.conversation_id()), Some(self.channel_id()))
            }
        };
        Event {
            id: EventId::from_uuid(self.id(6)),
            workspace_id: self.workspace_id(),
            kind,
            schema: SCHEMA,
            key,
            sequence: 7,
            channel_id,
            at,
            recorded_at: self.later(1),
            payload,
        }
    }

    /// The workspace of all of them.
    pub fn workspace_id(self) -> WorkspaceId {
        WorkspaceId::from_uuid(self.id(1))
    }

    /// The channel.
    pub fn channel_id(self) -> ChannelId {
        ChannelId::from_uuid(self.id(2))
    }

    /// The endpoint that is in trouble.
    pub fn endpoint_id(self) -> EndpointId {
        EndpointId::from_uuid(self.id(9))
    }

    fn contact_id(self) -> ContactId {
        ContactId::from_uuid(self.id(3))
    }

    fn conversation_id(self) -> ConversationId {
        ConversationId::from_uuid(self.id(4))
    }

    fn handle_id(self) -> HandleId {
        HandleId::from_uuid(self.id(5))
    }

    const fn id(self, number: u128) -> Uuid {
        Uuid::from_u128(self.ids + (number << 8))
    }
}

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { return Map::new() };
    fields
}
