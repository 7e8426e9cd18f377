//! What all requests to the Graph API share: version, object and edge in the path, and the token in a header.

use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use crate::outbound::{Access, Call, CallMethod};

/// A request that reads `rest` (an edge, a query or both) of this object.
pub(in super::super) fn get(access: Access<'_>, object: &str, rest: &str) -> Call {
    Call {
        method: CallMethod::Get,
        path: path(access, object, rest),
        headers: vec![authorization(access)],
        body: Vec::new(),
    }
}

/// A request that posts JSON to an edge of the number.
pub(super) fn post_json(access: Access<'_>, edge: &str, body: Map<String, Value>) -> Call {
    post(access, edge, "application/json".to_owned(), Value::Object(body).to_string().into_bytes())
}

/// A request that posts a body of this type to an edge of the number.
pub(super) fn post(access: Access<'_>, edge: &str, content_type: String, body: Vec<u8>) -> Call {
    Call {
        method: CallMethod::Post,
        path: path(access, setting(access, "phone_number_id"), edge),
        headers: vec![authorization(access), ("content-type", content_type)],
        body,
    }
}

/// A setting of the channel; empty if it is missing, which Meta then refuses.
pub(in super::super) fn setting<'a>(access: Access<'a>, name: &str) -> &'a str {
    access.settings.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text as a part of a path or query.
pub(in super::super) fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn path(access: Access<'_>, object: &str, rest: &str) -> String {
    format!("/{}/{}{rest}", setting(access, "api_version"), encoded(object))
}

/// The header that the token is in.
pub(in super::super) fn authorization(access: Access<'_>) -> (&'static str, String) {
    let token = access.credentials.get("access_token").and_then(Value::as_str).unwrap_or_default();
    ("authorization", format!("Bearer {token}"))
}
