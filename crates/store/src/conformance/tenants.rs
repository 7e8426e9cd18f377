//! Workspaces see nothing of each other.

use tidings_domain::{change::News, event::Position};

use crate::{
    AttemptFilter, BodyNumber, ConversationFilter, EventFilter, KeptBodies, MessageFilter, Page, RoutedUpdate,
    StoreError, Target,
};

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::received,
    deliveries::Scene,
};

const ALL: Page = Page { limit: 100, before: None };

/// The same account, person and vendor's ids in two workspaces are two stories.
pub async fn see_nothing_of_each_other(bench: &Bench) {
    let workspaces = [bench.workspace("ant").await, bench.workspace("bee").await];
    for workspace in workspaces {
        let channel = bench.channel(workspace, "100").await;
        let events = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
        assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
        let unknown = RoutedUpdate {
            target: Target::Channel(channel.clone()),
            dedup: None,
            news: News::Unknown { kind: "hologram".to_owned() },
        };
        let unrouted = RoutedUpdate { target: Target::Unrouted("200".to_owned()), ..unknown.clone() };
        bench.store.intake(bench.webhook(&channel, 2, vec![unknown, unrouted])).await.expect("a receipt");
    }
    let log = bench.after(Position(0)).await;
    for (mine, theirs, workspace) in [(&log[..3], &log[3..], workspaces[0]), (&log[3..], &log[..3], workspaces[1])] {
        let (my_message, their_message) = (message_of(&mine[2]), message_of(&theirs[2]));
        assert_ne!(my_message.contact_id, their_message.contact_id);
        assert_eq!(bench.store.message_get(workspace, their_message.id).await, Ok(None));
        assert_eq!(bench.store.conversation_get(workspace, their_message.conversation_id).await, Ok(None));
        assert_eq!(bench.store.event_get(workspace, theirs[0].event.id).await, Ok(None));
        assert_eq!(bench.store.event_oldest(workspace).await, Ok(Some(mine[0].event.id)));
        let events = bench.store.event_list(workspace, EventFilter::default(), Position(0), 100).await;
        assert_eq!(events.map(|page| page.items).as_deref(), Ok(mine));
        let (all, rest) = (mine.len() as u64, mine.len() as u64 - 1);
        assert_eq!(bench.store.event_count(workspace, Position(0)).await, Ok(all));
        assert_eq!(bench.store.event_count(workspace, mine[0].position).await, Ok(rest));
        let of_key = bench.store.log_read_key(workspace, theirs[0].event.key, Position(0), log[5].position, 100).await;
        assert_eq!(of_key, Ok(vec![]));
        let messages = bench.store.message_list(workspace, MessageFilter::default(), ALL).await.expect("messages");
        assert_eq!(messages.items, std::slice::from_ref(my_message));
        let by_their_channel = MessageFilter { channel_id: Some(their_message.channel_id), ..MessageFilter::default() };
        let messages = bench.store.message_list(workspace, by_their_channel, ALL).await.expect("messages");
        assert_eq!(messages.items, []);
        let conversations = bench.store.conversation_list(workspace, ConversationFilter::default(), ALL).await;
        let conversations = conversations.expect("conversations").items;
        assert!(conversations.iter().map(|item| item.id).eq([my_message.conversation_id]));

        let kept =
            async |which| bench.store.body_kept(workspace, which, BodyNumber(0), 10).await.expect("bodies").len();
        assert_eq!(kept(KeptBodies::NotUnderstood(my_message.channel_id)).await, 1);
        assert_eq!(kept(KeptBodies::NotUnderstood(their_message.channel_id)).await, 0);
        assert_eq!(kept(KeptBodies::Unrouted("200")).await, 1);
    }
}

/// A record of another workspace is not there, for changing it as for deleting it.
pub async fn cannot_touch_each_others_records(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let other = bench.workspace("bee").await;
    let key = bench.new_key(scene.workspace);
    bench.store.key_create(key.clone(), None, None).await.expect("a key");
    let epoch = bench.store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.expect("a lease");
    bench.store.delivery_record(scene.endpoint, epoch, scene.failure(0)).await.expect("a record");

    let channels = bench.store.channel_all().await.expect("channels");
    let endpoints = bench.store.endpoint_all().await.expect("endpoints");
    let mut channel = channels[0].clone();
    channel.channel.workspace_id = other;
    let mut endpoint = endpoints[0].clone();
    endpoint.endpoint.workspace_id = other;
    let refusals = [
        bench.store.key_delete(other, key.id, None).await,
        bench.store.channel_delete(other, channel.channel.id, at(9), None).await,
        bench.store.endpoint_delete(other, scene.endpoint, None).await,
        bench.store.channel_update(channel, None).await,
        bench.store.endpoint_update(endpoint, None, None).await.map(drop),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(StoreError::NotFound(_))), "{refusal:?}");
    }
    assert_eq!(bench.store.key_all().await, Ok(vec![key]));
    assert_eq!(bench.store.channel_all().await, Ok(channels));
    assert_eq!(bench.store.endpoint_all().await, Ok(endpoints));
    let attempts = bench.store.attempt_list(scene.endpoint, AttemptFilter::default(), ALL).await.expect("attempts");
    assert_eq!(bench.store.attempt_get(other, attempts.items[0].id).await, Ok(None));
}
