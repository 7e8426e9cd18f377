//! Standard Webhooks as a receiver reads them: HMAC-SHA256 over `id.timestamp.body` with the bytes behind `whsec_`, one
//! `v1,<base64>` per key. Source: <https://github.com/standard-webhooks/standard-webhooks>, `spec/standard-webhooks.md`.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;

/// Whether one of the signatures is by this secret. Anything missing or malformed means no.
pub fn is_signed(headers: &HeaderMap, body: &[u8], secret: &str) -> bool {
    check(headers, body, secret).unwrap_or(false)
}

fn check(headers: &HeaderMap, body: &[u8], secret: &str) -> Option<bool> {
    let id = headers.get("webhook-id")?.to_str().ok()?;
    let timestamp = headers.get("webhook-timestamp")?.to_str().ok()?;
    let signatures = headers.get("webhook-signature")?.to_str().ok()?;
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let fits = |entry: &str| {
        let tag = entry.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    };
    Some(signatures.split(' ').any(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn headers(id: &str, signature: &str) -> HeaderMap {
        HeaderMap::from_iter([
            ("webhook-id".parse().unwrap(), id.parse().unwrap()),
            ("webhook-timestamp".parse().unwrap(), "1614265330".parse().unwrap()),
            ("webhook-signature".parse().unwrap(), signature.parse().unwrap()),
        ])
    }

    /// Id, time, body, secret and signature are the worked example of the reference libraries' documentation.
    #[test]
    fn believes_the_published_example_and_nothing_near_it() {
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        assert!(is_signed(&headers(id, SIGNATURE), body, SECRET));
        assert!(is_signed(&headers(id, &format!("v1,AAAA v1a,zzzz {SIGNATURE}")), body, SECRET));
        assert!(!is_signed(&headers("msg_other", SIGNATURE), body, SECRET));
        assert!(!is_signed(&headers(id, SIGNATURE), br#"{"test": 2432232315}"#, SECRET));
        assert!(!is_signed(&headers(id, &SIGNATURE.replace("v1,", "v2,")), body, SECRET));
        assert!(!is_signed(&headers(id, SIGNATURE), body, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        assert!(!is_signed(&headers(id, SIGNATURE), body, &SECRET.replace("whsec_", "")));
        assert!(!is_signed(&HeaderMap::new(), body, SECRET));
    }
}
