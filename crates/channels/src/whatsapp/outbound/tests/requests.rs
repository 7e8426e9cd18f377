//! The requests that send messages.

use serde_json::{Value, json};
use tidings_domain::{
    contact::HandleKind,
    content::{ContactCard, ListRow},
    outgoing::{Action, Interactive, MediaFile, MediaKind, Outgoing, OutgoingMedia, ReplyButton, Section},
};

use crate::outbound::{CallMethod, Letter};

use super::{WHATSAPP, body, handle, media_id, message_id, sent, text, with_access};

/// A message and the type and object that it becomes.
#[track_caller]
fn check(outgoing: &Outgoing, kind: &str, object: &Value) {
    let body = sent(outgoing, Some("wamid.Q"), None);
    assert_eq!(body["type"], kind);
    assert_eq!(&body[kind], object);
}

fn media(media_kind: MediaKind, link: &str) -> OutgoingMedia {
    OutgoingMedia { media_kind, file: MediaFile::Url(link.to_owned()), caption: None, filename: None, voice: false }
}

fn interactive(action: Action) -> Interactive {
    Interactive { body: "Sure?".to_owned(), header: None, footer: None, action }
}

#[test]
fn the_whole_request() {
    let to = handle(HandleKind::PhoneNumber, "+4915100000001");
    let outgoing = text("Hello");
    let letter =
        Letter { message_id: message_id(), attempt: 1, to: &to, outgoing: &outgoing, reply_to: None, file: None };
    let call = with_access(|access| WHATSAPP.send(access, &letter));
    assert_eq!((call.method, call.path.as_str()), (CallMethod::Post, "/v26.0/4400/messages"));
    let headers = [("authorization", "Bearer token-1".to_owned()), ("content-type", "application/json".to_owned())];
    assert_eq!(call.headers, headers);
    assert_eq!(
        body(&call),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+4915100000001", "type": "text",
            "text": {"body": "Hello", "preview_url": false}, "biz_opaque_callback_data": message_id().to_string(),
        })
    );
    assert!(!format!("{call:?}").contains("token-1"));
}

#[test]
fn a_number_always_has_its_plus_and_a_user_id_its_own_field() {
    for (kind, value, field, expected) in [
        (HandleKind::PhoneNumber, "4915100000001", "to", "+4915100000001"),
        (HandleKind::PhoneNumber, "+4915100000001", "to", "+4915100000001"),
        (HandleKind::WhatsappUserId, "DE.700", "recipient", "DE.700"),
    ] {
        let (to, outgoing) = (handle(kind, value), text("Hello"));
        let letter =
            Letter { message_id: message_id(), attempt: 1, to: &to, outgoing: &outgoing, reply_to: None, file: None };
        let body = body(&with_access(|access| WHATSAPP.send(access, &letter)));
        let other = if field == "to" { "recipient" } else { "to" };
        assert_eq!((&body[field], body.get(other)), (&json!(expected), None));
    }
}

#[test]
fn the_mark_names_the_attempt_from_the_second_on() {
    let (to, outgoing, id) = (handle(HandleKind::PhoneNumber, "+491"), text("Hello"), message_id());
    for (attempt, expected) in [(1, id.to_string()), (2, format!("{id}:2")), (30, format!("{id}:30"))] {
        let letter = Letter { message_id: id, attempt, to: &to, outgoing: &outgoing, reply_to: None, file: None };
        let body = body(&with_access(|access| WHATSAPP.send(access, &letter)));
        assert_eq!(body["biz_opaque_callback_data"], expected);
    }
}

#[test]
fn answers_and_reactions() {
    assert_eq!(sent(&text("x"), Some("wamid.Q"), None)["context"], json!({"message_id": "wamid.Q"}));
    assert_eq!(sent(&text("x"), None, None).get("context"), None);
    for (emoji, expected) in [(Some("👍"), "👍"), (None, "")] {
        let reaction = Outgoing::Reaction { message_id: message_id(), emoji: emoji.map(str::to_owned) };
        let body = sent(&reaction, Some("wamid.Q"), None);
        assert_eq!(body["reaction"], json!({"message_id": "wamid.Q", "emoji": expected}));
        assert_eq!(body.get("context"), None);
    }
}

#[test]
fn texts_places_and_templates() {
    let preview = Outgoing::Text { text: "https://a.example".to_owned(), preview_url: true };
    check(&preview, "text", &json!({"body": "https://a.example", "preview_url": true}));
    let place = |name: Option<&str>| Outgoing::Location {
        latitude: -23.5,
        longitude: -46.6,
        name: name.map(str::to_owned),
        address: name.map(|_| "Street 1".to_owned()),
    };
    check(&place(None), "location", &json!({"latitude": -23.5, "longitude": -46.6}));
    let named = json!({"latitude": -23.5, "longitude": -46.6, "name": "Shop", "address": "Street 1"});
    check(&place(Some("Shop")), "location", &named);
    let template = |components: Vec<Value>| Outgoing::Template {
        name: "order_ready".to_owned(),
        language: "pt_BR".to_owned(),
        components,
        text: Some("not sent".to_owned()),
        is_marketing: false,
    };
    let plain = json!({"name": "order_ready", "language": {"code": "pt_BR"}});
    check(&template(Vec::new()), "template", &plain);
    let component = json!({"type": "body", "parameters": [{"type": "text", "text": "7"}]});
    let filled = json!({"name": "order_ready", "language": {"code": "pt_BR"}, "components": [component]});
    check(&template(vec![component]), "template", &filled);
}

#[test]
fn files_by_address_and_by_id() {
    let link = "https://a.example/f";
    for kind in MediaKind::ALL.iter().copied() {
        check(&Outgoing::Media(media(kind, link)), kind.name(), &json!({ "link": link }));
    }
    let mut document = media(MediaKind::Document, link);
    document.caption = Some("The bill".to_owned());
    document.filename = Some("bill.pdf".to_owned());
    let whole = json!({"link": link, "caption": "The bill", "filename": "bill.pdf"});
    check(&Outgoing::Media(document), "document", &whole);
    let mut voice = media(MediaKind::Audio, link);
    voice.voice = true;
    check(&Outgoing::Media(voice), "audio", &json!({"link": link, "voice": true}));
    let mut uploaded = media(MediaKind::Image, link);
    uploaded.file = MediaFile::Uploaded { id: media_id(), content_type: "image/png".to_owned(), size: 1 };
    let body = sent(&Outgoing::Media(uploaded), None, Some("900"));
    assert_eq!(body["image"], json!({"id": "900"}));
}

#[test]
fn things_to_choose() {
    let buttons = Action::Buttons(vec![ReplyButton { id: "y".to_owned(), title: "Yes".to_owned() }]);
    let mut asked = interactive(buttons);
    asked.header = Some("Above".to_owned());
    asked.footer = Some("Below".to_owned());
    check(
        &Outgoing::Interactive(asked),
        "interactive",
        &json!({
            "type": "button", "header": {"type": "text", "text": "Above"}, "body": {"text": "Sure?"},
            "footer": {"text": "Below"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
        }),
    );
    let row = |id: &str, description: Option<&str>| ListRow {
        id: id.to_owned(),
        title: format!("Row {id}"),
        description: description.map(str::to_owned),
    };
    let sections = vec![
        Section { title: Some("A".to_owned()), rows: vec![row("1", Some("first")), row("2", None)] },
        Section { title: None, rows: vec![row("3", None)] },
    ];
    let list = interactive(Action::List { button: "Open".to_owned(), sections });
    check(
        &Outgoing::Interactive(list),
        "interactive",
        &json!({"type": "list", "body": {"text": "Sure?"}, "action": {"button": "Open", "sections": [
            {"title": "A", "rows": [
                {"id": "1", "title": "Row 1", "description": "first"}, {"id": "2", "title": "Row 2"},
            ]},
            {"rows": [{"id": "3", "title": "Row 3"}]},
        ]}}),
    );
    let link = interactive(Action::Url { text: "Pay".to_owned(), url: "https://pay.example".to_owned() });
    check(
        &Outgoing::Interactive(link),
        "interactive",
        &json!({"type": "cta_url", "body": {"text": "Sure?"}, "action": {
            "name": "cta_url", "parameters": {"display_text": "Pay", "url": "https://pay.example"},
        }}),
    );
}

#[test]
fn contact_cards() {
    let cards = vec![
        ContactCard {
            name: "Ana Silva".to_owned(),
            phones: vec!["+551".to_owned(), "+552".to_owned()],
            emails: vec!["ana@a.example".to_owned()],
            organization: Some("Shop".to_owned()),
            urls: vec!["https://a.example".to_owned()],
            addresses: vec!["Street 1".to_owned()],
        },
        ContactCard { name: "Bo".to_owned(), ..ContactCard::default() },
    ];
    check(
        &Outgoing::Contacts { cards },
        "contacts",
        &json!([
            {
                "name": {"formatted_name": "Ana Silva", "first_name": "Ana Silva"},
                "phones": [{"phone": "+551"}, {"phone": "+552"}], "emails": [{"email": "ana@a.example"}],
                "org": {"company": "Shop"}, "urls": [{"url": "https://a.example"}],
                "addresses": [{"street": "Street 1"}],
            },
            {"name": {"formatted_name": "Bo", "first_name": "Bo"}},
        ]),
    );
}
