//! What a vendor reports on messages of ours.

use tidings_domain::{change::ReportedStatus, status::MessageStatus};

use crate::IntakeReceipt;

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::{echoed, received, report},
};

/// Reports move a message up, and each step is told.
pub async fn climb_the_ladder(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![echoed("m1", 1)]).await;
    let message = message_of(&events[2]);
    let told = bench.events_of(&channel, 3, vec![report("m1", ReportedStatus::Delivered, 2)]).await;
    assert_eq!(kinds(&told), ["message.delivered"]);
    assert_eq!(told[0].event.sequence, 4);
    let told = bench.events_of(&channel, 5, vec![report("m1", ReportedStatus::Read, 4)]).await;
    assert_eq!(kinds(&told), ["message.read"]);
    let told = bench.events_of(&channel, 6, vec![report("m1", ReportedStatus::Delivered, 2)]).await;
    assert_eq!(kinds(&told), [""; 0], "nothing goes down the ladder");
    let now = bench.message(message).await;
    assert_eq!(now.status, MessageStatus::Read);
    assert_eq!((now.sent_at, now.delivered_at, now.read_at), (Some(at(1)), Some(at(2)), Some(at(4))));
    assert_eq!(now.history.len(), 2);
}

/// A report that overtakes its message waits, and is applied in order when the message is known.
pub async fn wait_for_their_message(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for (status, seconds) in [(ReportedStatus::Delivered, 2), (ReportedStatus::Read, 3)] {
        let receipt = bench.take(&channel, 4, vec![report("m1", status, seconds)]).await;
        assert_eq!(receipt, IntakeReceipt { applied: 0, repeated: 0, kept: 1 });
    }
    let other = bench.take(&channel, 4, vec![report("m2", ReportedStatus::Read, 3)]).await;
    assert_eq!(other.kept, 1);

    let events = bench.events_of(&channel, 5, vec![echoed("m1", 1)]).await;
    let expected = ["contact.created", "conversation.created", "message.sent", "message.delivered", "message.read"];
    assert_eq!(kinds(&events), expected);
    assert!(events.iter().map(|entry| entry.event.sequence).eq(1..=5));
    let message = message_of(&events[4]);
    assert_eq!((message.status, message.vendor_id.as_deref()), (MessageStatus::Read, Some("m1")));
    assert_eq!((message.delivered_at, message.read_at), (Some(at(2)), Some(at(3))), "in the order of coming");
    assert_eq!(bench.message(message).await, *message);

    let again = bench.events_of(&channel, 6, vec![echoed("m1", 1), echoed("m2", 1)]).await;
    assert_eq!(kinds(&again), ["message.sent", "message.delivered", "message.read"], "only the other one's");
    assert_eq!(message_of(&again[0]).vendor_id.as_deref(), Some("m2"));
}

/// The same vendor's id on another channel is another message.
pub async fn wait_for_the_message_of_their_channel(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    bench.take(&first, 1, vec![report("m1", ReportedStatus::Read, 1)]).await;
    let elsewhere = bench.events_of(&second, 2, vec![echoed("m1", 1)]).await;
    assert_eq!(kinds(&elsewhere), ["contact.created", "conversation.created", "message.sent"]);
    let here = bench.events_of(&first, 3, vec![echoed("m1", 1)]).await;
    assert_eq!(kinds(&here), ["conversation.created", "message.sent", "message.delivered", "message.read"]);
}

/// A contact's own message has no ladder.
pub async fn of_a_contacts_message_change_nothing(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    bench.take(&channel, 1, vec![received("m1", 1)]).await;
    let told = bench.events_of(&channel, 2, vec![report("m1", ReportedStatus::Read, 2)]).await;
    assert_eq!(kinds(&told), [""; 0]);
}
