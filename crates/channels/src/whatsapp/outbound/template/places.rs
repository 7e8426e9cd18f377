//! The places of a template: what a message must bring for it (Business Management API, "Template components").

use serde_json::Value;
use tidings_domain::template::Template;

/// The places of a template.
#[derive(Debug, Default)]
pub(in super::super) struct Places<'t> {
    /// Of its header.
    pub(super) header: Header<'t>,
    /// Of its body, by name.
    pub(super) body: Vec<&'t str>,
    /// Its buttons, in order.
    pub(super) buttons: Vec<Button<'t>>,
}

/// What a header is.
#[derive(Debug, Default)]
pub(super) enum Header<'t> {
    /// There is none.
    #[default]
    None,
    /// A text with these places.
    Text(Vec<&'t str>),
    /// A file or a place on the map: `image`, `video`, `document`, `location` …
    Object(String),
}

/// A button of a template.
#[derive(Debug)]
pub(super) struct Button<'t> {
    /// Its type, in capitals.
    pub(super) kind: &'t str,
    /// What it must be given.
    pub(super) place: Option<ButtonPlace>,
}

/// What a button must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ButtonPlace {
    /// The end of its address.
    UrlEnd,
    /// The code that it copies.
    Code,
}

impl<'t> Places<'t> {
    /// The places of this template.
    pub(in super::super) fn of(template: &'t Template) -> Self {
        let mut places = Self::default();
        for component in &template.components {
            match text_of(component, "type").to_ascii_uppercase().as_str() {
                "HEADER" => places.header = header(component),
                "BODY" => places.body = names_in(text_of(component, "text")),
                "BUTTONS" => {
                    let buttons = component.get("buttons").and_then(Value::as_array);
                    places.buttons = buttons.into_iter().flatten().map(button).collect();
                }
                _ => {}
            }
        }
        places
    }

    /// Their names, for people.
    pub(in super::super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = match &self.header {
            Header::None => Vec::new(),
            Header::Text(places) => places.iter().map(|name| format!("header/{name}")).collect(),
            Header::Object(kind) => vec![format!("header/{kind}")],
        };
        names.extend(self.body.iter().map(|name| format!("body/{name}")));
        let buttons = self.buttons.iter().enumerate().filter(|(_, button)| button.place.is_some());
        names.extend(buttons.map(|(index, _)| format!("button/{index}")));
        names
    }
}

fn header(component: &Value) -> Header<'_> {
    match text_of(component, "format").to_ascii_lowercase().as_str() {
        "" | "text" => Header::Text(names_in(text_of(component, "text"))),
        format => Header::Object(format.to_owned()),
    }
}

fn button(button: &Value) -> Button<'_> {
    let kind = text_of(button, "type");
    let place = match kind.to_ascii_uppercase().as_str() {
        "URL" if !names_in(text_of(button, "url")).is_empty() => Some(ButtonPlace::UrlEnd),
        "COPY_CODE" => Some(ButtonPlace::Code),
        _ => None,
    };
    Button { kind, place }
}

/// A text field of an object; empty if it is something else.
pub(super) fn text_of<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The names in a text's `{{…}}`, each once, in the order in which they first stand there.
pub(super) fn names_in(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in pieces(text).filter_map(|piece| piece.name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A text up to a place and the place's name; the last one has only text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// The name in the braces behind it.
    pub(super) name: Option<&'t str>,
}

/// A text, cut at its places.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some((before, name, behind)) = first_place(text) else {
            rest = None;
            return Some(Piece { text, name: None });
        };
        rest = Some(behind);
        Some(Piece { text: before, name: Some(name) })
    })
}

/// What stands before the first place, its name, and what stands behind it. A name has no braces, so that it begins
/// behind the last ones that open before some that close; around anything else braces are text.
fn first_place(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let close = from + text.get(from..)?.find("}}")?;
        if let Some(open) = text.get(from..close)?.rfind("{{") {
            let name = text.get(from + open + 2..close)?.trim();
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Some((text.get(..from + open)?, name, text.get(close + 2..)?));
            }
        }
        from = close + 1;
    }
}
