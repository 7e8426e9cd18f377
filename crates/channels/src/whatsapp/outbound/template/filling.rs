//! What a message brings to fill a template's places, in Meta's shape (Cloud API, "Template messages"):
//! `[{type, sub_type?, index?, parameters: [{type, parameter_name?, …}]}]`.

use serde_json::Value;

use super::places::text_of;

/// One component of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'c> {
    /// Where it stands among the components.
    pub(super) position: usize,
    component: &'c Value,
}

impl<'c> Filling<'c> {
    /// The components.
    pub(super) fn all(components: &'c [Value]) -> impl Iterator<Item = Self> + Clone {
        components.iter().enumerate().map(|(position, component)| Self { position, component })
    }

    /// Whether it fills a part of this type: `header`, `body`, `button`.
    pub(super) fn is_of(self, kind: &str) -> bool {
        text_of(self.component, "type").eq_ignore_ascii_case(kind)
    }

    /// The button that it fills, counted from 0. Meta takes a number and a text of digits.
    pub(super) fn index(self) -> Option<usize> {
        let index = self.component.get("index")?;
        let number = index.as_u64().or_else(|| index.as_str()?.parse().ok())?;
        usize::try_from(number).ok()
    }

    /// The type of the button that it fills.
    pub(super) fn sub_type(self) -> &'c str {
        text_of(self.component, "sub_type")
    }

    /// Its parameters; none if there is no list of them.
    pub(super) fn parameters(self) -> &'c [Value] {
        self.component.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What a parameter shows as text; `None` if it is no text or an empty one. Money and times bring a text of their own
/// for those who cannot show them.
pub(super) fn shown(parameter: &Value) -> Option<&str> {
    let kind = text_of(parameter, "type");
    let text = match kind {
        "" | "text" => text_of(parameter, "text"),
        "currency" | "date_time" => parameter.get(kind).map(|object| text_of(object, "fallback_value"))?,
        _ => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// The parameter for the place with this name, which is the how-manieth of its text: named places are found by
/// name, numbered ones by their order.
pub(super) fn parameter<'c>(parameters: &'c [Value], name: &str, place: usize) -> Option<&'c Value> {
    if is_number(name) {
        parameters.get(place)
    } else {
        parameters.iter().find(|parameter| text_of(parameter, "parameter_name") == name)
    }
}

/// Whether a place is numbered.
pub(super) fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}
