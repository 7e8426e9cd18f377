//! The parts of a message in their thirteen kinds, in either spelling: one place for their names and their order.
//!
//! Fields that a part may lack are left out; those that it has by its kind but that the vendor did not tell are null.
//! A sticker is an image with `is_sticker`. Button data bears the names of its spelling; payloads, arguments and
//! results are passed through.

use serde::{Serialize, Serializer, ser::SerializeMap};
use tidings_domain::{
    MediaId,
    content::{Attachment, Media},
    message::Message,
};

use super::spelling::{CamelKeys, Hyphenated, something};

/// How the fields and ids of a body are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `snake_case` and prefixed ids: the lifecycle format and the API.
    Snake,
    /// `camelCase` and UUIDs: the object format.
    Camel,
}

/// The attachments of a message, to be serialised as a list.
#[derive(Clone, Copy)]
pub struct Attachments<'a> {
    /// Whose they are.
    pub message: &'a Message,
    /// How they are spelled.
    pub spelling: Spelling,
    /// Where our own links to files come from.
    pub link: &'a dyn Fn(MediaId) -> String,
}

impl Serialize for Attachments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = self.message.content.attachments.iter().enumerate();
        serializer.collect_seq(parts.map(|(index, attachment)| Part { all: *self, index, attachment }))
    }
}

struct Part<'a> {
    all: Attachments<'a>,
    index: usize,
    attachment: &'a Attachment,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let spelling = self.all.spelling;
        let id = self.all.message.id.attachment(self.index);
        let mut fields = Fields { map: serializer.serialize_map(None)?, spelling };
        match spelling {
            Spelling::Snake => fields.map.serialize_entry("id", &id)?,
            Spelling::Camel => fields.map.serialize_entry("id", &Hyphenated(id.uuid()))?,
        }
        fields.put("type", "type", self.attachment.type_name())?;
        if let Some(media) = self.attachment.media() {
            let file = File { all: self.all, index: self.index, media };
            fields.put("url", "url", &file.url())?;
            fields.put("file", "file", &file)?;
        }
        fields.of_kind(self.attachment)?;
        fields.map.end()
    }
}

/// The fields of one part, each with both of its names.
struct Fields<M> {
    map: M,
    spelling: Spelling,
}

impl<M: SerializeMap> Fields<M> {
    fn put(
        &mut self,
        snake: &'static str,
        camel: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), M::Error> {
        let name = if self.spelling == Spelling::Snake { snake } else { camel };
        self.map.serialize_entry(name, value)
    }

    fn put_some<T: Serialize>(
        &mut self,
        snake: &'static str,
        camel: &'static str,
        value: Option<&T>,
    ) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.put(snake, camel, value))
    }

    fn of_kind(&mut self, part: &Attachment) -> Result<(), M::Error> {
        match part {
            Attachment::Image { is_sticker: true, .. } => self.put("is_sticker", "isSticker", &true),
            Attachment::Image { .. } | Attachment::Video { .. } | Attachment::Document { .. } => Ok(()),
            Attachment::Audio { is_voice_note, .. } => self.put("is_voice_note", "isVoiceNote", is_voice_note),
            Attachment::Location { latitude, longitude, name, address } => {
                self.put("latitude", "latitude", latitude)?;
                self.put("longitude", "longitude", longitude)?;
                self.put_some("name", "name", name.as_ref())?;
                self.put_some("address", "address", address.as_ref())
            }
            Attachment::Contact(card) => {
                self.put("name", "name", &card.name)?;
                self.put("phones", "phones", &card.phones)?;
                self.put("emails", "emails", &card.emails)?;
                self.put_some("organization", "organization", card.organization.as_ref())?;
                self.put("urls", "urls", &card.urls)?;
                self.put("addresses", "addresses", &card.addresses)
            }
            Attachment::Button { button_type, text, data, payload } => {
                self.put("button_type", "buttonType", button_type)?;
                self.put("text", "text", text)?;
                match something(data.as_ref()) {
                    Some(data) if self.spelling == Spelling::Camel => self.put("data", "data", &CamelKeys(data))?,
                    data => self.put_some("data", "data", data)?,
                }
                self.put_some("payload", "payload", payload.as_ref())
            }
            Attachment::ListSection { text, title, description, rows, button_text, selected_row_id } => {
                self.put("text", "text", text)?;
                self.put("title", "title", title)?;
                self.put_some("description", "description", description.as_ref())?;
                self.put("rows", "rows", rows)?;
                self.put_some("button_text", "buttonText", button_text.as_ref())?;
                self.put_some("selected_row_id", "selectedRowId", selected_row_id.as_ref())
            }
            Attachment::QuickReply { text, payload } => {
                self.put("text", "text", text)?;
                self.put_some("payload", "payload", payload.as_ref())
            }
            Attachment::Comment { text, post_id, url } => {
                self.put("text", "text", text)?;
                self.put_some("post_id", "postId", post_id.as_ref())?;
                self.put_some("url", "url", url.as_ref())
            }
            Attachment::AiToolCall { tool_name, tool_call_id, arguments, result, status } => {
                self.put("tool_name", "toolName", tool_name)?;
                self.put("tool_call_id", "toolCallId", tool_call_id)?;
                self.put("arguments", "arguments", arguments)?;
                self.put_some("result", "result", something(result.as_ref()))?;
                self.put("status", "status", status)
            }
            Attachment::Referral(referral) => {
                self.put("source_url", "sourceUrl", &referral.source_url)?;
                self.put("source_id", "sourceId", &referral.source_id)?;
                self.put("source_type", "sourceType", &referral.source_type)?;
                self.put("body", "body", &referral.body)?;
                self.put("headline", "headline", &referral.headline)?;
                self.put("media_type", "mediaType", &referral.media_type)?;
                self.put("image_url", "imageUrl", &referral.image_url)?;
                self.put("video_url", "videoUrl", &referral.video_url)?;
                self.put("thumbnail_url", "thumbnailUrl", &referral.thumbnail_url)?;
                self.put("click_id", "clickId", &referral.click_id)?;
                self.put("welcome_message", "welcomeMessage", &referral.welcome_message)
            }
            Attachment::ContentReference { reference_type, url, reference_id } => {
                self.put("reference_type", "referenceType", reference_type)?;
                self.put_some("url", "url", url.as_ref())?;
                self.put_some("reference_id", "referenceId", reference_id.as_ref())
            }
        }
    }
}

struct File<'a> {
    all: Attachments<'a>,
    index: usize,
    media: &'a Media,
}

impl File<'_> {
    fn id(&self) -> MediaId {
        self.media.uploaded_id.unwrap_or_else(|| self.all.message.id.media(self.index))
    }

    fn url(&self) -> String {
        self.media.source_url.clone().unwrap_or_else(|| (self.all.link)(self.id()))
    }
}

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields { map: serializer.serialize_map(None)?, spelling: self.all.spelling };
        match self.all.spelling {
            Spelling::Snake => fields.map.serialize_entry("id", &self.id())?,
            Spelling::Camel => fields.map.serialize_entry("id", &Hyphenated(self.id().uuid()))?,
        }
        fields.put("url", "url", &self.url())?;
        fields.put("name", "name", &self.media.name)?;
        fields.put("size", "size", &self.media.size)?;
        fields.put("content_type", "contentType", &self.media.content_type)?;
        fields.map.end()
    }
}
