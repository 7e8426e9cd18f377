//! What Meta's answers come to.

use std::time::Duration;

use serde_json::{Value, json};
use tidings_domain::{
    contact::{HandleKind, Identity},
    contact::{OptOut, RecipientNews},
    sending::{DisconnectionReason, Scope, SendOutcome, Trouble, TroubleCategory},
};

use super::{
    super::error_table::{TABLE, Verdict},
    WHATSAPP, answer,
};
use crate::outbound::CallAnswer;

fn read(status: u16, body: &Value, tries: u32) -> SendOutcome {
    WHATSAPP.read_answer(answer(status, body.to_string().as_bytes()), tries)
}

/// What an error with this code comes to.
fn coded(code: u32, tries: u32) -> SendOutcome {
    read(400, &json!({"error": {"code": code, "message": "(#1) Oh"}}), tries)
}

fn trouble(outcome: &SendOutcome) -> Option<&Trouble> {
    match outcome {
        SendOutcome::Later { trouble, .. } | SendOutcome::Refused { trouble, .. } => trouble.as_ref(),
        _ => None,
    }
}

/// The waiting times of a code in seconds, try by try.
#[track_caller]
fn waits(code: u32, scope: Scope, expected: &[u64]) {
    for (tries, expected) in (0..).zip(expected) {
        let SendOutcome::Later { after, scope: found, .. } = coded(code, tries) else { panic!("{code} does not wait") };
        assert_eq!((after, found), (Duration::from_secs(*expected), scope), "{code}, {tries} tries");
    }
}

#[test]
fn accepted() {
    let phone = Identity::phone("4915100000001");
    let user_id = Identity::new(HandleKind::WhatsappUserId, "DE.700");
    for (contact, expected) in [
        (json!({"wa_id": "4915100000001", "user_id": "DE.700"}), vec![user_id.clone(), phone.clone()]),
        (json!({"wa_id": "4915100000001"}), vec![phone]),
        (json!({"wa_id": "", "user_id": "DE.700"}), vec![user_id]),
        (json!({"input": "x"}), Vec::new()),
        (json!("odd"), Vec::new()),
    ] {
        let body = json!({
            "contacts": [contact], "messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}],
        });
        let outcome = SendOutcome::Accepted { vendor_id: "wamid.1".to_owned(), identities: expected };
        assert_eq!(read(200, &body, 0), outcome);
    }
}

#[test]
fn what_says_nothing_leaves_it_open() {
    for (status, body) in [
        (200, &b""[..]),
        (200, b"<html>"),
        (200, b"{}"),
        (200, br#"{"messages": []}"#),
        (200, br#"{"messages": [{"id": ""}]}"#),
        (200, br#"{"error": "text"}"#),
        (200, b"{\"messages\": [{\"id\": \"wamid.\xff\"}]}"),
        (204, b""),
        (408, b""),
        (425, b""),
        (500, b""),
        (502, b"<html>"),
        (504, br#"{"error": null}"#),
        (0, b""),
        (999, b""),
    ] {
        let outcome = WHATSAPP.read_answer(answer(status, body), 0);
        assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{status}: {outcome:?}");
    }
}

#[test]
fn statuses_without_an_error_object() {
    for status in [302, 400, 404, 413] {
        let SendOutcome::Refused { error, trouble: None, .. } = WHATSAPP.read_answer(answer(status, b"no"), 0) else {
            panic!("{status}")
        };
        assert_eq!((error.key, error.vendor), (format!("http_{status}"), None));
    }
    let limited = CallAnswer { status: 429, retry_after: Some(17), body: b"" };
    let SendOutcome::Later { after, scope, trouble, .. } = WHATSAPP.read_answer(limited, 5) else { panic!() };
    assert_eq!((after, scope), (Duration::from_secs(17), Scope::Channel));
    assert_eq!(trouble.unwrap().category, TroubleCategory::RateLimit);
    let dead = WHATSAPP.read_answer(answer(401, b""), 0);
    assert!(matches!(dead, SendOutcome::Later { scope: Scope::Channel, .. }));
    assert_eq!(trouble_of_401(&dead), (TroubleCategory::Auth, Some(DisconnectionReason::TokenExpired), "http_401"));
}

fn trouble_of_401(outcome: &SendOutcome) -> (TroubleCategory, Option<DisconnectionReason>, &str) {
    let trouble = trouble(outcome).unwrap();
    (trouble.category, trouble.disconnects, trouble.code.as_str())
}

#[test]
fn the_error_in_the_vendors_words() {
    let error = json!({
        "code": 131_047, "message": "(#131047) Re-engagement", "type": "OAuthException", "fbtrace_id": "trace",
        "error_data": {"messaging_product": "whatsapp", "details": "More than a day has passed."},
    });
    let SendOutcome::Refused { error, .. } = read(400, &json!({ "error": error }), 0) else { panic!() };
    assert_eq!((error.key.as_str(), error.message.as_str()), ("131047", "More than a day has passed."));
    let vendor = error.vendor.unwrap();
    assert_eq!((vendor.code.as_str(), vendor.kind.as_deref()), ("131047", Some("OAuthException")));
    assert_eq!(vendor.message.as_deref(), Some("(#131047) Re-engagement"));
    assert_eq!(vendor.trace_id.as_deref(), Some("trace"));
    for (error, message) in [
        (json!({"code": 100, "error_data": "text"}), "text"),
        (json!({"code": "100", "message": "m"}), "m"),
        (json!({"code": 100}), "a parameter is not valid"),
        (json!({}), "Meta refused it"),
    ] {
        let SendOutcome::Refused { error, .. } = read(400, &json!({ "error": error }), 0) else { panic!() };
        assert_eq!(error.message, message);
    }
}

#[test]
fn every_row_is_reached_and_none_hides_another() {
    let mut last = None;
    for (codes, meaning) in TABLE {
        assert!(last < Some(*codes.start()) && codes.start() <= codes.end(), "{codes:?} is out of order");
        last = Some(*codes.end());
        for code in [*codes.start(), *codes.end()] {
            let first = coded(code, 0);
            match (&meaning.verdict, &first) {
                (Verdict::Final, SendOutcome::Refused { error, .. }) => assert_eq!(error.key, code.to_string()),
                (Verdict::Later(wait), SendOutcome::Later { error, after, scope, .. }) => {
                    assert_eq!((error.key.as_str(), *after, *scope), (&*code.to_string(), wait.first, wait.scope));
                    assert!(wait.first <= wait.cap);
                    let late = coded(code, 1000);
                    match wait.at_most {
                        None => assert!(matches!(late, SendOutcome::Later { after, .. } if after == wait.cap)),
                        Some(_) => assert!(matches!(late, SendOutcome::Refused { .. })),
                    }
                }
                other => panic!("{code}: {other:?}"),
            }
            let found = trouble(&first);
            assert_eq!(found.map(|trouble| (trouble.category, trouble.disconnects)), meaning.trouble);
            assert!(found.is_none_or(|trouble| trouble.message == format!("{}: (#1) Oh", meaning.what)));
        }
    }
}

/// What a code comes to: who waits, if anybody does, and what it says of the channel.
fn meaning(code: u32) -> (Option<Scope>, Option<(TroubleCategory, Option<DisconnectionReason>)>) {
    let outcome = coded(code, 0);
    let waits = match &outcome {
        SendOutcome::Later { scope, .. } => Some(*scope),
        SendOutcome::Refused { .. } => None,
        other => panic!("{code}: {other:?}"),
    };
    (waits, trouble(&outcome).map(|trouble| (trouble.category, trouble.disconnects)))
}

/// Spelled out a second time and beside the table, so that a slip there is one code that is not as it was meant.
#[test]
fn as_the_vendors_document_has_it() {
    use DisconnectionReason::{Revoked, TokenExpired, Unknown};
    use TroubleCategory::{Auth, Provider, RateLimit};
    let (channel, line, recipient) = (Some(Scope::Channel), Some(Scope::Line), Some(Scope::Recipient));
    for (codes, waits, alarm) in [
        // The token is dead, or a right is missing: the channel is disconnected and keeps its messages.
        (&[0, 190][..], channel, Some((Auth, Some(TokenExpired)))),
        (&[3, 10, 200, 219, 230, 299, 131_005], channel, Some((Auth, Some(Revoked)))),
        (&[368, 131_031], channel, Some((Auth, Some(Unknown)))),
        // Country, display name, payment, registration: it fails, and somebody has to do something.
        (&[130_497, 131_037, 131_042, 131_045, 133_010], None, Some((Auth, None))),
        // Throttled.
        (&[4, 80_007, 130_429, 131_048], channel, Some((RateLimit, None))),
        (&[131_056], recipient, None),
        // For the time being.
        (&[1, 2, 131_000, 131_016], line, Some((Provider, None))),
        (&[131_057], channel, Some((Provider, None))),
        (&[131_053, 133_004], line, None),
        // A mistake of the sender.
        (&[33, 100, 131_008, 131_009, 131_021, 131_051, 131_052], None, None),
        // The recipient cannot be reached, not any more, not now, or does not want to be.
        (&[130_472, 131_026, 131_047, 131_049, 131_050], None, None),
        // The template.
        (&[132_000, 132_001, 132_005, 132_007, 132_012, 132_015, 132_016], None, None),
    ] {
        for code in codes {
            assert_eq!(meaning(*code), (waits, alarm), "{code}");
        }
    }
}

#[test]
fn how_long_each_waits() {
    waits(131_056, Scope::Recipient, &[6, 24, 96, 384, 1536, 1536]);
    waits(130_429, Scope::Channel, &[1, 2, 4, 8, 16, 32, 60, 60]);
    waits(4, Scope::Channel, &[60, 120, 240, 480, 960, 1800]);
    waits(80_007, Scope::Channel, &[60, 120]);
    waits(131_048, Scope::Channel, &[3600, 7200, 14_400, 21_600, 21_600]);
    waits(2, Scope::Line, &[5, 10, 20]);
    waits(131_000, Scope::Line, &[5, 15, 45]);
    waits(131_057, Scope::Channel, &[60, 120, 240, 300]);
    waits(132_069, Scope::Line, &[60, 240]);
    waits(190, Scope::Channel, &[60, 120]);
    for once in [131_053, 133_004, 135_000] {
        waits(once, Scope::Line, &[10]);
        assert!(matches!(coded(once, 1), SendOutcome::Refused { .. }));
    }
}

#[test]
fn what_meta_asks_for_wins() {
    let body = json!({"error": {"code": 131_056}}).to_string();
    for (asked, expected) in [(0, 1), (3, 3), (7200, 7200), (u64::MAX, 86_400)] {
        let answer = CallAnswer { status: 400, retry_after: Some(asked), body: body.as_bytes() };
        let SendOutcome::Later { after, .. } = WHATSAPP.read_answer(answer, 4) else { panic!() };
        assert_eq!(after, Duration::from_secs(expected));
    }
    // No answer shuts a channel for a day.
    let body = json!({"error": {"code": 130_429}}).to_string();
    let answer = CallAnswer { status: 429, retry_after: Some(86_400), body: body.as_bytes() };
    let SendOutcome::Later { after, .. } = WHATSAPP.read_answer(answer, 0) else { panic!() };
    assert_eq!(after, Duration::from_hours(1));
    let refused = json!({"error": {"code": 131_047}}).to_string();
    let answer = CallAnswer { status: 400, retry_after: Some(5), body: refused.as_bytes() };
    assert!(matches!(WHATSAPP.read_answer(answer, 0), SendOutcome::Refused { .. }));
}

#[test]
fn why_a_channel_is_disconnected() {
    use DisconnectionReason::{Revoked, TokenExpired, Unknown};
    for (code, subcode, expected) in [
        (190, Some(463), Some(TokenExpired)),
        (190, None, Some(TokenExpired)),
        (190, Some(458), Some(Revoked)),
        (190, Some(460), Some(Revoked)),
        (190, Some(467), Some(Revoked)),
        (0, None, Some(TokenExpired)),
        (10, Some(463), Some(Revoked)),
        (200, None, Some(Revoked)),
        (299, None, Some(Revoked)),
        (131_005, None, Some(Revoked)),
        (368, None, Some(Unknown)),
        (131_031, None, Some(Unknown)),
        (131_042, None, None),
    ] {
        let outcome = read(401, &json!({"error": {"code": code, "error_subcode": subcode}}), 0);
        let trouble = trouble(&outcome).unwrap();
        assert_eq!((trouble.category, trouble.disconnects), (TroubleCategory::Auth, expected), "{code}/{subcode:?}");
    }
}

#[test]
fn codes_that_nobody_told_us_of() {
    let unlisted =
        |status, transient: Value| read(status, &json!({"error": {"code": 9, "is_transient": transient}}), 0);
    assert!(matches!(unlisted(400, json!(false)), SendOutcome::Refused { trouble: None, .. }));
    for outcome in [unlisted(400, json!(true)), unlisted(500, json!(null)), unlisted(503, json!(false))] {
        assert!(matches!(outcome, SendOutcome::Later { scope: Scope::Line, .. }));
        assert_eq!(trouble(&outcome).unwrap().category, TroubleCategory::Provider);
    }
    // A code that is known says more than the status.
    let known = read(500, &json!({"error": {"code": 100, "is_transient": true}}), 0);
    assert!(matches!(known, SendOutcome::Refused { .. }));
    // A 200 may say that it is none.
    assert!(matches!(read(200, &json!({"error": {"code": 131_026}}), 0), SendOutcome::Refused { .. }));
}

#[test]
fn some_codes_say_something_of_the_recipient() {
    let said = |code: u32| match read(400, &json!({"error": {"code": code}}), 0) {
        SendOutcome::Refused { recipient, .. } => recipient,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(131_026), Some(RecipientNews::Blocked));
    assert_eq!(said(131_050), Some(RecipientNews::OptedOut(OptOut::Marketing)));
    assert_eq!(said(131_047), None);
}
