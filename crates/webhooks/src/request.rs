//! The headers of one attempt. Never opens a connection; the body comes from [`crate::render`].

use std::borrow::Cow;

use tidings_domain::{
    Timestamp,
    endpoint::{Endpoint, WebhookFormat},
    event::Event,
};

use crate::{
    formats::rendered_kind,
    signature::{EndpointSecrets, legacy_headers, sign},
};

/// How we introduce ourselves.
pub const USER_AGENT: &str = concat!("Tidings/", env!("CARGO_PKG_VERSION"));

/// One try at delivering one event to one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// To whom.
    pub endpoint: &'a Endpoint,
    /// The endpoint's keys.
    pub secrets: &'a EndpointSecrets,
    /// What.
    pub event: &'a Event,
    /// The rendered event.
    pub body: &'a [u8],
    /// The how-manieth try, from 1.
    pub number: u32,
    /// Whether later events of its conversation may have arrived before it.
    pub late: bool,
    /// When. Each attempt is signed anew with its own time.
    pub at: Timestamp,
}

/// All headers of an attempt but those of the connection itself (`host`, `content-length`). The company's own headers
/// come last and never replace ours; nor does a legacy signature. `tidings-event` is the name that stands in the body.
pub fn headers(attempt: &Attempt<'_>) -> Vec<(Cow<'static, str>, String)> {
    let Attempt { endpoint, secrets, event, body, number, late, at } = *attempt;
    let id = event.id.to_string();
    let timestamp = at.as_seconds();
    let key_pairs = secrets.key_pairs_at(at).map(|timed| &timed.key);
    let signature = sign(&id, timestamp, body, secrets.signing_at(at), key_pairs);
    let name = rendered_kind(event.kind, endpoint.format).name();
    let mut headers = own_headers(id, name, endpoint.format, number, at, signature);
    if late {
        headers.push((Cow::Borrowed("tidings-late"), "1".to_owned()));
    }
    if let (Some(way), Some(secret)) = (&endpoint.legacy_signature, secrets.signing_at(at).next()) {
        let legacy = legacy_headers(way, secret, timestamp, body);
        let legacy = legacy.into_iter().filter(|(name, _)| !is_reserved(name));
        headers.extend(legacy.map(|(name, value)| (Cow::Owned(name), value)));
    }
    for (name, value) in &endpoint.headers {
        if !is_reserved(name) && headers.iter().all(|(ours, _)| !ours.eq_ignore_ascii_case(name)) {
            headers.push((Cow::Owned(name.clone()), value.clone()));
        }
    }
    headers
}

/// The headers that every webhook bears, whoever it is for. `name` is the event's as it stands in the body.
pub fn own_headers(
    event_id: String,
    name: &str,
    format: WebhookFormat,
    number: u32,
    at: Timestamp,
    signature: String,
) -> Vec<(Cow<'static, str>, String)> {
    vec![
        (Cow::Borrowed("content-type"), "application/json".to_owned()),
        (Cow::Borrowed("user-agent"), USER_AGENT.to_owned()),
        (Cow::Borrowed("webhook-id"), event_id),
        (Cow::Borrowed("webhook-timestamp"), at.as_seconds().to_string()),
        (Cow::Borrowed("webhook-signature"), signature),
        (Cow::Borrowed("tidings-event"), name.to_owned()),
        (Cow::Borrowed("tidings-format"), format.name().to_owned()),
        (Cow::Borrowed("tidings-attempt"), number.to_string()),
    ]
}

/// Whether a header is ours or the connection's, so that no endpoint may set it: to be asked when an endpoint is saved.
pub fn is_reserved(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "content-type",
        "user-agent",
        "host",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "expect",
        "te",
        "trailer",
        "upgrade",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&&*name) || ["webhook-", "tidings-", "proxy-"].iter().any(|prefix| name.starts_with(prefix))
}
