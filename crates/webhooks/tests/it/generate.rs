//! Any message: what adapters could make of whatever vendors say.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value};
use tidings_domain::{
    MessageId, Timestamp,
    content::{Attachment, ContactCard, Content, ListRow, Media, MessageType, Referral},
    event::{Event, EventKind, MessageChange},
    message::{Direction, HistoryEntry, HistorySource, Message, MessageError, Reaction, ReplyTo, Source, VendorError},
    status::MessageStatus,
};
use uuid::Uuid;

use crate::samples;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner).prop_map(Value::from),]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    vec(("[a-z_]{0,8}|\\PC{0,4}", inner), 0..4).prop_map(|fields| fields.into_iter().collect())
}

fn text() -> impl Strategy<Value = Option<String>> {
    option::of(any::<String>())
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn degrees() -> impl Strategy<Value = f64> {
    prop_oneof![-180.0..180.0_f64, Just(0.0), Just(5.0)]
}

fn media() -> impl Strategy<Value = Media> {
    (text(), text(), text(), option::of(any::<u64>()), text()).prop_map(
        |(vendor_media_id, source_url, name, size, content_type)| Media {
            uploaded_id: None,
            vendor_media_id,
            source_url,
            name,
            size,
            content_type,
            sha256: None,
        },
    )
}

fn attachment() -> impl Strategy<Value = Attachment> {
    prop_oneof![
        (media(), any::<bool>()).prop_map(|(media, is_sticker)| Attachment::Image { media, is_sticker }),
        media().prop_map(|media| Attachment::Video { media }),
        media().prop_map(|media| Attachment::Document { media }),
        (media(), any::<bool>()).prop_map(|(media, is_voice_note)| Attachment::Audio { media, is_voice_note }),
        (degrees(), degrees(), text(), text()).prop_map(|(latitude, longitude, name, address)| Attachment::Location {
            latitude,
            longitude,
            name,
            address
        }),
        (any::<String>(), vec(any::<String>(), 0..3), text()).prop_map(|(name, phones, organization)| {
            Attachment::Contact(ContactCard { name, phones, organization, ..ContactCard::default() })
        }),
        (any::<String>(), any::<String>(), option::of(value()), text())
            .prop_map(|(button_type, text, data, payload)| Attachment::Button { button_type, text, data, payload }),
        (any::<String>(), text(), text(), vec((any::<String>(), any::<String>(), text()), 0..3), text()).prop_map(
            |(text, title, description, rows, selected_row_id)| Attachment::ListSection {
                text,
                title,
                description,
                rows: rows.into_iter().map(|(id, title, description)| ListRow { id, title, description }).collect(),
                button_text: None,
                selected_row_id,
            }
        ),
        (any::<String>(), text()).prop_map(|(text, payload)| Attachment::QuickReply { text, payload }),
        (any::<String>(), text(), text()).prop_map(|(text, post_id, url)| Attachment::Comment { text, post_id, url }),
        (any::<String>(), value(), option::of(value())).prop_map(|(tool_name, arguments, result)| {
            Attachment::AiToolCall {
                tool_name,
                tool_call_id: String::new(),
                arguments,
                result,
                status: "completed".to_owned(),
            }
        }),
        (text(), text(), text()).prop_map(|(source_url, headline, body)| {
            Attachment::Referral(Referral { source_url, headline, body, ..Referral::default() })
        }),
        (any::<String>(), text(), text()).prop_map(|(reference_type, url, reference_id)| {
            Attachment::ContentReference { reference_type, url, reference_id }
        }),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    (text(), vec(attachment(), 0..4), text(), text(), option::of(value()))
        .prop_map(|(text, attachments, header, footer, payload)| Content { text, attachments, header, footer, payload })
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        Just(Source::Vendor),
        any::<String>().prop_map(|id| Source::Api { id }),
        any::<String>().prop_map(|id| Source::Inbox { id }),
        any::<String>().prop_map(|id| Source::Automation { id }),
        any::<String>().prop_map(|id| Source::Campaign { id }),
        any::<String>().prop_map(|id| Source::AiAgent { id }),
    ]
}

fn status() -> impl Strategy<Value = MessageStatus> {
    use MessageStatus::{Deleted, Delivered, Failed, None, Pending, Read, Scheduled, Sent};
    proptest::sample::select(vec![None, Pending, Scheduled, Sent, Delivered, Read, Failed, Deleted])
}

fn side() -> impl Strategy<Value = Direction> {
    proptest::sample::select(vec![Direction::Inbound, Direction::Outbound])
}

fn error() -> impl Strategy<Value = MessageError> {
    (any::<String>(), any::<String>(), option::of((any::<String>(), text(), text()))).prop_map(
        |(key, message, vendor)| MessageError {
            key,
            message,
            vendor: vendor.map(|(code, title, trace_id)| VendorError {
                code,
                title,
                trace_id,
                ..VendorError::default()
            }),
        },
    )
}

fn reply_to() -> impl Strategy<Value = ReplyTo> {
    (option::of(any::<u128>()), text(), option::of(side()), option::of(time()), text()).prop_map(
        |(id, vendor_id, sender, timestamp, preview_text)| ReplyTo {
            id: id.map(|bits| MessageId::from_uuid(Uuid::from_u128(bits))),
            vendor_id,
            sender,
            preview_type: sender.map(|_| MessageType::Audio),
            timestamp,
            preview_text,
        },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let state = (
        vec((status(), time()), 0..4),
        vec((any::<String>(), side(), time()), 0..3),
        vec(error(), 0..3),
        option::of(reply_to()),
        option::of(value()),
        object(value()),
    );
    ((any::<u128>(), content(), source(), side(), status(), any::<bool>()), state, (text(), option::of(time()), time()))
        .prop_map(
            |(
                (bits, content, source, direction, status, flag),
                (history, reactions, errors, reply_to, vendor_details, metadata),
                (vendor_id, scheduled_at, vendor_timestamp),
            )| Message {
                id: MessageId::from_uuid(Uuid::from_u128(bits)),
                source,
                direction,
                status,
                forwarded: flag,
                is_sensitive: !flag,
                history: history
                    .into_iter()
                    .map(|(status, at)| HistoryEntry { status, at, source: HistorySource::Channel })
                    .collect(),
                reactions: reactions
                    .into_iter()
                    .map(|(emoji, sender, timestamp)| Reaction { emoji, sender, timestamp })
                    .collect(),
                errors,
                reply_to,
                vendor_details,
                metadata,
                vendor_id,
                scheduled_at,
                vendor_timestamp,
                ..samples::samples().inbound(content)
            },
        )
}

/// Any event of a message.
pub(crate) fn message_event() -> impl Strategy<Value = Event> {
    let kinds: Vec<EventKind> =
        EventKind::ALL.iter().copied().filter(|kind| kind.name().starts_with("message.")).collect();
    let change = option::of(proptest::sample::select(MessageChange::ALL.to_vec()));
    (proptest::sample::select(kinds), time(), message(), change).prop_map(|(kind, at, message, change)| {
        samples::samples().event(kind, at, samples::samples().told(message, change))
    })
}
