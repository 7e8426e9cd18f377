//! Every type of message.

use serde_json::{Value, json};
use tidings_domain::{
    Timestamp,
    change::{Change, Said},
    message::Direction,
};

use super::{body, change_of, message, phone, update, user_id, value_with};

fn said(content: Value) -> Said {
    match message(content) {
        Change::Received(said) => said,
        other => panic!("{other:?}"),
    }
}

/// A message's content as it is stored.
fn content(message: Value) -> Value {
    serde_json::to_value(said(message).content).unwrap()
}

/// An `interactive` message with an inner object of this type.
fn interactive(kind: &str, reply: &Value) -> Value {
    json!({"type": "interactive", "interactive": {"type": kind, kind: reply}})
}

#[test]
fn a_text_is_small_and_whole() {
    let said = said(json!({"type": "text", "text": {"body": "Guten Tag \u{1f44b}"}}));
    assert_eq!(said.vendor_id, "wamid.A");
    assert_eq!(said.timestamp, Timestamp::from_seconds(1_790_000_001));
    assert_eq!(said.content.text.as_deref(), Some("Guten Tag \u{1f44b}"));
    assert_eq!(said.contact.identities, [user_id("DE.700"), phone("4915100000001")]);
    assert_eq!(said.contact.name.as_deref(), Some("Ada"));
    assert_eq!(said.contact.username.as_deref(), Some("ada"));
    assert!(!said.forwarded && said.reply_to.is_none() && said.errors.is_empty());
    assert_eq!(said.vendor_details, Some(json!({"whatsapp": {"phone_number_id": "number-1"}})));
}

#[test]
fn every_kind_of_content() {
    let file = json!({
        "id": "m-1", "mime_type": "application/x", "sha256": "c2hh", "url": "https://media.example/?token=secret",
    });
    let with = |more: Value| {
        let mut file = file.clone();
        file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        file
    };
    let stored = |kind: &str, more: Value| {
        let mut part =
            json!({"type": kind, "vendor_media_id": "m-1", "content_type": "application/x", "sha256": "c2hh"});
        part.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        part
    };
    let table = [
        (
            json!({"type": "image", "image": with(json!({"caption": "Look"}))}),
            json!({"text": "Look", "attachments": [stored("image", json!({}))]}),
        ),
        (
            json!({"type": "sticker", "sticker": with(json!({"animated": true}))}),
            json!({"attachments": [stored("image", json!({"is_sticker": true}))]}),
        ),
        (
            json!({"type": "video", "video": with(json!({"caption": ""}))}),
            json!({"attachments": [stored("video", json!({}))]}),
        ),
        (
            json!({"type": "audio", "audio": with(json!({"voice": true}))}),
            json!({"attachments": [stored("audio", json!({"is_voice_note": true}))]}),
        ),
        (
            json!({"type": "audio", "audio": with(json!({"voice": false}))}),
            json!({"attachments": [stored("audio", json!({}))]}),
        ),
        (
            json!({"type": "voice", "voice": file}),
            json!({"attachments": [stored("audio", json!({"is_voice_note": true}))]}),
        ),
        (
            json!({"type": "document", "document": with(json!({"filename": "plan.pdf", "caption": "The plan"}))}),
            json!({"text": "The plan", "attachments": [stored("document", json!({"name": "plan.pdf"}))]}),
        ),
        (
            json!({"type": "location", "location": {"latitude": 52.5163, "longitude": "13.3777", 
                "name": "Gate", "address": "Square 1"}}),
            json!({"attachments": [
             {"type": "location", "latitude": 52.5163, "longitude": 13.3777, "name": "Gate", "address": "Square 1"}]}),
        ),
        (
            json!({"location": {"latitude": -1, "longitude": 2}}),
            json!({"attachments": [{"type": "location", "latitude": -1.0, "longitude": 2.0}]}),
        ),
        (
            interactive("button_reply", &json!({"id": "yes", "title": "Yes!"})),
            json!({"text": "Yes!", "payload": "yes", "attachments": [
             {"type": "button", "button_type": "quick_reply", "text": "Yes!", "payload": "yes"}]}),
        ),
        (
            interactive("list_reply", &json!({"id": "r2", "title": "Two", "description": "The second"})),
            json!({"text": "Two", "payload": "r2", "attachments": [
             {"type": "list_section", "text": "Two", "description": "The second", "selected_row_id": "r2"}]}),
        ),
        (
            json!({"type": "button", "button": {"payload": "STOP", "text": "Stop it"}}),
            json!({"text": "Stop it", "payload": "STOP", "attachments": [
             {"type": "button", "button_type": "quick_reply", "text": "Stop it", "payload": "STOP"}]}),
        ),
        (
            interactive("nfm_reply", &json!({"name": "flow", "body": "Sent", "response_json": "{\"stars\":4}"})),
            json!({"text": "Sent", "payload": {"stars": 4}}),
        ),
        (
            interactive("nfm_reply", &json!({"name": "flow", "response_json": "{\"stars\":"})),
            json!({"text": "flow", "payload": "{\"stars\":"}),
        ),
        (interactive("nfm_reply", &json!({"response_json": "[1,2]"})), json!({"text": "[form]", "payload": "[1,2]"})),
        (
            interactive("call_permission_reply", &json!({"response": "accept"})),
            json!({"text": "[call permission: accept]", "payload": {"response": "accept"}}),
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply"}}),
            json!({"text": "[interactive message: button_reply]", "payload": {"type": "button_reply"}}),
        ),
        (
            json!({"type": "order", "order": {"catalog_id": "c", "text": "Please", "product_items": [
             {"product_retailer_id": "TEA", "quantity": 2, "item_price": 3.5, "currency": "EUR"},
             {"product_retailer_id": "CUP", "quantity": "1"}]}}),
            json!({"text": "Please\n[order: 2 × TEA (3.5 EUR), 1 × CUP]", "payload": {
                "catalog_id": "c", "text": "Please",
             "product_items": [{"product_retailer_id": "TEA", "quantity": 2, "item_price": 3.5, "currency": "EUR"},
             {"product_retailer_id": "CUP", "quantity": "1"}]}}),
        ),
    ];
    for (message, expected) in table {
        assert_eq!(content(message.clone()), expected, "{message}");
    }
}

#[test]
fn contact_cards_with_and_without_names() {
    let cards = json!([
        {
            "name": {"formatted_name": "Dr. Eva Lang", "first_name": "Eva"},
            "phones": [{"phone": "+49 151 5", "wa_id": "491515"}, {"wa_id": "491516"}, "odd"],
            "emails": [{"email": "eva@example.org", "type": "WORK"}],
            "org": {"company": "Lang & Co", "title": "CEO"},
            "urls": [{"url": "https://lang.example"}],
            "addresses": [{"street": "Weg 1", "city": "Ulm", "zip": "89073", "country": "Germany"}, {}],
        },
        {"phones": [{"phone": "110"}]},
        {"name": {"first_name": "Jo", "last_name": "Ber"}},
        7,
    ]);
    assert_eq!(
        content(json!({"type": "contacts", "contacts": cards})),
        json!({"attachments": [
            {
                "type": "contact", "name": "Dr. Eva Lang", "phones": ["+49 151 5", "491516"],
                "emails": ["eva@example.org"], "organization": "Lang & Co", "urls": ["https://lang.example"],
                "addresses": ["Weg 1, 89073, Ulm, Germany"],
            },
            {"type": "contact", "name": "", "phones": ["110"]},
            {"type": "contact", "name": "Jo Ber"},
            {"type": "contact", "name": ""},
        ]})
    );
}

#[test]
fn what_cannot_be_shown_is_named_and_kept_whole() {
    let errors = json!([{"code": 131_051, "title": "Type unknown", "error_data": {"details": "Not supported."}}]);
    let table = [
        (json!({"type": "unsupported", "errors": errors}), "[unsupported message]"),
        (json!({"type": "unknown", "errors": errors}), "[unsupported message]"),
        (
            json!({"type": "unsupported", "unsupported": {"type": "poll"}, "errors": errors}),
            "[unsupported message: poll]",
        ),
        (json!({"type": "hologram", "hologram": {"id": 7}, "errors": errors}), "[unsupported message: hologram]"),
        (json!({"type": "image", "image": "broken", "errors": errors}), "[unsupported message: image]"),
        (json!({"type": "location", "location": {"latitude": 1}, "errors": errors}), "[unsupported message: location]"),
        (json!({"type": "edit", "edit": {}, "errors": errors}), "[unsupported message: edit]"),
        (json!({"errors": errors}), "[unsupported message]"),
    ];
    for (message, text) in table {
        let said = said(message.clone());
        assert_eq!(said.content.text.as_deref(), Some(text), "{message}");
        assert_eq!(said.content.payload.as_ref(), Some(&value_with(message)["messages"][0]));
        assert_eq!(said.errors[0].key, "131051");
        assert_eq!(said.errors[0].message, "Not supported.");
        assert_eq!(said.errors[0].vendor.as_ref().unwrap().title.as_deref(), Some("Type unknown"));
    }
    let failed = said(json!({"type": "image", "image": {"id": "m"}, "errors": {"code": 400, "details": "Lost"}}));
    assert_eq!(failed.content.attachments.len(), 1);
    assert_eq!(failed.errors[0].message, "Lost");
}

#[test]
fn reactions_and_their_removal_in_both_spellings() {
    for (reaction, emoji) in [
        (json!({"message_id": "wamid.T", "emoji": "👍"}), Some("👍")),
        (json!({"message_id": "wamid.T", "emoji": ""}), None),
        (json!({"message_id": "wamid.T"}), None),
    ] {
        let Change::Reacted(reacted) = message(json!({"type": "reaction", "reaction": reaction})) else { panic!() };
        assert_eq!(reacted.emoji.as_deref(), emoji);
        assert_eq!((reacted.vendor_id.as_str(), reacted.target.as_str()), ("wamid.A", "wamid.T"));
        assert_eq!((reacted.by, reacted.contact.identities.len()), (Direction::Inbound, 2));
    }
}

#[test]
fn edits_and_revocations() {
    let better = json!({"type": "image", "image": {"id": "m", "caption": "Better"}});
    let edit = json!({"original_message_id": "wamid.T", "message": better});
    let Change::Edited(edited) = message(json!({"type": "edit", "edit": edit})) else { panic!() };
    assert_eq!((edited.target.as_str(), edited.by), ("wamid.T", Direction::Inbound));
    assert_eq!(edited.content.text.as_deref(), Some("Better"));
    assert_eq!(edited.content.attachments.len(), 1);

    let revoke = json!({"type": "revoke", "revoke": {"original_message_id": "wamid.T"}});
    let Change::Revoked(revoked) = message(revoke) else { panic!() };
    assert_eq!((revoked.target.as_str(), revoked.by), ("wamid.T", Direction::Inbound));
    assert_eq!(revoked.contact.identities, edited.contact.identities);
    assert_eq!(revoked.contact.identities.len(), 2);
}

#[test]
fn answers_forwards_advertisements_products_and_groups() {
    let reply = said(json!({"type": "text", "text": {"body": "Yes"}, "context": {"from": "49301", "id": "wamid.Q"}}));
    assert_eq!(reply.reply_to.as_deref(), Some("wamid.Q"));
    for flag in ["forwarded", "frequently_forwarded"] {
        assert!(said(json!({"type": "text", "text": {"body": "Hm"}, "context": {flag: true}})).forwarded);
        assert!(!said(json!({"type": "text", "text": {"body": "Hm"}, "context": {flag: false}})).forwarded);
    }
    let product = json!({"catalog_id": "c", "product_retailer_id": "TEA"});
    let asked = said(json!({
        "type": "text", "text": {"body": "This?"}, "group_id": "group-9", "context": {"referred_product": product},
    }));
    let details =
        json!({"whatsapp": {"phone_number_id": "number-1", "group_id": "group-9", "referred_product": product}});
    assert_eq!(asked.vendor_details, Some(details));

    let referral = json!({
        "source_url": "https://ad.example", "source_type": "ad", "source_id": "ad-1", "headline": "Tea!", "body": "Hot",
        "media_type": "image", "image_url": "https://ad.example/i", "ctwa_clid": "click",
        "welcome_message": {"text": "Hello there"},
    });
    assert_eq!(
        content(json!({"type": "text", "text": {"body": "Hi"}, "referral": referral})),
        json!({"text": "Hi", "attachments": [{
            "type": "referral", "source_url": "https://ad.example", "source_type": "ad", "source_id": "ad-1",
            "headline": "Tea!", "body": "Hot", "media_type": "image", "image_url": "https://ad.example/i",
            "click_id": "click", "welcome_message": "Hello there",
        }]})
    );
}

#[test]
fn a_message_without_an_id_is_not_lost() {
    let whole = body("messages", &value_with(json!({"id": null, "type": "text", "text": {"body": "Hi"}})));
    let first = update(&whole);
    assert_eq!(first.dedup, update(&whole).dedup);
    let Change::Received(said) = change_of(first) else { panic!() };
    assert!(said.vendor_id.starts_with("without-id."), "{}", said.vendor_id);
}
