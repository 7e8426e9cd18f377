//! Whether a message fills exactly the places of a template, and whether the template may be used at all. Meta says the
//! same only after the message is on its way, and less clearly (132000, 132012, 132015, 132016).

use std::collections::BTreeSet;

use serde_json::Value;
use tidings_domain::template::Template;

use crate::adapter::FieldError;

use super::{
    super::complaints::Complaints,
    filling::{self, Filling, is_number},
    places::{Button, ButtonPlace, Header, Places, text_of},
};

/// The statuses in which a template may be used: besides the first, one that was given back, and one that people do not
/// like and that Meta will disable.
const USABLE: [&str; 3] = ["approved", "reinstated", "flagged"];
/// The field that everything else hangs below.
const COMPONENTS: &str = "/template/components";

/// Everything that is wrong with it.
pub(in super::super) fn check(template: &Template, components: &[Value]) -> Vec<FieldError> {
    let mut complaints = Complaints::default();
    if !USABLE.contains(&template.status.as_str()) {
        let Template { name, language, status, .. } = template;
        complaints.about(
            "/template/name",
            format!("{name} in {language} is {status} at Meta; only an approved template can be sent"),
        );
    }
    // Without its parts nothing can be said of its places.
    if !template.components.is_empty() {
        let places = Places::of(template);
        header(&places.header, components, &mut complaints);
        texts("body", &places.body, components, &mut complaints);
        buttons(&places.buttons, components, &mut complaints);
    }
    complaints.all()
}

/// The one component of this type; a second one is told.
fn only<'c>(kind: &str, components: &'c [Value], complaints: &mut Complaints) -> Option<Filling<'c>> {
    let mut fillings = Filling::all(components).filter(|filling| filling.is_of(kind));
    let first = fillings.next();
    for more in fillings {
        complaints.about(&format!("{COMPONENTS}/{}", more.position), format!("fills the {kind} a second time"));
    }
    first
}

fn header(header: &Header<'_>, components: &[Value], complaints: &mut Complaints) {
    match header {
        Header::None => texts("header", &[], components, complaints),
        Header::Text(places) => texts("header", places, components, complaints),
        Header::Object(kind) => {
            if let Some(filling) = only("header", components, complaints) {
                object(kind, filling, complaints);
            } else {
                let detail = format!("must have a component of type header with a parameter of type {kind}");
                complaints.about(COMPONENTS, detail);
            }
        }
    }
}

/// A header that is a file or a place on the map.
fn object(kind: &str, filling: Filling<'_>, complaints: &mut Complaints) {
    let pointer = format!("{COMPONENTS}/{}/parameters", filling.position);
    let [parameter] = filling.parameters() else {
        complaints.about(&pointer, format!("must have one parameter of type {kind}"));
        return;
    };
    if !text_of(parameter, "type").eq_ignore_ascii_case(kind) {
        complaints.about(&format!("{pointer}/0/type"), format!("must be {kind}, as in the template"));
    } else if !parameter.get(kind).is_some_and(Value::is_object) {
        complaints.about(&format!("{pointer}/0/{kind}"), "must be an object");
    }
}

/// A part that is a text with these places.
fn texts(kind: &str, places: &[&str], components: &[Value], complaints: &mut Complaints) {
    let Some(filling) = only(kind, components, complaints) else {
        if !places.is_empty() {
            complaints
                .about(COMPONENTS, format!("must have a component of type {kind} that fills {}", spelled(places)));
        }
        return;
    };
    let parameters = filling.parameters();
    let pointer = format!("{COMPONENTS}/{}/parameters", filling.position);
    if places.iter().all(|place| is_number(place)) {
        if parameters.len() != places.len() {
            let detail = match places {
                [] => format!("must be empty: the template's {kind} has no places"),
                _ => format!("must be {}, for {}; there are {}", places.len(), spelled(places), parameters.len()),
            };
            complaints.about(&pointer, detail);
        }
    } else {
        named(places, parameters, &pointer, complaints);
    }
    for (index, parameter) in parameters.iter().enumerate() {
        if filling::shown(parameter).is_none() {
            complaints.about(&format!("{pointer}/{index}"), "must be a text, money or time, and not empty");
        }
    }
}

fn named(places: &[&str], parameters: &[Value], pointer: &str, complaints: &mut Complaints) {
    let missing: Vec<&str> =
        places.iter().copied().filter(|place| filling::parameter(parameters, place, 0).is_none()).collect();
    if !missing.is_empty() {
        let detail = format!("nothing fills {}: each needs a parameter with its parameter_name", spelled(&missing));
        complaints.about(pointer, detail);
    }
    let mut seen = BTreeSet::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let name = text_of(parameter, "parameter_name");
        let pointer = format!("{pointer}/{index}/parameter_name");
        if places.contains(&name) {
            complaints.unique(&pointer, name, &mut seen);
        } else {
            complaints.about(&pointer, format!("must be one of {}", places.join(", ")));
        }
    }
}

fn buttons(buttons: &[Button<'_>], components: &[Value], complaints: &mut Complaints) {
    let fillings = Filling::all(components).filter(|filling| filling.is_of("button"));
    for filling in fillings.clone() {
        let pointer = format!("{COMPONENTS}/{}", filling.position);
        match filling.index().and_then(|index| buttons.get(index)) {
            Some(button) => one_button(button, filling, &pointer, complaints),
            None => complaints.about(
                &format!("{pointer}/index"),
                format!("must be a button of the template, counted from 0; it has {}", buttons.len()),
            ),
        }
    }
    for (index, button) in buttons.iter().enumerate() {
        if button.place.is_some() && !fillings.clone().any(|filling| filling.index() == Some(index)) {
            let kind = button.kind.to_ascii_lowercase();
            let detail = format!("must have a component of type button, sub_type {kind} and index {index}");
            complaints.about(COMPONENTS, detail);
        }
    }
}

fn one_button(button: &Button<'_>, filling: Filling<'_>, pointer: &str, complaints: &mut Complaints) {
    if !filling.sub_type().eq_ignore_ascii_case(button.kind) {
        let detail = format!("must be {}, as in the template", button.kind.to_ascii_lowercase());
        complaints.about(&format!("{pointer}/sub_type"), detail);
        return;
    }
    let wanted = match button.place {
        Some(ButtonPlace::UrlEnd) => "text",
        Some(ButtonPlace::Code) => "coupon_code",
        // What a person's answer brings back may be chosen, and need not be.
        None => return,
    };
    let pointer = format!("{pointer}/parameters");
    match filling.parameters() {
        [parameter] if text_of(parameter, "type") == wanted && !text_of(parameter, wanted).trim().is_empty() => {}
        [_] => complaints.about(&format!("{pointer}/0"), format!("must have the type {wanted} and a {wanted}")),
        _ => complaints.about(&pointer, format!("must be one, of type {wanted}")),
    }
}

/// Places as the template spells them.
fn spelled(places: &[&str]) -> String {
    let places: Vec<String> = places.iter().map(|place| format!("{{{{{place}}}}}")).collect();
    places.join(", ")
}
