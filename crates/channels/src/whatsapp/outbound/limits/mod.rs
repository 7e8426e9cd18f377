//! What Meta takes (Cloud API, one page for each type of message). What is beyond it is told before anything is sent,
//! by JSON pointer into the API's request.

mod interactive;
mod media;

use serde_json::Value;
use tidings_domain::{content::ContactCard, outgoing::Outgoing};

use crate::adapter::FieldError;

use super::complaints::Complaints;

/// Characters of a text.
const TEXT: usize = 4096;
/// Characters of a template's name.
const TEMPLATE_NAME: usize = 512;
/// Characters of one emoji: a family with skin colours is the longest there is, and shorter than this.
const EMOJI: usize = 20;

/// Everything that is wrong with a message.
pub(super) fn check(outgoing: &Outgoing) -> Vec<FieldError> {
    let mut complaints = Complaints::default();
    match outgoing {
        Outgoing::Text { text, .. } => complaints.text("/text", text, TEXT),
        Outgoing::Media(media) => media::check(media, &mut complaints),
        Outgoing::Template { name, language, components, .. } => template(name, language, components, &mut complaints),
        Outgoing::Interactive(interactive) => interactive::check(interactive, &mut complaints),
        Outgoing::Location { latitude, longitude, .. } => {
            degrees("/location/lat", *latitude, 90.0, &mut complaints);
            degrees("/location/lng", *longitude, 180.0, &mut complaints);
        }
        Outgoing::Contacts { cards } => contacts(cards, &mut complaints),
        Outgoing::Reaction { emoji, .. } => {
            if let Some(emoji) = emoji {
                reaction(emoji, &mut complaints);
            }
        }
    }
    complaints.all()
}

fn template(name: &str, language: &str, components: &[Value], complaints: &mut Complaints) {
    let pointer = "/template/name";
    complaints.text(pointer, name, TEMPLATE_NAME);
    if !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
        complaints.about(pointer, "must consist of lower-case letters, digits and underscores");
    }
    if !is_language(language) {
        complaints.about("/template/language", "must look like en or pt_BR");
    }
    for (index, component) in components.iter().enumerate() {
        if !component.is_object() {
            complaints.about(&format!("/template/components/{index}"), "must be an object");
        }
    }
}

/// Two or three small letters, and perhaps a place after an underscore (Cloud API, "Supported languages").
fn is_language(text: &str) -> bool {
    let (language, place) = text.split_once('_').map_or((text, None), |(language, place)| (language, Some(place)));
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && place.is_none_or(|place| {
            (2..=4).contains(&place.len()) && place.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// No number is none: it is in no range.
fn degrees(pointer: &str, degrees: f64, most: f64, complaints: &mut Complaints) {
    if !(-most..=most).contains(&degrees) {
        complaints.about(pointer, format!("must be from -{most} to {most}"));
    }
}

fn contacts(cards: &[ContactCard], complaints: &mut Complaints) {
    if cards.is_empty() {
        complaints.about("/contacts", "must have at least one contact");
    }
    for (index, card) in cards.iter().enumerate() {
        if card.name.trim().is_empty() {
            complaints.about(&format!("/contacts/{index}/name"), "must not be empty");
        }
    }
}

/// Which characters are emoji grows every year; words are what is mistaken for them.
fn reaction(emoji: &str, complaints: &mut Complaints) {
    let is_of_words =
        |character: char| character.is_ascii_alphabetic() || character.is_whitespace() || character.is_control();
    let length = emoji.chars().count();
    if length == 0 || length > EMOJI || emoji.chars().any(is_of_words) {
        complaints.about("/reaction/emoji", "must be one emoji, or null to take the reaction back");
    }
}
