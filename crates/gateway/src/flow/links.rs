//! Links to media: `/m/<token>` under the public address. The token is a keyed hash of event and file, so that a body
//! has the same link each time it is rendered. Whether a link is still valid is not decided here.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tidings_domain::{EventId, MediaId};
use tidings_webhooks::MediaLinks;

use crate::seal::SealKey;

/// How much of the hash a token has.
const TOKEN_BYTES: usize = 20;

/// Makes links to media.
#[derive(Clone)]
pub(crate) struct Links {
    base: String,
    key: hmac::Key,
}

impl Links {
    /// Under this public address; the key follows from the one that secrets are sealed with.
    pub(crate) fn new(public_url: &str, key: &SealKey) -> Self {
        let derived = key.derive("media links");
        Self {
            base: format!("{}/m/", public_url.trim_end_matches('/')),
            key: hmac::Key::new(hmac::HMAC_SHA256, &derived),
        }
    }
}

impl MediaLinks for Links {
    fn media_url(&self, event: EventId, media: MediaId) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&event.to_bytes());
        context.update(&media.to_bytes());
        let mut link = self.base.clone();
        URL_SAFE_NO_PAD.encode_string(&context.sign().as_ref()[..TOKEN_BYTES], &mut link);
        link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_depends_on_event_file_and_key_alone() {
        let links = Links::new("https://tidings.example/", &SealKey([1; 32]));
        let event = EventId::from_bytes([2; 16]);
        let media = MediaId::from_bytes([3; 16]);
        let link = links.media_url(event, media);
        assert!(link.starts_with("https://tidings.example/m/"), "{link}");
        assert_eq!(link, links.clone().media_url(event, media));
        assert_ne!(link, links.media_url(EventId::from_bytes([4; 16]), media));
        assert_ne!(link, links.media_url(event, MediaId::from_bytes([4; 16])));
        let other = Links::new("https://tidings.example", &SealKey([2; 32]));
        assert_ne!(link, other.media_url(event, media));
    }
}
