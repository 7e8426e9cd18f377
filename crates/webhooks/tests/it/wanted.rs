//! Who wants which event, and under which name.

use std::collections::BTreeMap;

use serde_json::Map;
use tidings_domain::{
    ChannelId, EndpointId, WorkspaceId,
    endpoint::{Endpoint, Ordering, WebhookFormat},
    event::{Event, EventKind},
    pattern::EventPattern,
};
use tidings_webhooks::{default_events, rendered_kind, wants};
use uuid::Uuid;

use crate::samples;

pub(crate) fn endpoint(format: WebhookFormat) -> Endpoint {
    Endpoint {
        id: EndpointId::from_uuid(Uuid::from_u128(77)),
        workspace_id: samples::samples().workspace_id(),
        url: "https://receiver.example/hooks".to_owned(),
        format,
        events: default_events(format),
        channels: Vec::new(),
        ordering: Ordering::Conversation,
        headers: BTreeMap::new(),
        legacy_signature: None,
        timeout_ms: 15_000,
        order_hold_max_seconds: Some(900),
        filter: None,
        rate_limit: None,
        concurrency: None,
        description: None,
        metadata: Map::new(),
        enabled: true,
        created_at: samples::moment(),
        updated_at: samples::moment(),
    }
}

fn naming(format: WebhookFormat, patterns: &[&str]) -> Endpoint {
    let events: Vec<EventPattern> = patterns.iter().map(|pattern| pattern.parse().expect("a pattern")).collect();
    Endpoint { events, ..endpoint(format) }
}

fn sample(name: &str) -> Event {
    samples::all().into_iter().find(|(sample, _)| sample == name).expect("a sample of that name").1
}

/// The names of the samples that an endpoint wants, without their variants.
fn wanted(endpoint: &Endpoint) -> Vec<&'static str> {
    let mut names: Vec<&str> = samples::all()
        .into_iter()
        .filter(|(name, event)| name == event.kind.name() && wants(endpoint, event))
        .map(|(_, event)| event.kind.name())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn without_a_wish_an_endpoint_gets_what_its_platform_sends() {
    assert_eq!(
        wanted(&endpoint(WebhookFormat::Lifecycle)),
        ["message.delivered", "message.failed", "message.read", "message.received", "message.sent"]
    );
    assert_eq!(
        wanted(&endpoint(WebhookFormat::Object)),
        ["message.delivered", "message.failed", "message.read", "message.received", "message.sent", "message.updated"]
    );
}

#[test]
fn patterns_mean_the_name_as_it_is_or_as_it_is_rendered() {
    assert_eq!(wanted(&naming(WebhookFormat::Object, &["message.read"])), ["message.read"]);
    assert_eq!(wanted(&naming(WebhookFormat::Lifecycle, &["message.updated"])), ["message.updated"]);
    assert_eq!(wanted(&naming(WebhookFormat::Lifecycle, &["contact.*"])).len(), 4);
    assert_eq!(wanted(&naming(WebhookFormat::Lifecycle, &[])), [""; 0]);
    assert_eq!(rendered_kind(EventKind::MessageRead, WebhookFormat::Object), EventKind::MessageUpdated);
    assert_eq!(rendered_kind(EventKind::ContactMerged, WebhookFormat::Object), EventKind::ContactMerged);
    assert_eq!(rendered_kind(EventKind::MessageRead, WebhookFormat::Lifecycle), EventKind::MessageRead);
}

#[test]
fn others_workspaces_channels_and_own_trouble_are_not_for_an_endpoint() {
    let all = naming(WebhookFormat::Lifecycle, &["*"]);
    let received = sample("message.received");
    assert!(wants(&all, &received));
    let elsewhere = Endpoint { workspace_id: WorkspaceId::from_uuid(Uuid::from_u128(1)), ..all.clone() };
    assert!(!wants(&elsewhere, &received));

    let its_channel = Endpoint { channels: vec![samples::samples().channel_id()], ..all.clone() };
    let other_channel = Endpoint { channels: vec![ChannelId::from_uuid(Uuid::from_u128(1))], ..all.clone() };
    assert!(wants(&its_channel, &received));
    assert!(!wants(&other_channel, &received));
    assert!(!wants(&its_channel, &sample("contact.updated")));

    let failing = sample("endpoint.failing");
    assert!(wants(&all, &failing));
    assert!(!wants(&Endpoint { id: samples::samples().endpoint_id(), ..all.clone() }, &failing));
    assert!(!wants(&all, &sample("webhook.test")));
}

#[test]
fn the_object_format_does_not_tell_a_delivery_twice() {
    let revived = sample("message.updated.revived");
    assert!(wants(&naming(WebhookFormat::Lifecycle, &["*"]), &revived));
    assert!(!wants(&naming(WebhookFormat::Object, &["*"]), &revived));
    assert!(wants(&naming(WebhookFormat::Object, &["*"]), &sample("message.updated.sent_after_all")));
}
