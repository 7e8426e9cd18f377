//! Files: image, sticker, video, document, audio. They are fetched by their id; the link that newer webhooks bring
//! along is left out, since links to media may carry secrets.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::{
    content::{Attachment, Content, Media},
    media::without_path,
};

use crate::lenient::{self, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    mime_type: Text<'a>,
    #[serde(borrow)]
    sha256: Text<'a>,
    #[serde(borrow)]
    filename: Text<'a>,
    #[serde(borrow)]
    caption: Text<'a>,
    #[serde(borrow)]
    voice: Text<'a>,
}

pub(super) fn image(raw: &RawValue) -> Option<Content> {
    read(raw, |media, _| Attachment::Image { media, is_sticker: false })
}

pub(super) fn sticker(raw: &RawValue) -> Option<Content> {
    read(raw, |media, _| Attachment::Image { media, is_sticker: true })
}

pub(super) fn video(raw: &RawValue) -> Option<Content> {
    read(raw, |media, _| Attachment::Video { media })
}

pub(super) fn document(raw: &RawValue) -> Option<Content> {
    read(raw, |media, _| Attachment::Document { media })
}

pub(super) fn audio(raw: &RawValue) -> Option<Content> {
    read(raw, |media, wire| Attachment::Audio { media, is_voice_note: wire.voice.get() == Some("true") })
}

/// Some senders give a voice note a type of its own.
pub(super) fn voice(raw: &RawValue) -> Option<Content> {
    read(raw, |media, _| Attachment::Audio { media, is_voice_note: true })
}

fn read(raw: &RawValue, attachment: impl FnOnce(Media, &Wire<'_>) -> Attachment) -> Option<Content> {
    let wire: Wire<'_> = lenient::read(raw)?;
    let media = Media {
        vendor_media_id: wire.id.owned(),
        name: wire.filename.owned().map(|name| without_path(&name).to_owned()),
        content_type: wire.mime_type.owned(),
        sha256: wire.sha256.owned(),
        ..Media::default()
    };
    let attachments = vec![attachment(media, &wire)];
    Some(Content { text: wire.caption.owned(), attachments, ..Content::default() })
}
