//! Events of every kind, always the same ones.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tidings_domain::{
    ChannelId, ContactId, ConversationId, EndpointId, EventId, HandleId, MediaId, MessageId, Timestamp, WorkspaceId,
    channel::{ChannelStatus, ChannelType, Provider},
    contact::{Contact, Handle, HandleKind, Identity},
    content::{Content, Media},
    conversation::{ActorType, Conversation, ConversationStatus},
    event::{
        Actor, ChannelDetail, ChannelEvent, ContactDetail, ContactEvent, ConversationDetail, ConversationEvent,
        EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, FieldChange, FieldChanges, MessageChange,
        MessageEvent, OrderingKey, Position, SCHEMA,
    },
    message::{
        Direction, HandleRef, HistoryEntry, HistorySource, Message, MessageError, MessageKind, Reaction, Source,
        VendorError,
    },
    status::MessageStatus,
};
use tidings_webhooks::MediaLinks;
use uuid::Uuid;

use crate::variants;

/// Links that show what they were made of.
pub(crate) struct Links;

impl MediaLinks for Links {
    fn media_url(&self, event: EventId, media: MediaId) -> String {
        format!("https://tidings.example/m/{event}.{media}")
    }
}

/// Version 7 bits of 2026-04-19T14:30:00Z, told apart by a number.
pub(crate) fn bits(number: u128) -> Uuid {
    Uuid::from_u128(0x019d_a639_2a40_7000_8000_0000_0000_0000 + (number << 8))
}

pub(crate) fn workspace_id() -> WorkspaceId {
    WorkspaceId::from_uuid(bits(1))
}

pub(crate) fn channel_id() -> ChannelId {
    ChannelId::from_uuid(bits(2))
}

pub(crate) fn endpoint_id() -> EndpointId {
    EndpointId::from_uuid(bits(9))
}

fn contact_id() -> ContactId {
    ContactId::from_uuid(bits(3))
}

fn conversation_id() -> ConversationId {
    ConversationId::from_uuid(bits(4))
}

fn handle_id() -> HandleId {
    HandleId::from_uuid(bits(5))
}

pub(crate) fn moment() -> Timestamp {
    Timestamp::parse("2026-04-19T14:30:00.250Z").expect("a time")
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_millis(moment().as_millis() + seconds * 1000)
}

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { return Map::new() };
    fields
}

pub(crate) fn event(kind: EventKind, at: Timestamp, payload: EventPayload) -> Event {
    let (key, channel_id) = match &payload {
        EventPayload::Contact(_) => (OrderingKey::from(contact_id()), None),
        EventPayload::Channel(_) => (OrderingKey::from(channel_id()), Some(channel_id())),
        EventPayload::Endpoint(_) => (OrderingKey::from(endpoint_id()), None),
        EventPayload::Message(_) | EventPayload::Conversation(_) => {
            (OrderingKey::from(conversation_id()), Some(channel_id()))
        }
    };
    Event {
        id: EventId::from_uuid(bits(6)),
        workspace_id: workspace_id(),
        kind,
        schema: SCHEMA,
        key,
        sequence: 7,
        channel_id,
        at,
        recorded_at: later(1),
        payload,
    }
}

pub(crate) fn inbound(content: Content) -> Message {
    Message {
        id: MessageId::from_uuid(bits(7)),
        workspace_id: workspace_id(),
        conversation_id: conversation_id(),
        contact_id: contact_id(),
        channel_id: channel_id(),
        channel_type: ChannelType::Whatsapp,
        handle: HandleRef { id: handle_id(), kind: HandleKind::PhoneNumber, value: "+12135550123".to_owned() },
        kind: MessageKind::Message,
        direction: Direction::Inbound,
        status: MessageStatus::Delivered,
        content,
        forwarded: false,
        reply_to: None,
        reactions: Vec::new(),
        removed_reactions: Vec::new(),
        attempt: 1,
        errors: Vec::new(),
        history: Vec::new(),
        vendor_id: Some("wamid.HBgLMTIxMzU1NTAxMjMVAgASGBQzQTdG".to_owned()),
        vendor_timestamp: Timestamp::parse("2026-04-19T14:29:58Z").expect("a time"),
        vendor_details: None,
        source: Source::Vendor,
        is_sensitive: false,
        ai_generation_id: None,
        metadata: Map::new(),
        scheduled_at: None,
        created_at: moment(),
        updated_at: moment(),
        sent_at: None,
        delivered_at: Some(moment()),
        read_at: None,
        edited_at: None,
        failed_at: None,
    }
}

pub(crate) fn outbound(source: Source, content: Content, steps: &[(MessageStatus, i64)]) -> Message {
    let history: Vec<HistoryEntry> = steps
        .iter()
        .map(|(status, seconds)| HistoryEntry { status: *status, at: later(*seconds), source: HistorySource::Channel })
        .collect();
    Message {
        direction: Direction::Outbound,
        status: history.last().map_or(MessageStatus::Pending, |entry| entry.status),
        updated_at: history.last().map_or(moment(), |entry| entry.at),
        vendor_timestamp: moment(),
        history,
        source,
        metadata: fields(json!({"order": {"number": 4711}, "ref": "A-1"})),
        sent_at: Some(moment()),
        delivered_at: None,
        ..inbound(content)
    }
}

pub(crate) fn told(message: Message, change: Option<MessageChange>) -> EventPayload {
    EventPayload::Message(MessageEvent {
        message: Arc::new(message),
        contact_name: Some("John Doe".to_owned()),
        contact_phone: Some("+12135550123".to_owned()),
        contact_email: Some("john@example.com".to_owned()),
        channel_name: "Examply".to_owned(),
        change,
    })
}

fn conversation() -> Conversation {
    Conversation {
        id: conversation_id(),
        workspace_id: workspace_id(),
        contact_id: contact_id(),
        channel_id: channel_id(),
        channel_type: ChannelType::Whatsapp,
        status: ConversationStatus::Open,
        assigned_to: None,
        assigned_type: None,
        tags: vec!["vip".to_owned(), "sales".to_owned()],
        metadata: fields(json!({"crm_id": 12})),
        message_count: 3,
        unread_count: 0,
        sequence: 7,
        last_message_at: Some(moment()),
        last_inbound_at: Some(moment()),
        created_at: moment(),
        updated_at: later(60),
        reopened_at: None,
        closed_at: None,
    }
}

fn contact() -> Contact {
    Contact {
        id: contact_id(),
        workspace_id: workspace_id(),
        name: Some("Ana Maria Souza".to_owned()),
        profile_name: Some("ana".to_owned()),
        username: Some("anamaria".to_owned()),
        phone: Some("+5511987654321".to_owned()),
        email: None,
        avatar_url: None,
        source: "whatsapp".to_owned(),
        tags: vec!["lead".to_owned()],
        custom_fields: fields(json!({"favourite_colour": "green", "points": 3})),
        assigned_to: None,
        handles: vec![Handle::new(handle_id(), Identity::phone("5511987654321"))],
        sequence: 7,
        created_at: moment(),
        updated_at: later(60),
    }
}

fn channel(status: ChannelStatus, detail: ChannelDetail) -> EventPayload {
    EventPayload::Channel(ChannelEvent {
        channel_id: channel_id(),
        channel_type: ChannelType::Whatsapp,
        name: "Examply".to_owned(),
        phone_number: Some("+15550001111".to_owned()),
        provider: Provider::Waba,
        status,
        detail,
    })
}

pub(crate) fn endpoint(detail: EndpointDetail) -> EventPayload {
    EventPayload::Endpoint(EndpointEvent {
        endpoint_id: endpoint_id(),
        url: "https://receiver.example/hooks".to_owned(),
        detail,
    })
}

fn person() -> Actor {
    Actor { actor_type: ActorType::Attendant, id: Some("usr_00000000000000000000000001".to_owned()) }
}

fn changes(field: &str, before: Value, after: Value) -> FieldChanges {
    FieldChanges::from([(field.to_owned(), FieldChange { before, after })])
}

pub(crate) fn media(content_type: &str, name: Option<&str>) -> Media {
    Media {
        uploaded_id: None,
        vendor_media_id: Some("2754859441498128".to_owned()),
        source_url: None,
        name: name.map(str::to_owned),
        size: Some(48_213),
        content_type: Some(content_type.to_owned()),
        sha256: Some("yZ4Hx2wnSvYkHvSCYiKNi3vRgKq7Wd7ZrQ0dL3lXJ3g=".to_owned()),
    }
}

/// Every event that a payload exists for, by the name of its golden file.
pub(crate) fn all() -> Vec<(String, Event)> {
    let mut all: Vec<(String, Event)> = messages()
        .into_iter()
        .chain(conversations())
        .chain(contacts())
        .chain(channels())
        .chain(endpoints())
        .map(|event| (event.kind.name().to_owned(), event))
        .collect();
    all.extend(variants::all().into_iter().map(|(variant, event)| (format!("{}.{variant}", event.kind.name()), event)));
    all
}

fn text() -> Content {
    Content::text("Olá! Temos três planos \"bons\"\n→ 1")
}

pub(crate) fn api() -> Source {
    Source::Api { id: "key_00000000000000000000000002".to_owned() }
}

fn messages() -> Vec<Event> {
    use MessageStatus::{Delivered, Failed, Read, Sent};
    let received = inbound(Content::text("Hello world"));
    let sent = outbound(api(), text(), &[(Sent, 0)]);
    let delivered = outbound(api(), text(), &[(Sent, 0), (Delivered, 2)]);
    let read = outbound(api(), text(), &[(Sent, 0), (Delivered, 2), (Read, 70)]);
    let failed = Message {
        errors: vec![MessageError {
            key: "undeliverable".to_owned(),
            message: "Message undeliverable".to_owned(),
            vendor: Some(VendorError {
                code: "131026".to_owned(),
                title: Some("Message undeliverable".to_owned()),
                kind: None,
                message: Some("Message Undeliverable.".to_owned()),
                trace_id: Some("AFx1".to_owned()),
            }),
        }],
        vendor_details: Some(
            json!({"whatsapp": {"phone_number_id": "106540352242922", "pricing": {"pricing_model": "PMP"}}}),
        ),
        ..outbound(api(), text(), &[(Sent, 0), (Failed, 6)])
    };
    let reacted = Message {
        reactions: vec![Reaction { emoji: "👍".to_owned(), sender: Direction::Inbound, timestamp: later(80) }],
        ..read.clone()
    };
    [
        (EventKind::MessageReceived, 0, received, None),
        (EventKind::MessageSent, 0, sent, None),
        (EventKind::MessageDelivered, 2, delivered, None),
        (EventKind::MessageRead, 70, read, None),
        (EventKind::MessageFailed, 6, failed, None),
        (EventKind::MessageUpdated, 80, reacted, Some(MessageChange::ReactionAdded)),
    ]
    .map(|(kind, seconds, message, change)| event(kind, later(seconds), told(message, change)))
    .into()
}

fn conversations() -> Vec<Event> {
    let closed = Conversation { status: ConversationStatus::Closed, closed_at: Some(later(60)), ..conversation() };
    let assigned = Conversation {
        assigned_to: Some("usr_00000000000000000000000001".to_owned()),
        assigned_type: Some(ActorType::Attendant),
        ..conversation()
    };
    [
        (EventKind::ConversationCreated, 0, conversation(), ConversationDetail::Created),
        (
            EventKind::ConversationAssigned,
            60,
            assigned,
            ConversationDetail::Assigned {
                previous_assigned_to: Some("crm-bot-3".to_owned()),
                previous_assigned_type: Some(ActorType::Agent),
            },
        ),
        (
            EventKind::ConversationUpdated,
            60,
            conversation(),
            ConversationDetail::Updated { changes: changes("tags", json!([]), json!(["vip", "sales"])), by: person() },
        ),
        (
            EventKind::ConversationClosed,
            60,
            closed,
            ConversationDetail::Closed {
                by: Actor::SYSTEM,
                resolution: Some("resolved".to_owned()),
                duration_seconds: 60,
            },
        ),
        (
            EventKind::ConversationReopened,
            60,
            conversation(),
            ConversationDetail::Reopened { by: Actor::contact(contact_id()), reason: "new_message".to_owned() },
        ),
    ]
    .map(|(kind, seconds, conversation, detail)| {
        event(kind, later(seconds), EventPayload::Conversation(ConversationEvent { conversation, detail }))
    })
    .into()
}

fn contacts() -> Vec<Event> {
    [
        (EventKind::ContactCreated, 0, ContactDetail::Created),
        (
            EventKind::ContactUpdated,
            60,
            ContactDetail::Updated {
                changes: changes("avatar_url", Value::Null, json!("https://x.example/a.png")),
                by: person(),
            },
        ),
        (EventKind::ContactDeleted, 60, ContactDetail::Deleted { by: person() }),
        (
            EventKind::ContactMerged,
            60,
            ContactDetail::Merged { merged_contact_id: ContactId::from_uuid(bits(8)), by: person() },
        ),
    ]
    .map(|(kind, seconds, detail)| {
        event(kind, later(seconds), EventPayload::Contact(ContactEvent { contact: contact(), detail }))
    })
    .into()
}

fn channels() -> Vec<Event> {
    [
        (
            EventKind::ChannelConnected,
            ChannelStatus::Connected,
            ChannelDetail::Connected { connected_by: Some("usr_00000000000000000000000001".to_owned()) },
        ),
        (
            EventKind::ChannelDisconnected,
            ChannelStatus::Disconnected,
            ChannelDetail::Disconnected { reason: "token_expired".to_owned(), last_active_at: Some(moment()) },
        ),
        (
            EventKind::ChannelError,
            ChannelStatus::Degraded,
            ChannelDetail::Error {
                code: "130429".to_owned(),
                message: "Rate limit hit".to_owned(),
                category: "rate_limit".to_owned(),
                affected_message_ids: vec![MessageId::from_uuid(bits(7)).to_string()],
            },
        ),
        (
            EventKind::ChannelNotice,
            ChannelStatus::Connected,
            ChannelDetail::Notice {
                notice: "message_template_status_update".to_owned(),
                details: json!({"event": "APPROVED", "message_template_name": "order_ready"}),
            },
        ),
    ]
    .map(|(kind, status, detail)| event(kind, later(60), channel(status, detail)))
    .into()
}

fn endpoints() -> Vec<Event> {
    let health =
        |reason: &str| EndpointDetail::Health { reason: reason.to_owned(), failing_since: Some(moment()), backlog: 12 };
    [
        (EventKind::EndpointFailing, health("no success for 60 hours")),
        (EventKind::EndpointDisabled, health("the receiver answered 410")),
        (EventKind::EndpointRecovered, health("the receiver answered 200")),
        (
            EventKind::EndpointGap,
            EndpointDetail::Gap {
                reason: "events were pruned before they could be delivered".to_owned(),
                from: Position(17),
                to: Position(40),
                count: 21,
                backlog: 12,
            },
        ),
        (EventKind::WebhookTest, EndpointDetail::Test { requested_by: "key_admin".to_owned() }),
    ]
    .map(|(kind, detail)| event(kind, later(60), endpoint(detail)))
    .into()
}
