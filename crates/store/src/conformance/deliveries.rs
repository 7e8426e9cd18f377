//! How far endpoints have come, and by which attempts.

use tidings_domain::{
    AttemptId, EndpointId, WorkspaceId,
    delivery::{Attempt, DeliveryChange, DeliveryState, EndpointHealth, Outcome, Retry, Trigger},
    event::{EventKind, LogEntry, Position},
};

use crate::{AttemptFilter, Page, StoreError, Undelivered};

use super::{
    bench::{Bench, at},
    changes::received,
};

const ALL: Page = Page { limit: 100, before: None };

/// An endpoint with six events before it.
pub struct Scene {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// What there is to deliver.
    pub log: Vec<LogEntry>,
}

impl Scene {
    /// Sets the scene.
    pub async fn new(bench: &Bench) -> Self {
        let workspace = bench.workspace("ant").await;
        let channel = bench.channel(workspace, "100").await;
        let endpoint = bench.endpoint(workspace).await;
        for number in 0..4 {
            bench.take(&channel, number, vec![received(&format!("m{number}"), number)]).await;
        }
        let log = bench.after(Position(0)).await;
        assert_eq!(log.len(), 6);
        Self { workspace, endpoint, log }
    }

    /// An attempt at the event with this index.
    pub fn attempt(&self, index: usize, number: u32, outcome: Outcome) -> Attempt {
        let failed = outcome == Outcome::Failed;
        Attempt {
            position: self.log[index].position,
            event_id: self.log[index].event.id,
            number,
            trigger: if number == 1 { Trigger::New } else { Trigger::Retry },
            at: at(100 + i64::from(number)),
            duration_ms: 17,
            outcome,
            status_code: (!failed).then_some(200),
            error: failed.then(|| "connection refused".to_owned()),
            signature: "v1,abc v1,def".to_owned(),
            late: number > 2,
            response_headers: (!failed).then(|| r#"{"server":"shop"}"#.to_owned()),
            response_body: if failed { Vec::new() } else { vec![0xFF, 0, 1] },
            next_at: failed.then(|| at(200)),
        }
    }

    pub(super) fn retry(&self, index: usize) -> Retry {
        Retry {
            position: self.log[index].position,
            key: self.log[index].event.key,
            attempts: 1,
            failures: 1,
            due_at: at(200),
            first_failed_at: at(101),
            holds: true,
            late: false,
            settled: false,
            resend: false,
        }
    }

    /// The event with this index was not taken.
    pub fn failure(&self, index: usize) -> DeliveryChange {
        DeliveryChange {
            attempts: vec![self.attempt(index, 1, Outcome::Failed)],
            retries: vec![self.retry(index)],
            ..DeliveryChange::default()
        }
    }

    pub(super) fn deliveries(&self, indexes: &[usize]) -> Vec<Attempt> {
        indexes.iter().map(|index| self.attempt(*index, 1, Outcome::Delivered)).collect()
    }
}

/// Retries, low water and health are as they were recorded last; what a change leaves out stays.
pub async fn are_remembered(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let health = EndpointHealth {
        consecutive_failures: 2,
        failing_since: Some(at(101)),
        last_success_at: Some(at(50)),
        down_since: Some(at(102)),
        probes: 3,
        next_probe_at: Some(at(300)),
        warned: true,
        ..EndpointHealth::default()
    };
    let both = DeliveryChange {
        attempts: vec![scene.attempt(0, 1, Outcome::Failed), scene.attempt(1, 1, Outcome::Failed)],
        retries: vec![scene.retry(0), scene.retry(1)],
        low_water: Some(scene.log[1].position),
        health: Some(health),
        ..DeliveryChange::default()
    };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, both).await, Ok(()));
    let expected = DeliveryState {
        low_water: scene.log[1].position,
        settled: vec![],
        retries: vec![scene.retry(0), scene.retry(1)],
        health,
    };
    assert_eq!(bench.store.delivery_load(scene.endpoint).await.as_ref(), Ok(&expected));

    let changed =
        Retry { attempts: 2, failures: 2, due_at: at(400), holds: false, late: true, settled: true, ..scene.retry(0) };
    let step = DeliveryChange {
        attempts: vec![scene.attempt(0, 2, Outcome::Failed), scene.attempt(1, 2, Outcome::Delivered)],
        retries: vec![changed],
        ended: vec![scene.log[1].position],
        ..DeliveryChange::default()
    };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, step).await, Ok(()));
    let expected = DeliveryState { retries: vec![changed], ..expected };
    assert_eq!(bench.store.delivery_load(scene.endpoint).await.as_ref(), Ok(&expected));

    let calm = DeliveryChange { health: Some(EndpointHealth::default()), ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, calm).await, Ok(()));
    let expected = DeliveryState { health: EndpointHealth::default(), ..expected };
    assert_eq!(bench.store.delivery_load(scene.endpoint).await, Ok(expected));
}

/// What is still to be sent, what came of the newest attempts, and what was given up.
pub async fn tell_how_an_endpoint_is_doing(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let kinds = vec![EventKind::ConversationCreated, EventKind::MessageReceived];
    let backlog = async |at_most| {
        let found = bench.store.delivery_backlog(scene.endpoint, kinds.clone(), at_most).await;
        found.expect("an endpoint")
    };
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let oldest = Some(scene.log[1].event.recorded_at);
    assert_eq!(backlog(100).await, Undelivered { events: 5, retries: 0, oldest });
    assert_eq!(backlog(2).await.events, 1, "looked at no further");
    let attempts = vec![
        scene.attempt(1, 1, Outcome::Delivered),
        scene.attempt(2, 1, Outcome::Dead),
        scene.attempt(3, 1, Outcome::Dead),
        scene.attempt(3, 2, Outcome::Delivered),
    ];
    let change = DeliveryChange { attempts, ..scene.failure(4) };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    let oldest = Some(scene.log[4].event.recorded_at);
    assert_eq!(backlog(100).await, Undelivered { events: 2, retries: 1, oldest });
    let newest = bench.store.attempt_newest(scene.endpoint, 2).await;
    assert_eq!(newest, Ok(vec![(Outcome::Delivered, 17), (Outcome::Dead, 17)]));
    assert_eq!(bench.store.dead_count(scene.endpoint).await, Ok(1));

    // What the head of a lane holds up is still to be sent, though the place has passed it.
    let passed = DeliveryChange { low_water: Some(scene.log[5].position), ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, passed).await, Ok(()));
    assert_eq!(backlog(100).await, Undelivered { events: 2, retries: 1, oldest });
}

/// What is delivered or dead above the low water is settled, once; what failed is not; what is below is not named.
pub async fn settle_above_the_low_water(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let mut attempts = scene.deliveries(&[0, 1, 3, 3]);
    attempts.push(scene.attempt(2, 1, Outcome::Failed));
    attempts.push(scene.attempt(5, 4, Outcome::Dead));
    let change = DeliveryChange { attempts, retries: vec![scene.retry(2)], ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    let settled = async || bench.store.delivery_load(scene.endpoint).await.expect("a state").settled;
    let positions = |indexes: &[usize]| indexes.iter().map(|index| scene.log[*index].position).collect::<Vec<_>>();
    assert_eq!(settled().await, positions(&[0, 1, 3, 5]));

    let up = DeliveryChange { low_water: Some(scene.log[3].position), ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, up).await, Ok(()));
    assert_eq!(settled().await, positions(&[5]));
}

/// Whoever took the lease last has it.
pub async fn with_a_stale_lease_are_refused(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let never = bench.store.delivery_record(scene.endpoint, 1, scene.failure(0)).await;
    assert!(matches!(never, Err(StoreError::StaleLease(_))), "nobody has a lease yet: {never:?}");
    let first = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let second = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "two").await.expect("a lease");
    assert!(second > first);
    let refused = bench.store.delivery_record(scene.endpoint, first, scene.failure(0)).await;
    assert!(matches!(refused, Err(StoreError::StaleLease(_))), "{refused:?}");
    let state = bench.store.delivery_load(scene.endpoint).await.expect("a state");
    assert_eq!(state, DeliveryState { low_water: Position(0), ..DeliveryState::default() });
    let attempts = bench.store.attempt_list(scene.endpoint, AttemptFilter::default(), ALL).await.expect("attempts");
    assert_eq!(attempts.items, []);
    assert_eq!(bench.store.delivery_record(scene.endpoint, second, scene.failure(0)).await, Ok(()));

    let neighbour = bench.endpoint(scene.workspace).await;
    let other = bench.store.delivery_record(neighbour, second, scene.failure(0)).await;
    assert!(matches!(other, Err(StoreError::StaleLease(_))), "a lease is on one endpoint: {other:?}");
}

/// Every attempt with everything that was recorded of it, a page at a time, each to be found by its id.
pub async fn have_attempts_newest_first(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let made = [
        scene.attempt(0, 1, Outcome::Failed),
        scene.attempt(1, 1, Outcome::Delivered),
        scene.attempt(0, 2, Outcome::Failed),
        scene.attempt(0, 3, Outcome::Dead),
    ];
    for attempt in &made {
        let change = DeliveryChange { attempts: vec![attempt.clone()], ..DeliveryChange::default() };
        assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    }
    let mut found = Vec::new();
    let mut before = None;
    for _ in 0..2 {
        let page = Page { limit: 3, before };
        let listing = bench.store.attempt_list(scene.endpoint, AttemptFilter::default(), page).await.expect("attempts");
        found.extend(listing.items);
        let Some(next) = listing.next else { break };
        before = Some(next);
    }
    assert!(found.iter().map(|record| &record.attempt).eq(made.iter().rev()));
    for record in found {
        assert_eq!(record.endpoint_id, scene.endpoint);
        assert_eq!(bench.store.attempt_get(scene.workspace, record.id).await, Ok(Some(record)));
    }
    assert_eq!(bench.store.attempt_get(scene.workspace, AttemptId::from_bytes(bench.id())).await, Ok(None));
}

/// By event, outcome and time.
pub async fn have_attempts_by_filter(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let attempts = vec![
        scene.attempt(0, 1, Outcome::Failed),
        scene.attempt(1, 2, Outcome::Delivered),
        scene.attempt(0, 3, Outcome::Delivered),
        scene.attempt(2, 4, Outcome::Dead),
    ];
    let change = DeliveryChange { attempts, ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    let any = AttemptFilter::default;
    let cases: [(AttemptFilter, &[u32]); 11] = [
        (any(), &[4, 3, 2, 1]),
        (AttemptFilter { events: Some(vec![scene.log[0].event.id]), ..any() }, &[3, 1]),
        (AttemptFilter { events: Some([0, 1].map(|index| scene.log[index].event.id).to_vec()), ..any() }, &[3, 2, 1]),
        (AttemptFilter { events: Some(vec![]), ..any() }, &[]),
        (AttemptFilter { status_code: Some(200), ..any() }, &[4, 3, 2]),
        (AttemptFilter { outcome: Some(Outcome::Delivered), ..any() }, &[3, 2]),
        (AttemptFilter { outcome: Some(Outcome::Dead), ..any() }, &[4]),
        (AttemptFilter { untaken: true, ..any() }, &[4]),
        (AttemptFilter { outcome: Some(Outcome::Failed), ..any() }, &[1]),
        (AttemptFilter { since: Some(at(102)), ..any() }, &[4, 3, 2]),
        (AttemptFilter { until: Some(at(102)), ..any() }, &[1]),
    ];
    for (filter, expected) in cases {
        let listing = bench.store.attempt_list(scene.endpoint, filter.clone(), ALL).await.expect("attempts");
        let numbers: Vec<u32> = listing.items.iter().map(|record| record.attempt.number).collect();
        assert_eq!(numbers, expected, "{filter:?}");
    }
}
