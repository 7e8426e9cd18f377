//! Makes the keys by which a vendor's repetition is told. What belongs into a key is the vendor's adapter's business.

use aws_lc_rs::digest::{Context, SHA256};
use tidings_domain::{Timestamp, change::DedupKey};

/// The key of what these parts name. Each part is hashed with its length before it, so that no two lists of parts are
/// the same bytes. Without a time of the vendor's the key begins with zeros.
pub(crate) fn key(at: Option<Timestamp>, parts: &[&str]) -> DedupKey {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let seconds = at.map_or(0, |at| at.as_seconds().clamp(0, i64::from(u32::MAX)));
    let mut key = [0; 16];
    key[..4].copy_from_slice(&u32::try_from(seconds).unwrap_or_default().to_be_bytes());
    key[4..].copy_from_slice(&context.finish().as_ref()[..12]);
    DedupKey(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_first_and_no_two_lists_alike() {
        let at = Some(Timestamp::from_millis(1_700_000_000_999));
        assert_eq!(key(at, &["a"]).0[..4], 1_700_000_000_u32.to_be_bytes());
        assert_eq!(key(at, &["ab", "c"]), key(at, &["ab", "c"]));
        assert_ne!(key(at, &["ab", "c"]), key(at, &["a", "bc"]));
        assert_ne!(key(at, &["ab"]), key(at, &["ab", ""]));
        assert_eq!(key(None, &["a"]).0[..4], [0; 4]);
        assert_eq!(key(Some(Timestamp::from_millis(-5)), &["a"]).0[..4], [0; 4]);
    }
}
