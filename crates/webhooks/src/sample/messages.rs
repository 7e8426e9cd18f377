//! Messages, and what is told of them.

use std::sync::Arc;

use serde_json::{Map, json};
use tidings_domain::{
    MessageId, Timestamp,
    channel::ChannelType,
    contact::HandleKind,
    content::{Content, Media},
    event::{Event, EventKind, EventPayload, MessageChange, MessageEvent},
    message::{
        Direction, HandleRef, HistoryEntry, HistorySource, Message, MessageError, MessageKind, Reaction, Source,
        VendorError,
    },
    status::MessageStatus,
};

use super::{Samples, fields};

impl Samples {
    pub(super) fn messages(self) -> Vec<Event> {
        use MessageStatus::{Delivered, Failed, Read, Sent};
        let received = self.inbound(Content::text("Hello world"));
        let sent = self.outbound(api(), text(), &[(Sent, 0)]);
        let delivered = self.outbound(api(), text(), &[(Sent, 0), (Delivered, 2)]);
        let read = self.outbound(api(), text(), &[(Sent, 0), (Delivered, 2), (Read, 70)]);
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
            ..self.outbound(api(), text(), &[(Sent, 0), (Failed, 6)])
        };
        let reacted = Message {
            reactions: vec![Reaction {
                emoji: "👍".to_owned(), sender: Direction::Inbound, timestamp: self.later(80)
            }],
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
        .map(|(kind, seconds, message, change)| self.event(kind, self.later(seconds), self.told(message, change)))
        .into()
    }

    /// A message from the contact.
    pub fn inbound(self, content: Content) -> Message {
        Message {
            id: MessageId::from_uuid(self.id(7)),
            workspace_id: self.workspace_id(),
            conversation_id: self.conversation_id(),
            contact_id: self.contact_id(),
            channel_id: self.channel_id(),
            channel_type: ChannelType::Whatsapp,
            handle: HandleRef { id: self.handle_id(), kind: HandleKind::PhoneNumber, value: "+12135550123".to_owned() },
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
            vendor_timestamp: Timestamp::from_millis(self.moment.as_millis() - 2_250),
            vendor_details: None,
            source: Source::Vendor,
            is_sensitive: false,
            ai_generation_id: None,
            metadata: Map::new(),
            scheduled_at: None,
            created_at: self.moment,
            updated_at: self.moment,
            sent_at: None,
            delivered_at: Some(self.moment),
            read_at: None,
            edited_at: None,
            failed_at: None,
        }
    }

    /// A message to the contact, which took these steps after so many seconds.
    pub fn outbound(self, source: Source, content: Content, steps: &[(MessageStatus, i64)]) -> Message {
        let history: Vec<HistoryEntry> = steps
            .iter()
            .map(|(status, seconds)| HistoryEntry {
                status: *status,
                at: self.later(*seconds),
                source: HistorySource::Channel,
            })
            .collect();
        Message {
            direction: Direction::Outbound,
            status: history.last().map_or(MessageStatus::Pending, |entry| entry.status),
            updated_at: history.last().map_or(self.moment, |entry| entry.at),
            vendor_timestamp: self.moment,
            history,
            source,
            metadata: fields(json!({"order": {"number": 4711}, "ref": "A-1"})),
            sent_at: Some(self.moment),
            delivered_at: None,
            ..self.inbound(content)
        }
    }

    /// What is told of a message.
    pub fn told(self, message: Message, change: Option<MessageChange>) -> EventPayload {
        EventPayload::Message(MessageEvent {
            message: Arc::new(message),
            contact_name: Some("John Doe".to_owned()),
            contact_phone: Some("+12135550123".to_owned()),
            contact_email: Some("john@example.com".to_owned()),
            channel_name: "Examply".to_owned(),
            change,
        })
    }
}

fn text() -> Content {
    Content::text("Olá! Temos três planos \"bons\"\n→ 1")
}

pub(super) fn api() -> Source {
    Source::Api { id: "key_00000000000000000000000002".to_owned() }
}

pub(super) fn media(content_type: &str, name: Option<&str>) -> Media {
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
