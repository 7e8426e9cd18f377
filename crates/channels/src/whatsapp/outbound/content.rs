//! What a message says, in Meta's shape: the name of its type, and the object under that name (Cloud API, one page for
//! each type of message).

use serde_json::{Map, Value, json};
use tidings_domain::{
    content::{ContactCard, ListRow},
    outgoing::{Action, Interactive, MediaFile, Outgoing, OutgoingMedia, Section},
};

use crate::outbound::Letter;

/// The type of a letter's message, and its object.
pub(super) fn of(letter: &Letter<'_>) -> (&'static str, Value) {
    match letter.outgoing {
        Outgoing::Text { text, preview_url } => ("text", json!({"body": text, "preview_url": preview_url})),
        Outgoing::Media(media) => (media.media_kind.name(), file(media, letter.file)),
        Outgoing::Template { name, language, components, .. } => ("template", template(name, language, components)),
        Outgoing::Interactive(interactive) => ("interactive", choice(interactive)),
        Outgoing::Location { latitude, longitude, name, address } => {
            let mut place = json!({"latitude": latitude, "longitude": longitude});
            add(&mut place, "name", name.as_deref());
            add(&mut place, "address", address.as_deref());
            ("location", place)
        }
        Outgoing::Contacts { cards } => ("contacts", cards.iter().map(card).collect()),
        Outgoing::Reaction { emoji, .. } => {
            let target = letter.reply_to.unwrap_or_default();
            // An empty emoji takes the reaction back.
            ("reaction", json!({"message_id": target, "emoji": emoji.as_deref().unwrap_or_default()}))
        }
    }
}

/// Adds a text if there is one.
fn add(object: &mut Value, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        object[name] = text.into();
    }
}

fn file(media: &OutgoingMedia, uploaded: Option<&str>) -> Value {
    let mut object = match (&media.file, uploaded) {
        (MediaFile::Url(link), None) => json!({ "link": link }),
        (_, uploaded) => json!({"id": uploaded.unwrap_or_default()}),
    };
    add(&mut object, "caption", media.caption.as_deref());
    add(&mut object, "filename", media.filename.as_deref());
    if media.voice {
        object["voice"] = true.into();
    }
    object
}

fn template(name: &str, language: &str, components: &[Value]) -> Value {
    let mut template = json!({"name": name, "language": {"code": language}});
    if !components.is_empty() {
        template["components"] = components.into();
    }
    template
}

fn choice(interactive: &Interactive) -> Value {
    let (kind, action) = match &interactive.action {
        Action::Buttons(buttons) => {
            let replies = buttons.iter().map(|button| json!({"type": "reply", "reply": button}));
            ("button", json!({"buttons": replies.collect::<Value>()}))
        }
        Action::List { button, sections } => {
            ("list", json!({"button": button, "sections": sections.iter().map(section).collect::<Value>()}))
        }
        Action::Url { text, url } => {
            ("cta_url", json!({"name": "cta_url", "parameters": {"display_text": text, "url": url}}))
        }
    };
    let mut object = json!({"type": kind, "body": {"text": interactive.body}, "action": action});
    if let Some(header) = &interactive.header {
        object["header"] = json!({"type": "text", "text": header});
    }
    if let Some(footer) = &interactive.footer {
        object["footer"] = json!({ "text": footer });
    }
    object
}

fn section(section: &Section) -> Value {
    let mut object = json!({"rows": section.rows.iter().map(row).collect::<Value>()});
    add(&mut object, "title", section.title.as_deref());
    object
}

fn row(row: &ListRow) -> Value {
    let mut object = json!({"id": row.id, "title": row.title});
    add(&mut object, "description", row.description.as_deref());
    object
}

/// A contact card. Meta wants a part of the name beside the whole of it; which part is which only the card's owner
/// knows, so the first name is all of it.
fn card(card: &ContactCard) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!({"formatted_name": card.name, "first_name": card.name}));
    let lists = [
        ("phones", "phone", &card.phones),
        ("emails", "email", &card.emails),
        ("urls", "url", &card.urls),
        ("addresses", "street", &card.addresses),
    ];
    for (list, field, texts) in lists {
        if !texts.is_empty() {
            object.insert(list.to_owned(), texts.iter().map(|text| json!({ field: text })).collect());
        }
    }
    if let Some(company) = &card.organization {
        object.insert("org".to_owned(), json!({ "company": company }));
    }
    Value::Object(object)
}
