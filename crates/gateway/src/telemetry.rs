//! What the gateway counts of itself, for Prometheus: a registry as a value, so that several gateways fit in one
//! process. No label ever holds what a customer wrote or who they are.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

/// Labels of a vendor's webhook.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct InboundLabels {
    /// What became of it: `accepted`, `unsigned`, `wrong_signature`, `unknown_channel`, `refused`.
    pub result: &'static str,
}

/// Labels of something that has an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabels {
    /// The outcome.
    pub outcome: &'static str,
}

/// Labels of a request to the API.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The method.
    pub method: String,
    /// The path's pattern.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
}

/// Labels of a call that was to send a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SendLabels {
    /// The channel's id.
    pub channel: String,
    /// What came of it: `accepted`, `later`, `refused`, `unknown`.
    pub outcome: &'static str,
    /// The vendor's code, or ours; empty if the message was accepted.
    pub code: String,
}

/// Labels of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EndpointLabels {
    /// The endpoint's id.
    pub endpoint: String,
}

/// Labels of what is deleted for its age.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RecordLabels {
    /// `events`, `attempts`, `attempt_details`, `raw_bodies`, `unmatched_updates`, `dedup_keys`, `idempotency_keys`, `audit`
    /// or `usage`.
    pub records: &'static str,
}

/// Labels of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ChannelLabels {
    /// The channel's id.
    pub channel: String,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// Vendors' webhooks, by what became of them.
    pub inbound: Family<InboundLabels, Counter>,
    /// Updates in vendors' webhooks: `applied`, `repeated`, `kept`.
    pub updates: Family<OutcomeLabels, Counter>,
    /// Vendors' bodies that could not be parsed, and were kept.
    pub unparsed: Counter,
    /// Requests to the API.
    pub requests: Family<RequestLabels, Counter>,
    /// Attempts at delivering an event to an endpoint, by outcome.
    pub deliveries: Family<OutcomeLabels, Counter>,
    /// Seconds that an attempt took, from the request to the end of the answer.
    pub delivery_seconds: Histogram,
    /// Event streams that are open.
    pub streams: Gauge,
    /// Calls that were to send a message.
    pub sends: Family<SendLabels, Counter>,
    /// Tries at fetching a file of a message: `fetched`, `later`, `lost`.
    pub fetches: Family<OutcomeLabels, Counter>,
    /// Contacts that are being erased.
    pub erasures: Gauge,
    /// Messages that are due and wait to be sent.
    pub waiting: Family<ChannelLabels, Gauge>,
    /// Seconds that the oldest of them has waited.
    pub waiting_seconds: Family<ChannelLabels, Gauge>,
    /// Messages whose outcome is unknown.
    pub unknown: Family<ChannelLabels, Gauge>,
    /// Events that an endpoint has still to be sent.
    pub backlog: Family<EndpointLabels, Gauge>,
    /// Seconds since the oldest of them was recorded.
    pub backlog_seconds: Family<EndpointLabels, Gauge>,
    /// Events of them that are to be tried again.
    pub retries: Family<EndpointLabels, Gauge>,
    /// Records that were deleted for their age.
    pub pruned: Family<RecordLabels, Counter>,
    /// Seconds since the oldest event was recorded.
    pub oldest_event_seconds: Gauge,
    /// Seconds for which the oldest event should be deleted already.
    pub retention_lag_seconds: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// A channel is deleted: nothing waits on it any more.
    pub fn forget_channel(&self, channel: String) {
        let labels = ChannelLabels { channel };
        for family in [&self.waiting, &self.waiting_seconds, &self.unknown] {
            family.remove(&labels);
        }
    }

    /// An endpoint is deleted.
    pub fn forget_endpoint(&self, endpoint: String) {
        let labels = EndpointLabels { endpoint };
        for family in [&self.backlog, &self.backlog_seconds, &self.retries] {
            family.remove(&labels);
        }
    }

    /// All at zero.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tidings"),
            inbound: Family::default(),
            updates: Family::default(),
            unparsed: Counter::default(),
            requests: Family::default(),
            deliveries: Family::default(),
            delivery_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 16)),
            streams: Gauge::default(),
            sends: Family::default(),
            fetches: Family::default(),
            erasures: Gauge::default(),
            waiting: Family::default(),
            waiting_seconds: Family::default(),
            unknown: Family::default(),
            backlog: Family::default(),
            backlog_seconds: Family::default(),
            retries: Family::default(),
            pruned: Family::default(),
            oldest_event_seconds: Gauge::default(),
            retention_lag_seconds: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("inbound_webhooks", "Webhooks of vendors by what became of them", metrics.inbound.clone());
        registry.register("inbound_updates", "Updates in webhooks of vendors by outcome", metrics.updates.clone());
        registry.register("inbound_unparsed", "Bodies of vendors that could not be parsed", metrics.unparsed.clone());
        registry.register("http_requests", "Requests to the API", metrics.requests.clone());
        registry.register("deliveries", "Attempts at delivering an event, by outcome", metrics.deliveries.clone());
        registry.register(
            "delivery_seconds",
            "Seconds that an attempt at delivering an event took",
            metrics.delivery_seconds.clone(),
        );
        registry.register("event_streams", "Event streams that are open", metrics.streams.clone());
        registry.register("sends", "Calls that were to send a message, by outcome and code", metrics.sends.clone());
        for outcome in ["fetched", "later", "lost"] {
            drop(metrics.fetches.get_or_create(&OutcomeLabels { outcome }));
        }
        registry.register("media_fetches", "Tries at fetching a file of a message", metrics.fetches.clone());
        registry.register("erasures", "Contacts that are being erased", metrics.erasures.clone());
        registry.register("outbox_waiting", "Messages that are due and wait to be sent", metrics.waiting.clone());
        registry.register(
            "outbox_waiting_seconds",
            "Seconds that the oldest message that is due has waited",
            metrics.waiting_seconds.clone(),
        );
        registry.register(
            "endpoint_backlog",
            "Events that an endpoint has still to be sent, counted up to 10000",
            metrics.backlog.clone(),
        );
        registry.register(
            "endpoint_backlog_seconds",
            "Seconds since the oldest event that an endpoint has still to be sent was recorded",
            metrics.backlog_seconds.clone(),
        );
        registry.register("endpoint_retries", "Events that are to be tried again", metrics.retries.clone());
        registry.register("pruned", "Records that were deleted for their age", metrics.pruned.clone());
        registry.register(
            "oldest_event_seconds",
            "Seconds since the oldest event was recorded",
            metrics.oldest_event_seconds.clone(),
        );
        registry.register(
            "retention_lag_seconds",
            "Seconds for which the oldest event should be deleted already",
            metrics.retention_lag_seconds.clone(),
        );
        registry.register("outbox_unknown", "Messages whose outcome is unknown", metrics.unknown.clone());
        metrics
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.inbound.get_or_create(&InboundLabels { result: "accepted" }).inc();
        metrics.unparsed.inc_by(3);
        let text = metrics.text();
        assert!(text.contains("tidings_inbound_webhooks_total{result=\"accepted\"} 1\n"), "{text}");
        assert!(text.contains("tidings_inbound_unparsed_total 3\n"), "{text}");
    }
}
