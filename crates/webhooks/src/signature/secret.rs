//! One signing key: `whsec_` and base64. Made from random bytes that somebody else drew.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

const PREFIX: &str = "whsec_";

/// A text that is no signing key. It does not say what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected whsec_ followed by 24 to 64 bytes in base64, or whsk_ followed by a key pair")]
pub struct InvalidSecret;

/// A signing key, ready for use.
#[derive(Clone)]
pub struct SigningSecret {
    bytes: Box<[u8]>,
    key: hmac::Key,
}

impl SigningSecret {
    /// How many random bytes a new secret takes: 24, which base64 spells without padding.
    pub const LENGTH: usize = 24;

    /// A new secret of these random bytes.
    pub fn generate(random: [u8; Self::LENGTH]) -> Self {
        Self::from_bytes(&random)
    }

    /// Reads `whsec_…`. Standard Webhooks allows 24 to 64 bytes, so that a receiver may bring the secret it has.
    pub fn from_text(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self::from_bytes(&bytes)) } else { Err(InvalidSecret) }
    }

    /// `whsec_…`, to be shown once and to be sealed.
    pub fn to_text(&self) -> String {
        let mut text = PREFIX.to_owned();
        STANDARD.encode_string(&self.bytes, &mut text);
        text
    }

    pub(super) fn key(&self) -> &hmac::Key {
        &self.key
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), key: hmac::Key::new(hmac::HMAC_SHA256, bytes) }
    }
}

impl PartialEq for SigningSecret {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.bytes, &other.bytes).is_ok()
    }
}

impl Eq for SigningSecret {}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("whsec_[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_round_trips(random: [u8; 24]) {
            let secret = SigningSecret::generate(random);
            prop_assert_eq!(secret.to_text().len(), "whsec_".len() + 32);
            prop_assert_eq!(SigningSecret::from_text(&secret.to_text()), Ok(secret));
        }

        #[test]
        fn any_text_is_a_secret_or_an_error(text: String) {
            let _ = SigningSecret::from_text(&text);
            let _ = SigningSecret::from_text(&format!("whsec_{text}"));
        }
    }

    #[test]
    fn what_is_too_short_too_long_or_spelled_otherwise_is_refused() {
        for length in [0, 23, 65] {
            let text = format!("whsec_{}", STANDARD.encode(vec![7; length]));
            assert_eq!(SigningSecret::from_text(&text), Err(InvalidSecret), "{length} bytes");
        }
        for text in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!w", "whsk_AAAA"] {
            assert_eq!(SigningSecret::from_text(text), Err(InvalidSecret), "{text}");
        }
    }

    #[test]
    fn debug_does_not_tell() {
        let secret = SigningSecret::generate([65; 24]);
        let shown = format!("{secret:?}");
        assert_eq!(shown, "whsec_[redacted]");
    }
}
