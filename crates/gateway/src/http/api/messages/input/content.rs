//! What a message says: the shapes in a request, and how each is read.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tidings_domain::{
    MediaId,
    content::{ContactCard, ListRow},
    outgoing::{Action, Interactive, MediaFile, MediaKind, Outgoing, OutgoingMedia, ReplyButton, Section},
};
use utoipa::ToSchema;

use crate::http::wrong::Wrong;

/// A file to send: by `url`, from which the vendor fetches it, or by `media_id`, as it was uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaInput {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    #[schema(value_type = String)]
    r#type: MediaKind,
    /// Its public address.
    #[serde(default)]
    url: Option<String>,
    /// `med_…`, as it was uploaded.
    #[serde(default)]
    media_id: Option<String>,
    /// The text below it.
    #[serde(default)]
    caption: Option<String>,
    /// What a document is called.
    #[serde(default)]
    filename: Option<String>,
    /// Whether a sound is shown as recorded in the chat.
    #[serde(default)]
    voice: Option<bool>,
}

/// A template and what fills its places.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateInput {
    /// Its name.
    pub(in super::super) name: String,
    /// Its language, in the vendor's spelling: `pt_BR`.
    pub(in super::super) language: String,
    /// What fills its places, in the vendor's shape.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub(in super::super) components: Option<Vec<Value>>,
}

/// The kinds of choice.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChoiceKind {
    Buttons,
    List,
    Url,
}

/// A text with something to choose: with `buttons`; with `button` and `sections` for a list; with `text` and `url` for a
/// link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InteractiveInput {
    /// `buttons`, `list` or `url`.
    #[schema(value_type = String)]
    r#type: ChoiceKind,
    /// The text.
    body: String,
    /// A line above it.
    #[serde(default)]
    header: Option<String>,
    /// A line below it.
    #[serde(default)]
    footer: Option<String>,
    /// The buttons.
    #[serde(default)]
    buttons: Option<Vec<ButtonInput>>,
    /// What stands on the button that opens the list.
    #[serde(default)]
    button: Option<String>,
    /// The list.
    #[serde(default)]
    sections: Option<Vec<SectionInput>>,
    /// What stands on the link.
    #[serde(default)]
    text: Option<String>,
    /// Where it leads.
    #[serde(default)]
    url: Option<String>,
}

/// A button that answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ButtonInput {
    /// What comes back when it is pressed.
    id: String,
    /// What stands on it.
    title: String,
}

/// A part of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SectionInput {
    /// What stands above it.
    #[serde(default)]
    title: Option<String>,
    /// Its rows.
    rows: Vec<RowInput>,
}

/// A row of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowInput {
    /// What comes back when it is chosen.
    id: String,
    /// Its first line.
    title: String,
    /// Its second line.
    #[serde(default)]
    description: Option<String>,
}

/// A place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocationInput {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lng: f64,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// Where it is.
    #[serde(default)]
    address: Option<String>,
}

/// A contact card.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactInput {
    /// The name on it.
    name: String,
    /// Phone numbers.
    #[serde(default)]
    phones: Option<Vec<String>>,
    /// E-mail addresses.
    #[serde(default)]
    emails: Option<Vec<String>>,
    /// Company.
    #[serde(default)]
    organization: Option<String>,
    /// Web addresses.
    #[serde(default)]
    urls: Option<Vec<String>>,
    /// Postal addresses, a line each.
    #[serde(default)]
    addresses: Option<Vec<String>>,
}

/// A reaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReactionInput {
    /// The message.
    message_id: String,
    /// The emoji; null takes the reaction back.
    #[serde(deserialize_with = "present")]
    emoji: Option<String>,
}

/// A field that may be null and must be there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

impl MediaInput {
    /// What is known of an uploaded file is not in the request.
    pub(super) fn read(&self, wrong: &mut Wrong) -> Option<Outgoing> {
        let uploaded: Option<MediaId> = wrong.id("/media/media_id", self.media_id.as_deref());
        let file = match (&self.url, uploaded) {
            (Some(url), None) if self.media_id.is_none() => MediaFile::Url(url.clone()),
            (None, Some(id)) => MediaFile::Uploaded { id, content_type: String::new(), size: 0 },
            (None, None) if self.media_id.is_some() => return None,
            _ => {
                wrong.tell("/media", "give either `url` or `media_id`");
                return None;
            }
        };
        let media = OutgoingMedia {
            media_kind: self.r#type,
            file,
            caption: self.caption.clone(),
            filename: self.filename.clone(),
            voice: self.voice.unwrap_or(false),
        };
        Some(Outgoing::Media(media))
    }
}

impl TemplateInput {
    pub(super) fn read(&self) -> Outgoing {
        Outgoing::Template {
            name: self.name.clone(),
            language: self.language.clone(),
            components: self.components.clone().unwrap_or_default(),
            text: None,
            is_marketing: false,
        }
    }
}

impl InteractiveInput {
    pub(super) fn read(&self, wrong: &mut Wrong) -> Option<Outgoing> {
        let buttons = matches!(self.r#type, ChoiceKind::Buttons);
        let list = matches!(self.r#type, ChoiceKind::List);
        let url = matches!(self.r#type, ChoiceKind::Url);
        wrong.needless("/interactive/buttons", !buttons && self.buttons.is_some(), "the type `buttons`");
        wrong.needless("/interactive/button", !list && self.button.is_some(), "the type `list`");
        wrong.needless("/interactive/sections", !list && self.sections.is_some(), "the type `list`");
        wrong.needless("/interactive/text", !url && self.text.is_some(), "the type `url`");
        wrong.needless("/interactive/url", !url && self.url.is_some(), "the type `url`");
        let action = match self.r#type {
            ChoiceKind::Buttons => {
                let buttons = wrong.required("/interactive/buttons", self.buttons.as_ref())?;
                let read = |button: &ButtonInput| ReplyButton { id: button.id.clone(), title: button.title.clone() };
                Action::Buttons(buttons.iter().map(read).collect())
            }
            ChoiceKind::List => {
                let button = wrong.required("/interactive/button", self.button.clone());
                let sections = wrong.required("/interactive/sections", self.sections.as_ref());
                Action::List { button: button?, sections: sections?.iter().map(SectionInput::read).collect() }
            }
            ChoiceKind::Url => {
                let text = wrong.required("/interactive/text", self.text.clone());
                let url = wrong.required("/interactive/url", self.url.clone());
                Action::Url { text: text?, url: url? }
            }
        };
        Some(Outgoing::Interactive(Interactive {
            body: self.body.clone(),
            header: self.header.clone(),
            footer: self.footer.clone(),
            action,
        }))
    }
}

impl SectionInput {
    pub(super) fn read(&self) -> Section {
        let row = |row: &RowInput| ListRow {
            id: row.id.clone(),
            title: row.title.clone(),
            description: row.description.clone(),
        };
        Section { title: self.title.clone(), rows: self.rows.iter().map(row).collect() }
    }
}

impl LocationInput {
    pub(super) fn read(&self) -> Outgoing {
        Outgoing::Location {
            latitude: self.lat,
            longitude: self.lng,
            name: self.name.clone(),
            address: self.address.clone(),
        }
    }
}

pub(super) fn read_contacts(contacts: &[ContactInput]) -> Outgoing {
    let card = |contact: &ContactInput| ContactCard {
        name: contact.name.clone(),
        phones: contact.phones.clone().unwrap_or_default(),
        emails: contact.emails.clone().unwrap_or_default(),
        organization: contact.organization.clone(),
        urls: contact.urls.clone().unwrap_or_default(),
        addresses: contact.addresses.clone().unwrap_or_default(),
    };
    Outgoing::Contacts { cards: contacts.iter().map(card).collect() }
}

impl ReactionInput {
    pub(super) fn read(&self, wrong: &mut Wrong) -> Option<Outgoing> {
        let message_id = wrong.id("/reaction/message_id", Some(&self.message_id))?;
        Some(Outgoing::Reaction { message_id, emoji: self.emoji.clone() })
    }
}
