//! What a vendor's webhook makes of messages, contacts and conversations.

use std::sync::Arc;

use futures_util::future::join_all;
use tidings_domain::{
    change::{Change, Said},
    channel::{Channel, ChannelStatus},
    contact::HandleKind,
    content::{Attachment, Content, Media},
    event::{EventPayload, OrderingKey, Position},
    message::Direction,
    status::MessageStatus,
};

use crate::{Claimed, ConversationFilter, IntakeReceipt, Page};

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::{echoed, received, received_from, routed, said},
};

const PAGE: Page = Page { limit: 100, before: None };

/// The first message of a stranger: contact, conversation, message, and their events in that order.
pub async fn a_message_makes_contact_and_conversation(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let receipt = bench.take(&channel, 10, vec![received("m1", 9)]).await;
    assert_eq!(receipt, IntakeReceipt { applied: 1, repeated: 0, kept: 0 });

    let events = bench.after(Position(0)).await;
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    let message = message_of(&events[2]);
    for (entry, sequence) in events.iter().zip(1..) {
        assert_eq!(entry.event.workspace_id, workspace);
        assert_eq!(entry.event.key, OrderingKey::from(message.conversation_id));
        assert_eq!(entry.event.sequence, sequence);
        assert_eq!(entry.event.channel_id, Some(channel.id));
        assert_eq!(entry.event.recorded_at, at(10));
    }
    assert_eq!(bench.message(message).await, *message, "what was told is what is stored");
    assert_eq!((message.direction, message.status), (Direction::Inbound, MessageStatus::Delivered));
    assert_eq!((message.vendor_timestamp, message.created_at), (at(9), at(10)));
    assert_eq!(message.vendor_id.as_deref(), Some("m1"));
    assert_eq!(message.content, Content::text("hello"));
    assert_eq!((message.handle.kind, message.handle.value.as_str()), (HandleKind::PhoneNumber, "+4917000001"));

    let EventPayload::Contact(told) = &events[0].event.payload else { panic!("{:?}", events[0]) };
    assert_eq!(told.contact.id, message.contact_id);
    assert_eq!(told.contact.name.as_deref(), Some("Ada"));
    let conversation = bench.store.conversation_get(workspace, message.conversation_id).await;
    let conversation = conversation.expect("conversations").expect("the conversation");
    assert_eq!((conversation.contact_id, conversation.channel_id), (message.contact_id, channel.id));
    assert_eq!((conversation.message_count, conversation.sequence), (1, 3));
    assert_eq!(conversation.last_message_at, Some(at(10)));
    assert_eq!(conversation.last_inbound_at, Some(at(9)));
}

/// The second message, in or out, belongs to the same contact and conversation.
pub async fn a_known_contact_goes_on(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let first = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let second = bench.events_of(&channel, 5, vec![received("m2", 2), echoed("m3", 3)]).await;
    assert_eq!(kinds(&second), ["message.received", "message.sent"]);
    let first = message_of(&first[2]);
    for (entry, sequence) in second.iter().zip(4..) {
        let message = message_of(entry);
        assert_eq!((message.contact_id, message.conversation_id), (first.contact_id, first.conversation_id));
        assert_eq!(message.handle, first.handle);
        assert_eq!(entry.event.sequence, sequence);
        assert_eq!(bench.message(message).await, *message);
    }
    let conversation = bench.store.conversation_get(workspace, first.conversation_id).await;
    let conversation = conversation.expect("conversations").expect("the conversation");
    assert_eq!((conversation.message_count, conversation.sequence), (3, 5));
    assert_eq!((conversation.last_message_at, conversation.last_inbound_at), (Some(at(5)), Some(at(2))));
}

/// Vendors repeat themselves: the same key changes nothing, in the same webhook or in a later one.
pub async fn a_repetition_changes_nothing(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let updates = || vec![routed(&channel, Some("one"), received("m1", 1)); 2];
    let receipt = bench.store.intake(bench.webhook(&channel, 1, updates())).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 1, repeated: 1, kept: 0 }));
    let events = bench.after(Position(0)).await;
    let receipt = bench.store.intake(bench.webhook(&channel, 2, updates())).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 0, repeated: 2, kept: 0 }));
    assert_eq!(bench.after(Position(0)).await, events);

    let news = vec![routed(&channel, Some("two"), received("m2", 3)), routed(&channel, Some("one"), received("m1", 1))];
    let receipt = bench.store.intake(bench.webhook(&channel, 3, news)).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 1, repeated: 1, kept: 0 }));
    assert_eq!(bench.after(Position(0)).await.len(), events.len() + 1);

    // They try for seven days.
    let receipt = bench.store.intake(bench.webhook(&channel, 8 * 86_400, updates())).await;
    assert_eq!(receipt, Ok(IntakeReceipt { applied: 0, repeated: 2, kept: 0 }));
    assert_eq!(bench.after(Position(0)).await.len(), events.len() + 1);
}

/// A message that is known by its vendor's id changes nothing, whatever key it comes under.
pub async fn a_known_message_under_another_key_changes_nothing(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for key in ["one", "two"] {
        let updates = vec![routed(&channel, Some(key), received("m1", 1))];
        bench.store.intake(bench.webhook(&channel, 1, updates)).await.expect("a receipt");
    }
    assert_eq!(bench.after(Position(0)).await.len(), 3);
}

/// Ten pictures of a stranger at once: one contact, one conversation, ten messages.
pub async fn an_album_is_one_conversation(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let album = (0..10).map(|number| {
        let picture = Attachment::Image {
            media: Media { vendor_media_id: Some(format!("file {number}")), ..Media::default() },
            is_sticker: false,
        };
        let said = Said { content: Content::attachment(picture), ..said(&format!("m{number}"), "4917000001", 1, "") };
        let dedup = format!("key {number}");
        let update = routed(&channel, Some(&dedup), Change::Received(said));
        bench.store.intake(bench.webhook(&channel, 1, vec![update]))
    });
    for receipt in join_all(album).await {
        assert_eq!(receipt, Ok(IntakeReceipt { applied: 1, repeated: 0, kept: 0 }));
    }
    let events = bench.after(Position(0)).await;
    let mut expected = vec!["contact.created", "conversation.created"];
    expected.extend(["message.received"; 10]);
    assert_eq!(kinds(&events), expected);
    assert!(events.iter().map(|entry| entry.event.sequence).eq(1..=12));
    let conversations = bench.store.conversation_list(workspace, ConversationFilter::default(), PAGE).await;
    let conversations = conversations.expect("conversations").items;
    assert_eq!(conversations.iter().map(|item| item.message_count).collect::<Vec<_>>(), [10]);
}

/// Two numbers of one company in one webhook: one contact, a conversation on each.
pub async fn one_body_may_be_for_two_channels(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    let updates = vec![routed(&first, None, received("m1", 1)), routed(&second, None, received("m1", 1))];
    bench.store.intake(bench.webhook(&first, 1, updates)).await.expect("a receipt");
    let events = bench.after(Position(0)).await;
    let expected =
        ["contact.created", "conversation.created", "message.received", "conversation.created", "message.received"];
    assert_eq!(kinds(&events), expected);
    let (one, two) = (message_of(&events[2]), message_of(&events[4]));
    assert_eq!((one.channel_id, two.channel_id), (first.id, second.id));
    assert_eq!(one.contact_id, two.contact_id);
    assert_ne!(one.conversation_id, two.conversation_id);
}

/// An answer knows the message that it answers, if that is ours.
pub async fn an_answer_quotes(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let answer = |vendor_id: &str, to: &str| {
        Change::Received(Said { reply_to: Some(to.to_owned()), ..said(vendor_id, "4917000001", 2, "yes") })
    };
    let events =
        bench.events_of(&channel, 1, vec![echoed("m1", 1), answer("m2", "m1"), answer("m3", "never seen")]).await;
    let quoted = message_of(&events[2]);
    let known = message_of(&events[3]).reply_to.clone().expect("a quotation");
    assert_eq!((known.id, known.sender), (Some(quoted.id), Some(Direction::Outbound)));
    assert_eq!(known.preview_text.as_deref(), Some("good day"));
    let unknown = message_of(&events[4]).reply_to.clone().expect("a quotation");
    assert_eq!((unknown.id, unknown.vendor_id.as_deref()), (None, Some("never seen")));
    for entry in &events[2..] {
        assert_eq!(bench.message(message_of(entry)).await, *message_of(entry));
    }
}

/// A channel connects once, also if the caller has not heard of it yet.
pub async fn the_first_sign_of_life_connects(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let mut record = bench.new_channel(workspace, "100");
    record.channel.status = ChannelStatus::Pending;
    assert_eq!(bench.store.channel_create(record.clone(), None, None).await, Ok(Claimed::Done));
    let stale: Arc<Channel> = Arc::new(record.channel);
    let first = bench.events_of(&stale, 1, vec![received("m1", 1)]).await;
    assert_eq!(kinds(&first)[0], "channel.connected");
    assert_eq!((first[0].event.key, first[0].event.sequence), (OrderingKey::from(stale.id), 1));
    let second = bench.events_of(&stale, 2, vec![received_from("4917000002", "m2", 2)]).await;
    assert_eq!(kinds(&second), ["contact.created", "conversation.created", "message.received"]);
    let all = bench.store.channel_all().await.expect("channels");
    assert_eq!(all[0].channel.status, ChannelStatus::Connected);
}
