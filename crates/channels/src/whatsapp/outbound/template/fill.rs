//! What the receiver of a filled template will read: header, body and footer, with a blank line between them.

use serde_json::Value;
use tidings_domain::template::Template;

use super::{
    filling::{self, Filling},
    places::{names_in, pieces, text_of},
};

/// The text; `None` if the template has none that we know. A place that nothing fills stays in its braces.
pub(in super::super) fn fill(template: &Template, components: &[Value]) -> Option<String> {
    let parts = ["HEADER", "BODY", "FOOTER"].into_iter().filter_map(|kind| {
        let part = template.components.iter().find(|part| text_of(part, "type").eq_ignore_ascii_case(kind))?;
        let text = Some(text_of(part, "text")).filter(|text| !text.is_empty())?;
        let filling = Filling::all(components).find(|filling| filling.is_of(kind));
        Some(filled(text, filling.map(Filling::parameters).unwrap_or_default()))
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn filled(text: &str, parameters: &[Value]) -> String {
    let names = names_in(text);
    let mut whole = String::with_capacity(text.len());
    for piece in pieces(text) {
        whole.push_str(piece.text);
        let Some(name) = piece.name else { continue };
        let place = order_of(name, &names);
        if let Some(shown) = filling::parameter(parameters, name, place).and_then(filling::shown) {
            whole.push_str(shown);
        } else {
            whole.push_str("{{");
            whole.push_str(name);
            whole.push_str("}}");
        }
    }
    whole
}

/// A numbered place is filled by the parameter of its number, wherever it stands in the text.
fn order_of(name: &str, names: &[&str]) -> usize {
    let number = name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.or_else(|| names.iter().position(|other| *other == name)).unwrap_or_default()
}
