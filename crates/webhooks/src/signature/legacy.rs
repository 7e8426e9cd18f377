//! A second signature in the way of another platform, so that a receiver written for it needs no change.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use tidings_domain::endpoint::{LegacyEncoding, LegacySignature, LegacySigned};

use super::SigningSecret;

/// The headers of a legacy signature. Its key is the secret as text, `whsec_` included: that is what stands in the
/// receiver's settings, and such receivers take it as it is.
pub fn legacy_headers(
    way: &LegacySignature,
    secret: &SigningSecret,
    timestamp: i64,
    body: &[u8],
) -> Vec<(String, String)> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.to_text().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    if way.signed == LegacySigned::TimestampBody {
        context.update(format!("{timestamp}.").as_bytes());
    }
    context.update(body);
    let mut signature = way.prefix.clone();
    match way.encoding {
        LegacyEncoding::Hex => push_hex(context.sign().as_ref(), &mut signature),
        LegacyEncoding::Base64 => STANDARD.encode_string(context.sign(), &mut signature),
    }
    let mut headers = vec![(way.header.clone(), signature)];
    if let Some(name) = &way.timestamp_header {
        headers.push((name.clone(), timestamp.to_string()));
    }
    headers
}

fn push_hex(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values by `openssl dgst -sha256 -hmac <secret>` over the signed text.
    #[test]
    fn both_ways_and_both_spellings() {
        let secret = SigningSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let way = |signed, encoding, prefix: &str, timestamp_header: Option<&str>| LegacySignature {
            header: "X-Timely-Signature".to_owned(),
            timestamp_header: timestamp_header.map(str::to_owned),
            signed,
            encoding,
            prefix: prefix.to_owned(),
        };
        let hex = way(LegacySigned::Body, LegacyEncoding::Hex, "sha256=", None);
        assert_eq!(
            legacy_headers(&hex, &secret, 1_614_265_330, br#"{"test": 2432232314}"#),
            [(
                "X-Timely-Signature".to_owned(),
                "sha256=80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c".to_owned()
            )]
        );
        let base64 = way(LegacySigned::TimestampBody, LegacyEncoding::Base64, "", Some("X-Timely-Time"));
        assert_eq!(
            legacy_headers(&base64, &secret, 1_614_265_330, br#"{"test": 2432232314}"#),
            [
                ("X-Timely-Signature".to_owned(), "LjffXUoCjFGn8xM9ZK4eMA0sLJAPGx1J1Daa0lMPiWQ=".to_owned()),
                ("X-Timely-Time".to_owned(), "1614265330".to_owned()),
            ]
        );
    }
}
