//! What to show of a message by a consumer that knows only text and files: every kind has words.

use std::borrow::Cow;

use tidings_domain::{
    content::{Attachment, ContactCard, Content, MessageType, Referral},
    message::Message,
};

use super::spelling::something;

/// The words of a message that is neither understood nor explained.
const UNSUPPORTED: &str = "Unsupported message";

/// The lifecycle format's `content`: the text or caption; for kinds outside its seven the parts in words; nothing for
/// files and places without a caption, and nothing where there is nothing.
pub(super) fn content(message: &Message) -> Option<Cow<'_, str>> {
    let content = &message.content;
    if let Some(text) = &content.text {
        return Some(Cow::Borrowed(text));
    }
    if content.message_type() != MessageType::Text {
        return None;
    }
    let lines: Vec<String> = content.attachments.iter().map(line).filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        return Some(Cow::Owned(lines.join("\n")));
    }
    if let Some(error) = message.errors.last() {
        return Some(Cow::Borrowed(&error.message));
    }
    if is_reaction(content) {
        return None;
    }
    let empty = content.attachments.is_empty() && something(content.payload.as_ref()).is_none();
    (!empty).then_some(Cow::Borrowed(UNSUPPORTED))
}

/// A reaction that was taken back has no words.
fn is_reaction(content: &Content) -> bool {
    content.payload.as_ref().is_some_and(|payload| payload.get("reaction").is_some())
}

fn line(part: &Attachment) -> String {
    match part {
        Attachment::Image { media, .. }
        | Attachment::Video { media }
        | Attachment::Document { media }
        | Attachment::Audio { media, .. } => media.name.clone().unwrap_or_else(|| part.type_name().to_owned()),
        Attachment::Location { latitude, longitude, name, address } => {
            name.clone().or_else(|| address.clone()).unwrap_or_else(|| format!("{latitude}, {longitude}"))
        }
        Attachment::Contact(card) => contact(card),
        Attachment::Button { text, .. } | Attachment::QuickReply { text, .. } | Attachment::Comment { text, .. } => {
            text.clone()
        }
        Attachment::ListSection { text, title, description, rows, .. } => {
            let head = if text.is_empty() { title.clone().unwrap_or_default() } else { text.clone() };
            let rows = rows.iter().map(|row| format!("- {}", row.title));
            [head, description.clone().unwrap_or_default()]
                .into_iter()
                .chain(rows)
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        }
        Attachment::AiToolCall { tool_name, status, .. } => format!("{tool_name}: {status}"),
        Attachment::Referral(Referral { headline, body, source_url, .. }) => {
            [headline, body, source_url].into_iter().find_map(Clone::clone).unwrap_or_default()
        }
        Attachment::ContentReference { reference_type, url, .. } => {
            url.as_ref().map_or_else(|| reference_type.clone(), |url| format!("{reference_type}: {url}"))
        }
    }
}

fn contact(card: &ContactCard) -> String {
    let words: Vec<&str> = std::iter::once(card.name.as_str())
        .chain(card.organization.as_deref())
        .chain(card.phones.iter().chain(&card.emails).map(String::as_str))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(", ")
}
