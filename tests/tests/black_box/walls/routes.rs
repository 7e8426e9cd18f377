//! What each route is asked for that is not its caller's, one line for each question.
//!
//! `<message>` and its like stand for an id of the other workspace, `<our.event>` for one of the caller's own;
//! [`super::neighbours`] says which there are. A new route needs a line here: with [`hidden`] if its path names a thing,
//! with [`own`] if it lists or makes what is the caller's.

use serde_json::Value;

/// One question.
pub(crate) struct Case {
    /// The route, as the OpenAPI document spells it.
    pub(crate) route: &'static str,
    /// What it answers.
    pub(crate) status: u16,
    /// What its path names: one of the other workspace's things, or `our.…`.
    pub(crate) of: &'static str,
    /// Its query if it begins with `?`, else its body.
    pub(crate) with: &'static str,
}

/// It asks no key, and either tells nothing of any workspace or is known to those alone who were given its address.
const fn open(route: &'static str) -> Case {
    Case { route, status: 0, of: "", with: "" }
}

/// Only the operator may ask.
const fn operator(route: &'static str, with: &'static str) -> Case {
    Case { route, status: 403, of: "workspace", with }
}

/// What it names is not there.
const fn hidden(route: &'static str, of: &'static str, with: &'static str) -> Case {
    Case { route, status: 404, of, with }
}

/// It tells of what is the caller's own, whatever else is asked for.
const fn own(route: &'static str, status: u16, with: &'static str) -> Case {
    Case { route, status, of: "", with }
}

/// The same of one of the caller's own things.
const fn of_own(route: &'static str, of: &'static str, status: u16, with: &'static str) -> Case {
    Case { route, status, of, with }
}

impl Case {
    /// Whether there is no key to ask with.
    pub(crate) fn is_open(&self) -> bool {
        self.status == 0
    }

    /// Path and body, with names put in.
    pub(crate) fn request(&self, named: impl Fn(&str) -> String) -> (String, Option<Value>) {
        let (_, path) = self.route.split_once(' ').expect("a route is a method and a path");
        let path = match (path.find('{'), path.find('}')) {
            (Some(from), Some(to)) => format!("{}{}{}", &path[..from], named(self.of), &path[to + 1..]),
            _ => path.to_owned(),
        };
        let with = fill(self.with, &named);
        if with.starts_with('?') {
            return (path + &with, None);
        }
        let body = serde_json::from_str(&with).ok();
        assert!(body.is_some() || with.is_empty(), "the body of {} is not JSON: {with}", self.route);
        (path, body)
    }
}

/// Puts names in place of `<name>`.
fn fill(text: &str, named: impl Fn(&str) -> String) -> String {
    let mut parts = text.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |filled, part| match part.split_once('>') {
        Some((name, rest)) => filled + &named(name) + rest,
        None => filled + "<" + part,
    })
}

/// Every question.
pub(crate) const CASES: &[Case] = &[
    open("GET /docs"),
    open("GET /healthz"),
    open("GET /in/{channel_id}"),
    open("POST /in/{channel_id}"),
    open("GET /jwks/{id}"),
    open("GET /m/{token}"),
    open("GET /metrics"),
    open("GET /openapi.json"),
    open("GET /readyz"),
    open("GET /schemas/{format}/{event}"),
    hidden("GET /v1/attempts/{id}", "attempt", ""),
    own("GET /v1/audit", 200, ""),
    own("GET /v1/audit", 200, "?object=<channel>"),
    own("GET /v1/audit", 200, "?actor=<key>"),
    own("GET /v1/channels", 200, ""),
    own("POST /v1/channels", 201, CHANNEL),
    hidden("GET /v1/channels/{id}", "channel", ""),
    hidden("PATCH /v1/channels/{id}", "channel", r#"{"name": "Mine now"}"#),
    hidden("DELETE /v1/channels/{id}", "channel", ""),
    hidden("POST /v1/channels/{id}/check", "channel", ""),
    hidden("POST /v1/channels/{id}/reprocess", "channel", ""),
    hidden("GET /v1/channels/{id}/templates", "channel", ""),
    hidden("POST /v1/channels/{id}/templates/sync", "channel", ""),
    own("GET /v1/consumers", 200, ""),
    hidden("GET /v1/consumers/{name}", "consumer", ""),
    hidden("DELETE /v1/consumers/{name}", "consumer", ""),
    of_own("POST /v1/consumers/{name}/ack", "consumer", 422, r#"{"up_to": "<event>"}"#),
    of_own("GET /v1/consumers/{name}/events", "consumer", 200, "?limit=200"),
    of_own("GET /v1/consumers/{name}/events", "consumer", 200, "?channel_id=<channel>"),
    own("GET /v1/contacts", 200, ""),
    own("GET /v1/contacts", 200, "?search=Ana"),
    own("GET /v1/contacts", 200, "?handle=%2B5511900000002"),
    own("POST /v1/contacts", 201, r#"{"phone": "+5511900000002"}"#),
    hidden("GET /v1/contacts/{id}", "contact", ""),
    hidden("DELETE /v1/contacts/{id}", "contact", ""),
    hidden("PATCH /v1/contacts/{id}", "contact", r#"{"name": "Mine now"}"#),
    hidden("POST /v1/contacts/{id}/merge", "contact", r#"{"contact_id": "<our.contact>"}"#),
    of_own("POST /v1/contacts/{id}/merge", "our.contact", 404, r#"{"contact_id": "<contact>"}"#),
    own("GET /v1/conversations", 200, ""),
    own("GET /v1/conversations", 200, "?contact_id=<contact>"),
    own("GET /v1/conversations", 200, "?channel_id=<channel>"),
    hidden("GET /v1/conversations/{id}", "conversation", ""),
    hidden("PATCH /v1/conversations/{id}", "conversation", r#"{"status": "closed"}"#),
    hidden("POST /v1/conversations/{id}/read", "conversation", ""),
    hidden("POST /v1/conversations/{id}/typing", "conversation", ""),
    own("GET /v1/endpoints", 200, ""),
    own("POST /v1/endpoints", 422, r#"{"url": "https://example.com/", "channels": ["<channel>"]}"#),
    own("POST /v1/endpoints/filter/try", 200, r#"{"filter": {"type": "text"}, "events": ["*"]}"#),
    own("POST /v1/endpoints/filter/try", 200, r#"{"filter": {"type": "text"}, "channels": ["<channel>"]}"#),
    hidden("GET /v1/endpoints/{id}", "endpoint", ""),
    hidden("PATCH /v1/endpoints/{id}", "endpoint", r#"{"enabled": false}"#),
    of_own("PATCH /v1/endpoints/{id}", "our.endpoint", 422, r#"{"channels": ["<channel>"]}"#),
    hidden("DELETE /v1/endpoints/{id}", "endpoint", ""),
    hidden("GET /v1/endpoints/{id}/attempts", "endpoint", ""),
    of_own("GET /v1/endpoints/{id}/attempts", "our.endpoint", 200, "?event_id=<event>"),
    of_own("GET /v1/endpoints/{id}/attempts", "our.endpoint", 422, "?message_id=<message>"),
    hidden("GET /v1/endpoints/{id}/dead-letters", "endpoint", ""),
    hidden("POST /v1/endpoints/{id}/replay", "endpoint", r#"{"since": "2020-01-01T00:00:00Z", "only": "all"}"#),
    hidden("POST /v1/endpoints/{id}/secret/rotate", "endpoint", ""),
    hidden("GET /v1/endpoints/{id}/stats", "endpoint", ""),
    hidden("POST /v1/endpoints/{id}/test", "endpoint", ""),
    own("GET /v1/events", 200, "?limit=200"),
    own("GET /v1/events", 200, "?last=100"),
    own("GET /v1/events", 200, "?channel_id=<channel>"),
    own("GET /v1/events", 410, "?after=<event>"),
    own("GET /v1/events/stream", 410, "?after=<event>"),
    hidden("GET /v1/events/{id}", "event", ""),
    hidden("POST /v1/events/{id}/resend", "event", r#"{"endpoint_id": "<our.endpoint>"}"#),
    of_own("POST /v1/events/{id}/resend", "our.event", 422, r#"{"endpoint_id": "<endpoint>"}"#),
    own("GET /v1/jobs", 200, ""),
    hidden("GET /v1/jobs/{id}", "job", ""),
    hidden("POST /v1/jobs/{id}/cancel", "job", ""),
    own("GET /v1/keys", 200, ""),
    own("POST /v1/keys", 201, r#"{"name": "Another"}"#),
    hidden("DELETE /v1/keys/{id}", "key", ""),
    // What it answers to is a form, which is nobody's but its sender's.
    own("POST /v1/media", 422, "{}"),
    own("GET /v1/media", 200, ""),
    hidden("GET /v1/media/{id}", "media", ""),
    own("GET /v1/messages", 200, "?limit=200"),
    own("GET /v1/messages", 200, "?conversation_id=<conversation>"),
    own("GET /v1/messages", 200, "?channel_id=<channel>"),
    own("GET /v1/messages", 200, "?contact_id=<contact>"),
    own("POST /v1/messages", 404, r#"{"channel_id": "<channel>", "to": "5511900000001", "text": "Hi"}"#),
    own("POST /v1/messages", 404, r#"{"conversation_id": "<conversation>", "text": "Hi"}"#),
    own(
        "POST /v1/messages",
        404,
        r#"{"conversation_id": "<conversation>", "channel_id": "<our.channel>", "text": "Hi"}"#,
    ),
    own(
        "POST /v1/messages",
        422,
        r#"{"conversation_id": "<our.conversation>", "channel_id": "<channel>", "text": "Hi"}"#,
    ),
    own(
        "POST /v1/messages",
        422,
        r#"{"conversation_id": "<our.conversation>", "text": "Hi", "reply_to": "<message>"}"#,
    ),
    own(
        "POST /v1/messages",
        422,
        r#"{"conversation_id": "<our.conversation>", "reaction": {"message_id": "<message>", "emoji": "x"}}"#,
    ),
    own(
        "POST /v1/messages",
        422,
        r#"{"conversation_id": "<our.conversation>", "media": {"type": "image", "media_id": "<media>"}}"#,
    ),
    hidden("GET /v1/messages/{id}", "message", ""),
    hidden("PATCH /v1/messages/{id}", "message", r#"{"scheduled_at": "2098-01-01T00:00:00Z"}"#),
    hidden("DELETE /v1/messages/{id}", "message", ""),
    hidden("POST /v1/messages/{id}/retry", "message", ""),
    hidden("GET /v1/messages/{id}/trace", "message", ""),
    own("GET /v1/usage", 200, ""),
    operator("GET /v1/workspaces", ""),
    operator("POST /v1/workspaces", r#"{"name": "Mine"}"#),
    operator("GET /v1/workspaces/{id}", ""),
    operator("GET /v1/workspaces/{id}/usage", ""),
    operator("PATCH /v1/workspaces/{id}", r#"{"name": "Mine"}"#),
];

/// The account of the other workspace's channel, which is nobody's in this one.
const CHANNEL: &str = r#"{"type": "whatsapp", "name": "Ours", "credentials": {"access_token": "t", "app_secret": "s"},
    "settings": {"phone_number_id": "1001"}}"#;
