//! Replays: what they are about, and how far they come.

use tidings_domain::{
    JobId,
    delivery::{Attempt, DeliveryChange, Outcome, Retry},
    event::{EventKind, Position},
    replay::{JobStatus, Replay, ReplayOnly, ReplayProgress, ReplayScope},
};

use crate::{Claimed, Page, StoreError};

use super::{
    bench::{Bench, at},
    deliveries::Scene,
};

/// All of the log, of the kinds that are in it.
fn scope(scene: &Scene, only: ReplayOnly) -> ReplayScope {
    ReplayScope {
        kinds: vec![EventKind::ContactCreated, EventKind::ConversationCreated, EventKind::MessageReceived],
        only,
        since: at(0),
        until: None,
        after: Position(0),
        up_to: scene.log[5].position,
    }
}

fn replay(bench: &Bench, scene: &Scene, scope: ReplayScope) -> Replay {
    Replay {
        id: JobId::from_bytes(bench.id()),
        workspace_id: scene.workspace,
        endpoint_id: scene.endpoint,
        reached: scope.after,
        scope,
        count: 6,
        sent: 0,
        status: JobStatus::Running,
        created_at: at(500),
        finished_at: None,
    }
}

/// What a replay finds, by its place among the events of the scene, and how many attempts there have been.
async fn found(bench: &Bench, scene: &Scene, scope: ReplayScope) -> Vec<(usize, u32)> {
    let count = bench.store.replay_count(scene.workspace, scene.endpoint, scope.clone()).await;
    let replay = replay(bench, scene, scope);
    let (mut found, mut after) = (Vec::new(), replay.reached);
    loop {
        let page = bench.store.replay_next(replay.clone(), after, 2).await.expect("a log that can be read");
        for next in &page.found {
            let place = scene.log.iter().position(|entry| *entry == next.entry).expect("an event of the scene");
            found.push((place, next.attempts));
            after = next.entry.position;
        }
        if page.is_last {
            break;
        }
    }
    assert_eq!(count, Ok(found.len() as u64));
    found
}

/// All, those that were given up, or those that were never tried.
pub async fn find_what_they_are_about(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    // Delivered; given up; given up and delivered since; to be tried again; and two that were never tried.
    let attempts: Vec<Attempt> = vec![
        scene.attempt(0, 1, Outcome::Delivered),
        scene.attempt(1, 1, Outcome::Failed),
        scene.attempt(1, 2, Outcome::Dead),
        scene.attempt(2, 1, Outcome::Dead),
        scene.attempt(2, 2, Outcome::Delivered),
    ];
    let passed = Retry { holds: false, ..scene.retry(3) };
    let change = DeliveryChange { attempts, retries: vec![passed], ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    let of = async |only| found(bench, &scene, scope(&scene, only)).await;
    assert_eq!(of(ReplayOnly::All).await, [(0, 1), (1, 2), (2, 2), (3, 0), (4, 0), (5, 0)]);
    assert_eq!(of(ReplayOnly::Failed).await, [(1, 2)]);
    assert_eq!(of(ReplayOnly::Missing).await, [(4, 0), (5, 0)]);

    // One that failed is not missing while it is to be tried again; it is when that was called off.
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, scene.failure(5)).await, Ok(()));
    assert_eq!(of(ReplayOnly::Missing).await, [(4, 0)]);
    let called_off = DeliveryChange { ended: vec![scene.log[5].position], ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, called_off).await, Ok(()));
    assert_eq!(of(ReplayOnly::Missing).await, [(4, 0), (5, 1)]);
    assert_eq!(of(ReplayOnly::Failed).await, [(1, 2)]);

    let later = ReplayScope { since: at(2), until: Some(at(3)), ..scope(&scene, ReplayOnly::All) };
    assert_eq!(found(bench, &scene, later).await, [(4, 0)]);
    let kinds = vec![EventKind::ContactCreated];
    assert_eq!(found(bench, &scene, ReplayScope { kinds, ..scope(&scene, ReplayOnly::All) }).await, [(0, 1)]);
    let part =
        ReplayScope { after: scene.log[1].position, up_to: scene.log[2].position, ..scope(&scene, ReplayOnly::All) };
    assert_eq!(found(bench, &scene, part).await, [(2, 2)]);
    let between = async |since, until| bench.store.log_between(at(since), until).await.expect("the log");
    assert_eq!(between(2, None).await, Some((scene.log[4].position, scene.log[5].position)));
    assert_eq!(between(2, Some(at(3))).await, Some((scene.log[4].position, scene.log[4].position)));
    assert_eq!(between(900, None).await, None);

    // What waits behind a head of its key that holds it up is not missing.
    let change = DeliveryChange { retries: vec![scene.retry(3)], ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    assert_eq!(of(ReplayOnly::Missing).await, []);
}

/// They run one after the other, are remembered with what they have handed over, and end once.
pub async fn come_to_their_end(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let [first, second, third] = [(); 3].map(|()| replay(bench, &scene, scope(&scene, ReplayOnly::All)));
    for replay in [&first, &second, &third] {
        assert_eq!(bench.store.replay_create(replay.clone(), None, None).await, Ok(Claimed::Done));
    }
    let all = bench.store.replay_list(scene.workspace, Page { limit: 10, before: None }).await.expect("jobs");
    assert_eq!(all.items, [third.clone(), second.clone(), first.clone()]);
    let running = async || bench.store.replay_running(scene.endpoint).await.expect("jobs");
    assert_eq!(running().await.as_ref(), Some(&first));

    let progress = |sent: u64, finished_at| ReplayProgress {
        id: first.id,
        reached: scene.log[usize::try_from(sent).expect("a place")].position,
        sent,
        finished_at,
    };
    let record = async |epoch: u64, progress: ReplayProgress| {
        let change = DeliveryChange { replay: Some(progress), ..DeliveryChange::default() };
        bench.store.delivery_record(scene.endpoint, epoch, change).await
    };
    assert!(matches!(record(epoch + 1, progress(1, None)).await, Err(StoreError::StaleLease(_))));
    assert_eq!(record(epoch, progress(2, None)).await, Ok(()));
    let expected = Replay { reached: scene.log[2].position, sent: 2, ..first.clone() };
    assert_eq!(running().await.as_ref(), Some(&expected));
    assert_eq!(record(epoch, progress(5, Some(at(600)))).await, Ok(()));
    let done = bench.store.replay_get(scene.workspace, first.id).await.expect("jobs").expect("it is there");
    assert_eq!((done.status, done.sent, done.finished_at), (JobStatus::Done, 5, Some(at(600))));

    let cancel = async |id| bench.store.replay_cancel(scene.workspace, id, at(700), None).await.expect("jobs");
    let cancelled = cancel(second.id).await.expect("it is there");
    assert_eq!((cancelled.status, cancelled.finished_at), (JobStatus::Cancelled, Some(at(700))));
    assert_eq!(record(epoch, ReplayProgress { id: second.id, ..progress(5, Some(at(800))) }).await, Ok(()));
    assert_eq!(cancel(second.id).await.as_ref(), Some(&cancelled), "what is cancelled stays so");
    assert_eq!(cancel(first.id).await.map(|job| job.status), Some(JobStatus::Done), "and what is done");
    assert_eq!(running().await.as_ref(), Some(&third));

    let other = bench.workspace("bee").await;
    assert_eq!(bench.store.replay_get(other, third.id).await, Ok(None));
    assert_eq!(bench.store.replay_cancel(other, third.id, at(900), None).await, Ok(None));
    assert_eq!(running().await.as_ref(), Some(&third));
    assert_eq!(bench.store.endpoint_delete(scene.workspace, scene.endpoint, None).await, Ok(()));
    assert_eq!(bench.store.replay_get(scene.workspace, third.id).await, Ok(None), "it goes with its endpoint");
}
