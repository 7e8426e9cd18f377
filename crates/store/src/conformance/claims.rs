//! Idempotency keys.

use futures_util::future::join_all;
use tidings_domain::WorkspaceId;

use crate::{Answer, Claim, Claimed, Sealed, StoreError};

use super::{
    bench::{Bench, at},
    media,
};

const HOUR: i64 = 3600;

pub(super) fn claim(workspace_id: WorkspaceId, key: &str, seconds: i64) -> Claim {
    Claim {
        workspace_id,
        key: key.to_owned(),
        fingerprint: [3; 32],
        answer: Answer { status: 201, body: Sealed(b"answer".to_vec()) },
        contact_id: None,
        at: at(seconds),
    }
}

/// The same request is done once; the second time the first answer comes back.
pub async fn are_answered_again(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let first = claim(workspace, "k", 0);
    assert_eq!(bench.store.claim_find(workspace, "k", at(0)).await, Ok(None));
    let done = bench.store.key_create(bench.new_key(workspace), Some(first.clone()), None).await;
    assert_eq!(done, Ok(Claimed::Done));
    let kept = Ok(Some((first.fingerprint, first.answer.clone())));
    assert_eq!(bench.store.claim_find(workspace, "k", at(1)).await, kept);

    let second = Claim { answer: Answer { status: 500, body: Sealed(vec![]) }, ..claim(workspace, "k", 1) };
    let replayed = Ok(Claimed::Replayed(first.answer));
    assert_eq!(bench.store.key_create(bench.new_key(workspace), Some(second.clone()), None).await, replayed);
    assert_eq!(bench.store.key_all().await.expect("keys").len(), 1);
    assert_eq!(
        bench.store.channel_create(bench.new_channel(workspace, "1"), Some(second.clone()), None).await,
        replayed
    );
    assert_eq!(bench.store.endpoint_create(bench.new_endpoint(workspace), Some(second.clone()), None).await, replayed);
    assert_eq!(bench.store.endpoint_update(bench.new_endpoint(workspace), Some(second.clone()), None).await, replayed);
    assert_eq!(bench.store.media_create(media::file(bench, workspace), None, Some(second.clone())).await, replayed);
    assert_eq!(bench.store.workspace_create(bench.new_workspace("bee"), Some(second), None).await, replayed);
    assert_eq!(bench.store.channel_all().await, Ok(vec![]));
    assert_eq!(bench.store.endpoint_all().await, Ok(vec![]));
    assert_eq!(bench.store.workspace_all().await.expect("workspaces").len(), 1);
}

/// A key that was used with another request is refused.
pub async fn of_another_request_are_refused(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let first = claim(workspace, "k", 0);
    assert_eq!(bench.store.key_create(bench.new_key(workspace), Some(first.clone()), None).await, Ok(Claimed::Done));
    let other = Claim { fingerprint: [4; 32], ..first };
    let refused = bench.store.key_create(bench.new_key(workspace), Some(other), None).await;
    assert_eq!(refused, Err(StoreError::IdempotencyConflict));
    assert_eq!(bench.store.key_all().await.expect("keys").len(), 1);
}

/// A verb that is refused leaves its key free.
pub async fn of_a_refused_verb_are_not_kept(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    bench.channel(workspace, "100").await;
    let again =
        bench.store.channel_create(bench.new_channel(workspace, "100"), Some(claim(workspace, "k", 0)), None).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    assert_eq!(bench.store.claim_find(workspace, "k", at(0)).await, Ok(None));
    let other =
        bench.store.channel_create(bench.new_channel(workspace, "200"), Some(claim(workspace, "k", 0)), None).await;
    assert_eq!(other, Ok(Claimed::Done));
}

/// Of requests that race, one is done.
pub async fn at_once_are_done_once(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let race = (0..5).map(|_| bench.store.key_create(bench.new_key(workspace), Some(claim(workspace, "k", 0)), None));
    let outcomes = join_all(race).await;
    let answer = claim(workspace, "k", 0).answer;
    let replayed = Ok(Claimed::Replayed(answer));
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(Claimed::Done)).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == replayed).count(), 4);
    assert_eq!(bench.store.key_all().await.expect("keys").len(), 1);
}

/// After 24 hours a key is as good as new.
pub async fn end_after_a_day(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    for number in 0..20 {
        let first = claim(workspace, &format!("k{number}"), number);
        assert_eq!(bench.store.key_create(bench.new_key(workspace), Some(first), None).await, Ok(Claimed::Done));
    }
    assert!(bench.store.claim_find(workspace, "k0", at(24 * HOUR - 1)).await.expect("a claim").is_some());
    assert_eq!(bench.store.claim_find(workspace, "k0", at(24 * HOUR)).await, Ok(None));
    // The newest first, so that some are met before they have been swept away.
    for number in (0..20).rev() {
        let second = Claim { fingerprint: [4; 32], ..claim(workspace, &format!("k{number}"), 25 * HOUR) };
        assert_eq!(bench.store.key_create(bench.new_key(workspace), Some(second), None).await, Ok(Claimed::Done));
    }
    for number in 0..20 {
        let found = bench.store.claim_find(workspace, &format!("k{number}"), at(26 * HOUR)).await.expect("a claim");
        assert_eq!(found.map(|(fingerprint, _)| fingerprint), Some([4; 32]));
    }
}

/// The same key is another one in another workspace.
pub async fn belong_to_a_workspace(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    for workspace in [workspace, other] {
        let done = bench.store.key_create(bench.new_key(workspace), Some(claim(workspace, "k", 0)), None).await;
        assert_eq!(done, Ok(Claimed::Done));
    }
    assert_eq!(bench.store.key_all().await.expect("keys").len(), 2);
}
