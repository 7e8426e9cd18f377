//! Whole bodies: several entries, changes, numbers and lists in one, echoes, routes and keys.

use serde_json::{Value, json};
use tidings_domain::{
    Timestamp,
    change::{Change, News, Route, Update},
    message::Direction,
};

use crate::adapter::ParseError;

use super::{body, change_of, metadata, parse, phone, unknown_kind, update, updates, user_id, value_with};

fn text(id: &str) -> Value {
    json!({"from": "49151", "id": id, "timestamp": "1790000001", "type": "text", "text": {"body": id}})
}

fn vendor_id(update: &Update) -> String {
    match &update.news {
        News::Change(change) => match &**change {
            Change::Received(said) | Change::Echoed(said) => said.vendor_id.clone(),
            Change::Status(report) => format!("{:?} {}", report.status, report.vendor_id),
            other => panic!("{other:?}"),
        },
        News::Unknown { kind } => kind.clone(),
    }
}

#[test]
fn everything_in_a_batch_is_read_and_routed() {
    let number = |id: &str| json!({"phone_number_id": id, "display_phone_number": "1"});
    let status = json!({"id": "wamid.9", "status": "read", "timestamp": "1790000003", "recipient_id": "49151"});
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "waba-1", "changes": [
            {"field": "messages", "value": {"metadata": number("n-1"), "messages": [text("wamid.1"), text("wamid.2")],
                "statuses": [status]}},
            {"field": "messages", "value": {"metadata": number("n-2"),
                "messages": [text("wamid.3"), 7, text("wamid.4")]}},
            "odd",
        ]},
        {"id": "waba-2", "time": 1_790_000_000, "changes": [
            {"field": "smb_message_echoes", "value": {"metadata": number("n-3"), "message_echoes": [
                {"from": "1", "to": "49151", "id": "wamid.5", "timestamp": "1790000001",
                    "type": "text", "text": {"body": "x"}}]}},
            {"field": "account_update", "value": {"event": "DISABLED_UPDATE"}},
            {"field": "future_field", "value": {"metadata": number("n-3")}},
            {"value": {"messages": [text("wamid.6")]}},
        ]},
        {"id": "waba-3"},
        [],
    ]});
    let told: Vec<(Route, String)> = updates(&body)
        .into_iter()
        .map(|update| {
            let name = match &update.news {
                News::Change(change) if matches!(**change, Change::Notice(_)) => "notice".to_owned(),
                _ => vendor_id(&update),
            };
            (update.route, name)
        })
        .collect();
    let to = |number: &str| Route::Account(number.to_owned());
    let expected = [
        (to("n-1"), "wamid.1"),
        (to("n-1"), "wamid.2"),
        (to("n-1"), "Read wamid.9"),
        (to("n-2"), "wamid.3"),
        (to("n-2"), "messages/malformed"),
        (to("n-2"), "wamid.4"),
        (Route::Path, "change/malformed"),
        (to("n-3"), "wamid.5"),
        (Route::Group("waba-2".to_owned()), "notice"),
        (to("n-3"), "field/future_field"),
        (Route::Path, "wamid.6"),
        (Route::Path, "entry/without_changes"),
        (Route::Path, "entry/malformed"),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(route, name)| (route, name.to_owned())).collect();
    assert_eq!(told, expected);
}

fn echo(fields: &Value, contacts: &Value) -> Change {
    let mut echo = json!({"id": "wamid.E", "timestamp": "1790000001", "type": "text", "text": {"body": "We"}});
    echo.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let value = json!({"metadata": metadata(), "contacts": contacts, "message_echoes": [echo]});
    change_of(update(&body("smb_message_echoes", &value)))
}

#[test]
fn echoes_are_addressed_to_the_contact() {
    let contact = |change| match change {
        Change::Echoed(said) => said.contact.identities,
        other => panic!("{other:?}"),
    };
    let straight = json!({"from": "493012340", "to": "49151", "to_user_id": "DE.7"});
    assert_eq!(contact(echo(&straight, &json!(null))), [user_id("DE.7"), phone("49151")]);
    let swapped = json!({"from": "49151", "to": "493012340"});
    assert_eq!(
        contact(echo(&swapped, &json!([{"wa_id": "49151", "user_id": "DE.7"}]))),
        [user_id("DE.7"), phone("49151")]
    );
    let without_number = json!({"from": "493012340", "to_user_id": "DE.7"});
    assert_eq!(contact(echo(&without_number, &json!(null))), [user_id("DE.7")]);
}

#[test]
fn an_echo_quotes() {
    let fields = json!({"from": "493012340", "to": "49151", "context": {"from": "49151", "id": "wamid.Q"}});
    let Change::Echoed(said) = echo(&fields, &json!(null)) else { panic!() };
    assert_eq!(said.reply_to.as_deref(), Some("wamid.Q"));
    assert_eq!(said.contact.identities, [phone("49151")]);
}

#[test]
fn echoed_amendments_are_ours() {
    let to = |more: Value| {
        let mut fields = json!({"from": "493012340", "to": "49151"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        echo(&fields, &json!(null))
    };
    let edit = json!({"original_message_id": "wamid.T", "message": {"type": "text", "text": {"body": "Better"}}});
    let Change::Edited(edited) = to(json!({"type": "edit", "edit": edit})) else { panic!() };
    assert_eq!((edited.by, edited.content.text.as_deref()), (Direction::Outbound, Some("Better")));
    assert_eq!(edited.contact.identities, [phone("49151")]);
    let Change::Revoked(revoked) = to(json!({"type": "revoke", "revoke": {"original_message_id": "wamid.T"}})) else {
        panic!()
    };
    assert_eq!((revoked.by, revoked.target.as_str()), (Direction::Outbound, "wamid.T"));
    assert_eq!(revoked.contact.identities, [phone("49151")]);
    let reaction = json!({"type": "reaction", "reaction": {"message_id": "wamid.T", "emoji": "👍"}});
    let Change::Reacted(reacted) = to(reaction) else { panic!() };
    assert_eq!(reacted.by, Direction::Outbound);
}

#[test]
fn keys_tell_repetitions_and_only_those() {
    let key = |body: &Value| update(body).dedup.unwrap();
    let one = body("messages", &value_with(json!({"type": "text", "text": {"body": "Hi"}})));
    assert_eq!(key(&one), key(&one));
    assert_eq!(key(&one).0[..4], 1_790_000_001_u32.to_be_bytes());

    let mut other_text = one.clone();
    other_text["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = json!("Ho");
    assert_eq!(key(&one), key(&other_text), "the id alone counts");
    let mut other_id = one.clone();
    other_id["entry"][0]["changes"][0]["value"]["messages"][0]["id"] = json!("wamid.B");
    assert_ne!(key(&one), key(&other_id));
    let mut other_number = one.clone();
    other_number["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("number-2");
    assert_ne!(key(&one), key(&other_number));
}

#[test]
fn times_fall_back_to_the_entry() {
    let received_at = |body: &Value| match change_of(update(body)) {
        Change::Received(said) => said.timestamp,
        other => panic!("{other:?}"),
    };
    let with = |timestamp: Value| {
        body("messages", &value_with(json!({"type": "text", "text": {"body": "Hi"}, "timestamp": timestamp})))
    };
    assert_eq!(received_at(&with(json!("1790000001"))), Timestamp::from_seconds(1_790_000_001));
    assert_eq!(received_at(&with(json!(1_790_000_001))), Timestamp::from_seconds(1_790_000_001));
    assert_eq!(received_at(&with(json!(1_790_000_001_234_i64))), Timestamp::from_millis(1_790_000_001_234));
    let entry = Timestamp::from_seconds(1_790_000_000);
    for nothing in [json!(null), json!("soon"), json!({}), json!(-4), json!(1.5)] {
        assert_eq!(received_at(&with(nothing)), entry);
    }
    let mut timeless = with(json!(null));
    timeless["entry"][0]["time"] = json!(null);
    assert_eq!(received_at(&timeless), Timestamp::from_millis(0));
}

#[test]
fn what_is_no_envelope_is_refused() {
    let refused = |text: &[u8]| parse(text).unwrap_err();
    for text in [&b""[..], b"{", b"\xff", b"{\"entry\": [}", b"{\"entry\":[]} x"] {
        assert!(matches!(refused(text), ParseError::NotJson(_)), "{}", String::from_utf8_lossy(text));
    }
    for text in ["[7]", "7", "null", "{}", r#"{"entry": 7}"#, r#"{"entry": {"id": "1"}}"#] {
        assert!(matches!(refused(text.as_bytes()), ParseError::NotAnEnvelope(_)), "{text}");
    }
    assert_eq!(parse(br#"{"entry": []}"#), Ok(vec![]));
}

#[test]
fn other_objects_of_the_same_app_are_kept() {
    let page = json!({"object": "page", "entry": [{"id": "p", "time": 1_790_000_000_000_i64, "messaging": [{}]}]});
    assert_eq!(unknown_kind(&update(&page)), "object/page");
}
