//! Places and contact cards.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::content::{Attachment, ContactCard, Content};

use crate::lenient::{self, Object, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    latitude: Text<'a>,
    #[serde(borrow)]
    longitude: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
}

/// A place; without both of its degrees it is none.
pub(super) fn location(raw: &RawValue) -> Option<Content> {
    let wire: Location<'_> = lenient::read(raw)?;
    Some(Content::attachment(Attachment::Location {
        latitude: degrees(&wire.latitude)?,
        longitude: degrees(&wire.longitude)?,
        name: wire.name.owned(),
        address: wire.address.owned(),
    }))
}

fn degrees(text: &Text<'_>) -> Option<f64> {
    text.get()?.trim().parse().ok().filter(|degrees: &f64| degrees.is_finite())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Card<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    phones: Option<&'a RawValue>,
    #[serde(borrow)]
    emails: Option<&'a RawValue>,
    #[serde(borrow)]
    urls: Option<&'a RawValue>,
    #[serde(borrow)]
    addresses: Option<&'a RawValue>,
    #[serde(borrow)]
    org: Object<Organization<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Name<'a> {
    #[serde(borrow, rename = "formatted_name")]
    formatted: Text<'a>,
    #[serde(borrow, rename = "first_name")]
    first: Text<'a>,
    #[serde(borrow, rename = "middle_name")]
    middle: Text<'a>,
    #[serde(borrow, rename = "last_name")]
    last: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Organization<'a> {
    #[serde(borrow)]
    company: Text<'a>,
}

/// An item of `phones`, `emails` or `urls`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    phone: Text<'a>,
    #[serde(borrow)]
    wa_id: Text<'a>,
    #[serde(borrow)]
    email: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow)]
    street: Text<'a>,
    #[serde(borrow)]
    city: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    zip: Text<'a>,
    #[serde(borrow)]
    country: Text<'a>,
}

/// Contact cards, one part each.
pub(super) fn contacts(raw: &RawValue) -> Option<Content> {
    let cards: Vec<Attachment> =
        lenient::items(Some(raw)).into_iter().map(|raw| Attachment::Contact(card(raw))).collect();
    (!cards.is_empty()).then(|| Content { attachments: cards, ..Content::default() })
}

fn card(raw: &RawValue) -> ContactCard {
    let wire: Card<'_> = lenient::read(raw).unwrap_or_default();
    ContactCard {
        name: name(wire.name),
        phones: lines(wire.phones, |line| line.phone.owned().or(line.wa_id.owned())),
        emails: lines(wire.emails, |line| line.email.owned()),
        organization: wire.org.get().and_then(|organization| organization.company.owned()),
        urls: lines(wire.urls, |line| line.url.owned()),
        addresses: lenient::items(wire.addresses).into_iter().filter_map(address).collect(),
    }
}

/// The name as the sender's phone shows it; else its parts; some senders give a plain text.
fn name(field: Option<&RawValue>) -> String {
    let name: Name<'_> = lenient::read_field(field);
    let plain: Text<'_> = lenient::read_field(field);
    let whole = name.formatted.filled().or(plain.filled());
    whole.map_or_else(|| joined(&[&name.first, &name.middle, &name.last], " "), str::to_owned)
}

fn lines(field: Option<&RawValue>, pick: impl Fn(&Line<'_>) -> Option<String>) -> Vec<String> {
    let items = lenient::items(field).into_iter();
    items.filter_map(|raw| pick(&lenient::read::<Line<'_>>(raw)?)).collect()
}

fn address(raw: &RawValue) -> Option<String> {
    let address: Address<'_> = lenient::read(raw)?;
    let parts = [&address.street, &address.zip, &address.city, &address.state, &address.country];
    Some(joined(&parts, ", ")).filter(|line| !line.is_empty())
}

fn joined(parts: &[&Text<'_>], separator: &str) -> String {
    parts.iter().filter_map(|part| part.filled()).collect::<Vec<_>>().join(separator)
}
