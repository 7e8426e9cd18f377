//! Everything that is neither message nor status: what Meta says about account, number, template, policy and people's
//! choices. What it means is left to whoever reads the notice.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::change::{Change, IdentityChanged, News, Notice, Update};

use crate::lenient::{self, Object, Text};

use super::{identity, parse::Place, preference, wire};

/// The fields whose values are passed on as notices (Cloud API, webhook reference). Any other field is kept as
/// unknown.
const NOTICES: &[&str] = &[
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "business_capability_update",
    "business_status_update",
    "business_username_update",
    "flows",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "phone_number_username_update",
    "security",
    "template_category_update",
    "template_correct_category_detection",
    "tracking_events",
    "user_id_update",
    "user_preferences",
];

/// Reads one change of such a field.
pub(super) fn read(place: &Place<'_>, field: &str, raw: &RawValue, value: &wire::Value<'_>, updates: &mut Vec<Update>) {
    if !NOTICES.contains(&field) {
        updates.push(place.unknown(&format!("field/{field}"), raw));
        return;
    }
    if field == "user_id_update" {
        let items = lenient::items(value.user_id_update);
        let changes: Option<Vec<Update>> = items.iter().map(|raw| user_id_update(place, raw)).collect();
        if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
            updates.extend(changes);
            return;
        }
    }
    if field == "user_preferences" {
        updates.extend(lenient::items(value.user_preferences).iter().filter_map(|raw| preference::read(place, raw)));
    }
    let notice = Notice { notice: field.to_owned(), details: lenient::value(raw), timestamp: place.time };
    let news = News::Change(Box::new(Change::Notice(notice)));
    updates.push(place.update_of_business(place.key_of_raw(field, raw), news));
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UserIdUpdate<'a> {
    #[serde(borrow)]
    user_id: Object<Ids<'a>>,
    #[serde(borrow)]
    wa_id: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ids<'a> {
    #[serde(borrow)]
    previous: Text<'a>,
    #[serde(borrow)]
    current: Text<'a>,
}

/// `user_id_update[]`: a person has a new business-scoped id. Without the old one it is found by its number.
fn user_id_update(place: &Place<'_>, raw: &RawValue) -> Option<Update> {
    let update: UserIdUpdate<'_> = lenient::read(raw)?;
    let ids = update.user_id.get()?;
    let current = ids.current.filled()?;
    let previous = ids.previous.filled().filter(|previous| *previous != current);
    let phone = update.wa_id.filled().filter(|_| previous.is_none());
    if previous.is_none() && phone.is_none() {
        return None;
    }
    let change = IdentityChanged {
        before: identity::identities(None, previous),
        after: identity::identities(phone, Some(current)),
        timestamp: place.moment(&update.timestamp),
    };
    let dedup = place.key_of_raw("user_id_update", raw);
    Some(place.update(dedup, News::Change(Box::new(Change::IdentityChanged(change)))))
}
