//! What is old is deleted, and nobody who had a place in it is lost.

use std::sync::Arc;

use tidings_domain::{
    ChannelId, EndpointId, Timestamp, WorkspaceId,
    audit::Action,
    change::{DedupKey, ReportedStatus},
    channel::Channel,
    delivery::{Attempt, DeliveryChange, Lost, Outcome, Retry},
    endpoint::Endpoint,
    event::{EndpointDetail, Event, EventKind, EventPayload, Position},
    usage::Day,
};

use crate::{
    ActFilter, AttemptFilter, BodyNumber, EventFilter, EventSlice, Gap, IntakeReceipt, KeptBodies, Listing, Page,
    Place, Records, RoutedUpdate, StoreError,
};

use super::{
    acts,
    bench::{Bench, at, kinds},
    bodies,
    changes::{received, report, routed},
    claims::claim,
    deliveries::Scene,
    usage,
};

const ALL: Page = Page { limit: 100, before: None };
const DAY: i64 = 86_400;

/// What a contact wrote, and nothing else.
fn messages(_: &Endpoint, kind: EventKind, _: Option<ChannelId>) -> bool {
    kind == EventKind::MessageReceived
}

/// Prunes events until there is nothing more to be pruned; answers all of it.
async fn prune(bench: &Bench, before: Timestamp) -> EventSlice {
    let mut all = EventSlice::default();
    loop {
        let slice = bench.store.events_prune(before, messages).await.expect("a slice");
        all.events += slice.events;
        all.attempts += slice.attempts;
        all.up_to = all.up_to.max(slice.up_to);
        all.overtaken.extend(slice.overtaken);
        if slice.is_last {
            return EventSlice { is_last: true, ..all };
        }
    }
}

/// Prunes records until there is nothing more to be pruned; answers how many.
async fn prune_records(bench: &Bench, which: Records, before: Timestamp) -> u64 {
    let (mut deleted, mut place) = (0, Some(Place::default()));
    while let Some(from) = place {
        let slice = bench.store.records_prune(which, before, from).await.expect("a slice");
        deleted += slice.deleted;
        place = slice.next;
    }
    deleted
}

async fn attempts(bench: &Bench, endpoint: EndpointId) -> Vec<u32> {
    let found = bench.store.attempt_list(endpoint, AttemptFilter::default(), ALL).await.expect("attempts");
    found.items.iter().map(|record| record.attempt.number).collect()
}

async fn gaps(bench: &Bench) -> Vec<Gap> {
    bench.store.gap_all().await.expect("gaps")
}

/// An endpoint's lease, and what is written with it.
async fn record(bench: &Bench, endpoint: EndpointId, change: DeliveryChange) {
    let epoch = bench.store.lease_acquire("endpoint", endpoint.uuid(), "one").await.expect("a lease");
    assert_eq!(bench.store.delivery_record(endpoint, epoch, change).await, Ok(()));
}

/// They are gone, everything else is there, and nothing that is new bears a number of theirs.
pub async fn prunes_the_oldest_events_with_their_attempts(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let last = scene.log[5].position;
    record(bench, scene.endpoint, DeliveryChange { low_water: Some(last), ..DeliveryChange::default() }).await;
    let made = vec![scene.attempt(0, 1, Outcome::Delivered), scene.attempt(4, 2, Outcome::Delivered)];
    record(bench, scene.endpoint, DeliveryChange { attempts: made, ..DeliveryChange::default() }).await;
    assert_eq!(bench.store.log_begin().await, Ok(Some(at(0))));
    let pruned = prune(bench, at(2)).await;
    // Contact and conversation came with the first message.
    let expected =
        EventSlice { events: 4, attempts: 1, up_to: scene.log[3].position, overtaken: vec![], is_last: true };
    assert_eq!(pruned, expected);
    assert_eq!(bench.after(Position(0)).await, scene.log[4..]);
    assert_eq!(bench.store.log_begin().await, Ok(Some(at(2))));
    assert_eq!(bench.store.event_oldest(scene.workspace).await, Ok(Some(scene.log[4].event.id)));
    assert_eq!(bench.store.event_get(scene.workspace, scene.log[3].event.id).await, Ok(None));
    assert_eq!(attempts(bench, scene.endpoint).await, [2]);
    assert_eq!(prune(bench, at(2)).await, EventSlice { is_last: true, ..EventSlice::default() });

    let known = bench.store.attempt_list(scene.endpoint, AttemptFilter::default(), ALL).await.expect("attempts");
    assert_eq!(prune(bench, at(100)).await.events, 2);
    assert_eq!((bench.after(Position(0)).await, bench.store.log_begin().await), (vec![], Ok(None)));
    let channel = bench.channel(scene.workspace, "200").await;
    let new = bench.events_of(&channel, 50, vec![received("m9", 50)]).await;
    assert!(new.iter().all(|entry| entry.position > last), "{new:?}");
    let attempt = Attempt { position: new[0].position, ..scene.attempt(0, 9, Outcome::Delivered) };
    record(bench, scene.endpoint, DeliveryChange { attempts: vec![attempt], ..DeliveryChange::default() }).await;
    let again = bench.store.attempt_list(scene.endpoint, AttemptFilter::default(), ALL).await.expect("attempts");
    assert!(again.items[0].id > known.items[0].id);
    assert_eq!(gaps(bench).await, []);
}

/// The clock may have been set back: an event goes after all that came before it.
pub async fn prunes_up_to_the_first_that_is_younger(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for seconds in [1, 2, 50, 3, 4] {
        bench.take(&channel, seconds, vec![received(&format!("m{seconds}"), seconds)]).await;
    }
    let log = bench.after(Position(0)).await;
    assert_eq!(prune(bench, at(10)).await.events, 4);
    assert_eq!(bench.after(Position(0)).await, log[4..]);
    assert_eq!(prune(bench, at(51)).await.events, 3);
}

/// What an endpoint has still to be sent is lost: what comes after its place, what is to be tried again, and what is held up.
/// What is settled, what it does not want, and what another one has to be sent is not.
pub async fn overtakes_endpoints(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let (idle, done) = (bench.endpoint(scene.workspace).await, bench.endpoint(scene.workspace).await);
    let stranger = bench.endpoint(bench.workspace("bee").await).await;
    let place = |index: usize| Some(scene.log[index].position);
    record(bench, done, DeliveryChange { low_water: place(5), ..DeliveryChange::default() }).await;
    // The third event holds up the fourth; the fifth was delivered beside the order, and the sixth is still to come.
    let change = DeliveryChange { attempts: scene.deliveries(&[4]), low_water: place(3), ..scene.failure(2) };
    record(bench, scene.endpoint, change).await;

    let pruned = prune(bench, at(100)).await;
    assert_eq!((pruned.events, pruned.attempts), (6, 1));
    // Those who were made now have their place at the end, as the idle one has.
    assert_eq!(pruned.overtaken, [scene.endpoint]);
    let lost = Lost { from: scene.log[2].position, to: scene.log[5].position, count: 3 };
    assert_eq!(gaps(bench).await, [Gap { endpoint_id: scene.endpoint, lost }]);
    for endpoint in [scene.endpoint, idle, done] {
        let state = bench.store.delivery_load(endpoint).await.expect("a state");
        assert_eq!((state.low_water, state.settled), (scene.log[5].position, vec![]));
    }
    assert_eq!(bench.store.delivery_load(stranger).await.expect("a state").retries, []);
}

/// It is told by an event, with all that was lost since, and not again.
pub async fn tells_a_gap_once(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let told = async || bench.after(scene.log[5].position).await;
    assert_eq!(bench.store.gap_tell(scene.endpoint, 0, at(50)).await, Ok(()));
    assert_eq!(told().await, []);
    prune(bench, at(2)).await;
    prune(bench, at(3)).await;
    let lost = Lost { from: scene.log[2].position, to: scene.log[4].position, count: 3 };
    assert_eq!(gaps(bench).await, [Gap { endpoint_id: scene.endpoint, lost }]);
    let heard = bench.listen();
    for _ in 0..2 {
        assert_eq!(bench.store.gap_tell(scene.endpoint, 7, at(50)).await, Ok(()));
    }
    let log = told().await;
    assert_eq!((kinds(&log), heard.entries()), (vec!["endpoint.gap"], log.clone()));
    assert_eq!((log[0].event.sequence, log[0].event.recorded_at), (1, at(50)));
    let Event { payload: EventPayload::Endpoint(told), .. } = &*log[0].event else { panic!("{log:?}") };
    let EndpointDetail::Gap { from, to, count, backlog, .. } = told.detail else { panic!("{told:?}") };
    assert_eq!((told.endpoint_id, Lost { from, to, count }, backlog), (scene.endpoint, lost, 7));
    assert_eq!(gaps(bench).await, []);

    prune(bench, at(4)).await;
    assert_eq!(gaps(bench).await.len(), 1);
    bench.store.endpoint_delete(scene.workspace, scene.endpoint, None).await.expect("no endpoint");
    assert_eq!(gaps(bench).await, []);
    // The event about the endpoint is the oldest by now, and nothing that it has lost.
    assert_eq!(prune(bench, at(100)).await.events, 1);
}

/// What was under way when it was deleted is not written down any more, and no place goes back.
pub async fn is_not_undone_by_a_late_record(bench: &Bench) {
    let scene = Scene::new(bench).await;
    prune(bench, at(2)).await;
    let untied = Retry { holds: false, ..scene.retry(1) };
    let change = DeliveryChange {
        attempts: vec![scene.attempt(2, 1, Outcome::Delivered), scene.attempt(4, 2, Outcome::Failed)],
        retries: vec![untied, scene.retry(3), scene.retry(4)],
        low_water: Some(scene.log[1].position),
        ..DeliveryChange::default()
    };
    record(bench, scene.endpoint, change).await;
    assert_eq!(attempts(bench, scene.endpoint).await, [2]);
    let state = bench.store.delivery_load(scene.endpoint).await.expect("a state");
    assert_eq!(state.low_water, scene.log[3].position);
    let anchor = Retry { settled: true, ..scene.retry(3) };
    assert_eq!(state.retries, [anchor, scene.retry(4)], "a lane is not forgotten with its head");
    let untied = DeliveryChange { retries: vec![Retry { holds: false, ..anchor }], ..DeliveryChange::default() };
    record(bench, scene.endpoint, untied).await;
    assert_eq!(bench.store.delivery_load(scene.endpoint).await.expect("a state").retries, [scene.retry(4)]);
}

/// What a head held up, and is younger than what is deleted, is found from where it was.
pub async fn leaves_lanes_an_anchor(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let untied = Retry { holds: false, late: true, ..scene.retry(1) };
    let change = DeliveryChange {
        retries: vec![untied, scene.retry(2)],
        low_water: Some(scene.log[5].position),
        ..DeliveryChange::default()
    };
    record(bench, scene.endpoint, change).await;
    assert_eq!(prune(bench, at(2)).await.overtaken, [scene.endpoint]);
    let state = bench.store.delivery_load(scene.endpoint).await.expect("a state");
    assert_eq!(state.retries, [Retry { settled: true, ..scene.retry(2) }]);
    assert_eq!(gaps(bench).await[0].lost.count, 3, "the two that were to be tried again, and one that was held up");
    assert_eq!(prune(bench, at(3)).await.overtaken, [scene.endpoint]);
    assert_eq!(gaps(bench).await[0].lost.count, 4, "the next one that was held up");
}

/// Who reads on from a place behind which something is gone is told so; who begins, or has read on, is not.
pub async fn expires_places(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let list = async |workspace: WorkspaceId, after: Position| {
        bench.store.event_list(workspace, EventFilter::default(), after, 100).await
    };
    let other = bench.workspace("bee").await;
    let channel = bench.channel(other, "100").await;
    bench.take(&channel, 50, vec![received("m1", 50)]).await;
    let place = |index: usize| scene.log[index].position;
    prune(bench, at(2)).await;
    let rest = Ok(Listing { items: scene.log[4..].to_vec(), next: None });
    for after in [Position(0), place(3)] {
        assert_eq!(list(scene.workspace, after).await, rest);
    }
    assert_eq!(list(scene.workspace, place(4)).await.expect("events").items, scene.log[5..]);
    let oldest = Some(scene.log[4].event.id);
    assert_eq!(list(scene.workspace, place(2)).await, Err(StoreError::Expired { oldest }));
    assert_eq!(list(other, place(0)).await.expect("events").items.len(), 3, "it has missed nothing");
    prune(bench, at(10)).await;
    assert_eq!(list(scene.workspace, place(4)).await, Err(StoreError::Expired { oldest: None }));
    assert_eq!(list(scene.workspace, place(5)).await, Ok(Listing { items: vec![], next: None }));
}

/// What was answered goes; that it was, stays as long as the event.
pub async fn strips_attempts(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let neighbour = bench.endpoint(scene.workspace).await;
    for endpoint in [scene.endpoint, neighbour] {
        let made = (1..=3).map(|number| scene.attempt(1, number, Outcome::Delivered)).collect();
        record(bench, endpoint, DeliveryChange { attempts: made, ..DeliveryChange::default() }).await;
    }
    let bare = async |endpoint| {
        let found = bench.store.attempt_list(endpoint, AttemptFilter::default(), ALL).await.expect("attempts");
        let is_bare = |attempt: &Attempt| {
            assert_eq!((attempt.status_code, attempt.outcome), (Some(200), Outcome::Delivered));
            attempt.response_headers.is_none() && attempt.response_body.is_empty()
        };
        found.items.iter().map(|record| is_bare(&record.attempt)).collect::<Vec<_>>()
    };
    for (before, deleted, expected) in
        [(103, 4, [false, true, true]), (103, 0, [false, true, true]), (104, 2, [true, true, true])]
    {
        assert_eq!(prune_records(bench, Records::AttemptDetails, at(before)).await, deleted);
        for endpoint in [scene.endpoint, neighbour] {
            assert_eq!(bare(endpoint).await, expected);
        }
    }
}

/// A webhook in which something is kept stays as long as that, and no other one gets its number.
pub async fn prunes_bodies_that_nothing_is_kept_of(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let kept = async || {
        let which = KeptBodies::NotUnderstood(channel.id);
        bench.store.body_kept(workspace, which, BodyNumber(0), 10).await.expect("bodies").len()
    };
    bench.store.intake(bench.webhook(&channel, 1, vec![bodies::unknown(&channel, "poll")])).await.expect("it is taken");
    let [event] = &bench.events_of(&channel, 2, vec![received("m1", 2)]).await[2..] else { panic!("one message") };
    let from = async || bench.store.body_of_event(workspace, event.position).await.expect("bodies");
    assert!(from().await.is_some());
    assert_eq!(prune_records(bench, Records::RawBodies, at(2)).await, 0);
    assert_eq!(prune_records(bench, Records::RawBodies, at(3)).await, 1);
    assert_eq!((from().await, kept().await), (None, 1));
    assert_eq!(prune_records(bench, Records::KeptUpdates, at(1)).await, 0);
    assert_eq!(prune_records(bench, Records::KeptUpdates, at(2)).await, 1);
    assert_eq!(prune_records(bench, Records::RawBodies, at(3)).await, 1);
    bench.take(&channel, 4, vec![received("m2", 4)]).await;
    assert_eq!((from().await, kept().await), (None, 0));
}

/// A repetition is told for as long as the key is kept: since it was seen, not since it happened.
pub async fn prunes_dedup_keys_by_when_they_were_seen(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let channels = [bench.channel(workspace, "100").await, bench.channel(other, "100").await];
    let update = |channel: &Arc<Channel>, seconds: i64, mark: u8| {
        let mut key = [mark; 16];
        key[..4].copy_from_slice(&u32::try_from(at(seconds).as_seconds()).expect("a time").to_be_bytes());
        RoutedUpdate {
            dedup: Some(DedupKey(key)),
            ..routed(channel, None, report("m1", ReportedStatus::Read, seconds))
        }
    };
    // The second came ten days late.
    let seen = [(0, 0, 1), (0, 10, 2), (10, 10, 3)];
    let take = async |channel: &Arc<Channel>| {
        let mut repeated = Vec::new();
        for (happened, seen, mark) in seen {
            let webhook = bench.webhook(channel, seen * DAY, vec![update(channel, happened * DAY, mark)]);
            let receipt = bench.store.intake(webhook).await.expect("it is taken");
            repeated.push(receipt == IntakeReceipt { repeated: 1, ..IntakeReceipt::default() });
        }
        repeated
    };
    for channel in &channels {
        assert_eq!(take(channel).await, [false; 3]);
        assert_eq!(take(channel).await, [true; 3]);
    }
    let before = Day::of(at(5 * DAY)).begin();
    assert_eq!(prune_records(bench, Records::DedupKeys, before).await, 2);
    for channel in &channels {
        assert_eq!(take(channel).await, [false, true, true]);
    }
    assert_eq!(prune_records(bench, Records::DedupKeys, Day::of(at(11 * DAY)).begin()).await, 6);
}

/// Answers under idempotency keys, the record of who did what, and days of usage.
pub async fn prunes_what_was_answered_done_and_used(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    for number in 1..=3 {
        let key = bench.new_key(workspace);
        let act = acts::act(bench, workspace, number, Action::KeyCreated, "key");
        let claim = claim(workspace, &number.to_string(), number);
        bench.store.key_create(key, Some(claim), Some(act)).await.expect("a key");
    }
    assert_eq!(prune_records(bench, Records::Acts, at(3)).await, 2);
    assert_eq!(acts::listed(bench, workspace, ActFilter::default()).await.len(), 1);
    assert_eq!(prune_records(bench, Records::IdempotencyKeys, at(2)).await, 2);
    assert!(bench.store.claim_find(workspace, "3", at(4)).await.expect("a claim").is_some());
    assert_eq!(bench.store.claim_find(workspace, "2", at(4)).await, Ok(None));

    let other = bench.workspace("bee").await;
    for workspace in [workspace, other] {
        let channel = bench.channel(workspace, "100").await;
        for day in 0..3 {
            bench.take(&channel, day * DAY, vec![received(&format!("m{day}"), day * DAY)]).await;
        }
    }
    let before = Day(usage::today().0 + 2).begin();
    assert_eq!(prune_records(bench, Records::Usage, before).await, 4);
    for workspace in [workspace, other] {
        assert_eq!(usage::days(bench, workspace).await.len(), 1);
    }
}

/// However much there is, it comes to an end; and nothing that is there is touched.
pub async fn gives_space_back(bench: &Bench) {
    let scene = Scene::new(bench).await;
    while bench.store.space_release().await.expect("a slice") {}
    assert_eq!(bench.after(Position(0)).await, scene.log);
}
