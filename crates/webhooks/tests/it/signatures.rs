//! Our signatures against the standard's own library.

use std::time::Duration;

use proptest::prelude::*;
use standardwebhooks::Webhook;
use tidings_domain::Timestamp;
use tidings_webhooks::{SigningSecret, sign, verify};

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
        prop_assert_eq!(&sign(&id, timestamp, body.as_bytes(), [&secret]), &theirs);
        let said = (&*id, &*timestamp.to_string(), &*theirs);
        let verdict = verify(said, body.as_bytes(), [&secret], Timestamp::from_seconds(timestamp), Duration::ZERO);
        prop_assert_eq!(verdict, Ok(()));
    }
}
