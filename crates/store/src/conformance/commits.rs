//! What shares a commit does not share a fate, and what is committed is heard of.

use std::sync::Arc;

use futures_util::future::{join, join_all};
use tidings_domain::{ChannelId, channel::Channel, event::Position};

use crate::{IntakeReceipt, StoreError};

use super::{
    bench::{Bench, kinds, message_of},
    changes::{received_from, routed},
};

/// Each entry once, in order of position, as it is stored.
pub async fn are_heard_once_and_in_order(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let heard = bench.listen();
    let numbers: Vec<String> = (0..25).map(|number| number.to_string()).collect();
    join_all(numbers.iter().map(|number| bench.take(&channel, 1, vec![received_from(number, number, 1)]))).await;
    let log = bench.after(Position(0)).await;
    assert_eq!(log.len(), 75);
    assert!(log.windows(2).all(|pair| pair[0].position < pair[1].position), "positions grow");
    assert_eq!(bench.store.log_head().await, Ok(log[74].position));
    assert_eq!(heard.entries(), log);
}

/// A verb that is refused changes nothing for those that are committed with it.
pub async fn a_refusal_leaves_its_neighbours_alone(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let heard = bench.listen();
    let numbers: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let webhooks = numbers.iter().map(|number| bench.take(&channel, 1, vec![received_from(number, number, 1)]));
    let creations = (0..10).map(|number| {
        let account = if number % 2 == 0 { "100".to_owned() } else { format!("new {number}") };
        bench.store.channel_create(bench.new_channel(workspace, &account), None, None)
    });
    let (receipts, creations) = join(join_all(webhooks), join_all(creations)).await;
    for receipt in receipts {
        assert_eq!(receipt, IntakeReceipt { applied: 1, repeated: 0, kept: 0 });
    }
    for (number, outcome) in creations.iter().enumerate() {
        assert_eq!(matches!(outcome, Err(StoreError::Conflict(_))), number % 2 == 0, "{outcome:?}");
    }
    assert_eq!(bench.store.channel_all().await.expect("channels").len(), 6);
    let log = bench.after(Position(0)).await;
    assert_eq!(log.len(), 30);
    assert_eq!(heard.entries(), log);
}

/// A webhook that is refused in the middle leaves no contact, message, event or dedup key behind, and is not heard of.
pub async fn a_half_refused_webhook_leaves_nothing(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let heard = bench.listen();
    let stranger = Arc::new(Channel { id: ChannelId::from_bytes(bench.id()), ..Channel::clone(&channel) });
    let good = routed(&channel, Some("one"), received_from("1", "m1", 1));
    let bad = routed(&stranger, Some("two"), received_from("1", "m2", 1));
    let refused = bench.store.intake(bench.webhook(&channel, 1, vec![good.clone(), bad]));
    let (refused, _) = join(refused, bench.take(&channel, 1, vec![received_from("2", "m3", 1)])).await;
    assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
    let log = bench.after(Position(0)).await;
    assert_eq!(kinds(&log), ["contact.created", "conversation.created", "message.received"]);
    assert_eq!(message_of(&log[2]).vendor_id.as_deref(), Some("m3"));
    assert_eq!(heard.entries(), log);

    let receipt = bench.store.intake(bench.webhook(&channel, 2, vec![good])).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 1, repeated: 0, kept: 0 }));
    let log = bench.after(Position(0)).await;
    let expected = ["contact.created", "conversation.created", "message.received"];
    assert_eq!(kinds(&log), [expected, expected].concat());
    assert_eq!(heard.entries(), log);
}
