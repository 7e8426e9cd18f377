//! What the company wants to say: a message to send, as it was asked for, before any vendor's shape.
//!
//! It is stored with the message until the message can no longer be sent again. What readers of the message see of it
//! is its [`Content`], which follows from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    channel::words,
    contact::Identity,
    content::{Attachment, ContactCard, Content, ListRow, Media},
    id::{ConversationId, MediaId, MessageId},
    message::Source,
    time::Timestamp,
};

words! {
    /// Who waits for a message: people before bulk.
    Priority {
        /// A person does.
        Interactive = "interactive",
        /// Nobody in particular.
        Bulk = "bulk",
    }
}

/// A message to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// To whom.
    pub to: Recipient,
    /// What it says.
    pub outgoing: Outgoing,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// When it is to go out; at once if absent.
    pub scheduled_at: Option<Timestamp>,
    /// It is not sent after this.
    pub expires_at: Option<Timestamp>,
    /// Who waits for it.
    pub priority: Priority,
    /// The caller's own fields.
    pub metadata: Map<String, Value>,
    /// Its body is kept out of logs.
    pub is_sensitive: bool,
    /// Who sends it.
    pub source: Source,
    /// The generation that wrote it, if an AI did.
    pub ai_generation_id: Option<String>,
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Whoever has this identity, known or not.
    Identity(Identity),
    /// The contact of this conversation.
    Conversation(ConversationId),
}

/// What a message is to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outgoing {
    /// A text.
    Text {
        /// The text.
        text: String,
        /// Whether the first link in it is shown with a preview.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        preview_url: bool,
    },
    /// A file.
    Media(OutgoingMedia),
    /// A template that the vendor has approved.
    Template {
        /// Its name.
        name: String,
        /// Its language, in the vendor's spelling.
        language: String,
        /// What fills its places, in the vendor's shape.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        components: Vec<Value>,
        /// What the receiver will read, as far as the template is known to us.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Whether it is advertising, as far as the template is known to us.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_marketing: bool,
    },
    /// A text with something to choose.
    Interactive(Interactive),
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What it is called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Where it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// Contact cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
    },
    /// A reaction to a message of the same conversation.
    Reaction {
        /// That message.
        message_id: MessageId,
        /// The emoji; `None` takes the reaction back.
        emoji: Option<String>,
    },
}

words! {
    /// The kinds of file that can be sent.
    MediaKind {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// A sound.
        Audio = "audio",
        /// Any other file.
        Document = "document",
        /// A sticker.
        Sticker = "sticker",
    }
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingMedia {
    /// What it is shown as.
    pub media_kind: MediaKind,
    /// Where it is.
    pub file: MediaFile,
    /// The text below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// What the file is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Whether a sound is shown as recorded in the chat.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
}

/// Where a file to send is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFile {
    /// At this public address, from which the vendor fetches it.
    Url(String),
    /// Uploaded to us.
    Uploaded {
        /// Its id.
        id: MediaId,
        /// Its MIME type.
        content_type: String,
        /// How many bytes it has.
        size: u64,
    },
}

/// A text with something to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interactive {
    /// The text.
    pub body: String,
    /// A line above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// A line below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What there is to choose.
    pub action: Action,
}

/// What there is to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// One of a few buttons.
    Buttons(Vec<ReplyButton>),
    /// A row of a list that a button opens.
    List {
        /// What stands on the button.
        button: String,
        /// The list.
        sections: Vec<Section>,
    },
    /// A link.
    Url {
        /// What stands on it.
        text: String,
        /// Where it leads.
        url: String,
    },
}

impl Action {
    /// The word used in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Buttons(_) => "buttons",
            Self::List { .. } => "list",
            Self::Url { .. } => "url",
        }
    }
}

/// A button that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyButton {
    /// What comes back when it is pressed.
    pub id: String,
    /// What stands on it.
    pub title: String,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What stands above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<ListRow>,
}

impl Outgoing {
    /// The kind of content, in the API's word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media(_) => "media",
            Self::Template { .. } => "template",
            Self::Interactive(_) => "interactive",
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Reaction { .. } => "reaction",
        }
    }

    /// The file that was uploaded for it, if it sends one.
    pub const fn uploaded(&self) -> Option<MediaId> {
        match self {
            Self::Media(OutgoingMedia { file: MediaFile::Uploaded { id, .. }, .. }) => Some(*id),
            _ => None,
        }
    }

    /// Whether it may be sent to somebody who has not written lately: only what the vendor has approved beforehand.
    pub const fn passes_closed_windows(&self) -> bool {
        matches!(self, Self::Template { .. })
    }

    /// Whether it is advertising, as far as we know.
    pub const fn is_marketing(&self) -> bool {
        matches!(self, Self::Template { is_marketing: true, .. })
    }

    /// The same as a text, where it makes sense as one.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Text { text, .. } => Some(text.clone()),
            Self::Media(OutgoingMedia { file: MediaFile::Url(url), caption, .. }) => {
                Some(lines([caption.as_deref(), Some(url)]))
            }
            Self::Media(_) | Self::Reaction { .. } => None,
            Self::Template { text, .. } => text.clone(),
            Self::Interactive(interactive) => Some(interactive.as_text()),
            Self::Location { latitude, longitude, name, address } => {
                let place = format!("{latitude},{longitude}");
                Some(lines([name.as_deref(), address.as_deref(), Some(&place)]))
            }
            Self::Contacts { cards } => {
                let card = |card: &ContactCard| {
                    let details = card.phones.iter().chain(&card.emails).map(|text| Some(text.as_str()));
                    lines([Some(card.name.as_str()), card.organization.as_deref()].into_iter().chain(details))
                };
                Some(cards.iter().map(card).collect::<Vec<_>>().join("\n\n"))
            }
        }
    }

    /// What readers of the message see.
    pub fn content(&self) -> Content {
        match self {
            Self::Text { text, .. } => Content::text(text.clone()),
            Self::Media(media) => {
                Content { text: media.caption.clone(), attachments: vec![media.attachment()], ..Content::default() }
            }
            Self::Template { name, language, components, text, .. } => Content {
                text: Some(text.clone().unwrap_or_else(|| format!("[template: {name}]"))),
                payload: Some(json!({"template": {"name": name, "language": language, "components": components}})),
                ..Content::default()
            },
            Self::Interactive(interactive) => interactive.content(),
            Self::Location { latitude, longitude, name, address } => Content::attachment(Attachment::Location {
                latitude: *latitude,
                longitude: *longitude,
                name: name.clone(),
                address: address.clone(),
            }),
            Self::Contacts { cards } => {
                Content { attachments: cards.iter().cloned().map(Attachment::Contact).collect(), ..Content::default() }
            }
            Self::Reaction { message_id, emoji } => Content {
                text: emoji.clone(),
                payload: Some(json!({"reaction": {"message_id": message_id, "emoji": emoji}})),
                ..Content::default()
            },
        }
    }
}

impl OutgoingMedia {
    fn attachment(&self) -> Attachment {
        let mut media = Media { name: self.filename.clone(), ..Media::default() };
        match &self.file {
            MediaFile::Url(url) => media.source_url = Some(url.clone()),
            MediaFile::Uploaded { id, content_type, size } => {
                media.uploaded_id = Some(*id);
                media.content_type = Some(content_type.clone());
                media.size = Some(*size);
            }
        }
        match self.media_kind {
            MediaKind::Image => Attachment::Image { media, is_sticker: false },
            MediaKind::Sticker => Attachment::Image { media, is_sticker: true },
            MediaKind::Video => Attachment::Video { media },
            MediaKind::Audio => Attachment::Audio { media, is_voice_note: self.voice },
            MediaKind::Document => Attachment::Document { media },
        }
    }
}

/// Those that are there, a line each.
fn lines<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    texts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

impl Interactive {
    fn as_text(&self) -> String {
        let choices: Vec<String> = match &self.action {
            Action::Buttons(buttons) => buttons.iter().map(|button| format!("- {}", button.title)).collect(),
            Action::List { sections, .. } => {
                sections.iter().flat_map(|section| &section.rows).map(|row| format!("- {}", row.title)).collect()
            }
            Action::Url { text, url } => vec![format!("{text}: {url}")],
        };
        let around = [self.header.as_deref(), Some(&self.body)];
        let choices = choices.iter().map(|choice| Some(choice.as_str()));
        lines(around.into_iter().chain(choices).chain([self.footer.as_deref()]))
    }

    fn content(&self) -> Content {
        Content {
            text: Some(self.body.clone()),
            attachments: self.action.attachments(&self.body),
            header: self.header.clone(),
            footer: self.footer.clone(),
            payload: None,
        }
    }
}

impl Action {
    fn attachments(&self, body: &str) -> Vec<Attachment> {
        match self {
            Self::Buttons(buttons) => buttons
                .iter()
                .map(|button| Attachment::Button {
                    button_type: "quick_reply".to_owned(),
                    text: button.title.clone(),
                    data: None,
                    payload: Some(button.id.clone()),
                })
                .collect(),
            Self::List { button, sections } => sections
                .iter()
                .map(|section| Attachment::ListSection {
                    text: body.to_owned(),
                    title: section.title.clone(),
                    description: None,
                    rows: section.rows.clone(),
                    button_text: Some(button.clone()),
                    selected_row_id: None,
                })
                .collect(),
            Self::Url { text, url } => vec![Attachment::Button {
                button_type: "url".to_owned(),
                text: text.clone(),
                data: Some(json!({"url": url})),
                payload: None,
            }],
        }
    }
}
