//! Acts are written down with what was done, and only then.

use serde_json::{Map, json};
use tidings_domain::{
    KeyId, WorkspaceId,
    audit::{Act, Action, Actor, Origin},
    id::ActId,
    workspace::Workspace,
};

use crate::{ActFilter, Answer, ByWhom, Claim, Claimed, Page, Sealed, StoreError};

use super::{
    bench::{Bench, at},
    deliveries::Scene,
};

const ALL: Page = Page { limit: 100, before: None };

pub(super) fn act(bench: &Bench, workspace_id: WorkspaceId, seconds: i64, action: Action, object: &str) -> Act {
    let mut changes = Map::new();
    changes.insert("name".to_owned(), json!({"before": null, "after": "till"}));
    Act {
        id: ActId::from_bytes(bench.id()),
        workspace_id,
        at: at(seconds),
        actor: Actor { key_id: None, name: "operator".to_owned() },
        origin: Origin { address: Some("192.0.2.7".to_owned()), forwarded_for: None },
        action,
        object: object.to_owned(),
        changes,
    }
}

pub(super) async fn listed(bench: &Bench, workspace: WorkspaceId, filter: ActFilter) -> Vec<Act> {
    bench.store.act_list(workspace, filter, ALL).await.expect("acts").items
}

/// Every verb that sets something up writes down who did it.
pub async fn are_written_with_what_is_done(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let workspace = scene.workspace;
    let new = |number, action| act(bench, workspace, number, action, "thing");
    let key = bench.new_key(workspace);
    let channel = bench.new_channel(workspace, "900");
    let endpoint = bench.new_endpoint(workspace);
    let known = bench.store.workspace_all().await.expect("workspaces")[0].clone();
    let acts: Vec<Act> = [
        Action::WorkspaceUpdated,
        Action::KeyCreated,
        Action::KeyDeleted,
        Action::ChannelCreated,
        Action::ChannelUpdated,
        Action::ChannelDeleted,
        Action::EndpointCreated,
        Action::EndpointUpdated,
        Action::SecretRotated,
        Action::EndpointDeleted,
        Action::ConsumerDeleted,
    ]
    .into_iter()
    .zip(1..)
    .map(|(action, number)| new(number, action))
    .collect();
    let some = |number: usize| Some(acts[number].clone());
    let (store, till) = (&bench.store, || "till".to_owned());
    store.consumer_acknowledge(workspace, till(), scene.log[0].position, at(0)).await.expect("a consumer");
    store.workspace_update(known, some(0)).await.expect("a workspace");
    store.key_create(key.clone(), None, some(1)).await.expect("a key");
    store.key_delete(workspace, key.id, some(2)).await.expect("no key");
    store.channel_create(channel.clone(), None, some(3)).await.expect("a channel");
    store.channel_update(channel.clone(), some(4)).await.expect("a channel");
    store.channel_delete(workspace, channel.channel.id, at(6), some(5)).await.expect("no channel");
    store.endpoint_create(endpoint.clone(), None, some(6)).await.expect("an endpoint");
    store.endpoint_update(endpoint.clone(), None, some(7)).await.expect("an endpoint");
    store.endpoint_resume_from_now(endpoint.clone(), some(8)).await.expect("an endpoint");
    store.endpoint_delete(workspace, endpoint.endpoint.id, some(9)).await.expect("no endpoint");
    assert_eq!(store.consumer_delete(workspace, till(), some(10)).await, Ok(true));
    let newest_first: Vec<Act> = acts.iter().rev().cloned().collect();
    assert_eq!(listed(bench, workspace, ActFilter::default()).await, newest_first);

    let made = bench.new_workspace("bee");
    let act = act(bench, made.id, 20, Action::WorkspaceCreated, "bee");
    store.workspace_create(made.clone(), None, Some(act.clone())).await.expect("a workspace");
    assert_eq!(listed(bench, made.id, ActFilter::default()).await, [act]);
}

/// What is refused, or was done before under the same idempotency key, is nobody's act; nor is what was not there.
pub async fn of_what_is_not_done_are_not_written(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let new = || Some(act(bench, workspace, 1, Action::KeyCreated, "key"));
    let claim = Claim {
        workspace_id: workspace,
        key: "k".to_owned(),
        fingerprint: [1; 32],
        answer: Answer { status: 201, body: Sealed(vec![1]) },
        contact_id: None,
        at: at(1),
    };
    let key = bench.new_key(workspace);
    assert_eq!(bench.store.key_create(key.clone(), Some(claim.clone()), new()).await, Ok(Claimed::Done));
    let replayed = bench.store.key_create(bench.new_key(workspace), Some(claim), new()).await;
    assert!(matches!(replayed, Ok(Claimed::Replayed(_))), "{replayed:?}");
    assert!(matches!(bench.store.key_create(key.clone(), None, new()).await, Err(StoreError::Conflict(_))));
    assert!(matches!(bench.store.key_delete(other, key.id, new()).await, Err(StoreError::NotFound(_))));
    let taken = Workspace { name: "bee".to_owned(), ..bench.store.workspace_all().await.expect("two")[0].clone() };
    assert!(matches!(bench.store.workspace_update(taken, new()).await, Err(StoreError::Conflict(_))));
    assert_eq!(bench.store.consumer_delete(workspace, "nobody".to_owned(), new()).await, Ok(false));
    assert_eq!(listed(bench, workspace, ActFilter::default()).await.len(), 1);
    assert_eq!(listed(bench, other, ActFilter::default()).await, []);
}

/// They are found by who, what, to what and when; of another workspace by nothing.
pub async fn are_found(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let who = KeyId::from_bytes(bench.id());
    let mut acts = vec![
        act(bench, workspace, 1, Action::KeyCreated, "one"),
        act(bench, workspace, 2, Action::KeyCreated, "two"),
        act(bench, workspace, 3, Action::KeyDeleted, "one"),
    ];
    acts[1].actor = Actor { key_id: Some(who), name: "till".to_owned() };
    acts[2].origin = Origin { address: None, forwarded_for: Some("198.51.100.1".to_owned()) };
    for done in &acts {
        bench.store.key_create(bench.new_key(workspace), None, Some(done.clone())).await.expect("a key");
    }
    let all = ActFilter::default;
    for (filter, found) in [
        (all(), vec![2, 1, 0]),
        (ActFilter { actor: Some(ByWhom::Operator), ..all() }, vec![2, 0]),
        (ActFilter { actor: Some(ByWhom::Key(who)), ..all() }, vec![1]),
        (ActFilter { action: Some(Action::KeyCreated), ..all() }, vec![1, 0]),
        (ActFilter { object: Some("one".to_owned()), ..all() }, vec![2, 0]),
        (ActFilter { since: Some(at(2)), ..all() }, vec![2, 1]),
        (ActFilter { until: Some(at(2)), ..all() }, vec![0]),
        (ActFilter { actor: Some(ByWhom::Key(who)), object: Some("one".to_owned()), ..all() }, vec![]),
    ] {
        let found: Vec<Act> = found.into_iter().map(|number: usize| acts[number].clone()).collect();
        assert_eq!(listed(bench, workspace, filter.clone()).await, found, "{filter:?}");
        assert_eq!(listed(bench, other, filter).await, []);
    }
    let first = bench.store.act_list(workspace, all(), Page { limit: 2, before: None }).await.expect("a page");
    let second = bench.store.act_list(workspace, all(), Page { limit: 2, before: first.next }).await.expect("a page");
    assert_eq!((first.items.len(), second.items, second.next), (2, vec![acts[0].clone()], None));
}
