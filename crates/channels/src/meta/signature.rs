//! Meta's signature: `X-Hub-Signature-256: sha256=<hex of HMAC-SHA256(app secret, raw body)>` (Graph API, "Webhooks:
//! validating payloads"). The older `X-Hub-Signature` is not looked at.

use aws_lc_rs::hmac;
use serde_json::{Map, Value};

use crate::adapter::{HeaderLookup, SignatureError, Verifier};

/// The header's name.
const HEADER: &str = "x-hub-signature-256";
/// What stands before the digits.
const PREFIX: &[u8] = b"sha256=";
/// The length of the signature in bytes.
const LENGTH: usize = 32;

/// Checks the signatures of one Meta app.
pub(crate) struct AppSecret(hmac::Key);

impl AppSecret {
    /// With the `app_secret` of these credentials; `None` if there is none.
    pub(crate) fn from_credentials(credentials: &Map<String, Value>) -> Option<Self> {
        let secret = credentials.get("app_secret")?.as_str().filter(|secret| !secret.is_empty())?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }
}

impl Verifier for AppSecret {
    fn verify(&self, header: &HeaderLookup<'_, '_>, body: &[u8]) -> Result<(), SignatureError> {
        let digits = header(HEADER).ok_or(SignatureError::Missing)?;
        let digits = digits.strip_prefix(PREFIX).ok_or(SignatureError::Malformed)?;
        let signature = from_hex(digits).ok_or(SignatureError::Malformed)?;
        hmac::verify(&self.0, body, &signature).map_err(|_| SignatureError::Wrong)
    }
}

fn from_hex(digits: &[u8]) -> Option<[u8; LENGTH]> {
    if digits.len() != 2 * LENGTH {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn verifier(secret: &str) -> AppSecret {
        let credentials = json!({ "app_secret": secret });
        AppSecret::from_credentials(credentials.as_object().unwrap()).unwrap()
    }

    fn check(secret: &str, header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
        let lookup = |name: &str| header.filter(|_| name == HEADER).map(str::as_bytes);
        verifier(secret).verify(&lookup, body)
    }

    // The vector is the second test case of RFC 4231.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const GOOD: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn a_known_vector_holds() {
        assert_eq!(check("Jefe", Some(GOOD), BODY), Ok(()));
        assert_eq!(check("Jefe", Some(&GOOD.to_uppercase().replace("SHA", "sha")), BODY), Ok(()));
    }

    #[test]
    fn everything_else_fails() {
        assert_eq!(check("Jefe", None, BODY), Err(SignatureError::Missing));
        assert_eq!(check("Jefe", Some(GOOD), b"what do ya want for nothing!"), Err(SignatureError::Wrong));
        assert_eq!(check("jefe", Some(GOOD), BODY), Err(SignatureError::Wrong));
        assert_eq!(check("Jefe", Some(&GOOD.replace("5bdc", "6bdc")), BODY), Err(SignatureError::Wrong));
        for malformed in
            ["", "sha256=", &GOOD[7..], &GOOD[..70], &format!("{GOOD}0"), &GOOD.replace("5bdc", "gbdc"), "sha1=00"]
        {
            assert_eq!(check("Jefe", Some(malformed), BODY), Err(SignatureError::Malformed), "{malformed}");
        }
    }

    #[test]
    fn without_a_secret_there_is_no_verifier() {
        for credentials in [json!({}), json!({"app_secret": ""}), json!({"app_secret": 7})] {
            assert!(AppSecret::from_credentials(credentials.as_object().unwrap()).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_header_is_judged(header in proptest::collection::vec(any::<u8>(), 0..100), body: Vec<u8>) {
            let lookup = |_: &str| Some(header.as_slice());
            prop_assert!(verifier("secret").verify(&lookup, &body).is_err());
        }

        #[test]
        fn only_the_signed_bytes_hold(body: Vec<u8>, place: usize, bit in 0_u8..8) {
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
            let mut header = "sha256=".to_owned();
            for byte in hmac::sign(&key, &body).as_ref() {
                write!(header, "{byte:02x}").unwrap();
            }
            prop_assert_eq!(check("secret", Some(&header), &body), Ok(()));
            let mut other = body.clone();
            if other.is_empty() {
                other.push(0);
            } else {
                let place = place % other.len();
                other[place] ^= 1_u8 << bit;
            }
            prop_assert_eq!(check("secret", Some(&header), &other), Err(SignatureError::Wrong));
        }
    }
}
