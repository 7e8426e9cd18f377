//! Our signatures against the standard's own library, and against an Ed25519 that we did not write.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use http::HeaderMap;
use proptest::prelude::*;
use standardwebhooks::Webhook;
use tidings_domain::Timestamp;
use tidings_webhooks::{SigningKeyPair, SigningSecret, sign, verify};

proptest! {
    #[test]
    fn the_standard_library_signs_as_we_do(
        random: [u8; 24],
        id in "evt_[0-9A-Z]{26}",
        timestamp in 0..4_000_000_000_i64,
        body: String,
    ) {
        let secret = SigningSecret::generate(random);
        let theirs = Webhook::new(&secret.to_text()).unwrap().sign(&id, timestamp, body.as_bytes()).unwrap();
        prop_assert_eq!(&sign(&id, timestamp, body.as_bytes(), [&secret], []), &theirs);
        let said = (&*id, &*timestamp.to_string(), &*theirs);
        let verdict = verify(said, body.as_bytes(), [&secret], Timestamp::from_seconds(timestamp), Duration::ZERO);
        prop_assert_eq!(verdict, Ok(()));
    }

    #[test]
    fn whoever_has_the_public_key_can_verify(seed: [u8; 32], random: [u8; 24], timestamp in 0..4_000_000_000_i64, body: String) {
        let (secret, pair) = (SigningSecret::generate(random), SigningKeyPair::generate(seed).unwrap());
        let said = sign("evt_1", timestamp, body.as_bytes(), [&secret], [&pair]);
        let decode = |text: &str| STANDARD.decode(text).unwrap();
        let signature = said.split(' ').find_map(|entry| entry.strip_prefix("v1a,")).map(decode).unwrap();
        let public = decode(pair.public_text().strip_prefix("whpk_").unwrap());
        let public = VerifyingKey::from_bytes(&public.try_into().unwrap()).unwrap();
        let signed = format!("evt_1.{timestamp}.{body}");
        prop_assert!(public.verify_strict(signed.as_bytes(), &Signature::from_slice(&signature).unwrap()).is_ok());
        let other = format!("evt_1.{timestamp}.{body} ");
        prop_assert!(public.verify_strict(other.as_bytes(), &Signature::from_slice(&signature).unwrap()).is_err());
    }
}

/// Libraries that know of `v1` alone pass over `v1a`, wherever it stands.
#[test]
fn the_standard_library_takes_its_signature_from_among_others() {
    let body = br#"{"event":"webhook.test"}"#;
    let (secret, stranger) = (SigningSecret::generate([1; 24]), SigningSecret::generate([2; 24]));
    let pair = SigningKeyPair::generate([3; 32]).unwrap();
    let timestamp = now();
    let said = sign("evt_1", timestamp, body, [&secret], [&pair]);
    let (by_secret, by_pair) = said.split_once(' ').unwrap();
    assert!(by_secret.starts_with("v1,") && by_pair.starts_with("v1a,"), "{said}");
    let verified = |secret: &SigningSecret, signatures: &str, body: &[u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "evt_1".parse().unwrap());
        headers.insert("webhook-timestamp", timestamp.into());
        headers.insert("webhook-signature", signatures.parse().unwrap());
        Webhook::new(&secret.to_text()).unwrap().verify(body, &headers).is_ok()
    };
    for signatures in [&said, &format!("{by_pair} {by_secret}")] {
        assert!(verified(&secret, signatures, body), "{signatures}");
        assert!(!verified(&secret, signatures, b"{}"), "{signatures}");
        assert!(!verified(&stranger, signatures, body), "{signatures}");
    }
    assert!(!verified(&secret, by_pair, body), "by the key pair alone it is not");
}

/// The library looks at the real time.
#[expect(clippy::disallowed_methods, reason = "the library under test has the real clock")]
fn now() -> i64 {
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    passed.as_secs().try_into().expect("it is long before the end of time")
}
