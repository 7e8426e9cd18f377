//! What a caller asks to be sent, read into a draft. Everything that is wrong with it is told at once.

mod content;
mod source;

use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_domain::{
    ConversationId, MessageId, Timestamp,
    message::Source,
    outgoing::{Outgoing, Priority},
};
use utoipa::ToSchema;

use crate::http::{
    auth::Caller,
    problem::{Answer, Problem},
    wrong::Wrong,
};

use content::{ContactInput, InteractiveInput, LocationInput, MediaInput, ReactionInput, TemplateInput};
use source::SourceInput;

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
        let source = match &self.source {
            Some(source) => source.read(caller, &mut wrong)?,
            None => Source::Api { id: caller.name() },
        };
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
            .or_else(|| self.contacts.as_deref().map(content::read_contacts))
            .or_else(|| self.reaction.as_ref().and_then(|reaction| reaction.read(wrong)))
    }
}

fn default_priority(source: &Source, scheduled_at: Option<Timestamp>, now: Timestamp) -> Priority {
    let for_many = matches!(source, Source::Automation { .. } | Source::Campaign { .. });
    if for_many || scheduled_at.is_some_and(|at| at > now) { Priority::Bulk } else { Priority::Interactive }
}
