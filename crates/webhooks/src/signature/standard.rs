//! Standard Webhooks 1.0: `v1,<base64 of HMAC-SHA256>` over `id.timestamp.body`, one for each secret, and
//! `v1a,<base64 of Ed25519>` over the same, one for each key pair, space-separated.
//! Source: <https://github.com/standard-webhooks/standard-webhooks>, `spec/standard-webhooks.md`.

use std::time::Duration;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::STANDARD};
use tidings_domain::Timestamp;

use super::{SigningKeyPair, SigningSecret};

const VERSION: &str = "v1,";
const ASYMMETRIC_VERSION: &str = "v1a,";

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a number of seconds.
    #[error("webhook-timestamp is not a number of seconds")]
    Timestamp,
    /// Too old, or from the future: perhaps somebody repeats what he overheard.
    #[error("webhook-timestamp is too far from now")]
    Stale,
    /// None of the signatures is by one of the keys.
    #[error("no signature fits")]
    Signature,
}

/// The value of `webhook-signature`. The id contains no dot; the timestamp is in seconds.
pub fn sign<'a>(
    id: &str,
    timestamp: i64,
    body: &[u8],
    secrets: impl IntoIterator<Item = &'a SigningSecret>,
    key_pairs: impl IntoIterator<Item = &'a SigningKeyPair>,
) -> String {
    let head = format!("{id}.{timestamp}.");
    let mut signatures = String::with_capacity(48);
    for secret in secrets {
        push(&mut signatures, VERSION, tag(&head, body, secret));
    }
    let mut said = Vec::new();
    for key_pair in key_pairs {
        if said.is_empty() {
            said = [head.as_bytes(), body].concat();
        }
        push(&mut signatures, ASYMMETRIC_VERSION, key_pair.sign(&said));
    }
    signatures
}

fn push(signatures: &mut String, version: &str, signature: impl AsRef<[u8]>) {
    if !signatures.is_empty() {
        signatures.push(' ');
    }
    signatures.push_str(version);
    STANDARD.encode_string(signature, signatures);
}

/// Checks a received webhook by its three headers and its raw body. Times further from `now` than the tolerance are
/// refused, on either side; comparisons take the same time whatever they find.
pub fn verify<'a>(
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
    secrets: impl IntoIterator<Item = &'a SigningSecret>,
    now: Timestamp,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    let seconds: i64 = timestamp.parse().map_err(|_| VerifyError::Timestamp)?;
    if now.as_seconds().abs_diff(seconds) > tolerance.as_secs() {
        return Err(VerifyError::Stale);
    }
    let head = format!("{id}.{timestamp}.");
    let received: Vec<Vec<u8>> =
        signatures.split(' ').filter_map(|entry| STANDARD.decode(entry.strip_prefix(VERSION)?).ok()).collect();
    let fits = secrets.into_iter().any(|secret| {
        let expected = tag(&head, body, secret);
        received.iter().any(|tag| verify_slices_are_equal(expected.as_ref(), tag).is_ok())
    });
    if fits { Ok(()) } else { Err(VerifyError::Signature) }
}

fn tag(head: &str, body: &[u8], secret: &SigningSecret) -> hmac::Tag {
    let mut context = hmac::Context::with_key(secret.key());
    context.update(head.as_bytes());
    context.update(body);
    context.sign()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOLERANCE: Duration = Duration::from_mins(5);

    /// From Svix's worker, whose key pair, id, time and body are those of its other vectors.
    #[test]
    fn a_known_vector_of_a_key_pair() {
        let text = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
        let pair = SigningKeyPair::from_text(text).unwrap();
        assert_eq!(pair.public_text(), "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
        let secret = SigningSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body, [&secret], [&pair]),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= \
             v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
        );
    }

    /// From the unit tests of the standard's libraries, and of Svix's worker.
    #[test]
    fn known_vectors() {
        for (secret, id, timestamp, body, expected) in [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ] {
            let secret = SigningSecret::from_text(secret).unwrap();
            assert_eq!(sign(id, timestamp, body.as_bytes(), [&secret], []), expected);
            let headers = (id, &*timestamp.to_string(), expected);
            let now = Timestamp::from_seconds(timestamp);
            assert_eq!(verify(headers, body.as_bytes(), [&secret], now, TOLERANCE), Ok(()));
        }
    }

    #[test]
    fn a_signature_of_either_key_is_enough() {
        let [old, new, other] = [1, 2, 3].map(|byte| SigningSecret::generate([byte; 24]));
        let signatures = sign("evt_1", 100, b"{}", [&new, &old], []);
        assert_eq!(signatures.split(' ').count(), 2);
        let now = Timestamp::from_seconds(100);
        let check = |secret| verify(("evt_1", "100", &signatures), b"{}", [secret], now, TOLERANCE);
        assert_eq!(check(&old), Ok(()));
        assert_eq!(check(&new), Ok(()));
        assert_eq!(check(&other), Err(VerifyError::Signature));
    }

    #[test]
    fn what_is_not_exactly_what_was_signed_is_refused() {
        let secret = SigningSecret::generate([1; 24]);
        let signature = sign("evt_1", 1000, b"{}", [&secret], []);
        let now = Timestamp::from_seconds(1000);
        let check = |headers, body: &[u8], now| verify(headers, body, [&secret], now, TOLERANCE);
        assert_eq!(check(("evt_1", "1000", &signature), b"{}", Timestamp::from_seconds(1300)), Ok(()));
        assert_eq!(check(("evt_1", "1000", &signature), b"{}", Timestamp::from_seconds(700)), Ok(()));
        for (headers, body, now, error) in [
            (("evt_2", "1000", &*signature), &b"{}"[..], now, VerifyError::Signature),
            (("evt_1", "1001", &*signature), b"{}", now, VerifyError::Signature),
            (("evt_1", "1000", &*signature), b"{} ", now, VerifyError::Signature),
            (("evt_1", "1000", ""), b"{}", now, VerifyError::Signature),
            (("evt_1", "1000", "v1, v1,AAAA v2,x ,"), b"{}", now, VerifyError::Signature),
            (("evt_1", "soon", &*signature), b"{}", now, VerifyError::Timestamp),
            (("evt_1", "1000", &*signature), b"{}", Timestamp::from_seconds(1301), VerifyError::Stale),
            (("evt_1", "1000", &*signature), b"{}", Timestamp::from_seconds(699), VerifyError::Stale),
        ] {
            assert_eq!(check(headers, body, now), Err(error), "{headers:?}");
        }
    }

    proptest! {
        #[test]
        fn any_headers_are_refused_without_a_panic(id: String, timestamp: String, signatures: String, body: Vec<u8>) {
            let secret = SigningSecret::generate([1; 24]);
            let now = Timestamp::from_seconds(0);
            let headers = (&*id, &*timestamp, &*signatures);
            prop_assert!(verify(headers, &body, [&secret], now, TOLERANCE).is_err());
            prop_assert!(verify((&id, "0", &signatures), &body, [&secret], now, TOLERANCE).is_err());
        }
    }
}
