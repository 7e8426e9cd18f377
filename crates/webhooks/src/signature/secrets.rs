//! The keys of an endpoint, and how a rotation lets the older ones expire.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_domain::Timestamp;

use super::SigningSecret;

/// How many keys may sign at once.
const MOST: usize = 3;

/// A key and how long it signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedSecret {
    /// The key.
    pub secret: SigningSecret,
    /// Until when it signs; `None`: until it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// The keys of an endpoint, the newest first. As JSON they are in the clear: whoever stores them seals them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointSecrets {
    secrets: Vec<TimedSecret>,
}

impl EndpointSecrets {
    /// How long an old key signs beside a new one, unless the request says otherwise.
    pub const DEFAULT_OVERLAP: Duration = Duration::from_hours(24);

    /// The one key of a new endpoint.
    pub fn new(secret: SigningSecret) -> Self {
        Self { secrets: vec![TimedSecret { secret, valid_until: None }] }
    }

    /// Puts a new key first and lets the one before it sign for the overlap; answers until when. Without an overlap,
    /// which is the emergency, every older key is dropped at once.
    pub fn rotate(&mut self, new: SigningSecret, now: Timestamp, overlap: Duration) -> Timestamp {
        let previous_valid_until = now.plus(overlap);
        if overlap.is_zero() {
            self.secrets.clear();
        }
        self.secrets.retain(|timed| signs(timed, now));
        if let Some(previous) = self.secrets.first_mut() {
            previous.valid_until = Some(previous_valid_until);
        }
        self.secrets.insert(0, TimedSecret { secret: new, valid_until: None });
        self.secrets.truncate(MOST);
        previous_valid_until
    }

    /// The keys that sign at this time, the newest first.
    pub fn signing_at(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        self.secrets.iter().filter(move |timed| signs(timed, now)).map(|timed| &timed.secret).take(MOST)
    }
}

fn signs(timed: &TimedSecret, now: Timestamp) -> bool {
    timed.valid_until.is_none_or(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::generate([byte; 24])
    }

    fn signing(secrets: &EndpointSecrets, now: Timestamp) -> Vec<SigningSecret> {
        secrets.signing_at(now).cloned().collect()
    }

    #[test]
    fn the_old_key_signs_beside_the_new_one_for_the_overlap() {
        let now = Timestamp::from_seconds(1_776_609_000);
        let mut secrets = EndpointSecrets::new(secret(1));
        assert_eq!(secrets.rotate(secret(2), now, HOUR), now.plus(HOUR));
        assert_eq!(signing(&secrets, now), [secret(2), secret(1)]);
        assert_eq!(signing(&secrets, now.plus(HOUR)), [secret(2)]);
    }

    #[test]
    fn at_most_three_sign_at_once() {
        let now = Timestamp::from_seconds(1_776_609_000);
        let mut secrets = EndpointSecrets::new(secret(1));
        for byte in 2..=5 {
            secrets.rotate(secret(byte), now, HOUR);
        }
        assert_eq!(signing(&secrets, now), [secret(5), secret(4), secret(3)]);
    }

    #[test]
    fn without_overlap_only_the_new_key_is_left() {
        let now = Timestamp::from_seconds(1_776_609_000);
        let mut secrets = EndpointSecrets::new(secret(1));
        secrets.rotate(secret(2), now, HOUR);
        assert_eq!(secrets.rotate(secret(3), now, Duration::ZERO), now);
        assert_eq!(signing(&secrets, now), [secret(3)]);
    }

    #[test]
    fn they_survive_being_stored() {
        let mut secrets = EndpointSecrets::new(secret(1));
        secrets.rotate(secret(2), Timestamp::from_seconds(1_776_609_000), HOUR);
        let stored = serde_json::to_string(&secrets).unwrap();
        assert_eq!(serde_json::from_str::<EndpointSecrets>(&stored).unwrap(), secrets);
    }
}
