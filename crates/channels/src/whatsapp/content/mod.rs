//! What a message says, by its type. A type that we do not know, or a body that we cannot read, becomes a readable
//! line with the whole item as payload: nothing that a customer sent is dropped.

mod cards;
mod interactive;
mod media;
mod order;

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::content::{Attachment, Content, Referral};

use crate::lenient::{self, Text};

use super::wire::{self, Message};

/// What this message says.
pub(super) fn read(message: &Message<'_>, raw: &RawValue) -> Content {
    let kind = message.kind();
    let content = match kind {
        "text" => message.text.and_then(text),
        "image" => message.image.and_then(media::image),
        "sticker" => message.sticker.and_then(media::sticker),
        "video" => message.video.and_then(media::video),
        "document" => message.document.and_then(media::document),
        "audio" => message.audio.and_then(media::audio),
        "voice" => message.voice.or(message.audio).and_then(media::voice),
        "location" => message.location.and_then(cards::location),
        "contacts" => message.contacts.and_then(cards::contacts),
        "interactive" => message.interactive.and_then(interactive::reply),
        "button" => message.button.and_then(interactive::button),
        "order" => message.order.and_then(order::order),
        _ => None,
    };
    let mut content = content.unwrap_or_else(|| placeholder(kind, message.unsupported, raw));
    if let Some(advertisement) = message.referral.get() {
        content.attachments.push(Attachment::Referral(referral(advertisement)));
    }
    content
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    body: Text<'a>,
}

fn text(raw: &RawValue) -> Option<Content> {
    let text: Body<'_> = lenient::read(raw)?;
    Some(Content::text(text.body.get()?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Unsupported<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

/// A line that says what cannot be shown. For `unsupported` and `unknown` the vendor may name the kind further in.
fn placeholder(kind: &str, unsupported: Option<&RawValue>, raw: &RawValue) -> Content {
    let inner: Unsupported<'_> = lenient::read_field(unsupported);
    let named = match kind {
        "unsupported" | "unknown" => inner.kind.filled(),
        other => Some(other),
    };
    let text = match named {
        Some(kind) => format!("[unsupported message: {kind}]"),
        None => "[unsupported message]".to_owned(),
    };
    Content { text: Some(text), payload: Some(lenient::value(raw)), ..Content::default() }
}

fn referral(wire: &wire::Referral<'_>) -> Referral {
    let greeting: WelcomeMessage<'_> = lenient::read_field(wire.welcome_message);
    let plain: Text<'_> = lenient::read_field(wire.welcome_message);
    Referral {
        source_url: wire.source_url.owned(),
        source_id: wire.source_id.owned(),
        source_type: wire.source_type.owned(),
        body: wire.body.owned(),
        headline: wire.headline.owned(),
        media_type: wire.media_type.owned(),
        image_url: wire.image_url.owned(),
        video_url: wire.video_url.owned(),
        thumbnail_url: wire.thumbnail_url.owned(),
        click_id: wire.ctwa_clid.owned(),
        welcome_message: greeting.text.owned().or(plain.owned()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WelcomeMessage<'a> {
    #[serde(borrow)]
    text: Text<'a>,
}
