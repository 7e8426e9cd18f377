//! Endpoints.

use std::sync::Arc;

use tidings_domain::{
    ChannelId,
    channel::Channel,
    delivery::{DeliveryChange, DeliveryState, EndpointHealth},
    endpoint::{EndpointStatus, WebhookFormat},
    event::Position,
};

use crate::{AttemptFilter, Claimed, Page, Sealed, StoreError};

use super::{
    bench::{Bench, at},
    changes::{received, routed},
    deliveries,
    events::trouble,
};

/// What is created and updated is read again.
pub async fn are_written_and_read(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (mut first, second) = (bench.new_endpoint(workspace), bench.new_endpoint(workspace));
    for record in [&first, &second] {
        assert_eq!(bench.store.endpoint_create(record.clone(), None, None).await, Ok(Claimed::Done));
    }
    assert_eq!(bench.store.endpoint_all().await, Ok(vec![first.clone(), second.clone()]));

    first.endpoint.url = String::from("https://shop.example/other");
    first.endpoint.format = WebhookFormat::Object;
    first.endpoint.metadata.insert("team".to_owned(), "till".into());
    first.endpoint.updated_at = at(3);
    first.endpoint.enabled = false;
    first.status = EndpointStatus::Paused;
    first.secrets = Sealed(vec![6]);
    assert_eq!(bench.store.endpoint_update(first.clone(), None, None).await, Ok(Claimed::Done));
    assert_eq!(bench.store.endpoint_all().await, Ok(vec![first, second]));

    let unknown = bench.new_endpoint(workspace);
    assert!(matches!(bench.store.endpoint_update(unknown, None, None).await, Err(StoreError::NotFound(_))));
}

/// Whether an endpoint is enabled follows from its status. How a delivery went does not enable it again.
pub async fn follow_their_status(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let id = bench.endpoint(workspace).await;
    let epoch = bench.store.lease_acquire("endpoint", id.uuid(), "one").await.expect("a lease");
    for (told, status, enabled) in [
        (EndpointStatus::Down, EndpointStatus::Down, true),
        (EndpointStatus::Healthy, EndpointStatus::Healthy, true),
        (EndpointStatus::Paused, EndpointStatus::Paused, false),
        (EndpointStatus::Down, EndpointStatus::Paused, false),
        (EndpointStatus::Disabled, EndpointStatus::Disabled, false),
        (EndpointStatus::Healthy, EndpointStatus::Disabled, false),
    ] {
        let change = DeliveryChange { status: Some(told), ..DeliveryChange::default() };
        assert_eq!(bench.store.delivery_record(id, epoch, change).await, Ok(()));
        let all = bench.store.endpoint_all().await.expect("endpoints");
        assert_eq!((all[0].status, all[0].endpoint.enabled), (status, enabled));
    }
}

/// What was missed is skipped in the commit that enables the endpoint; what it has told of its trouble stays counted.
pub async fn resume_from_now(bench: &Bench) {
    let scene = deliveries::Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let health = EndpointHealth { down_since: Some(at(1)), ..EndpointHealth::default() };
    let told = || DeliveryChange { told: vec![trouble(bench, scene.workspace, 0)], ..DeliveryChange::default() };
    let change = DeliveryChange { health: Some(health), ..told() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, scene.failure(1)).await, Ok(()));
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    let mut record = bench.store.endpoint_all().await.expect("endpoints").remove(0);
    record.endpoint.updated_at = at(9);
    assert_eq!(bench.store.endpoint_resume_from_now(record.clone(), None).await, Ok(()));
    assert_eq!(bench.store.endpoint_all().await, Ok(vec![record]));
    let low_water = bench.store.log_head().await.expect("a head");
    let begun = DeliveryState { low_water, ..DeliveryState::default() };
    assert_eq!(bench.store.delivery_load(scene.endpoint).await, Ok(begun));
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, told()).await, Ok(()));
    let numbers = bench.after(scene.log[5].position).await.into_iter().map(|entry| entry.event.sequence);
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2]);
    let unknown = bench.new_endpoint(scene.workspace);
    let refused = bench.store.endpoint_resume_from_now(unknown, None).await;
    assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
}

/// A new endpoint hears of what happens from now on. What was refused before has not moved the end.
pub async fn begin_at_the_end_of_the_log(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let before = bench.endpoint(workspace).await;
    bench.take(&channel, 1, vec![received("m1", 1)]).await;
    let head = bench.store.log_head().await.expect("a head");
    assert!(head > Position(0));
    let stranger = Arc::new(Channel { id: ChannelId::from_bytes(bench.id()), ..Channel::clone(&channel) });
    let updates = vec![routed(&channel, None, received("m2", 2)), routed(&stranger, None, received("m3", 2))];
    let refused = bench.store.intake(bench.webhook(&channel, 2, updates)).await;
    assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
    let after = bench.endpoint(workspace).await;
    for (endpoint, low_water) in [(before, Position(0)), (after, head)] {
        let begun = DeliveryState { low_water, health: EndpointHealth::default(), settled: vec![], retries: vec![] };
        assert_eq!(bench.store.delivery_load(endpoint).await, Ok(begun));
    }
}

/// What is remembered of its deliveries goes with it, however much that is, and its neighbour's stays.
pub async fn are_deleted_with_their_deliveries(bench: &Bench) {
    let scene = deliveries::Scene::new(bench).await;
    let neighbour = bench.endpoint(scene.workspace).await;
    for (endpoint, attempts) in [(scene.endpoint, 5_000), (neighbour, 1)] {
        let epoch = bench.store.lease_acquire("endpoint", endpoint.uuid(), "one").await.expect("a lease");
        let mut change = scene.failure(0);
        change.attempts = vec![change.attempts[0].clone(); attempts];
        assert_eq!(bench.store.delivery_record(endpoint, epoch, change).await, Ok(()));
    }
    assert_eq!(bench.store.endpoint_delete(scene.workspace, scene.endpoint, None).await, Ok(()));

    let again = bench.store.endpoint_delete(scene.workspace, scene.endpoint, None).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
    let all = bench.store.endpoint_all().await.expect("endpoints");
    assert_eq!(all.iter().map(|record| record.endpoint.id).collect::<Vec<_>>(), [neighbour]);
    assert!(matches!(bench.store.delivery_load(scene.endpoint).await, Err(StoreError::NotFound(_))));
    assert_eq!(bench.store.delivery_load(neighbour).await.expect("a state").retries.len(), 1);
    let page = Page { limit: 10, before: None };
    let attempts = bench.store.attempt_list(neighbour, AttemptFilter::default(), page).await.expect("attempts");
    assert_eq!(attempts.items.len(), 1);
    for number in attempts.items.iter().map(|record| record.id) {
        assert!(bench.store.attempt_get(scene.workspace, number).await.expect("an attempt").is_some());
    }
}
