//! Messages of the rarer kinds and sources, one golden file for each in both formats.

use serde_json::json;
use tidings_domain::{
    MessageId,
    content::{Attachment, ContactCard, Content, ListRow, Media, MessageType, Referral},
    event::{Event, EventKind, MessageChange},
    message::{Direction, Message, MessageError, ReplyTo, Source, VendorError},
    status::MessageStatus::{self, Delivered, Failed, Sent},
};

use super::{
    Samples,
    messages::{api, media},
};

impl Samples {
    pub(super) fn contents(self) -> Vec<(&'static str, Event)> {
        [self.files(), self.interactive(), self.situations(), self.sources()].concat()
    }

    fn received(self, content: Content) -> Event {
        self.event(EventKind::MessageReceived, self.moment, self.told(self.inbound(content), None))
    }

    fn part(self, part: Attachment) -> Event {
        self.received(Content::attachment(part))
    }

    fn sent(self, source: Source, content: Content) -> Event {
        self.event(EventKind::MessageSent, self.moment, self.told(self.outbound(source, content, &[(Sent, 0)]), None))
    }

    /// Files and places.
    fn files(self) -> Vec<(&'static str, Event)> {
        let by_link = Attachment::Image {
            media: Media { source_url: Some("https://shop.example/a.jpg".to_owned()), ..Media::default() },
            is_sticker: false,
        };
        vec![
            ("image", self.part(Attachment::Image { media: media("image/jpeg", None), is_sticker: false })),
            (
                "image_with_caption",
                self.received(Content {
                    text: Some("Look".to_owned()),
                    ..Content::attachment(Attachment::Image { media: media("image/jpeg", None), is_sticker: false })
                }),
            ),
            ("sticker", self.part(Attachment::Image { media: media("image/webp", None), is_sticker: true })),
            ("video", self.part(Attachment::Video { media: media("video/mp4", None) })),
            ("document", self.part(Attachment::Document { media: media("application/pdf", Some("invoice.pdf")) })),
            (
                "voice_note",
                self.part(Attachment::Audio { media: media("audio/ogg; codecs=opus", None), is_voice_note: true }),
            ),
            (
                "location",
                self.part(Attachment::Location {
                    latitude: -23.5505,
                    longitude: -46.6333,
                    name: Some("Sé".to_owned()),
                    address: Some("Praça da Sé, São Paulo".to_owned()),
                }),
            ),
            (
                "location_bare",
                self.part(Attachment::Location { latitude: 0.1, longitude: 5.0, name: None, address: None }),
            ),
            ("image_by_link", self.sent(api(), Content::attachment(by_link))),
        ]
    }

    /// Kinds that the lifecycle format has no word for.
    fn interactive(self) -> Vec<(&'static str, Event)> {
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
            ("list", self.sent(api(), menu())),
            (
                "contact",
                self.part(Attachment::Contact(ContactCard {
                    name: "Ana Souza".to_owned(),
                    phones: vec!["+5511987654321".to_owned()],
                    organization: Some("Examply".to_owned()),
                    ..ContactCard::default()
                })),
            ),
            (
                "button",
                self.part(Attachment::Button {
                    button_type: "url".to_owned(),
                    text: "Pay".to_owned(),
                    data: Some(json!({"phone_number": null, "url": "https://pay.example"})),
                    payload: Some("pay-1".to_owned()),
                }),
            ),
            ("flow_reply", self.received(flow)),
            (
                "list_reply",
                self.part(Attachment::ListSection {
                    text: "Margherita".to_owned(),
                    title: None,
                    description: Some("Cheese".to_owned()),
                    rows: Vec::new(),
                    button_text: None,
                    selected_row_id: Some("1".to_owned()),
                }),
            ),
            (
                "quick_reply",
                self.part(Attachment::QuickReply { text: "Yes".to_owned(), payload: Some("yes".to_owned()) }),
            ),
            (
                "comment",
                self.part(Attachment::Comment {
                    text: "How much?".to_owned(),
                    post_id: Some("178".to_owned()),
                    url: Some("https://instagram.example/p/178".to_owned()),
                }),
            ),
            (
                "ai_tool_call",
                self.part(Attachment::AiToolCall {
                    tool_name: "order_find".to_owned(),
                    tool_call_id: "call-1".to_owned(),
                    arguments: json!({"order_number": 4711}),
                    result: Some(json!({"found_it": true})),
                    status: "completed".to_owned(),
                }),
            ),
            (
                "referral",
                self.received(Content {
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
                self.part(Attachment::ContentReference {
                    reference_type: "story".to_owned(),
                    url: Some("https://instagram.example/s/1".to_owned()),
                    reference_id: None,
                }),
            ),
        ]
    }

    /// What else can be said of a message.
    fn situations(self) -> Vec<(&'static str, Event)> {
        let reply = Message {
            forwarded: true,
            reply_to: Some(ReplyTo {
                id: Some(MessageId::from_uuid(self.id(10))),
                vendor_id: Some("wamid.OUT".to_owned()),
                sender: Some(Direction::Outbound),
                preview_type: Some(MessageType::Text),
                timestamp: Some(self.moment),
                preview_text: Some("Which one?".to_owned()),
            }),
            ..self.inbound(Content::text("the second"))
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
            ..self.inbound(Content::text("and that?"))
        };
        let unsupported = Message {
            errors: vec![MessageError {
                key: "unsupported".to_owned(),
                message: "Message type is currently not supported".to_owned(),
                vendor: Some(VendorError { code: "131051".to_owned(), ..VendorError::default() }),
            }],
            ..self.inbound(Content::default())
        };
        let scheduled = Message {
            scheduled_at: Some(self.later(3600)),
            status: MessageStatus::Scheduled,
            vendor_id: None,
            sent_at: None,
            ..self.outbound(api(), Content::text("Tomorrow"), &[])
        };
        let sensitive = Message {
            is_sensitive: true,
            ai_generation_id: Some("gen-1".to_owned()),
            ..self.outbound(
                Source::AiAgent { id: "agt_00000000000000000000000003".to_owned() },
                Content::text("PIN 1234"),
                &[(Sent, 0)],
            )
        };
        let revived = self.outbound(api(), Content::text("Hi"), &[(Sent, 0), (Failed, 6), (Delivered, 90)]);
        let unfailed = self.outbound(api(), Content::text("Hi"), &[(Sent, 0), (Failed, 6), (Sent, 90)]);
        vec![
            ("unsupported", self.event(EventKind::MessageReceived, self.moment, self.told(unsupported, None))),
            ("reply", self.event(EventKind::MessageReceived, self.moment, self.told(reply, None))),
            (
                "reply_to_unknown",
                self.event(EventKind::MessageReceived, self.moment, self.told(reply_to_unknown, None)),
            ),
            ("sensitive", self.event(EventKind::MessageSent, self.moment, self.told(sensitive, None))),
            (
                "scheduled",
                self.event(
                    EventKind::MessageUpdated,
                    self.moment,
                    self.told(scheduled, Some(MessageChange::Scheduled)),
                ),
            ),
            (
                "revived",
                self.event(EventKind::MessageUpdated, self.later(90), self.told(revived, Some(MessageChange::Status))),
            ),
            (
                "sent_after_all",
                self.event(EventKind::MessageUpdated, self.later(90), self.told(unfailed, Some(MessageChange::Status))),
            ),
        ]
    }

    /// Who or what sent it.
    fn sources(self) -> Vec<(&'static str, Event)> {
        let hi = || Content::text("Hi");
        vec![
            ("echo", self.sent(Source::Vendor, hi())),
            ("inbox", self.sent(Source::Inbox { id: "usr_00000000000000000000000001".to_owned() }, hi())),
            ("campaign", self.sent(Source::Campaign { id: "spring-sale".to_owned() }, hi())),
            ("automation", self.sent(Source::Automation { id: "welcome".to_owned() }, hi())),
            ("admin", self.sent(Source::Api { id: "key_admin".to_owned() }, hi())),
        ]
    }
}

/// Something to choose from.
fn menu() -> Content {
    Content {
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
    }
}
