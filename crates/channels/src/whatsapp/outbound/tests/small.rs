//! The small requests: pace, marks of reading, uploads and probes.

use std::time::Duration;

use serde_json::json;
use tidings_domain::sending::{DisconnectionReason, Scope, SendOutcome, TroubleCategory};

use crate::outbound::{CallMethod, Pace, Upload};

use super::{WHATSAPP, answer, body, object, with_access};

#[test]
fn the_pace_is_the_operators() {
    for (settings, per_second) in [
        (json!({"messages_per_second": 20}), 20),
        (json!({"messages_per_second": 0}), 80),
        (json!({"messages_per_second": "20"}), 80),
        (json!({}), 80),
    ] {
        let expected = Pace { per_second, recipient_burst: 45, recipient_interval: Duration::from_secs(6) };
        assert_eq!(WHATSAPP.pace(&object(settings)), expected);
    }
}

#[test]
fn a_message_is_marked_as_read() {
    let plain = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.R"});
    let mut typing = plain.clone();
    typing["typing_indicator"] = json!({"type": "text"});
    for (shows_typing, expected) in [(false, plain), (true, typing)] {
        let call = with_access(|access| WHATSAPP.mark_read(access, "wamid.R", shows_typing)).unwrap();
        assert_eq!((call.method, call.path.as_str()), (CallMethod::Post, "/v26.0/4400/messages"));
        assert_eq!(body(&call), expected);
    }
    assert_eq!(WHATSAPP.read_mark_answer(answer(200, br#"{"success": true}"#)), Ok(()));
    for (status, body, category, code) in [
        (400, r#"{"error": {"code": 100}}"#, TroubleCategory::Unknown, "100"),
        (401, r#"{"error": {"code": 190}}"#, TroubleCategory::Auth, "190"),
        (200, r#"{"success": false}"#, TroubleCategory::Provider, "http_200"),
        (500, r#"{"success": true}"#, TroubleCategory::Provider, "http_500"),
        (404, "", TroubleCategory::Unknown, "http_404"),
    ] {
        let trouble = WHATSAPP.read_mark_answer(answer(status, body.as_bytes())).unwrap_err();
        assert_eq!((trouble.category, trouble.code.as_str()), (category, code));
    }
}

#[test]
fn a_file_is_uploaded_as_a_form() {
    let file = Upload {
        filename: "b\"il\r\nl.pdf",
        content_type: "application/pdf\r\nx: y",
        bytes: &[0, 255, 13, 10],
        boundary: "cut",
    };
    let call = with_access(|access| WHATSAPP.upload(access, &file));
    assert_eq!((call.method, call.path.as_str()), (CallMethod::Post, "/v26.0/4400/media"));
    assert_eq!(call.headers[1], ("content-type", "multipart/form-data; boundary=cut".to_owned()));
    let mut expected = b"--cut\r\ncontent-disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
        --cut\r\ncontent-disposition: form-data; name=\"type\"\r\n\r\napplication/pdfx: y\r\n\
        --cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"b%22ill.pdf\"\r\n\
        content-type: application/pdfx: y\r\n\r\n"
        .to_vec();
    expected.extend_from_slice(&[0, 255, 13, 10]);
    expected.extend_from_slice(b"\r\n--cut--\r\n");
    assert_eq!(call.body, expected);
}

#[test]
fn an_upload_without_an_answer_is_no_doubt() {
    assert_eq!(WHATSAPP.read_upload(answer(200, br#"{"id": "900"}"#), 0), Ok("900".to_owned()));
    assert_eq!(WHATSAPP.read_upload(answer(200, br#"{"id": 900}"#), 0), Ok("900".to_owned()));
    for (status, body) in [(200, "{}"), (500, ""), (503, "<html>"), (408, "")] {
        let outcome = *WHATSAPP.read_upload(answer(status, body.as_bytes()), 1).unwrap_err();
        let SendOutcome::Later { error, after, scope, trouble } = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!((error.key, after, scope), (format!("http_{status}"), Duration::from_secs(30), Scope::Line));
        assert_eq!(trouble.unwrap().category, TroubleCategory::Provider);
    }
    let refused = |status, body: &str| *WHATSAPP.read_upload(answer(status, body.as_bytes()), 0).unwrap_err();
    assert!(matches!(refused(400, r#"{"error": {"code": 100}}"#), SendOutcome::Refused { .. }));
    assert!(matches!(refused(413, ""), SendOutcome::Refused { .. }));
    let dead = refused(401, r#"{"error": {"code": 190}}"#);
    assert!(matches!(dead, SendOutcome::Later { scope: Scope::Channel, .. }));
}

#[test]
fn a_probe_asks_for_the_number() {
    let call = with_access(|access| WHATSAPP.probe(access));
    assert_eq!(call.method, CallMethod::Get);
    assert!(call.path.starts_with("/v26.0/4400?fields=id,display_phone_number,"), "{}", call.path);
    assert!(!call.path.contains(' '));
    assert_eq!(call.headers, [("authorization", "Bearer token-1".to_owned())]);
    assert!(call.body.is_empty());

    let body = br#"{"id": "4400", "display_phone_number": "+593 99 999-9999", "verified_name": "Shop",
        "quality_rating": null, "throughput": {"level": "STANDARD"}}"#;
    let account = WHATSAPP.read_probe(answer(200, body)).unwrap();
    assert_eq!(account.phone_number.as_deref(), Some("+593999999999"));
    assert_eq!(account.details, object(json!({"verified_name": "Shop", "throughput": {"level": "STANDARD"}})));
    let bare = WHATSAPP.read_probe(answer(200, br#"{"id": 1, "display_phone_number": "none"}"#)).unwrap();
    assert_eq!((bare.phone_number, bare.details.len()), (None, 0));
}

#[test]
fn the_most_particular_address_is_the_one_that_is_posted_to() {
    let call = with_access(|access| WHATSAPP.callback(access)).unwrap();
    assert!(call.path.ends_with("?fields=webhook_configuration"), "{}", call.path);
    for (configuration, address) in [
        (
            r#"{"application": "https://a", "whatsapp_business_account": "https://b", "phone_number": "https://c"}"#,
            Some("https://c"),
        ),
        (
            r#"{"application": "https://a", "whatsapp_business_account": "https://b", "phone_number": ""}"#,
            Some("https://b"),
        ),
        (r#"{"application": "https://a"}"#, Some("https://a")),
        ("{}", None),
        ("null", None),
        ("7", None),
    ] {
        let body = format!(r#"{{"webhook_configuration": {configuration}, "id": "1"}}"#);
        assert_eq!(WHATSAPP.read_callback(answer(200, body.as_bytes())).as_deref(), address, "{configuration}");
        assert_eq!(WHATSAPP.read_callback(answer(400, body.as_bytes())), None);
    }
}

#[test]
fn a_probe_finds_trouble() {
    for (status, body, category, disconnects) in [
        (
            401,
            r#"{"error": {"code": 190, "error_subcode": 463}}"#,
            TroubleCategory::Auth,
            Some(DisconnectionReason::TokenExpired),
        ),
        (403, r#"{"error": {"code": 200}}"#, TroubleCategory::Auth, Some(DisconnectionReason::Revoked)),
        (400, r#"{"error": {"code": 100, "error_subcode": 33}}"#, TroubleCategory::Unknown, None),
        (400, r#"{"error": {"code": 4}}"#, TroubleCategory::RateLimit, None),
        (500, r#"{"error": {"code": 9}}"#, TroubleCategory::Provider, None),
        (502, "", TroubleCategory::Provider, None),
        (200, "[]", TroubleCategory::Provider, None),
        (200, "{}", TroubleCategory::Provider, None),
    ] {
        let trouble = WHATSAPP.read_probe(answer(status, body.as_bytes())).unwrap_err();
        assert_eq!((trouble.category, trouble.disconnects), (category, disconnects), "{status} {body}");
    }
}
