//! Links to media: `/m/<token>` under the public address.
//!
//! A token names what it opens and bears a keyed hash of that, so that nothing is written down for a link, and a body has the
//! same one each time it is rendered. A link in an event's body names event and file: until when it is valid is known with
//! the event, and can be extended. A link that somebody asks for names the file and its own end.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tidings_domain::{EventId, MediaId, Timestamp};
use tidings_webhooks::MediaLinks;

use crate::seal::SealKey;

/// How much of the hash a token has.
const HASH_BYTES: usize = 16;
/// How many bytes a token of each kind has before the hash.
const OF_EVENT: usize = 32;
const UNTIL: usize = 24;

/// Makes links to media, and reads them.
#[derive(Clone)]
pub(crate) struct Links {
    base: String,
    key: hmac::Key,
}

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The file.
    pub(crate) media: MediaId,
    /// For how long.
    pub(crate) valid: Valid,
}

/// Until when a link is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Valid {
    /// For as long as links of this event are.
    WithEvent(EventId),
    /// Until then.
    Until(Timestamp),
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

    /// A link to a file that is valid until then.
    pub(crate) fn until(&self, media: MediaId, end: Timestamp) -> String {
        let mut named = [0; UNTIL];
        named[..16].copy_from_slice(&media.to_bytes());
        named[16..].copy_from_slice(&end.as_millis().to_be_bytes());
        self.link(&named)
    }

    /// What a token opens, if it is one of ours.
    pub(crate) fn open(&self, token: &str) -> Option<Opened> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (named, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
        verify_slices_are_equal(&self.hash(named), hash).ok()?;
        let id = |bytes: &[u8]| bytes.try_into().ok();
        match named.len() {
            OF_EVENT => Some(Opened {
                valid: Valid::WithEvent(EventId::from_bytes(id(&named[..16])?)),
                media: MediaId::from_bytes(id(&named[16..])?),
            }),
            UNTIL => Some(Opened {
                media: MediaId::from_bytes(id(&named[..16])?),
                valid: Valid::Until(Timestamp::from_millis(i64::from_be_bytes(named[16..].try_into().ok()?))),
            }),
            _ => None,
        }
    }

    fn link(&self, named: &[u8]) -> String {
        let mut link = self.base.clone();
        URL_SAFE_NO_PAD.encode_string([named, &self.hash(named)].concat(), &mut link);
        link
    }

    fn hash(&self, named: &[u8]) -> [u8; HASH_BYTES] {
        let mut hash = [0; HASH_BYTES];
        hash.copy_from_slice(&hmac::sign(&self.key, named).as_ref()[..HASH_BYTES]);
        hash
    }
}

impl MediaLinks for Links {
    fn media_url(&self, event: EventId, media: MediaId) -> String {
        let mut named = [0; OF_EVENT];
        named[..16].copy_from_slice(&event.to_bytes());
        named[16..].copy_from_slice(&media.to_bytes());
        self.link(&named)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links() -> Links {
        Links::new("https://tidings.example/", &SealKey([1; 32]))
    }

    fn token(link: &str) -> &str {
        link.strip_prefix("https://tidings.example/m/").unwrap()
    }

    #[test]
    fn a_link_depends_on_event_file_and_key_alone() {
        let links = links();
        let event = EventId::from_bytes([2; 16]);
        let media = MediaId::from_bytes([3; 16]);
        let link = links.media_url(event, media);
        assert!(link.starts_with("https://tidings.example/m/"), "{link}");
        assert_eq!(link, links.clone().media_url(event, media));
        assert_ne!(link, links.media_url(EventId::from_bytes([4; 16]), media));
        assert_ne!(link, links.media_url(event, MediaId::from_bytes([4; 16])));
        let other = Links::new("https://tidings.example", &SealKey([2; 32]));
        assert_ne!(link, other.media_url(event, media));
        assert_eq!(other.open(token(&link)), None);
    }

    #[test]
    fn links_open_what_they_were_made_for() {
        let (event, media) = (EventId::from_bytes([2; 16]), MediaId::from_bytes([3; 16]));
        let end = Timestamp::from_millis(1_790_000_000_123);
        let of_event = Opened { media, valid: Valid::WithEvent(event) };
        assert_eq!(links().open(token(&links().media_url(event, media))), Some(of_event));
        let until = Opened { media, valid: Valid::Until(end) };
        assert_eq!(links().open(token(&links().until(media, end))), Some(until));
    }

    proptest! {
        #[test]
        fn no_other_token_opens_anything(token in "[A-Za-z0-9_-]{0,80}", place: prop::sample::Index, byte: u8) {
            prop_assert_eq!(links().open(&token), None);
            let link = links().media_url(EventId::from_bytes([2; 16]), MediaId::from_bytes([3; 16]));
            let mut bytes = URL_SAFE_NO_PAD.decode(self::token(&link)).unwrap();
            let place = place.index(bytes.len());
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            prop_assert_eq!(links().open(&URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn any_text_is_a_token_or_none(token: String) {
            prop_assert_eq!(links().open(&token), None);
        }
    }
}
