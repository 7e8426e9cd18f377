//! Channels.

use tidings_domain::channel::{Channel, ChannelStatus};

use crate::{ChannelRecord, Claimed, Sealed, StoreError};

use super::{
    bench::{Bench, at, kinds},
    changes::received,
};

/// What is created and updated is read again.
pub async fn are_written_and_read(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let record = bench.new_channel(workspace, "100");
    let mut bare = bench.new_channel(workspace, "200");
    bare.channel.phone_number = None;
    bare.account_group = None;
    for record in [&record, &bare] {
        assert_eq!(bench.store.channel_create(record.clone(), None, None).await, Ok(Claimed::Done));
    }
    assert_eq!(bench.store.channel_all().await, Ok(vec![record.clone(), bare.clone()]));

    let mut changed = record;
    changed.channel.name = String::from("Till");
    changed.channel.phone_number = Some("+15550002222".to_owned());
    changed.account = String::from("101");
    changed.settings.insert("more".to_owned(), true.into());
    changed.secrets = Sealed(vec![9]);
    changed.updated_at = at(5);
    assert_eq!(bench.store.channel_update(changed.clone(), None).await, Ok(()));
    assert_eq!(bench.store.channel_all().await, Ok(vec![changed, bare]));

    let unknown = bench.new_channel(workspace, "300");
    assert!(matches!(bench.store.channel_update(unknown, None).await, Err(StoreError::NotFound(_))));
}

/// A vendor's account has at most one channel in a workspace, and may have one in each.
pub async fn have_an_account_to_themselves(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    bench.channel(workspace, "100").await;
    bench.channel(other, "100").await;
    let again = bench.store.channel_create(bench.new_channel(workspace, "100"), None, None).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let second = bench.new_channel(workspace, "200");
    assert_eq!(bench.store.channel_create(second.clone(), None, None).await, Ok(Claimed::Done));
    let moved = bench.store.channel_update(ChannelRecord { account: "100".to_owned(), ..second }, None).await;
    assert!(matches!(moved, Err(StoreError::Conflict(_))), "{moved:?}");
}

/// Only changes write a channel's status, and its events are counted on.
pub async fn keep_their_status_when_written(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let mut record = bench.new_channel(workspace, "100");
    record.channel.status = ChannelStatus::Pending;
    assert_eq!(bench.store.channel_create(record.clone(), None, None).await, Ok(Claimed::Done));
    bench.take(&record.channel.clone().into(), 1, vec![received("m1", 1)]).await;

    record.channel.name = String::from("Till");
    assert_eq!(bench.store.channel_update(record.clone(), None).await, Ok(()));
    let all = bench.store.channel_all().await.expect("channels");
    assert_eq!(all[0].channel, Channel { status: ChannelStatus::Connected, ..record.channel });
}

/// A deleted channel is not listed, its account is free again, and what came by it stays.
pub async fn are_deleted_without_what_came_by_them(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let message = super::message_of(&events[2]);

    assert_eq!(bench.store.channel_delete(workspace, channel.id, at(2), None).await, Ok(()));
    assert_eq!(bench.store.channel_all().await, Ok(vec![]));
    assert!(matches!(
        bench.store.channel_delete(workspace, channel.id, at(3), None).await,
        Err(StoreError::NotFound(_))
    ));
    assert_eq!(bench.message(message).await, *message);
    assert_eq!(bench.after(tidings_domain::event::Position(0)).await.len(), events.len());

    let successor = bench.channel(workspace, "100").await;
    let events = bench.events_of(&successor, 4, vec![received("m1", 1)]).await;
    assert_eq!(kinds(&events), ["conversation.created", "message.received"], "the contact is known");
}
