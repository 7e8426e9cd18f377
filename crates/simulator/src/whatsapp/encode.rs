//! How Meta spells JSON and signs it. Source: "Graph API › Webhooks › Getting started › Validating payloads": the signature
//! is over the escaped body, `\u00e4` in lower-case hex, and `/` as `\/`.

use std::fmt::Write;

use aws_lc_rs::hmac;
use bytes::Bytes;
use serde_json::Value;

/// The bytes Meta would send: everything outside ASCII as UTF-16 escapes in lower-case hex, slashes escaped.
pub fn encode(webhook: &Value) -> Bytes {
    let plain = webhook.to_string();
    let mut escaped = String::with_capacity(plain.len() + plain.len() / 4);
    // Outside of strings JSON has neither slashes nor anything beyond ASCII, so the whole text can be walked.
    for character in plain.chars() {
        match character {
            '/' => escaped.push_str("\\/"),
            ascii if ascii.is_ascii() => escaped.push(ascii),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    write!(escaped, "\\u{unit:04x}").expect("a string takes everything");
                }
            }
        }
    }
    Bytes::from(escaped)
}

/// The value of `X-Hub-Signature-256`: `sha256=` and the HMAC-SHA256 of the raw body in lower-case hex.
pub fn sign(app_secret: &str, body: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes());
    let mut header = String::with_capacity(71);
    header.push_str("sha256=");
    for byte in hmac::sign(&key, body).as_ref() {
        header.push(DIGITS[usize::from(byte >> 4)].into());
        header.push(DIGITS[usize::from(byte & 15)].into());
    }
    header
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn escapes_as_meta_does_and_means_the_same() {
        let said = json!({ "body": "Olá! \"ça\" 👍 http://a/b\n" });
        let bytes = encode(&said);
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            r#"{"body":"Ol\u00e1! \"\u00e7a\" \ud83d\udc4d http:\/\/a\/b\n"}"#
        );
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), said);
    }

    /// The second test case of RFC 4231.
    #[test]
    fn signs_with_hmac_sha_256() {
        assert_eq!(
            sign("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
