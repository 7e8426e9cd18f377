//! The parameters of each type of message. Source: the "Messages" pages of the Cloud API, one for each type.

use serde_json::Value;

use super::{Known, Object, interactive, limited, template, text};
use crate::whatsapp::graph::error::GraphError;

/// `content` is the object under the type's name; of contacts, whose content is a list, the whole body.
pub(super) fn check(kind: &str, content: &Object, known: &Known) -> Result<(), GraphError> {
    match kind {
        "text" => {
            text(content, "body", "text.body")?;
            limited(&content["body"], "text['body']", 4096)
        }
        "location" => coordinates(content),
        "contacts" => contacts(content),
        "reaction" => reaction(content),
        "interactive" => interactive::check(content),
        "template" => template::check(content, known.templates),
        media => check_media(media, content, known),
    }
}

fn check_media(kind: &str, content: &Object, known: &Known) -> Result<(), GraphError> {
    match (content.get("id"), content.get("link")) {
        (Some(Value::String(id)), None) if (known.media)(id) => {}
        (Some(id), None) => {
            // Meta documents no code for this; 131009 is what its reference has for values that cannot be.
            return Err(GraphError::invalid(format!("Parameter '{kind}.id': there is no media with the ID {id}.")));
        }
        (None, Some(Value::String(link))) if link.starts_with("https://") || link.starts_with("http://") => {}
        (None, Some(_)) => return Err(GraphError::invalid(format!("Parameter '{kind}.link' is not a valid URL."))),
        (None, None) => return Err(GraphError::missing(format!("Parameter '{kind}.id' or '{kind}.link' is missing."))),
        (Some(_), Some(_)) => {
            return Err(GraphError::invalid(format!("Parameter '{kind}' takes either 'id' or 'link', not both.")));
        }
    }
    match content.get("caption") {
        Some(_) if matches!(kind, "audio" | "sticker") => {
            Err(GraphError::parameter(&format!("Unexpected key \"caption\" on param \"{kind}\".")))
        }
        Some(caption) => limited(caption, &format!("{kind}['caption']"), 1024),
        None => Ok(()),
    }
}

/// Numbers, or texts of numbers: the reference shows both.
fn coordinates(location: &Object) -> Result<(), GraphError> {
    for (key, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let value =
            location.get(key).ok_or_else(|| GraphError::missing(format!("Parameter 'location.{key}' is missing.")))?;
        let degrees = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        if !degrees.is_some_and(|degrees| degrees.abs() <= most) {
            return Err(GraphError::invalid(format!("Parameter 'location.{key}' is out of range.")));
        }
    }
    Ok(())
}

fn contacts(body: &Object) -> Result<(), GraphError> {
    let missing = || GraphError::missing("Parameter 'contacts' is missing.");
    let list = body.get("contacts").and_then(Value::as_array).filter(|list| !list.is_empty()).ok_or_else(missing)?;
    match list.iter().find(|contact| !contact["name"]["formatted_name"].is_string()) {
        Some(_) => Err(GraphError::missing("Parameter 'contacts.name.formatted_name' is missing.")),
        None => Ok(()),
    }
}

/// An empty emoji takes the reaction back.
fn reaction(reaction: &Object) -> Result<(), GraphError> {
    text(reaction, "message_id", "reaction.message_id")?;
    match reaction.get("emoji") {
        Some(Value::String(_)) => Ok(()),
        Some(_) => Err(GraphError::parameter("Param reaction['emoji'] must be a string.")),
        None => Err(GraphError::missing("Parameter 'reaction.emoji' is missing.")),
    }
}
