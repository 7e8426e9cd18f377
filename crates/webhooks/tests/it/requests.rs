//! The headers of an attempt.

use std::{collections::BTreeMap, time::Duration};

use tidings_domain::{
    Timestamp,
    endpoint::{Endpoint, LegacyEncoding, LegacySignature, LegacySigned, WebhookFormat},
};
use tidings_webhooks::{Attempt, EndpointSecrets, SigningSecret, headers, render, request, verify};

use crate::{
    samples::{self, Links},
    wanted::endpoint,
};

const NOW: Timestamp = Timestamp::from_seconds(1_776_609_100);

fn secrets() -> EndpointSecrets {
    EndpointSecrets::new(SigningSecret::generate([7; 24]))
}

fn sent(endpoint: &Endpoint, number: u32, late: bool) -> Vec<(String, String)> {
    let (_, event) = samples::all().into_iter().find(|(name, _)| name == "message.read").expect("a sample");
    let body = render(&event, endpoint.format, &Links).expect("a body");
    let attempt = Attempt { endpoint, secrets: &secrets(), event: &event, body: &body, number, late, at: NOW };
    headers(&attempt).into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn everything_is_said_that_the_standard_and_we_promise() {
    let headers = sent(&endpoint(WebhookFormat::Object), 3, false);
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "content-type",
            "user-agent",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "tidings-event",
            "tidings-format",
            "tidings-attempt"
        ]
    );
    assert_eq!(value(&headers, "content-type"), ["application/json"]);
    assert_eq!(value(&headers, "user-agent"), [concat!("Tidings/", env!("CARGO_PKG_VERSION"))]);
    assert!(value(&headers, "webhook-id")[0].starts_with("evt_"));
    assert_eq!(value(&headers, "webhook-timestamp"), ["1776609100"]);
    assert_eq!(value(&headers, "tidings-event"), ["message.updated"]);
    assert_eq!(value(&headers, "tidings-format"), ["object"]);
    assert_eq!(value(&headers, "tidings-attempt"), ["3"]);
    let late = sent(&endpoint(WebhookFormat::Lifecycle), 4, true);
    assert_eq!(value(&late, "tidings-late"), ["1"]);
    assert_eq!(value(&late, "tidings-event"), ["message.read"]);
}

#[test]
fn a_receiver_can_verify_what_was_sent() {
    let endpoint = endpoint(WebhookFormat::Lifecycle);
    let headers = sent(&endpoint, 1, false);
    let (_, event) = samples::all().into_iter().find(|(name, _)| name == "message.read").unwrap();
    let body = render(&event, endpoint.format, &Links).unwrap();
    let said = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| value(&headers, name)[0]);
    let secrets = secrets();
    let verdict = verify(said.into(), &body, secrets.signing_at(NOW), NOW, Duration::from_mins(5));
    assert_eq!(verdict, Ok(()));
}

#[test]
fn own_headers_come_along_but_never_replace_ours() {
    let own = [
        ("X-Api-Key", "k"),
        ("Webhook-Signature", "v1,forged"),
        ("Content-Type", "text/plain"),
        ("Host", "other.example"),
        ("tidings-attempt", "9"),
        ("X-Timely-Signature", "forged"),
    ];
    let endpoint = Endpoint {
        headers: BTreeMap::from(own.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        legacy_signature: Some(LegacySignature {
            header: "x-timely-signature".to_owned(),
            timestamp_header: Some("x-timely-timestamp".to_owned()),
            signed: LegacySigned::Body,
            encoding: LegacyEncoding::Hex,
            prefix: "sha256=".to_owned(),
        }),
        ..endpoint(WebhookFormat::Lifecycle)
    };
    let headers = sent(&endpoint, 1, false);
    assert_eq!(value(&headers, "x-api-key"), ["k"]);
    assert_eq!(value(&headers, "content-type"), ["application/json"]);
    assert_eq!(value(&headers, "host"), [""; 0]);
    assert_eq!(value(&headers, "tidings-attempt"), ["1"]);
    assert!(value(&headers, "webhook-signature")[0] != "v1,forged" && value(&headers, "webhook-signature").len() == 1);
    assert_eq!(value(&headers, "x-timely-timestamp"), ["1776609100"]);
    assert!(matches!(value(&headers, "x-timely-signature")[..], [signature] if signature.starts_with("sha256=")));
}

#[test]
fn a_legacy_signature_cannot_pose_as_ours() {
    let endpoint = Endpoint {
        legacy_signature: Some(LegacySignature {
            header: "Webhook-Signature".to_owned(),
            timestamp_header: None,
            signed: LegacySigned::Body,
            encoding: LegacyEncoding::Base64,
            prefix: "v1,".to_owned(),
        }),
        ..endpoint(WebhookFormat::Lifecycle)
    };
    assert_eq!(value(&sent(&endpoint, 1, false), "webhook-signature").len(), 1);
    assert!(
        request::is_reserved("Webhook-Signature") && request::is_reserved("HOST") && !request::is_reserved("x-key")
    );
}
