//! A key pair for signatures that receivers verify without a secret (`v1a`): `whsk_` and `whpk_` with base64. Made from
//! random bytes that somebody else drew.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::InvalidSecret;

pub(super) const PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";

/// An Ed25519 key pair, ready for use. A clone is the same pair.
#[derive(Clone)]
pub struct SigningKeyPair {
    seed: [u8; Self::LENGTH],
    pair: Arc<Ed25519KeyPair>,
}

impl SigningKeyPair {
    /// How many random bytes a new pair takes.
    pub const LENGTH: usize = 32;

    /// A new pair of these random bytes.
    pub fn generate(seed: [u8; Self::LENGTH]) -> Result<Self, InvalidSecret> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| InvalidSecret)?;
        Ok(Self { seed, pair: Arc::new(pair) })
    }

    /// Reads `whsk_…`: the seed, and the public key after it.
    pub fn from_text(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        let (seed, public) = bytes.split_first_chunk::<{ Self::LENGTH }>().ok_or(InvalidSecret)?;
        let pair = Self::generate(*seed)?;
        if public == pair.public() { Ok(pair) } else { Err(InvalidSecret) }
    }

    /// `whsk_…`, to be sealed.
    pub fn to_text(&self) -> String {
        PREFIX.to_owned() + &STANDARD.encode([self.seed.as_slice(), self.public()].concat())
    }

    /// `whpk_…`, for everybody.
    pub fn public_text(&self) -> String {
        PUBLIC_PREFIX.to_owned() + &STANDARD.encode(self.public())
    }

    /// The public key as a JSON Web Key spells it (RFC 8037): its `x`.
    pub fn public_coordinate(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public())
    }

    pub(super) fn sign(&self, said: &[u8]) -> impl AsRef<[u8]> {
        self.pair.sign(said)
    }

    fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }
}

impl PartialEq for SigningKeyPair {
    fn eq(&self, other: &Self) -> bool {
        self.public() == other.public()
    }
}

impl Eq for SigningKeyPair {}

impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("whsk_[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_round_trips(seed: [u8; 32]) {
            let pair = SigningKeyPair::generate(seed).unwrap();
            prop_assert_eq!(SigningKeyPair::from_text(&pair.to_text()), Ok(pair));
        }

        #[test]
        fn any_text_is_a_pair_or_an_error(text: String) {
            let _ = SigningKeyPair::from_text(&text);
            let _ = SigningKeyPair::from_text(&format!("whsk_{text}"));
        }
    }

    #[test]
    fn a_public_key_that_does_not_belong_to_it_is_refused() {
        let one = SigningKeyPair::generate([1; 32]).unwrap();
        let other = SigningKeyPair::generate([2; 32]).unwrap();
        let mixed = PREFIX.to_owned() + &STANDARD.encode([one.seed.as_slice(), other.public()].concat());
        assert_eq!(SigningKeyPair::from_text(&mixed), Err(InvalidSecret));
        assert_eq!(format!("{one:?}"), "whsk_[redacted]");
    }
}
