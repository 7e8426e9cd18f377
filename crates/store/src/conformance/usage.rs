//! What workspaces use is counted in the commit in which it happens, and what they have goes up and down with it.

use std::num::NonZeroU32;

use tidings_domain::{
    MediaId, WorkspaceId,
    delivery::{DeliveryChange, Outcome},
    media::StoredMedia,
    usage::{Day, Holdings, Usage},
    workspace::{Quotas, Workspace},
};

use crate::StoreError;

use super::{
    bench::{Bench, at},
    changes::received,
    deliveries::Scene,
};

const SECONDS_PER_DAY: i64 = 86_400;

/// The day on which the suite's time begins.
pub(super) fn today() -> Day {
    Day::of(at(0))
}

pub(super) async fn days(bench: &Bench, workspace: WorkspaceId) -> Vec<(Day, Usage)> {
    let far = 10_000;
    bench.store.usage_days(workspace, today().minus(far), Day(today().0 + far)).await.expect("usage")
}

/// Messages, events and webhooks are counted by day, for their workspace alone; a repetition counts nothing.
pub async fn is_counted_by_day(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let other = bench.workspace("bee").await;
    let before = days(bench, scene.workspace).await;
    let first = Usage { messages_in: 4, events: 6, ..Usage::default() };
    assert_eq!(before, [(today(), first)]);
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    let delivered = |index| DeliveryChange {
        attempts: vec![scene.attempt(index, 1, Outcome::Delivered)],
        ..DeliveryChange::default()
    };
    bench.store.delivery_record(scene.endpoint, epoch, scene.failure(2)).await.expect("a record");
    bench.store.delivery_record(scene.endpoint, epoch, delivered(0)).await.expect("a record");
    let stale = bench.store.delivery_record(scene.endpoint, epoch + 1, delivered(1)).await;
    assert!(matches!(stale, Err(StoreError::StaleLease(_))), "{stale:?}");
    let after = days(bench, scene.workspace).await;
    let webhooks = after.iter().fold(Usage::default(), |sum, (_, usage)| sum.plus(*usage));
    assert_eq!((webhooks.webhooks_delivered, webhooks.webhooks_failed), (1, 1));
    assert_eq!(days(bench, other).await, []);

    let channel = bench.channel(other, "100").await;
    for _ in 0..2 {
        bench.events_of(&channel, SECONDS_PER_DAY, vec![received("m1", 1)]).await;
    }
    let tomorrow = (Day(today().0 + 1), Usage { messages_in: 1, events: 3, ..Usage::default() });
    assert_eq!(days(bench, other).await, [tomorrow]);
    assert_eq!(bench.store.usage_days(other, today(), today()).await, Ok(vec![]));
    assert_eq!(bench.store.usage_days(other, tomorrow.0, tomorrow.0).await, Ok(vec![tomorrow]));
}

/// Contacts and files are counted as they come.
pub async fn holdings_are_counted(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let channel = bench.channel(workspace, "100").await;
    bench.events_of(&channel, 1, vec![received("m1", 1), received("m2", 1)]).await;
    let file = |size| StoredMedia {
        id: MediaId::from_bytes(bench.id()),
        workspace_id: workspace,
        sha256: [1; 32],
        size,
        content_type: "image/png".to_owned(),
        filename: None,
        created_at: at(1),
    };
    for size in [100, 11] {
        bench.store.media_create(file(size), None, None).await.expect("a file");
    }
    let holdings = Holdings { contacts: 1, media_files: 2, media_bytes: 111 };
    assert_eq!(bench.store.usage_holdings(workspace).await, Ok(holdings));
    assert_eq!(days(bench, workspace).await[0].1.media_bytes, 111);
    assert_eq!(bench.store.usage_holdings(other).await, Ok(Holdings::default()));
}

/// What the operator allows is remembered.
pub async fn quotas_are_remembered(bench: &Bench) {
    let quotas = Quotas {
        messages_per_day: Some(0),
        endpoints: Some(1),
        channels: Some(2),
        keys: Some(3),
        media_bytes: Some(4),
        requests_per_second: NonZeroU32::new(5),
    };
    let workspace = Workspace { quotas, ..bench.new_workspace("ant") };
    bench.store.workspace_create(workspace.clone(), None, None).await.expect("a workspace");
    assert_eq!(bench.store.workspace_all().await, Ok(vec![workspace.clone()]));
    let freed = Workspace { quotas: Quotas { endpoints: Some(9), ..Quotas::default() }, ..workspace };
    bench.store.workspace_update(freed.clone(), None).await.expect("a workspace");
    assert_eq!(bench.store.workspace_all().await, Ok(vec![freed]));
}
