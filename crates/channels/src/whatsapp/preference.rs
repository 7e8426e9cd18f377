//! People's choices of what they want to be sent (`user_preferences[]`; Cloud API, "`user_preferences` webhook"): so far
//! whether they take marketing messages.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::{
    change::{Change, News, Person, Preferred, Update},
    contact::OptOut,
};

use crate::lenient::{self, Text};

use super::{identity, parse::Place};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Preference<'a> {
    #[serde(borrow)]
    wa_id: Text<'a>,
    #[serde(borrow)]
    user_id: Text<'a>,
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
}

/// Reads one choice. One that we cannot make sense of is told of by the notice alone.
pub(super) fn read(place: &Place<'_>, raw: &RawValue) -> Option<Update> {
    let preference: Preference<'_> = lenient::read(raw)?;
    let identities = identity::identities(preference.wa_id.filled(), preference.user_id.filled());
    let opted_out = match (preference.category.filled()?, preference.value.filled()?) {
        ("marketing_messages", "stop") => Some(OptOut::Marketing),
        ("marketing_messages", "resume") => None,
        _ => return None,
    };
    if identities.is_empty() {
        return None;
    }
    let change = Preferred {
        contact: Person { identities, ..Person::default() },
        opted_out,
        timestamp: place.moment(&preference.timestamp),
    };
    let dedup = place.key_of_raw("user_preference", raw);
    Some(place.update(dedup, News::Change(Box::new(Change::Preferred(change)))))
}
