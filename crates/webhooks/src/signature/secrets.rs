//! The keys of an endpoint, and how a rotation lets the older ones expire.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings_domain::Timestamp;

use super::{InvalidSecret, SigningKeyPair, SigningSecret, key_pair};

/// How many keys of one kind may sign at once.
const MOST: usize = 3;

/// A key and how long it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed<K> {
    /// The key.
    pub key: K,
    /// Until when it signs; `None`: until it is replaced.
    pub valid_until: Option<Timestamp>,
}

/// The keys of an endpoint, of either kind the newest first. As JSON they are in the clear: whoever stores them seals
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<Stored>", try_from = "Vec<Stored>")]
pub struct EndpointSecrets {
    secrets: Vec<Timed<SigningSecret>>,
    key_pairs: Vec<Timed<SigningKeyPair>>,
}

impl EndpointSecrets {
    /// How long an old key signs beside a new one, unless the request says otherwise.
    pub const DEFAULT_OVERLAP: Duration = Duration::from_hours(24);

    /// The one key of a new endpoint.
    pub fn new(secret: SigningSecret) -> Self {
        Self { secrets: vec![Timed { key: secret, valid_until: None }], key_pairs: Vec::new() }
    }

    /// Puts a new key first and lets the one before it sign for the overlap; answers until when. Without an overlap,
    /// which is the emergency, every older key is dropped at once.
    pub fn rotate(&mut self, new: SigningSecret, now: Timestamp, overlap: Duration) -> Timestamp {
        rotate(&mut self.secrets, new, now, overlap)
    }

    /// The same for the key pair. The first one has none before it.
    pub fn rotate_key_pair(&mut self, new: SigningKeyPair, now: Timestamp, overlap: Duration) -> Timestamp {
        rotate(&mut self.key_pairs, new, now, overlap)
    }

    /// Whether a key pair signs at this time.
    pub fn has_key_pair(&self, now: Timestamp) -> bool {
        self.key_pairs_at(now).next().is_some()
    }

    /// From now on no key pair signs.
    pub fn drop_key_pairs(&mut self) {
        self.key_pairs.clear();
    }

    /// The secrets that sign at this time, the newest first.
    pub fn signing_at(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        signing(&self.secrets, now).map(|timed| &timed.key)
    }

    /// The key pairs that sign at this time, the newest first, and for how long.
    pub fn key_pairs_at(&self, now: Timestamp) -> impl Iterator<Item = &Timed<SigningKeyPair>> {
        signing(&self.key_pairs, now)
    }
}

fn rotate<K>(keys: &mut Vec<Timed<K>>, new: K, now: Timestamp, overlap: Duration) -> Timestamp {
    let previous_valid_until = now.plus(overlap);
    if overlap.is_zero() {
        keys.clear();
    }
    keys.retain(|timed| signs(timed, now));
    if let Some(previous) = keys.first_mut() {
        previous.valid_until = Some(previous_valid_until);
    }
    keys.insert(0, Timed { key: new, valid_until: None });
    keys.truncate(MOST);
    previous_valid_until
}

fn signing<K>(keys: &[Timed<K>], now: Timestamp) -> impl Iterator<Item = &Timed<K>> {
    keys.iter().filter(move |timed| signs(timed, now)).take(MOST)
}

fn signs<K>(timed: &Timed<K>, now: Timestamp) -> bool {
    timed.valid_until.is_none_or(|until| now < until)
}

/// A key as it is stored: what kind it is stands in its text.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<Timestamp>,
}

impl From<EndpointSecrets> for Vec<Stored> {
    fn from(all: EndpointSecrets) -> Self {
        let secrets = all.secrets.into_iter().map(|timed| (timed.key.to_text(), timed.valid_until));
        let key_pairs = all.key_pairs.into_iter().map(|timed| (timed.key.to_text(), timed.valid_until));
        secrets.chain(key_pairs).map(|(secret, valid_until)| Stored { secret, valid_until }).collect()
    }
}

impl TryFrom<Vec<Stored>> for EndpointSecrets {
    type Error = InvalidSecret;

    fn try_from(stored: Vec<Stored>) -> Result<Self, InvalidSecret> {
        let mut all = Self { secrets: Vec::new(), key_pairs: Vec::new() };
        for Stored { secret, valid_until } in stored {
            if secret.starts_with(key_pair::PREFIX) {
                all.key_pairs.push(Timed { key: SigningKeyPair::from_text(&secret)?, valid_until });
            } else {
                all.secrets.push(Timed { key: SigningSecret::from_text(&secret)?, valid_until });
            }
        }
        Ok(all)
    }
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
        let now = Timestamp::from_seconds(1_776_609_000);
        secrets.rotate(secret(2), now, HOUR);
        for seed in [3, 4] {
            secrets.rotate_key_pair(SigningKeyPair::generate([seed; 32]).unwrap(), now, HOUR);
        }
        assert_eq!((secrets.key_pairs_at(now).count(), secrets.key_pairs_at(now.plus(HOUR)).count()), (2, 1));
        let stored = serde_json::to_string(&secrets).unwrap();
        assert_eq!(serde_json::from_str::<EndpointSecrets>(&stored).unwrap(), secrets);
    }
}
