//! What a caller asks to be sent, read into a draft. Everything that is wrong with it is told at once.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tidings_domain::{
    ConversationId, MediaId, MessageId, Timestamp,
    content::{ContactCard, ListRow},
    key::{Access, Area},
    message::Source,
    outgoing::{Action, Interactive, MediaFile, MediaKind, Outgoing, OutgoingMedia, Priority, ReplyButton, Section},
};
use utoipa::ToSchema;

use crate::http::{
    auth::Caller,
    problem::{Answer, Code, FieldProblem, Problem},
};

/// How many bytes `metadata` may have.
const MOST_METADATA: usize = 4096;
/// How many characters an id of the caller's making may have.
const LONGEST_ID: usize = 128;

/// A message to send: exactly one of `text`, `media`, `template`, `interactive`, `location`, `contacts` and `reaction`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageInput {
    /// By which channel. With `conversation_id` it may be left out.
    #[serde(default)]
    pub(super) channel_id: Option<String>,
    /// To whom: a phone number with or without `+`, else the vendor's id of the user.
    #[serde(default)]
    pub(super) to: Option<String>,
    /// Or: to the contact of this conversation, by its channel.
    #[serde(default)]
    pub(super) conversation_id: Option<String>,
    /// A text.
    #[serde(default)]
    text: Option<String>,
    /// With `text`: whether the first link in it is shown with a preview.
    #[serde(default)]
    preview_url: Option<bool>,
    /// A file.
    #[serde(default)]
    media: Option<MediaInput>,
    /// A template that the vendor has approved.
    #[serde(default)]
    template: Option<TemplateInput>,
    /// A text with something to choose.
    #[serde(default)]
    interactive: Option<InteractiveInput>,
    /// A place.
    #[serde(default)]
    location: Option<LocationInput>,
    /// Contact cards.
    #[serde(default)]
    contacts: Option<Vec<ContactInput>>,
    /// A reaction to a message of the same conversation.
    #[serde(default)]
    reaction: Option<ReactionInput>,
    /// The message that it answers.
    #[serde(default)]
    reply_to: Option<String>,
    /// When it is to go out; at once if absent or past.
    #[serde(default)]
    scheduled_at: Option<String>,
    /// It is not sent after this, but fails with `expired`.
    #[serde(default)]
    expires_at: Option<String>,
    /// `interactive` (a person waits for it) or `bulk`. Unless told, bulk is what is scheduled, and what campaigns and
    /// automations send.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    priority: Option<Priority>,
    /// Whether a kind that the channel cannot send may go out as a text.
    #[serde(default)]
    pub(super) fallback: Option<bool>,
    /// Your own fields, given back untouched: at most 4 KiB.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    /// Keeps the body out of logs.
    #[serde(default)]
    is_sensitive: Option<bool>,
    /// On whose behalf: `api` unless told. Anything else takes the scope `conversations:write`, too.
    #[serde(default)]
    source: Option<SourceInput>,
    /// The generation that wrote it, if an AI did.
    #[serde(default)]
    ai_generation_id: Option<String>,
}

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
    pub(super) name: String,
    /// Its language, in the vendor's spelling: `pt_BR`.
    pub(super) language: String,
    /// What fills its places, in the vendor's shape.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub(super) components: Option<Vec<Value>>,
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

/// The kinds of source that a caller can name.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceKind {
    Api,
    Inbox,
    Automation,
    Campaign,
    AiAgent,
}

/// On whose behalf a message is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceInput {
    /// `api`, `inbox`, `automation`, `campaign` or `ai_agent`.
    #[schema(value_type = String)]
    r#type: SourceKind,
    /// Who: an id of your making, at most 128 characters. Not with `api`.
    #[serde(default)]
    id: Option<String>,
}

/// What was read of a request, but for who it goes to.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) outgoing: Outgoing,
    pub(super) reply_to: Option<MessageId>,
    pub(super) scheduled_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) priority: Priority,
    pub(super) metadata: Map<String, Value>,
    pub(super) is_sensitive: bool,
    pub(super) source: Source,
    pub(super) ai_generation_id: Option<String>,
}

/// What is wrong so far.
#[derive(Default)]
struct Wrong(Vec<FieldProblem>);

impl Wrong {
    fn tell(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldProblem::new(pointer, detail));
    }

    fn id<T: std::str::FromStr<Err = tidings_domain::id::InvalidId>>(
        &mut self,
        pointer: &str,
        text: Option<&str>,
    ) -> Option<T> {
        match text?.parse() {
            Ok(id) => Some(id),
            Err(error) => {
                self.tell(pointer, error.to_string());
                None
            }
        }
    }

    fn time(&mut self, pointer: &str, text: Option<&str>) -> Option<Timestamp> {
        let time = Timestamp::parse(text?);
        if time.is_none() {
            self.tell(pointer, "expected a time in RFC 3339, such as 2026-04-19T14:30:00Z");
        }
        time
    }

    /// A field that goes with something else only.
    fn needless(&mut self, pointer: &str, is_there: bool, goes_with: &str) {
        if is_there {
            self.tell(pointer, format!("goes with {goes_with} only"));
        }
    }

    fn required<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.tell(pointer, "is missing");
        }
        value
    }
}

impl MessageInput {
    /// The conversation that is named.
    pub(super) fn conversation(&self) -> Answer<Option<ConversationId>> {
        let mut wrong = Wrong::default();
        let id = wrong.id("/conversation_id", self.conversation_id.as_deref());
        if wrong.0.is_empty() { Ok(id) } else { Err(Problem::fields(wrong.0)) }
    }

    /// Everything but who it goes to.
    pub(super) fn read(&self, caller: &Caller, now: Timestamp) -> Answer<Wanted> {
        let mut wrong = Wrong::default();
        let source = self.source(caller, &mut wrong)?;
        let scheduled_at = wrong.time("/scheduled_at", self.scheduled_at.as_deref());
        let expires_at = wrong.time("/expires_at", self.expires_at.as_deref());
        if expires_at.is_some_and(|expires_at| expires_at <= scheduled_at.unwrap_or(now).max(now)) {
            wrong.tell("/expires_at", "must be later than the message goes out");
        }
        let metadata = self.metadata.clone().unwrap_or_default();
        if serde_json::to_vec(&metadata).map_or(0, |bytes| bytes.len()) > MOST_METADATA {
            wrong.tell("/metadata", format!("may have {MOST_METADATA} bytes at most"));
        }
        if self.ai_generation_id.as_ref().is_some_and(|id| id.chars().count() > LONGEST_ID) {
            wrong.tell("/ai_generation_id", format!("may have {LONGEST_ID} characters at most"));
        }
        let reply_to = wrong.id("/reply_to", self.reply_to.as_deref());
        wrong.needless("/preview_url", self.preview_url.is_some() && self.text.is_none(), "`text`");
        wrong.needless("/reply_to", self.reply_to.is_some() && self.reaction.is_some(), "what is not a reaction");
        let content = self.content(&mut wrong);
        match content {
            Some(outgoing) if wrong.0.is_empty() => Ok(Wanted {
                outgoing,
                reply_to,
                scheduled_at,
                expires_at,
                priority: self.priority.unwrap_or_else(|| default_priority(&source, scheduled_at, now)),
                metadata,
                is_sensitive: self.is_sensitive.unwrap_or(false),
                source,
                ai_generation_id: self.ai_generation_id.clone(),
            }),
            _ => Err(Problem::fields(wrong.0)),
        }
    }

    /// The one content.
    fn content(&self, wrong: &mut Wrong) -> Option<Outgoing> {
        let given: Vec<&str> = [
            ("text", self.text.is_some()),
            ("media", self.media.is_some()),
            ("template", self.template.is_some()),
            ("interactive", self.interactive.is_some()),
            ("location", self.location.is_some()),
            ("contacts", self.contacts.is_some()),
            ("reaction", self.reaction.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect();
        match given.as_slice() {
            [_] => {}
            [] => {
                let told = "give one of text, media, template, interactive, location, contacts and reaction";
                wrong.tell("", told);
                return None;
            }
            [_, more @ ..] => {
                for name in more {
                    wrong.tell(format!("/{name}"), format!("a message has one content; there is {} already", given[0]));
                }
                return None;
            }
        }
        if let Some(media) = &self.media {
            return media.read(wrong);
        }
        self.text
            .as_ref()
            .map(|text| Outgoing::Text { text: text.clone(), preview_url: self.preview_url.unwrap_or(false) })
            .or_else(|| self.template.as_ref().map(TemplateInput::read))
            .or_else(|| self.interactive.as_ref().and_then(|interactive| interactive.read(wrong)))
            .or_else(|| self.location.as_ref().map(LocationInput::read))
            .or_else(|| self.contacts.as_deref().map(read_contacts))
            .or_else(|| self.reaction.as_ref().and_then(|reaction| reaction.read(wrong)))
    }

    fn source(&self, caller: &Caller, wrong: &mut Wrong) -> Answer<Source> {
        let api = || Source::Api { id: caller.name() };
        let Some(source) = &self.source else { return Ok(api()) };
        let of = match source.r#type {
            SourceKind::Api => {
                wrong.needless("/source/id", source.id.is_some(), "another type than `api`, whose id is the key's");
                return Ok(api());
            }
            SourceKind::Inbox => |id| Source::Inbox { id },
            SourceKind::Automation => |id| Source::Automation { id },
            SourceKind::Campaign => |id| Source::Campaign { id },
            SourceKind::AiAgent => |id| Source::AiAgent { id },
        };
        caller.may(Area::Conversations, Access::Write).map_err(|problem| {
            let told = format!("{}, which it takes to send as somebody else", problem.detail);
            Problem::new(Code::Forbidden, told)
        })?;
        let Some(id) = wrong.required("/source/id", source.id.clone()) else { return Ok(api()) };
        if !(1..=LONGEST_ID).contains(&id.chars().count()) {
            wrong.tell("/source/id", format!("takes 1 to {LONGEST_ID} characters"));
        }
        Ok(of(id))
    }
}

fn default_priority(source: &Source, scheduled_at: Option<Timestamp>, now: Timestamp) -> Priority {
    let for_many = matches!(source, Source::Automation { .. } | Source::Campaign { .. });
    if for_many || scheduled_at.is_some_and(|at| at > now) { Priority::Bulk } else { Priority::Interactive }
}

impl MediaInput {
    /// What is known of an uploaded file is not in the request.
    fn read(&self, wrong: &mut Wrong) -> Option<Outgoing> {
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
    fn read(&self) -> Outgoing {
        Outgoing::Template {
            name: self.name.clone(),
            language: self.language.clone(),
            components: self.components.clone().unwrap_or_default(),
            text: None,
        }
    }
}

impl InteractiveInput {
    fn read(&self, wrong: &mut Wrong) -> Option<Outgoing> {
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
    fn read(&self) -> Section {
        let row = |row: &RowInput| ListRow {
            id: row.id.clone(),
            title: row.title.clone(),
            description: row.description.clone(),
        };
        Section { title: self.title.clone(), rows: self.rows.iter().map(row).collect() }
    }
}

impl LocationInput {
    fn read(&self) -> Outgoing {
        Outgoing::Location {
            latitude: self.lat,
            longitude: self.lng,
            name: self.name.clone(),
            address: self.address.clone(),
        }
    }
}

fn read_contacts(contacts: &[ContactInput]) -> Outgoing {
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
    fn read(&self, wrong: &mut Wrong) -> Option<Outgoing> {
        let message_id = wrong.id("/reaction/message_id", Some(&self.message_id))?;
        Some(Outgoing::Reaction { message_id, emoji: self.emoji.clone() })
    }
}
