//! The limits of a file to send (Cloud API, "Media: supported media types"). Of a file that Meta fetches from an
//! address, only Meta can know type and size.

use tidings_domain::outgoing::{MediaFile, MediaKind, OutgoingMedia};

use super::super::complaints::Complaints;

const KILOBYTE: u64 = 1024;
const MEGABYTE: u64 = 1024 * KILOBYTE;
/// Characters of the text below it.
const CAPTION: usize = 1024;
/// What a sound must be to be shown as recorded in the chat.
const VOICE: &str = "audio/ogg";

/// What Meta takes of one kind of file.
struct Taken {
    /// The types; empty if there is no limit to them.
    types: &'static [&'static str],
    /// Bytes.
    size: u64,
    /// The same in words.
    size_in_words: &'static str,
    /// Whether there may be a text below it.
    caption: bool,
}

const fn taken(kind: MediaKind) -> Taken {
    match kind {
        MediaKind::Image => {
            Taken { types: &["image/jpeg", "image/png"], size: 5 * MEGABYTE, size_in_words: "5 MB", caption: true }
        }
        MediaKind::Audio => Taken {
            types: &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
            size: 16 * MEGABYTE,
            size_in_words: "16 MB",
            caption: false,
        },
        MediaKind::Video => Taken {
            types: &["video/mp4", "video/3gpp", "video/3gp"],
            size: 16 * MEGABYTE,
            size_in_words: "16 MB",
            caption: true,
        },
        MediaKind::Document => Taken { types: &[], size: 100 * MEGABYTE, size_in_words: "100 MB", caption: true },
        // One that does not move may only have 100 KB; whether it moves stands inside of it.
        MediaKind::Sticker => {
            Taken { types: &["image/webp"], size: 500 * KILOBYTE, size_in_words: "500 KB", caption: false }
        }
    }
}

/// Everything that is wrong with it.
pub(super) fn check(media: &OutgoingMedia, complaints: &mut Complaints) {
    let kind = media.media_kind;
    let taken = taken(kind);
    match &media.file {
        MediaFile::Url(link) => complaints.address("/media/url", link),
        MediaFile::Uploaded { content_type, size, .. } => {
            uploaded(media, &taken, content_type, *size, complaints);
        }
    }
    if let Some(caption) = &media.caption {
        if taken.caption {
            complaints.at_most("/media/caption", caption, CAPTION);
        } else {
            complaints.about("/media/caption", format!("cannot be shown with {}; send a text beside it", kind.name()));
        }
    }
    if media.filename.is_some() && kind != MediaKind::Document {
        complaints.about("/media/filename", "is shown with documents only");
    }
    if media.voice && kind != MediaKind::Audio {
        complaints.about("/media/voice", "is for audio only");
    }
}

fn uploaded(media: &OutgoingMedia, taken: &Taken, content_type: &str, size: u64, complaints: &mut Complaints) {
    let kind = media.media_kind.name();
    let plain = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !taken.types.is_empty() && !taken.types.contains(&plain.as_str()) {
        let types = taken.types.join(", ");
        complaints.about("/media/media_id", format!("is {plain}; {kind} must be one of {types}"));
    } else if media.voice && media.media_kind == MediaKind::Audio && plain != VOICE {
        complaints.about("/media/voice", format!("needs a file of type {VOICE}; this one is {plain}"));
    }
    if size > taken.size {
        complaints.about("/media/media_id", format!("is too large; {kind} may have {}", taken.size_in_words));
    }
}
