//! Raw bodies of which something was kept.

use std::sync::Arc;

use bytes::Bytes;
use tidings_domain::{
    change::{News, ReportedStatus},
    channel::Channel,
    event::{EventKind, Position},
};

use crate::{BodyNumber, Intake, IntakeReceipt, KeptBodies, RoutedUpdate, StoredBody, Target};

use super::{
    bench::{Bench, at, kinds},
    changes::{echoed, received, report, routed},
};

const BEGINNING: BodyNumber = BodyNumber(0);

pub(super) fn unknown(channel: &Arc<Channel>, kind: &str) -> RoutedUpdate {
    let news = News::Unknown { kind: kind.to_owned() };
    RoutedUpdate { target: Target::Channel(Arc::clone(channel)), dedup: None, news }
}

/// An update for an account that no channel has is found under it, and can be taken in when there is one.
pub async fn unrouted_are_kept_and_read_again(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let unrouted =
        RoutedUpdate { target: Target::Unrouted("200".to_owned()), ..routed(&channel, Some("two"), received("m2", 1)) };
    let webhook = bench.webhook(&channel, 1, vec![routed(&channel, Some("one"), received("m1", 1)), unrouted]);
    let body = webhook.body.clone().expect("a body");
    let receipt = bench.store.intake(webhook.clone()).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 1, repeated: 0, kept: 1 }));
    let head = bench.store.log_head().await.expect("a head");

    let found = bench.store.body_kept(workspace, KeptBodies::Unrouted("200"), BEGINNING, 10).await.expect("bodies");
    let [StoredBody { number, .. }] = found[..] else { panic!("{found:?}") };
    assert_eq!(found, [StoredBody { number, channel_id: channel.id, received_at: at(1), body }]);
    for nothing in [KeptBodies::Unrouted("300"), KeptBodies::NotUnderstood(channel.id)] {
        assert_eq!(bench.store.body_kept(workspace, nothing, BEGINNING, 10).await, Ok(vec![]));
    }

    let second = bench.channel(workspace, "200").await;
    let updates =
        vec![routed(&channel, Some("one"), received("m1", 1)), routed(&second, Some("two"), received("m2", 1))];
    let again = Intake { body: Err(number), updates: Ok(updates), received_at: at(2), ..webhook };
    let receipt = bench.store.intake(again).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 1, repeated: 1, kept: 0 }));
    assert_eq!(kinds(&bench.after(head).await), ["conversation.created", "message.received"]);
    assert_eq!(bench.store.body_kept(workspace, KeptBodies::Unrouted("200"), BEGINNING, 10).await, Ok(vec![]));
}

/// An event is traced to the webhook that it came from; one that waited for its message, to its own.
pub async fn an_event_is_traced_to_its_webhook(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let channel = bench.channel(workspace, "100").await;
    let from = async |position, workspace| {
        let found = bench.store.body_of_event(workspace, position).await.expect("bodies");
        found.map(|found| (found.body, found.received_at, found.channel_id))
    };
    let head = bench.store.log_head().await.expect("a head");
    let mut posts = Vec::new();
    for (seconds, change) in [(1, report("m1", ReportedStatus::Read, 1)), (2, echoed("m1", 2))] {
        let name = seconds.to_string();
        let webhook = Intake {
            body: Ok(Bytes::from(format!("webhook {name}"))),
            ..bench.webhook(&channel, seconds, vec![routed(&channel, Some(&name), change)])
        };
        bench.store.intake(webhook.clone()).await.expect("it is taken");
        posts.push((webhook.body.expect("a body"), at(seconds), channel.id));
    }
    for entry in bench.after(head).await {
        // That it was read proves that it was delivered.
        let from_status = matches!(entry.event.kind, EventKind::MessageDelivered | EventKind::MessageRead);
        let post = if from_status { &posts[0] } else { &posts[1] };
        assert_eq!(from(entry.position, workspace).await.as_ref(), Some(post), "{:?}", entry.event.kind);
        assert_eq!(from(entry.position, other).await, None);
    }
}

/// A body that cannot be parsed, or holds an unknown kind of update, is found under its channel.
pub async fn not_understood_are_kept(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (channel, other) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    let unparsed = Intake {
        body: Ok(Bytes::from_static(&[0xFF, 0x00, 0xFE])),
        updates: Err("not JSON".to_owned()),
        ..bench.webhook(&channel, 1, vec![])
    };
    let half = bench.webhook(
        &channel,
        2,
        vec![unknown(&channel, "messages/hologram"), routed(&channel, None, received("m1", 2))],
    );
    for (webhook, applied) in [(&unparsed, 0), (&half, 1)] {
        let receipt = bench.store.intake(webhook.clone()).await;
        assert_eq!(receipt, Ok(IntakeReceipt { applied, repeated: 0, kept: 1 }));
    }
    assert_eq!(bench.after(Position(0)).await.len(), 3);

    let which = KeptBodies::NotUnderstood(channel.id);
    let found = bench.store.body_kept(workspace, which, BEGINNING, 10).await.expect("bodies");
    assert_eq!(
        found.iter().map(|kept| Ok(kept.body.clone())).collect::<Vec<_>>(),
        [unparsed.body.clone(), half.body.clone()],
        "oldest first, byte for byte"
    );
    let elsewhere = bench.store.body_kept(workspace, KeptBodies::NotUnderstood(other.id), BEGINNING, 10).await;
    assert_eq!(elsewhere, Ok(vec![]));

    let understood =
        Intake { body: Err(found[0].number), updates: Ok(vec![routed(&channel, None, received("m2", 3))]), ..unparsed };
    assert_eq!(bench.store.intake(understood).await.expect("a receipt").applied, 1);
    let left = bench.store.body_kept(workspace, which, BEGINNING, 10).await.expect("bodies");
    assert_eq!(left, found[1..]);
}

/// Each body once, oldest first, after the last one that was seen.
pub async fn are_found_a_page_at_a_time(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let mut bodies = Vec::new();
    for seconds in 0..5 {
        let webhook = bench.webhook(&channel, seconds, vec![unknown(&channel, "one"), unknown(&channel, "two")]);
        bodies.push(webhook.body.clone().expect("a body"));
        bench.store.intake(webhook).await.expect("a receipt");
    }
    let mut found = Vec::new();
    let mut after = BEGINNING;
    for _ in 0..4 {
        let which = KeptBodies::NotUnderstood(channel.id);
        let page = bench.store.body_kept(workspace, which, after, 2).await.expect("bodies");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = last.number;
        found.extend(page.into_iter().map(|kept| kept.body));
    }
    assert_eq!(found, bodies);
}
