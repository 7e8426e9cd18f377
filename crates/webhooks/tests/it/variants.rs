//! Messages of the rarer kinds and sources, one golden file for each in both formats.

use serde_json::json;
use tidings_domain::{
    MessageId,
    content::{Attachment, ContactCard, Content, ListRow, Media, MessageType, Referral},
    event::{Event, EventKind, MessageChange},
    message::{Direction, Message, MessageError, ReplyTo, Source, VendorError},
    status::MessageStatus::{self, Delivered, Failed, Sent},
};

use crate::samples::{api, bits, event, inbound, later, media, moment, outbound, told};

pub(crate) fn all() -> Vec<(&'static str, Event)> {
    [files(), interactive(), situations(), sources()].concat()
}

fn received(content: Content) -> Event {
    event(EventKind::MessageReceived, moment(), told(inbound(content), None))
}

fn part(part: Attachment) -> Event {
    received(Content::attachment(part))
}

fn sent(source: Source, content: Content) -> Event {
    event(EventKind::MessageSent, moment(), told(outbound(source, content, &[(Sent, 0)]), None))
}

/// Files and places.
fn files() -> Vec<(&'static str, Event)> {
    let by_link = Attachment::Image {
        media: Media { source_url: Some("https://shop.example/a.jpg".to_owned()), ..Media::default() },
        is_sticker: false,
    };
    vec![
        ("image", part(Attachment::Image { media: media("image/jpeg", None), is_sticker: false })),
        (
            "image_with_caption",
            received(Content {
                text: Some("Look".to_owned()),
                ..Content::attachment(Attachment::Image { media: media("image/jpeg", None), is_sticker: false })
            }),
        ),
        ("sticker", part(Attachment::Image { media: media("image/webp", None), is_sticker: true })),
        ("video", part(Attachment::Video { media: media("video/mp4", None) })),
        ("document", part(Attachment::Document { media: media("application/pdf", Some("invoice.pdf")) })),
        ("voice_note", part(Attachment::Audio { media: media("audio/ogg; codecs=opus", None), is_voice_note: true })),
        (
            "location",
            part(Attachment::Location {
                latitude: -23.5505,
                longitude: -46.6333,
                name: Some("Sé".to_owned()),
                address: Some("Praça da Sé, São Paulo".to_owned()),
            }),
        ),
        ("location_bare", part(Attachment::Location { latitude: 0.1, longitude: 5.0, name: None, address: None })),
        ("image_by_link", sent(api(), Content::attachment(by_link))),
    ]
}

/// Kinds that the lifecycle format has no word for.
fn interactive() -> Vec<(&'static str, Event)> {
    let list = Content {
        text: Some("Pick one".to_owned()),
        header: Some("Menu".to_owned()),
        footer: Some("Thanks".to_owned()),
        ..Content::attachment(Attachment::ListSection {
            text: "Pick one".to_owned(),
            title: Some("Pizza".to_owned()),
            description: None,
            rows: vec![
                ListRow { id: "1".to_owned(), title: "Margherita".to_owned(), description: Some("Cheese".to_owned()) },
                ListRow { id: "2".to_owned(), title: "Marinara".to_owned(), description: None },
            ],
            button_text: Some("Open".to_owned()),
            selected_row_id: None,
        })
    };
    let flow = Content {
        payload: Some(json!({"flow_token": "t", "answers": {"size": "L"}})),
        ..Content::attachment(Attachment::Button {
            button_type: "flow".to_owned(),
            text: "Sent".to_owned(),
            data: None,
            payload: None,
        })
    };
    vec![
        ("list", sent(api(), list)),
        (
            "contact",
            part(Attachment::Contact(ContactCard {
                name: "Ana Souza".to_owned(),
                phones: vec!["+5511987654321".to_owned()],
                organization: Some("Examply".to_owned()),
                ..ContactCard::default()
            })),
        ),
        (
            "button",
            part(Attachment::Button {
                button_type: "url".to_owned(),
                text: "Pay".to_owned(),
                data: Some(json!({"phone_number": null, "url": "https://pay.example"})),
                payload: Some("pay-1".to_owned()),
            }),
        ),
        ("flow_reply", received(flow)),
        (
            "list_reply",
            part(Attachment::ListSection {
                text: "Margherita".to_owned(),
                title: None,
                description: Some("Cheese".to_owned()),
                rows: Vec::new(),
                button_text: None,
                selected_row_id: Some("1".to_owned()),
            }),
        ),
        ("quick_reply", part(Attachment::QuickReply { text: "Yes".to_owned(), payload: Some("yes".to_owned()) })),
        (
            "comment",
            part(Attachment::Comment {
                text: "How much?".to_owned(),
                post_id: Some("178".to_owned()),
                url: Some("https://instagram.example/p/178".to_owned()),
            }),
        ),
        (
            "ai_tool_call",
            part(Attachment::AiToolCall {
                tool_name: "order_find".to_owned(),
                tool_call_id: "call-1".to_owned(),
                arguments: json!({"order_number": 4711}),
                result: Some(json!({"found_it": true})),
                status: "completed".to_owned(),
            }),
        ),
        (
            "referral",
            received(Content {
                text: Some("I saw your ad".to_owned()),
                ..Content::attachment(Attachment::Referral(Referral {
                    source_url: Some("https://fb.example/ad".to_owned()),
                    source_id: Some("120".to_owned()),
                    source_type: Some("ad".to_owned()),
                    headline: Some("Half price".to_owned()),
                    ..Referral::default()
                }))
            }),
        ),
        (
            "content_reference",
            part(Attachment::ContentReference {
                reference_type: "story".to_owned(),
                url: Some("https://instagram.example/s/1".to_owned()),
                reference_id: None,
            }),
        ),
    ]
}

/// What else can be said of a message.
fn situations() -> Vec<(&'static str, Event)> {
    let reply = Message {
        forwarded: true,
        reply_to: Some(ReplyTo {
            id: Some(MessageId::from_uuid(bits(10))),
            vendor_id: Some("wamid.OUT".to_owned()),
            sender: Some(Direction::Outbound),
            preview_type: Some(MessageType::Text),
            timestamp: Some(moment()),
            preview_text: Some("Which one?".to_owned()),
        }),
        ..inbound(Content::text("the second"))
    };
    let reply_to_unknown = Message {
        reply_to: Some(ReplyTo {
            id: None,
            vendor_id: Some("wamid.OLD".to_owned()),
            sender: None,
            preview_type: None,
            timestamp: None,
            preview_text: None,
        }),
        ..inbound(Content::text("and that?"))
    };
    let unsupported = Message {
        errors: vec![MessageError {
            key: "unsupported".to_owned(),
            message: "Message type is currently not supported".to_owned(),
            vendor: Some(VendorError { code: "131051".to_owned(), ..VendorError::default() }),
        }],
        ..inbound(Content::default())
    };
    let scheduled = Message {
        scheduled_at: Some(later(3600)),
        status: MessageStatus::Scheduled,
        vendor_id: None,
        sent_at: None,
        ..outbound(api(), Content::text("Tomorrow"), &[])
    };
    let sensitive = Message {
        is_sensitive: true,
        ai_generation_id: Some("gen-1".to_owned()),
        ..outbound(
            Source::AiAgent { id: "agt_00000000000000000000000003".to_owned() },
            Content::text("PIN 1234"),
            &[(Sent, 0)],
        )
    };
    let revived = outbound(api(), Content::text("Hi"), &[(Sent, 0), (Failed, 6), (Delivered, 90)]);
    let unfailed = outbound(api(), Content::text("Hi"), &[(Sent, 0), (Failed, 6), (Sent, 90)]);
    vec![
        ("unsupported", event(EventKind::MessageReceived, moment(), told(unsupported, None))),
        ("reply", event(EventKind::MessageReceived, moment(), told(reply, None))),
        ("reply_to_unknown", event(EventKind::MessageReceived, moment(), told(reply_to_unknown, None))),
        ("sensitive", event(EventKind::MessageSent, moment(), told(sensitive, None))),
        ("scheduled", event(EventKind::MessageUpdated, moment(), told(scheduled, Some(MessageChange::Scheduled)))),
        ("revived", event(EventKind::MessageUpdated, later(90), told(revived, Some(MessageChange::Status)))),
        ("sent_after_all", event(EventKind::MessageUpdated, later(90), told(unfailed, Some(MessageChange::Status)))),
    ]
}

/// Who or what sent it.
fn sources() -> Vec<(&'static str, Event)> {
    let hi = || Content::text("Hi");
    vec![
        ("echo", sent(Source::Vendor, hi())),
        ("inbox", sent(Source::Inbox { id: "usr_00000000000000000000000001".to_owned() }, hi())),
        ("campaign", sent(Source::Campaign { id: "spring-sale".to_owned() }, hi())),
        ("automation", sent(Source::Automation { id: "welcome".to_owned() }, hi())),
        ("admin", sent(Source::Api { id: "key_admin".to_owned() }, hi())),
    ]
}
