//! What a message says: a text, and parts of thirteen kinds beside it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::MediaId;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// The text, or the caption of the media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The other parts, in the vendor's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// A header line above the text, where the kind of message has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// A footer line below the text, where the kind of message has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What an interactive reply carries: a button's id, a flow's answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

impl Content {
    /// Only a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// Only one part.
    pub fn attachment(attachment: Attachment) -> Self {
        Self { attachments: vec![attachment], ..Self::default() }
    }

    /// The kind of message in the lifecycle format's seven words; what fits none of them is a text.
    pub fn message_type(&self) -> MessageType {
        match self.attachments.first() {
            Some(Attachment::Image { is_sticker: true, .. }) => MessageType::Sticker,
            Some(Attachment::Image { .. }) => MessageType::Image,
            Some(Attachment::Video { .. }) => MessageType::Video,
            Some(Attachment::Audio { .. }) => MessageType::Audio,
            Some(Attachment::Document { .. }) => MessageType::Document,
            Some(Attachment::Location { .. }) => MessageType::Location,
            _ => MessageType::Text,
        }
    }

    /// The first part that is a file, with its place among the attachments.
    pub fn first_media(&self) -> Option<(usize, &Media)> {
        self.attachments.iter().enumerate().find_map(|(index, part)| Some((index, part.media()?)))
    }
}

/// The lifecycle format's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// Text, and everything that has no word of its own.
    Text,
    /// A picture.
    Image,
    /// A sound or a voice note.
    Audio,
    /// A film.
    Video,
    /// Any other file.
    Document,
    /// A place.
    Location,
    /// A sticker.
    Sticker,
}

impl MessageType {
    /// The word used in formats and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
            Self::Location => "location",
            Self::Sticker => "sticker",
        }
    }
}

/// One of the thirteen kinds of part. Its id follows from the message's: see [`crate::MessageId::attachment`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Attachment {
    /// A picture, or a sticker.
    Image {
        /// The file.
        #[serde(flatten)]
        media: Media,
        /// A sticker is a picture that is shown without a frame.
        #[serde(default, skip_serializing_if = "is_false")]
        is_sticker: bool,
    },
    /// A film.
    Video {
        /// The file.
        #[serde(flatten)]
        media: Media,
    },
    /// Any other file.
    Document {
        /// The file.
        #[serde(flatten)]
        media: Media,
    },
    /// A sound.
    Audio {
        /// The file.
        #[serde(flatten)]
        media: Media,
        /// Recorded in the chat rather than attached.
        #[serde(default, skip_serializing_if = "is_false")]
        is_voice_note: bool,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What the place is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Where the place is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A contact card.
    Contact(ContactCard),
    /// A button, offered or pressed.
    Button {
        /// `quick_reply`, `url`, `phone`, `flow` …
        button_type: String,
        /// What stands on it.
        text: String,
        /// Where it leads: `{url, phone_number, …}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
        /// The id that comes back when it is pressed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
    },
    /// A list to choose from, or the choice.
    ListSection {
        /// What stands above the list, or what was chosen.
        text: String,
        /// The section's title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The section's or the choice's description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// The rows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rows: Vec<ListRow>,
        /// What stands on the button that opens the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        button_text: Option<String>,
        /// The row that was chosen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selected_row_id: Option<String>,
    },
    /// A suggested answer, offered or taken.
    QuickReply {
        /// What stands on it.
        text: String,
        /// What it carries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
    },
    /// A comment below a public post.
    Comment {
        /// The comment.
        text: String,
        /// The post's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post_id: Option<String>,
        /// Where to see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// A tool that an AI agent called.
    AiToolCall {
        /// The tool.
        tool_name: String,
        /// The call's id.
        tool_call_id: String,
        /// What it was called with.
        arguments: Value,
        /// What it answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
        /// How it went.
        status: String,
    },
    /// The advertisement or link that the contact came by.
    Referral(Referral),
    /// A story, post or reel that the message speaks of.
    ContentReference {
        /// `story`, `post`, `reel`, `share` …
        reference_type: String,
        /// Where to see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// The vendor's id of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference_id: Option<String>,
    },
}

impl Attachment {
    /// The file, if this part is one.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image { media, .. }
            | Self::Video { media }
            | Self::Document { media }
            | Self::Audio { media, .. } => Some(media),
            _ => None,
        }
    }

    /// The kind's name in formats and API.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Image { .. } => "image",
            Self::Video { .. } => "video",
            Self::Document { .. } => "document",
            Self::Audio { .. } => "audio",
            Self::Location { .. } => "location",
            Self::Contact(_) => "contact",
            Self::Button { .. } => "button",
            Self::ListSection { .. } => "list_section",
            Self::QuickReply { .. } => "quick_reply",
            Self::Comment { .. } => "comment",
            Self::AiToolCall { .. } => "ai_tool_call",
            Self::Referral(_) => "referral",
            Self::ContentReference { .. } => "content_reference",
        }
    }
}

/// A file of a message, as far as the vendor told of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// Our id of it, if it was uploaded to us. Without one its id follows from the message's: see
    /// [`crate::MessageId::media`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded_id: Option<MediaId>,
    /// The vendor's id, by which the file is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_media_id: Option<String>,
    /// For outbound media sent by link: that link. Never a vendor's link, which may carry a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// MIME type, as the vendor gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// SHA-256 of the file in base64, as the vendor gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A contact card within a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactCard {
    /// The name on the card; empty if it has none.
    pub name: String,
    /// Phone numbers as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// E-mail addresses as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Web addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Postal addresses, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// The id that comes back when it is chosen.
    pub id: String,
    /// The row's first line.
    pub title: String,
    /// The row's second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The advertisement or link that the contact came by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are Meta's `referral` object under our names")]
pub struct Referral {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_message: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_false(value: &bool) -> bool {
    !value
}
