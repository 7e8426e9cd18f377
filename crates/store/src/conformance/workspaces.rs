//! Workspaces, their keys, and the operator's.

use tidings_domain::{key::ApiKey, workspace::Workspace};

use crate::{Claimed, StoreError};

use super::bench::{Bench, at};

/// What is created and updated is read again, oldest first.
pub async fn are_written_and_read(bench: &Bench) {
    assert_eq!(bench.store.workspace_all().await, Ok(vec![]));
    let (first, second) = (bench.new_workspace("zebra"), bench.new_workspace("ant"));
    for workspace in [&first, &second] {
        assert_eq!(bench.store.workspace_create(workspace.clone(), None, None).await, Ok(Claimed::Done));
    }
    let renamed = Workspace { name: "yak".to_owned(), updated_at: at(9), ..first };
    assert_eq!(bench.store.workspace_update(renamed.clone(), None).await, Ok(()));
    assert_eq!(bench.store.workspace_all().await, Ok(vec![renamed, second]));
    let unknown = bench.new_workspace("unknown");
    assert!(matches!(bench.store.workspace_update(unknown, None).await, Err(StoreError::NotFound(_))));
}

/// Two of one name are refused, on creation and on renaming.
pub async fn have_unique_names(bench: &Bench) {
    bench.workspace("ant").await;
    let again = bench.store.workspace_create(bench.new_workspace("ant"), None, None).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let other = bench.new_workspace("bee");
    assert_eq!(bench.store.workspace_create(other.clone(), None, None).await, Ok(Claimed::Done));
    let renamed = bench.store.workspace_update(Workspace { name: "ant".to_owned(), ..other.clone() }, None).await;
    assert!(matches!(renamed, Err(StoreError::Conflict(_))), "{renamed:?}");
    let all = bench.store.workspace_all().await.expect("workspaces");
    assert_eq!(all.len(), 2);
    assert_eq!(all[1], other);
}

/// Keys are created, read and deleted.
pub async fn have_keys(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, mut second) = (bench.new_key(workspace), bench.new_key(workspace));
    second.scopes.truncate(1);
    for key in [&first, &second] {
        assert_eq!(bench.store.key_create(key.clone(), None, None).await, Ok(Claimed::Done));
    }
    assert_eq!(bench.store.key_all().await, Ok(vec![first.clone(), second.clone()]));
    assert_eq!(bench.store.key_delete(workspace, first.id, None).await, Ok(()));
    assert!(matches!(bench.store.key_delete(workspace, first.id, None).await, Err(StoreError::NotFound(_))));
    assert_eq!(bench.store.key_all().await, Ok(vec![second]));
}

/// The last use of a key goes on and never back, and another workspace cannot tell of it.
pub async fn know_when_their_keys_were_used(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let key = ApiKey { expires_at: Some(at(100)), ..bench.new_key(workspace) };
    assert_eq!(bench.store.key_create(key.clone(), None, None).await, Ok(Claimed::Done));
    for (of, when, known) in [(workspace, 5, 5), (workspace, 3, 5), (other, 9, 5), (workspace, 7, 7)] {
        assert_eq!(bench.store.key_used(of, key.id, at(when)).await, Ok(()));
        let used = ApiKey { last_used_at: Some(at(known)), ..key.clone() };
        assert_eq!(bench.store.key_all().await, Ok(vec![used]));
    }
    assert_eq!(bench.store.key_delete(workspace, key.id, None).await, Ok(()));
    assert_eq!(bench.store.key_used(workspace, key.id, at(9)).await, Ok(()));
    assert_eq!(bench.store.key_all().await, Ok(vec![]));
}

/// The first value stays, and names are kept apart.
pub async fn a_setting_is_remembered_once(bench: &Bench) {
    assert_eq!(bench.store.setting("one").await, Ok(None));
    for (name, value) in [("one", [1]), ("one", [2]), ("two", [3])] {
        assert_eq!(bench.store.setting_remember(name, value.to_vec()).await, Ok(()));
    }
    assert_eq!(bench.store.setting("one").await, Ok(Some(vec![1])));
    assert_eq!(bench.store.setting("two").await, Ok(Some(vec![3])));
}
