//! Finds out whether a number works, by asking Meta for it (Cloud API, "Business phone numbers").

use std::collections::BTreeMap;

use serde_json::{Map, Value, value::RawValue};
use tidings_domain::sending::Trouble;

use crate::{
    lenient,
    outbound::{Access, Account, Call, CallAnswer},
};

use super::{graph, refusal};

/// What is asked for.
const FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,throughput,code_verification_status,\
                      name_status,platform_type";

/// The request.
pub(super) fn request(access: Access<'_>) -> Call {
    graph::get(access, graph::setting(access, "phone_number_id"), &format!("?fields={FIELDS}"))
}

/// What was found. The number is Meta's spelling of it, with spaces and dashes; the rest is kept as it is.
pub(super) fn answer(answer: CallAnswer<'_>) -> Result<Account, Trouble> {
    let fields: Option<BTreeMap<String, &RawValue>> = refusal::taken(answer);
    let fields = fields.filter(|fields| fields.contains_key("id"));
    let Some(fields) = fields else { return Err(refusal::trouble(answer)) };
    let mut details: Map<String, Value> = fields
        .into_iter()
        .map(|(name, raw)| (name, lenient::value(raw)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    details.remove("id");
    let shown = details.remove("display_phone_number");
    Ok(Account { phone_number: shown.as_ref().and_then(Value::as_str).and_then(normalised), details })
}

fn normalised(shown: &str) -> Option<String> {
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("+{digits}"))
}
