//! Endpoints: places that webhooks are sent to.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    channel::words,
    filter::Filter,
    id::{ChannelId, EndpointId, WorkspaceId},
    pattern::EventPattern,
    time::Timestamp,
};

words! {
    /// The two shapes of a webhook's body.
    WebhookFormat {
        /// One event for each step of a message's life.
        Lifecycle = "lifecycle",
        /// One message object that is created and then updated.
        Object = "object",
    }
}

words! {
    /// Whether an endpoint wants a conversation's events one after the other.
    Ordering {
        /// Yes: a failed event holds back the later ones of its conversation.
        Conversation = "conversation",
        /// No.
        None = "none",
    }
}

words! {
    /// How an endpoint is doing.
    EndpointStatus {
        /// Takes what it gets.
        Healthy = "healthy",
        /// Does not; it is probed, and its schedules stand still.
        Down = "down",
        /// Was given up, by us or by its own 410.
        Disabled = "disabled",
        /// Was paused by the company.
        Paused = "paused",
    }
}

words! {
    /// What a legacy signature signs.
    LegacySigned {
        /// The raw body.
        Body = "body",
        /// `<timestamp>.<body>`
        TimestampBody = "timestamp.body",
    }
}

words! {
    /// How a legacy signature is spelled.
    LegacyEncoding {
        /// Lower-case hexadecimal.
        Hex = "hex",
        /// Base64 with padding.
        Base64 = "base64",
    }
}

/// A second signature, for receivers that were written for another platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegacySignature {
    /// The header that carries it.
    pub header: String,
    /// The header that carries the time, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_header: Option<String>,
    /// What is signed.
    pub signed: LegacySigned,
    /// How it is spelled.
    pub encoding: LegacyEncoding,
    /// What stands before it.
    #[serde(default)]
    pub prefix: String,
}

/// A place that webhooks are sent to. Its secrets are kept apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Our id.
    pub id: EndpointId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// Where it is.
    pub url: String,
    /// The shape of the bodies.
    pub format: WebhookFormat,
    /// The events that it wants.
    pub events: Vec<EventPattern>,
    /// The channels that it wants to hear of; all if empty.
    pub channels: Vec<ChannelId>,
    /// What an event must say, as it is rendered for this endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// In which order.
    pub ordering: Ordering,
    /// How many requests a second it may be sent; `None`: as many as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<f64>,
    /// How many requests at once it may be sent; `None`: as many as we send anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Headers of the company's own.
    pub headers: BTreeMap<String, String>,
    /// A second signature.
    pub legacy_signature: Option<LegacySignature>,
    /// How long one attempt may take, all in all.
    pub timeout_ms: u64,
    /// How long a failed event may hold back its conversation; `None`: its whole schedule.
    pub order_hold_max_seconds: Option<u64>,
    /// What the company calls it.
    pub description: Option<String>,
    /// The company's own fields.
    pub metadata: Map<String, Value>,
    /// Whether it is to be sent anything.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Endpoint {
    /// The timeout of an endpoint that names none.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
    /// The `order_hold_max` of an endpoint that names none.
    pub const DEFAULT_ORDER_HOLD: Duration = Duration::from_mins(15);

    /// How long one attempt may take, all in all.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
