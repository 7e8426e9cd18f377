//! Files that were uploaded to be sent.

use tidings_domain::{MediaId, WorkspaceId, channel::Channel, media::StoredMedia};

use super::bench::{Bench, at};
use crate::{ChannelRecord, Claimed};

pub(super) fn file(bench: &Bench, workspace_id: WorkspaceId) -> StoredMedia {
    StoredMedia {
        id: MediaId::from_bytes(bench.id()),
        workspace_id,
        sha256: [7; 32],
        size: 5_000_000_000,
        content_type: "image/png".to_owned(),
        filename: Some("a.png".to_owned()),
        created_at: at(1),
    }
}

/// Files are there again, in their own workspace.
pub async fn is_written_and_read(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let known = file(bench, workspace);
    assert_eq!(bench.store.media_create(known.clone(), None).await, Ok(Claimed::Done));
    let unnamed = StoredMedia { filename: None, ..file(bench, workspace) };
    assert_eq!(bench.store.media_create(unnamed.clone(), None).await, Ok(Claimed::Done));
    assert_eq!(bench.store.media_get(workspace, known.id).await, Ok(Some(known.clone())));
    assert_eq!(bench.store.media_get(workspace, unnamed.id).await, Ok(Some(unnamed)));
    assert_eq!(bench.store.media_get(other, known.id).await, Ok(None));
}

/// What a vendor calls a file is known for each channel, for as long as it is good and the channel has the account.
pub async fn has_names_at_vendors(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let record = bench.new_channel(workspace, "100");
    assert_eq!(bench.store.channel_create(record.clone(), None, None).await, Ok(Claimed::Done));
    let (first, second) = (&record.channel, bench.channel(workspace, "200").await);
    let media = file(bench, workspace);
    assert_eq!(bench.store.media_create(media.clone(), None).await, Ok(Claimed::Done));
    for (name, until) in [("one", 10), ("two", 20)] {
        let remembered = bench.store.media_at_vendor_remember(media.id, first.id, name.to_owned(), at(until)).await;
        assert_eq!(remembered, Ok(()));
    }
    assert_eq!(bench.store.media_at_vendor(media.id, first.id, at(19)).await, Ok(Some("two".to_owned())));
    assert_eq!(bench.store.media_at_vendor(media.id, first.id, at(20)).await, Ok(None));
    assert_eq!(bench.store.media_at_vendor(media.id, second.id, at(1)).await, Ok(None));

    let remember = async || {
        let remembered = bench.store.media_at_vendor_remember(media.id, first.id, "three".to_owned(), at(20)).await;
        assert_eq!(remembered, Ok(()));
    };
    let known = async || bench.store.media_at_vendor(media.id, first.id, at(1)).await.expect("files that can be read");
    let forget = async |channel: &Channel, name: &str| {
        let forgotten = bench.store.media_at_vendor_forget(media.id, channel.id, name.to_owned()).await;
        assert_eq!(forgotten, Ok(()));
    };
    forget(&second, "two").await;
    forget(first, "one").await;
    assert!(known().await.is_some(), "another channel, and a name that the file does not have any more");
    forget(first, "two").await;
    assert_eq!(known().await, None);
    remember().await;
    assert_eq!(bench.store.channel_update(record.clone(), None).await, Ok(()));
    assert!(known().await.is_some(), "the account is the same");
    let moved = ChannelRecord { account: "300".to_owned(), ..record.clone() };
    assert_eq!(bench.store.channel_update(moved, None).await, Ok(()));
    assert_eq!(known().await, None);
}
