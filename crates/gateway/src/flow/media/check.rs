//! What a file is. A vendor tells a type, and whoever sent the file chose it; its first bytes tell another story, if they
//! tell one at all. Where the two contradict each other the bytes are believed, so that nobody is handed a program as a
//! picture.

/// How many bytes of a file are looked at.
pub(super) const LOOKED_AT: usize = 8192;
/// What a file is of which nothing is known.
const UNKNOWN: &str = "application/octet-stream";
/// The longest type that is kept.
const LONGEST: usize = 255;

/// The MIME type to keep.
pub(super) fn content_type(told: Option<&str>, first: &[u8]) -> String {
    let told = told.filter(|told| told.len() <= LONGEST && told.parse::<mime::Mime>().is_ok());
    let seen = infer::get(&first[..first.len().min(LOOKED_AT)]);
    match (told, seen) {
        (Some(told), Some(seen)) if contradict(told, seen.mime_type()) => seen.mime_type().to_owned(),
        (Some(told), _) => told.to_owned(),
        (None, Some(seen)) => seen.mime_type().to_owned(),
        (None, None) => UNKNOWN.to_owned(),
    }
}

/// Whether one is a picture, a sound or a film, and the other is not. Sounds and films share containers.
fn contradict(told: &str, seen: &str) -> bool {
    let kind = |content_type: &str| match content_type.split('/').next() {
        Some("image") => Some("image"),
        Some("audio" | "video") => Some("audio or video"),
        _ => None,
    };
    kind(told).is_some() && kind(told) != kind(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const OGG: &[u8] = b"OggS\0\x02";

    #[test]
    fn what_contradicts_the_bytes_is_not_believed() {
        for (told, first, expected) in [
            (Some("image/png"), PNG, "image/png"),
            (Some("image/jpeg"), PNG, "image/jpeg"),
            (Some("audio/ogg; codecs=opus"), OGG, "audio/ogg; codecs=opus"),
            (Some("video/ogg"), OGG, "video/ogg"),
            (Some("image/png"), b"<!DOCTYPE html><html>", "text/html"),
            (Some("image/png"), b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
            (Some("image/png"), b"no story", "image/png"),
            (Some("application/pdf"), PNG, "application/pdf"),
            (Some("not a type"), PNG, "image/png"),
            (None, PNG, "image/png"),
            (None, b"", "application/octet-stream"),
        ] {
            assert_eq!(content_type(told, first), expected, "{told:?}");
        }
    }
}
