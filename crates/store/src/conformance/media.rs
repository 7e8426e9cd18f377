//! Files: uploaded, awaited, forgotten.

use std::sync::Arc;

use tidings_domain::{
    MediaId, WorkspaceId,
    change::{Change, Said},
    channel::Channel,
    content::{Attachment, Content, Media},
    media::{AwaitedFile, FileState, StoredMedia},
};

use super::{
    bench::{Bench, at, message_of},
    changes::said,
};
use crate::{ChannelRecord, Claimed, Page, StoreError};

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
    assert_eq!(bench.store.media_create(known.clone(), None, None).await, Ok(Claimed::Done));
    let unnamed = StoredMedia { filename: None, ..file(bench, workspace) };
    assert_eq!(bench.store.media_create(unnamed.clone(), None, None).await, Ok(Claimed::Done));
    assert_eq!(bench.store.media_get(workspace, known.id).await, Ok(Some(known.clone())));
    assert_eq!(bench.store.media_get(workspace, unnamed.id).await, Ok(Some(unnamed)));
    assert_eq!(bench.store.media_get(other, known.id).await, Ok(None));
}

/// Page by page, each once, and nobody else's.
pub async fn is_listed_newest_first(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let mut known = Vec::new();
    for number in 0..5 {
        let media = file(bench, if number == 2 { other } else { workspace });
        assert_eq!(bench.store.media_create(media.clone(), None, None).await, Ok(Claimed::Done));
        known.push(media);
    }
    known.reverse();
    known.retain(|media| media.workspace_id == workspace);
    for limit in [1, 2, 4, 5] {
        let (mut found, mut before) = (Vec::new(), None);
        while found.len() < 5 {
            let listing = bench.store.media_list(workspace, Page { limit, before }).await.expect("files");
            assert!(listing.items.len() <= limit);
            found.extend(listing.items);
            let Some(next) = listing.next else { break };
            before = Some(next);
        }
        assert_eq!(found, known, "in pages of {limit}");
    }
}

/// What a vendor calls a file is known for each channel, for as long as it is good and the channel has the account.
pub async fn has_names_at_vendors(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let record = bench.new_channel(workspace, "100");
    assert_eq!(bench.store.channel_create(record.clone(), None, None).await, Ok(Claimed::Done));
    let (first, second) = (&record.channel, bench.channel(workspace, "200").await);
    let media = file(bench, workspace);
    assert_eq!(bench.store.media_create(media.clone(), None, None).await, Ok(Claimed::Done));
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

/// The contact sends pictures, each of which the vendor knows by a name.
fn pictured(vendor_id: &str, seconds: i64, pictures: &[&str]) -> Change {
    let picture = |name: &&str| {
        let media = Media { vendor_media_id: Some((*name).to_owned()), ..Media::default() };
        Attachment::Image { media, is_sticker: false }
    };
    let content = Content { attachments: pictures.iter().map(picture).collect(), ..Content::default() };
    Change::Received(Said { content, ..said(vendor_id, "4917000001", seconds, "") })
}

/// The files that are due at a time, by the vendor's names, and when the next one is.
async fn due(bench: &Bench, seconds: i64) -> (Vec<AwaitedFile>, Option<i64>) {
    let due = bench.store.file_due(at(seconds), 3).await.expect("files that can be read");
    (due.files, due.next_at.map(|next_at| next_at.since(at(0)).as_secs().try_into().expect("a time of the bench")))
}

fn names(files: &[AwaitedFile]) -> Vec<&str> {
    files.iter().map(|file| file.told.vendor_id.as_str()).collect()
}

fn arrived(awaited: &AwaitedFile, content: u8) -> StoredMedia {
    StoredMedia {
        id: awaited.id,
        workspace_id: awaited.workspace_id,
        sha256: [content; 32],
        size: 3,
        content_type: "image/png".to_owned(),
        filename: None,
        created_at: at(9),
    }
}

/// Files of messages are awaited from the commit of the message on, a few of each channel at a time, and are then there.
pub async fn of_messages_is_awaited(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channels: [Arc<Channel>; 2] = [bench.channel(workspace, "100").await, bench.channel(workspace, "200").await];
    let events = bench.events_of(&channels[0], 5, vec![pictured("m1", 1, &["a", "b", "c", "d"])]).await;
    let message = message_of(events.last().expect("a message"));
    bench.take(&channels[1], 6, vec![pictured("m2", 2, &["e"])]).await;
    assert_eq!(due(bench, 4).await, (Vec::new(), Some(5)));
    let (files, next_at) = due(bench, 5).await;
    assert_eq!((names(&files), next_at), (vec!["a", "b", "c"], Some(6)));
    assert_eq!((files[1].id, files[1].sent_at, files[1].tries), (message.id.media(1), at(1), 0));
    assert_eq!((files[1].channel_id, files[1].workspace_id), (channels[0].id, workspace));
    let (files, _) = due(bench, 6).await;
    assert_eq!(names(&files), ["a", "b", "c", "e"]);
    assert_eq!(
        bench.store.file_find(files[0].id).await,
        Ok(Some(FileState::Awaited { file: files[0].clone(), due_at: at(5) }))
    );

    let here = arrived(&files[0], 1);
    assert_eq!(bench.store.file_fetched(here.clone()).await, Ok(true));
    assert_eq!(bench.store.file_find(here.id).await, Ok(Some(FileState::Stored(here.clone()))));
    assert_eq!(bench.store.media_get(workspace, here.id).await, Ok(Some(here.clone())));
    assert_eq!(bench.store.file_fetched(here).await, Ok(false), "nobody waits for it");
    assert_eq!(bench.store.content_unnamed(9).await, Ok(vec![[1; 32]]));

    let failed = async |file: &AwaitedFile, next_at: Option<i64>| {
        let file = AwaitedFile { tries: 1, denials: 1, ..file.clone() };
        let failed = bench.store.file_failed(file, "it hangs".to_owned(), next_at.map(at)).await;
        assert_eq!(failed, Ok(()));
    };
    failed(&files[1], Some(50)).await;
    failed(&files[2], None).await;
    let (left, next_at) = due(bench, 6).await;
    assert_eq!((names(&left), next_at), (vec!["d", "e"], Some(50)));
    let (left, _) = due(bench, 50).await;
    assert_eq!((names(&left), left[1].tries, left[1].denials), (vec!["d", "b", "e"], 1, 1));
    let lost = AwaitedFile { tries: 1, denials: 1, ..files[2].clone() };
    let lost = FileState::Lost { file: lost, reason: "it hangs".to_owned() };
    assert_eq!(bench.store.file_find(files[2].id).await, Ok(Some(lost)));
    assert_eq!(bench.store.file_find(MediaId::from_bytes(bench.id())).await, Ok(None));
}

/// Files that are old are forgotten, and what no other file has the content of is to be collected.
pub async fn is_forgotten_by_age(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let keep = async |seconds: i64, content: u8| {
        let media = StoredMedia { created_at: at(seconds), sha256: [content; 32], ..file(bench, workspace) };
        assert_eq!(bench.store.media_create(media.clone(), None, None).await, Ok(Claimed::Done));
        media
    };
    let [first, second, third] = [keep(1, 1).await, keep(2, 2).await, keep(3, 2).await];
    assert_eq!(bench.store.media_expire(at(3), 1).await, Ok(1));
    assert_eq!(bench.store.media_expire(at(3), 9).await, Ok(1));
    assert_eq!(bench.store.media_expire(at(3), 9).await, Ok(0));
    for (media, is_there) in [(first, false), (second, false), (third, true)] {
        assert_eq!(bench.store.media_get(workspace, media.id).await.map(|found| found.is_some()), Ok(is_there));
    }
    let mut unnamed = bench.store.content_unnamed(9).await.expect("contents");
    unnamed.sort_unstable();
    assert_eq!(unnamed, [[1; 32], [2; 32]]);
    assert_eq!(bench.store.content_named(unnamed.clone()).await, Ok(vec![[2; 32]]));
    assert_eq!(bench.store.content_collected(unnamed).await, Ok(()));
    assert_eq!(bench.store.content_unnamed(9).await, Ok(Vec::new()));
}

/// A workspace has no more bytes of files than it may, however many come at once.
pub async fn has_only_so_much_room(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let media = || StoredMedia { size: 3, ..file(bench, workspace) };
    let results =
        futures_util::future::join_all((0..4).map(|_| bench.store.media_create(media(), Some(7), None))).await;
    assert_eq!(results.iter().filter(|result| **result == Ok(Claimed::Done)).count(), 2);
    let full = Err(StoreError::NoRoom { has: 6, most: 7 });
    assert_eq!(results.iter().filter(|result| **result == full).count(), 2);
    assert_eq!(bench.store.media_create(media(), None, None).await, Ok(Claimed::Done));
}

/// Links are valid from when their event was recorded, and from when that was extended.
pub async fn has_links_that_are_extended(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 5, vec![pictured("m1", 1, &["a"])]).await;
    let told = events.last().expect("a message");
    let since = async || bench.store.link_valid_since(told.event.id).await;
    assert_eq!(since().await, Ok(Some(at(5))));
    for (extended, expected) in [(50, 50), (40, 50), (60, 60)] {
        assert_eq!(bench.store.link_extend(told.position, at(extended)).await, Ok(()));
        assert_eq!(since().await, Ok(Some(at(expected))));
    }
    assert_eq!(bench.store.link_valid_since(tidings_domain::EventId::from_bytes(bench.id())).await, Ok(None));
}
