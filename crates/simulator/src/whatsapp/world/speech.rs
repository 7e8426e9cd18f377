//! What a customer is to say, as it is asked for, and what that is on the vendor's wire. Source: "Webhooks › Payload
//! reference › messages object".

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ActError, Person, chat::Choice, picture::picture};

/// A message to be written. Exactly one of the kinds is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speech {
    /// By id, phone number or user id.
    pub(crate) customer: String,
    /// The message that is answered.
    pub(crate) reply_to: Option<String>,
    text: Option<String>,
    image: Option<File>,
    document: Option<File>,
    audio: Option<File>,
    video: Option<File>,
    sticker: Option<File>,
    location: Option<Location>,
    contacts: Option<Vec<Card>>,
    press: Option<Press>,
    reaction: Option<Reaction>,
}

/// A file. Without bytes an image is a small picture that is made up; of the others there must be bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    base64: Option<String>,
    mime_type: Option<String>,
    filename: Option<String>,
    caption: Option<String>,
    #[serde(default)]
    voice: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Location {
    latitude: f64,
    longitude: f64,
    name: Option<String>,
    address: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    name: String,
    #[serde(default)]
    phones: Vec<String>,
}

/// Without `on` the last message with something to press; without `id` the first thing to press.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Press {
    on: Option<String>,
    id: Option<String>,
}

/// Without an emoji it is taken back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reaction {
    to: String,
    emoji: Option<String>,
}

/// What is said.
#[derive(Debug)]
pub(crate) enum Said {
    Text(String),
    File {
        kind: &'static str,
        mime_type: String,
        bytes: Bytes,
        filename: Option<String>,
        caption: Option<String>,
        voice: bool,
    },
    Location(Value),
    Contacts(Value),
    Press {
        on: String,
        choice: Choice,
    },
    Reaction {
        to: String,
        emoji: Option<String>,
    },
}

/// What it is on the wire and in the chat.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) kind: &'static str,
    pub(super) value: Value,
    pub(super) text: String,
    pub(super) media_id: Option<String>,
    /// The message that it belongs to by its nature.
    pub(super) on: Option<String>,
    pub(super) reaction: Option<(String, Option<String>)>,
}

impl Speech {
    /// What it says, in the chat of this person.
    pub(super) fn said(&self, person: &Person) -> Result<Said, ActError> {
        if let Some(id) = self.reply_to.as_ref().filter(|id| person.bubble(id).is_none()) {
            return Err(ActError::NoMessage(id.clone()));
        }
        let files = [
            ("image", &self.image),
            ("document", &self.document),
            ("audio", &self.audio),
            ("video", &self.video),
            ("sticker", &self.sticker),
        ];
        let mut all = Vec::new();
        all.extend(self.text.clone().map(|text| Ok(Said::Text(text))));
        all.extend(files.into_iter().filter_map(|(kind, file)| Some(file.as_ref()?.said(kind))));
        all.extend(self.location.as_ref().map(|location| Ok(Said::Location(location.value()))));
        all.extend(self.contacts.as_deref().map(|cards| Ok(Said::Contacts(cards.iter().map(Card::value).collect()))));
        all.extend(self.press.as_ref().map(|press| press.said(person)));
        all.extend(self.reaction.as_ref().map(|reaction| {
            let found = person.bubble(&reaction.to).ok_or_else(|| ActError::NoMessage(reaction.to.clone()))?;
            Ok(Said::Reaction { to: found.id.clone(), emoji: reaction.emoji.clone() })
        }));
        let kinds = "text, image, document, audio, video, sticker, location, contacts, press, reaction";
        match all.len() {
            1 => all.remove(0),
            0 => Err(ActError::Wrong(format!("nothing is said: one of {kinds} is needed"))),
            _ => Err(ActError::Wrong(format!("too much is said: exactly one of {kinds} is needed"))),
        }
    }
}

impl File {
    fn said(&self, kind: &'static str) -> Result<Said, ActError> {
        let given = self.base64.as_ref().map(|text| STANDARD.decode(text)).transpose();
        let bytes = given.map_err(|error| ActError::Wrong(format!("{kind}.base64 is no base64: {error}")))?;
        let (usual, bytes) = match (kind, bytes) {
            ("image", None) => ("image/png", picture().into()),
            (_, None) => return Err(ActError::Wrong(format!("{kind}.base64 is missing"))),
            ("image", Some(bytes)) => ("image/jpeg", bytes.into()),
            ("audio", Some(bytes)) => ("audio/ogg; codecs=opus", bytes.into()),
            ("video", Some(bytes)) => ("video/mp4", bytes.into()),
            ("sticker", Some(bytes)) => ("image/webp", bytes.into()),
            (_, Some(bytes)) => ("application/pdf", bytes.into()),
        };
        Ok(Said::File {
            kind,
            mime_type: self.mime_type.clone().unwrap_or_else(|| usual.to_owned()),
            bytes,
            filename: self.filename.clone(),
            caption: self.caption.clone(),
            voice: self.voice,
        })
    }
}

impl Location {
    fn value(&self) -> Value {
        let mut value = json!({ "latitude": self.latitude, "longitude": self.longitude });
        for (key, text) in [("name", &self.name), ("address", &self.address)] {
            if let Some(text) = text {
                value[key] = json!(text);
            }
        }
        value
    }
}

impl Card {
    fn value(&self) -> Value {
        let phone = |phone: &String| {
            let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
            json!({ "phone": phone, "wa_id": digits, "type": "CELL" })
        };
        let phones: Vec<Value> = self.phones.iter().map(phone).collect();
        let (first, last) = self.name.split_once(' ').unwrap_or((&self.name, ""));
        let mut name = json!({ "formatted_name": self.name, "first_name": first });
        if !last.is_empty() {
            name["last_name"] = json!(last);
        }
        json!({ "name": name, "phones": phones })
    }
}

impl Press {
    fn said(&self, person: &Person) -> Result<Said, ActError> {
        let bubble = match &self.on {
            Some(id) => person.bubble(id).ok_or_else(|| ActError::NoMessage(id.clone()))?,
            None => person
                .chat
                .iter()
                .rev()
                .find(|bubble| !bubble.choices.is_empty())
                .ok_or_else(|| ActError::NothingToPress("no message has a button or a list".to_owned()))?,
        };
        let wanted = |choice: &&Choice| self.id.as_ref().is_none_or(|id| choice.id == *id);
        let choice = bubble.choices.iter().find(wanted);
        let nothing = || ActError::NothingToPress(self.id.clone().unwrap_or_else(|| bubble.id.clone()));
        Ok(Said::Press { on: bubble.id.clone(), choice: choice.ok_or_else(nothing)?.clone() })
    }
}

impl Said {
    /// The item's content; `keep` stores a file and answers its id.
    pub(super) fn content(self, keep: impl FnOnce(&str, Bytes) -> String) -> Content {
        let plain = |kind, value, text| Content { kind, value, text, media_id: None, on: None, reaction: None };
        match self {
            Said::Text(text) => plain("text", json!({ "body": text }), text),
            Said::Location(value) => {
                let text = format!("{}, {}", value["latitude"], value["longitude"]);
                plain("location", value, text)
            }
            Said::Contacts(value) => {
                let text = value[0]["name"]["formatted_name"].as_str().unwrap_or_default().to_owned();
                plain("contacts", value, text)
            }
            Said::File { kind, mime_type, bytes, filename, caption, voice } => {
                let sha256 = STANDARD.encode(digest(&SHA256, &bytes));
                let id = keep(&mime_type, bytes);
                let mut value = json!({ "id": id, "mime_type": mime_type, "sha256": sha256 });
                for (key, text) in [("filename", &filename), ("caption", &caption)] {
                    if let Some(text) = text {
                        value[key] = json!(text);
                    }
                }
                if kind == "audio" {
                    value["voice"] = json!(voice);
                }
                let text = caption.or(filename).unwrap_or_default();
                Content { media_id: Some(id), ..plain(kind, value, text) }
            }
            Said::Press { on, choice } => {
                let Choice { kind, id, title, description } = choice;
                let (outer, value) = match kind {
                    "quick_reply" => ("button", json!({ "payload": id, "text": title })),
                    "row" => {
                        let mut reply = json!({ "id": id, "title": title });
                        if let Some(description) = description {
                            reply["description"] = json!(description);
                        }
                        ("interactive", json!({ "type": "list_reply", "list_reply": reply }))
                    }
                    _ => {
                        ("interactive", json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } }))
                    }
                };
                Content { on: Some(on), ..plain(outer, value, title) }
            }
            Said::Reaction { to, emoji } => {
                let mut value = json!({ "message_id": to });
                if let Some(emoji) = &emoji {
                    value["emoji"] = json!(emoji);
                }
                Content { reaction: Some((to, emoji)), ..plain("reaction", value, String::new()) }
            }
        }
    }
}
