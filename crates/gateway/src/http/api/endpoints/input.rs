//! What an endpoint is made of, as it is sent to us: read and checked in one way for POST and PATCH.

use std::{collections::BTreeMap, collections::HashSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ChannelId, Timestamp, WorkspaceId,
    endpoint::{Endpoint, LegacySignature, Ordering, WebhookFormat},
    filter::{Filter, FilterError},
    pattern::EventPattern,
};
use tidings_webhooks::{default_events, request::is_reserved};
use utoipa::ToSchema;

use super::create::new_key_pair;
use crate::{
    Gateway,
    http::{
        body::escape,
        problem::{Answer, FieldProblem, Problem},
        strict::object,
    },
    registry::LiveEndpoint,
};

const MOST_HEADERS: usize = 20;
const LONGEST_HEADER: usize = 4096;
const MOST_NAMES: usize = 100;
const LONGEST_URL: usize = 2048;
const LONGEST_DESCRIPTION: usize = 1000;
const LONGEST_METADATA: usize = 4096;
const SHORTEST_TIMEOUT_MS: u64 = 1_000;
const LONGEST_TIMEOUT_MS: u64 = 60_000;
/// How many requests an endpoint is sent at once, unless it wants fewer.
pub(super) const MOST_AT_ONCE: u32 = 64;
const LOWEST_RATE: f64 = 0.001;
const HIGHEST_RATE: f64 = 10_000.0;
const LONGEST_HOLD_SECONDS: u64 = 7 * 24 * 3600;

/// What is to be an endpoint.
#[expect(clippy::option_option, reason = "by PATCH, null and absent differ")]
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointInput {
    /// Where it is.
    pub(super) url: String,
    /// The shape of the bodies: `lifecycle` (the default) or `object`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "lifecycle")]
    pub(super) format: Option<WebhookFormat>,
    /// The events that it wants, by name, by family (`conversation.*`) or all (`*`).
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) events: Option<Vec<EventPattern>>,
    /// The channels that it wants to hear of; all unless told.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) channels: Option<Vec<ChannelId>>,
    /// What an event must say to be sent, as it is rendered in this format: paths with values or operators, such as
    /// `{"data.channel_type": "whatsapp", "data.sequence": {"$gt": 1}}`.
    #[serde(default)]
    pub(super) filter: Option<Map<String, Value>>,
    /// `conversation` (the default): a conversation's events come one after the other; or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "conversation")]
    pub(super) ordering: Option<Ordering>,
    /// Headers of the company's own. Their values are not shown again.
    #[serde(default)]
    pub(super) headers: Option<BTreeMap<String, String>>,
    /// How it wants to be sure that it is us, beside the signature: `{"type": "basic", "username", "password"}` or
    /// `{"type": "bearer", "token"}`. Not shown again.
    #[serde(default, skip_serializing, deserialize_with = "object")]
    pub(super) auth: Option<AuthInput>,
    /// How many requests a second it may be sent, evenly spread: 0.001 to 10000; as many as it takes unless told.
    #[serde(default)]
    pub(super) rate_limit: Option<f64>,
    /// How many requests at once it may be sent: 1 to 64, which it is unless told.
    #[serde(default)]
    pub(super) concurrency: Option<u32>,
    /// Whether it is to be sent anything; it is unless told.
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    /// A second signature, for receivers that were written for another platform: `header`, `timestamp_header`,
    /// `signed` (`body` or `timestamp.body`), `encoding` (`hex` or `base64`), `prefix`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) legacy_signature: Option<LegacySignature>,
    /// Whether it also signs by a key pair (`v1a`), so that a receiver needs no secret to verify; it does not unless
    /// told.
    #[serde(default)]
    pub(super) key_pair: Option<bool>,
    /// How long one attempt may take, in milliseconds: 15000 unless told.
    #[serde(default)]
    pub(super) timeout_ms: Option<u64>,
    /// For how many seconds a failed event may hold back its conversation: 900 unless told; by PATCH null: for its
    /// whole schedule.
    #[serde(default, alias = "order_hold_max", deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub(super) order_hold_max_seconds: Option<Option<u64>>,
    /// What the company calls it.
    #[serde(default)]
    pub(super) description: Option<String>,
    /// The company's own fields, at most 4 KiB.
    #[serde(default)]
    pub(super) metadata: Option<Map<String, Value>>,
}

/// A header `Authorization`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AuthInput {
    /// By name and password (RFC 7617).
    Basic {
        /// The name, without a colon.
        username: String,
        /// The password.
        password: String,
    },
    /// By a token (RFC 6750).
    Bearer {
        /// The token.
        token: String,
    },
}

/// The header that says who sends.
pub(super) const AUTHORIZATION: &str = "authorization";

impl AuthInput {
    /// The header's value.
    fn header(&self) -> String {
        match self {
            Self::Basic { username, password } => {
                format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
            }
            Self::Bearer { token } => format!("Bearer {token}"),
        }
    }
}

/// Tells null from absent.
#[expect(clippy::option_option, reason = "by PATCH, null and absent differ")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads a filter. What is wrong with it is told by its place in the request.
pub(super) fn read_filter(source: Map<String, Value>, errors: &mut Vec<FieldProblem>) -> Option<Filter> {
    match Filter::parse(Value::Object(source)) {
        Ok(filter) => Some(filter),
        Err(wrong) => {
            let told = |error: FilterError| FieldProblem::new(format!("/filter{}", error.pointer), error.detail);
            errors.extend(wrong.into_iter().map(told));
            None
        }
    }
}

impl EndpointInput {
    /// What would make the endpoint as it is.
    pub(super) fn of(live: &LiveEndpoint, now: Timestamp) -> Self {
        let endpoint = &live.endpoint;
        Self {
            url: endpoint.url.clone(),
            format: Some(endpoint.format),
            events: Some(endpoint.events.clone()),
            channels: Some(endpoint.channels.clone()),
            filter: endpoint.filter.as_ref().and_then(|filter| filter.source().as_object().cloned()),
            ordering: Some(endpoint.ordering),
            headers: Some(endpoint.headers.clone()),
            auth: None,
            rate_limit: endpoint.rate_limit,
            concurrency: endpoint.concurrency,
            enabled: Some(endpoint.enabled),
            legacy_signature: endpoint.legacy_signature.clone(),
            key_pair: Some(live.secrets.has_key_pair(now)),
            timeout_ms: Some(endpoint.timeout_ms),
            order_hold_max_seconds: Some(endpoint.order_hold_max_seconds),
            description: endpoint.description.clone(),
            metadata: Some(endpoint.metadata.clone()),
        }
    }

    /// Writes it over an endpoint, if all of it is right.
    pub(super) fn apply(self, gateway: &Gateway, live: &mut LiveEndpoint) -> Answer<()> {
        let endpoint = &mut live.endpoint;
        let filter = self.check(gateway, endpoint)?;
        gateway.addresses.judge_url(&self.url).map_err(|refused| Problem::address("/url", &refused))?;
        let format = self.format.unwrap_or(WebhookFormat::Lifecycle);
        endpoint.url = self.url;
        endpoint.format = format;
        endpoint.events = self.events.unwrap_or_else(|| default_events(format));
        endpoint.channels = self.channels.unwrap_or_default();
        endpoint.filter = filter;
        endpoint.rate_limit = self.rate_limit;
        endpoint.concurrency = self.concurrency;
        endpoint.ordering = self.ordering.unwrap_or(Ordering::Conversation);
        endpoint.headers = self.headers.unwrap_or_default();
        if let Some(auth) = &self.auth {
            endpoint.headers.retain(|name, _| !name.eq_ignore_ascii_case(AUTHORIZATION));
            endpoint.headers.insert(AUTHORIZATION.to_owned(), auth.header());
        }
        endpoint.legacy_signature = self.legacy_signature;
        endpoint.timeout_ms = self.timeout_ms.unwrap_or(millis(Endpoint::DEFAULT_TIMEOUT));
        endpoint.order_hold_max_seconds =
            self.order_hold_max_seconds.unwrap_or(Some(Endpoint::DEFAULT_ORDER_HOLD.as_secs()));
        endpoint.description = self.description;
        endpoint.metadata = self.metadata.unwrap_or_default();
        endpoint.enabled = self.enabled.unwrap_or(true);
        let now = gateway.clock.now();
        match self.key_pair.unwrap_or(false) {
            false => live.secrets.drop_key_pairs(),
            true if live.secrets.has_key_pair(now) => {}
            true => {
                live.secrets.rotate_key_pair(new_key_pair(gateway)?, now, Duration::ZERO);
            }
        }
        Ok(())
    }

    /// Tells everything that is wrong with it. Answers its filter.
    fn check(&self, gateway: &Gateway, endpoint: &Endpoint) -> Answer<Option<Filter>> {
        let mut errors = Vec::new();
        let filter = self.filter.as_ref().and_then(|filter| read_filter(filter.clone(), &mut errors));
        if self.url.len() > LONGEST_URL {
            errors.push(FieldProblem::new("/url", format!("is longer than {LONGEST_URL} characters")));
        }
        self.check_names(gateway, endpoint.workspace_id, &endpoint.channels, &mut errors);
        self.check_headers(&mut errors);
        self.check_auth(&mut errors);
        let mut within = |pointer: &str, value: Option<u64>, lowest: u64, highest: u64| {
            if value.is_some_and(|value| !(lowest..=highest).contains(&value)) {
                errors.push(FieldProblem::new(pointer, format!("expected a number from {lowest} to {highest}")));
            }
        };
        within("/concurrency", self.concurrency.map(u64::from), 1, MOST_AT_ONCE.into());
        within("/timeout_ms", self.timeout_ms, SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS);
        within("/order_hold_max_seconds", self.order_hold_max_seconds.flatten(), 0, LONGEST_HOLD_SECONDS);
        if self.rate_limit.is_some_and(|limit| !(LOWEST_RATE..=HIGHEST_RATE).contains(&limit)) {
            errors.push(FieldProblem::new(
                "/rate_limit",
                format!("expected a number from {LOWEST_RATE} to {HIGHEST_RATE}"),
            ));
        }
        if self.description.as_ref().is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
            errors.push(FieldProblem::new("/description", format!("is longer than {LONGEST_DESCRIPTION} characters")));
        }
        let metadata = self.metadata.as_ref().and_then(|metadata| serde_json::to_vec(metadata).ok());
        if metadata.is_some_and(|text| text.len() > LONGEST_METADATA) {
            errors.push(FieldProblem::new("/metadata", format!("is longer than {LONGEST_METADATA} bytes of JSON")));
        }
        if errors.is_empty() { Ok(filter) } else { Err(Problem::fields(errors)) }
    }

    fn check_names(
        &self,
        gateway: &Gateway,
        workspace: WorkspaceId,
        known: &[ChannelId],
        errors: &mut Vec<FieldProblem>,
    ) {
        if self.events.as_ref().is_some_and(|events| events.is_empty() || events.len() > MOST_NAMES) {
            errors.push(FieldProblem::new("/events", format!("expected 1 to {MOST_NAMES} names or patterns")));
        }
        let channels = self.channels.as_deref().unwrap_or_default();
        if channels.len() > MOST_NAMES {
            errors.push(FieldProblem::new("/channels", format!("expected at most {MOST_NAMES} channels")));
        }
        for (index, id) in channels.iter().enumerate() {
            // One that the endpoint names already may have been deleted since; that spoils no other change.
            if !known.contains(id) && gateway.registry.channels.get(workspace, *id).is_none() {
                errors.push(FieldProblem::new(format!("/channels/{index}"), "there is no such channel"));
            }
        }
    }

    fn check_auth(&self, errors: &mut Vec<FieldProblem>) {
        let visible = |text: &str| {
            !text.is_empty() && text.len() <= LONGEST_HEADER && text.bytes().all(|byte| (33..127).contains(&byte))
        };
        match &self.auth {
            Some(AuthInput::Basic { username, .. }) if username.contains(':') => {
                errors.push(FieldProblem::new("/auth/username", "must not have a colon in it"));
            }
            Some(AuthInput::Basic { username, password }) if username.len() + password.len() > LONGEST_HEADER / 2 => {
                errors.push(FieldProblem::new("/auth", "name and password are too long"));
            }
            Some(AuthInput::Bearer { token }) if !visible(token) => {
                errors.push(FieldProblem::new("/auth/token", "expected visible characters of ASCII, without spaces"));
            }
            _ => {}
        }
    }

    fn check_headers(&self, errors: &mut Vec<FieldProblem>) {
        let headers = self.headers.iter().flatten();
        if self.headers.as_ref().is_some_and(|headers| headers.len() > MOST_HEADERS) {
            errors.push(FieldProblem::new("/headers", format!("expected at most {MOST_HEADERS} headers")));
        }
        let mut known = HashSet::new();
        for (name, value) in headers {
            let problem = header_problem(name).or_else(|| {
                if value.len() > LONGEST_HEADER {
                    Some("is too long: a value has at most 4096 characters")
                } else if HeaderValue::from_str(value).is_err() {
                    Some("is not a value that a header can have")
                } else {
                    (!known.insert(name.to_ascii_lowercase())).then_some("stands there twice, once in other letters")
                }
            });
            if let Some(problem) = problem {
                errors.push(FieldProblem::new(format!("/headers/{}", escape(name)), problem));
            }
        }
        let Some(legacy) = &self.legacy_signature else { return };
        if let Some(problem) = header_problem(&legacy.header) {
            errors.push(FieldProblem::new("/legacy_signature/header", problem));
        }
        if let Some(problem) = legacy.timestamp_header.as_deref().and_then(header_problem) {
            errors.push(FieldProblem::new("/legacy_signature/timestamp_header", problem));
        }
        if legacy.timestamp_header.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&legacy.header)) {
            errors.push(FieldProblem::new("/legacy_signature/timestamp_header", "is the signature's header, too"));
        }
        if legacy.prefix.len() > LONGEST_HEADER || HeaderValue::from_str(&legacy.prefix).is_err() {
            errors.push(FieldProblem::new("/legacy_signature/prefix", "is not a value that a header can have"));
        }
    }
}

fn header_problem(name: &str) -> Option<&'static str> {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        Some("is not the name of a header")
    } else if is_reserved(name) {
        Some("is a header that the gateway sets")
    } else {
        None
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
