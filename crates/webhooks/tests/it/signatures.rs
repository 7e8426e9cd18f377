//! Our signatures against the standard's own library, and against an Ed25519 that we did not write.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
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
        // Libraries that know of v1 alone pass over it.
        prop_assert!(Webhook::new(&secret.to_text()).is_ok());
    }
}
