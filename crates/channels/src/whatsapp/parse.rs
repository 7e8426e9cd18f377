//! Walks a webhook's body and hands each item to the part that can read it.
//!
//! A change that names a number goes to that number's channel. A notice that names only the business account (of the
//! account, a template, a policy) goes to a channel of that business; everything else to the channel in the path: the id
//! of a business account is not the id of a number, and most operators never tell us the former.
//!
//! The vendor's time of an item is its own `timestamp`, else the `time` of its entry, else the year 1970: there is no
//! clock here.

use serde_json::{Map, Value, json, value::RawValue};
use tidings_domain::{
    Timestamp,
    change::{Change, DedupKey, News, Notice, Route, Update},
};

use crate::{
    adapter::ParseError,
    dedup,
    lenient::{self, Text},
    meta::{
        envelope::{self, Entry, Envelope},
        time,
    },
};

use super::{
    message::{self, Source},
    notice, status,
    wire::{self, Contact, Metadata},
};

/// What a WhatsApp webhook is about.
const OBJECT: &str = "whatsapp_business_account";
/// The names of unknown things are cut to this many characters.
const LONGEST_KIND: usize = 64;

/// Reads a webhook's body.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Update>, ParseError> {
    let envelope = Envelope::read(body)?;
    let entries = envelope.entries()?;
    let object = envelope.object();
    let mut updates = Vec::new();
    for entry in entries {
        if let Some(other) = object.filled().filter(|object| *object != OBJECT) {
            updates.push(Place::default().unreadable(&format!("object/{other}")));
            continue;
        }
        match entry.get() {
            None => updates.push(Place::default().unreadable("entry/malformed")),
            Some(entry) if entry.changes().is_empty() => {
                updates.push(Place::default().unreadable("entry/without_changes"));
            }
            Some(entry) => {
                entry.changes().iter().for_each(|change| read_change(entry, change.get(), &mut updates));
            }
        }
    }
    Ok(updates)
}

fn read_change(entry: &Entry<'_>, change: Option<&envelope::Change<'_>>, updates: &mut Vec<Update>) {
    let id = entry.id();
    let mut place = Place { account: id.get().unwrap_or_default(), time: entry.time(), ..Place::default() };
    let Some(change) = change else {
        updates.push(place.unreadable("change/malformed"));
        return;
    };
    let field = change.field();
    let field = field.filled().unwrap_or("messages");
    let Some((raw, value)) = change.value.and_then(|raw| Some((raw, lenient::object::<wire::Value<'_>>(raw)?))) else {
        updates.push(place.unreadable(&format!("field/{field}")));
        return;
    };
    let metadata: Metadata<'_> = lenient::read_field(value.metadata);
    if let Some(number) = metadata.phone_number_id.filled() {
        place.number = Some(number);
        place.account = number;
    }
    place.display_phone_number = metadata.display_phone_number.get().unwrap_or_default();
    place.contacts = value.contacts.items().iter().copied().filter_map(lenient::read).collect();
    match field {
        "messages" | "smb_message_echoes" => said(&place, field, raw, &value, updates),
        _ => notice::read(&place, field, raw, &value, updates),
    }
}

/// The fields that carry messages and statuses.
fn said(place: &Place<'_>, field: &str, raw: &RawValue, value: &wire::Value<'_>, updates: &mut Vec<Update>) {
    let before = updates.len();
    updates.extend(value.messages.items().iter().map(|raw| message::read(place, raw, Source::Contact)));
    updates.extend(value.message_echoes.items().iter().map(|raw| message::read(place, raw, Source::App)));
    updates.extend(value.statuses.items().iter().map(|raw| status::read(place, raw)));
    if let Some(errors) = value.errors {
        let details = json!({ "errors": lenient::value(errors) });
        let notice = Notice { notice: "errors".to_owned(), details, timestamp: place.time };
        updates.push(place.update(place.key_of_raw("errors", errors), News::Change(Box::new(Change::Notice(notice)))));
    }
    if updates.len() == before {
        updates.push(place.unknown(&format!("field/{field}"), raw));
    }
}

/// Where an item stands: what the layers around it say of it.
#[derive(Debug, Default)]
pub(super) struct Place<'a> {
    /// The business's number, as Meta's id of it.
    number: Option<&'a str>,
    /// That, or the business account's id, or nothing.
    account: &'a str,
    /// The business's number, as people write it.
    pub(super) display_phone_number: &'a str,
    /// The entry's time.
    pub(super) time: Option<Timestamp>,
    /// Who the items are from or to.
    pub(super) contacts: Vec<Contact<'a>>,
}

impl Place<'_> {
    /// The time that these digits name, else the entry's.
    pub(super) fn moment(&self, digits: &Text<'_>) -> Timestamp {
        let own = digits.filled().and_then(time::moment);
        own.or(self.time).unwrap_or(Timestamp::from_millis(0))
    }

    /// The key of what these parts name on this account.
    pub(super) fn key(&self, at: Timestamp, parts: &[&str]) -> DedupKey {
        let mut all = vec!["whatsapp", self.account];
        all.extend(parts);
        dedup::key(Some(at), &all)
    }

    /// The key of something that has no id, only what it says. Without any time in it, it may well be said again and
    /// mean it, so that then there is none.
    pub(super) fn key_of_raw(&self, kind: &str, raw: &RawValue) -> Option<DedupKey> {
        let own_time = raw.get().contains("\"timestamp\"");
        let said = lenient::value(raw).to_string();
        (own_time || self.time.is_some())
            .then(|| dedup::key(self.time, &["whatsapp", self.account, "raw", kind, &said]))
    }

    /// What is said beside an item that stands here, and has no place in it.
    pub(super) fn details(&self, said: Map<String, Value>) -> Option<Value> {
        let number = self.number.map(|number| ("phone_number_id".to_owned(), number.into()));
        let details: Map<String, Value> = number.into_iter().chain(said).collect();
        (!details.is_empty()).then(|| json!({ "whatsapp": details }))
    }

    /// An update that stands here.
    pub(super) fn update(&self, dedup: Option<DedupKey>, news: News) -> Update {
        let route = self.number.map_or(Route::Path, |number| Route::Account(number.to_owned()));
        Update { route, dedup, news }
    }

    /// An update that stands here and speaks of the whole business, unless it names a number.
    pub(super) fn update_of_business(&self, dedup: Option<DedupKey>, news: News) -> Update {
        let update = self.update(dedup, news);
        match (self.number, self.account) {
            (Some(_), _) | (None, "") => update,
            (None, business) => Update { route: Route::Group(business.to_owned()), ..update },
        }
    }

    /// Something that is kept without being understood.
    pub(super) fn unknown(&self, kind: &str, raw: &RawValue) -> Update {
        Update { dedup: self.key_of_raw(kind, raw), ..self.unreadable(kind) }
    }

    /// Something of a shape that nothing can be told by.
    fn unreadable(&self, kind: &str) -> Update {
        self.update(None, News::Unknown { kind: kind.chars().take(LONGEST_KIND).collect() })
    }
}
