//! Changes to what was said before, and to who said it.

use tidings_domain::{
    content::Content,
    event::{EventPayload, LogEntry, MessageChange, OrderingKey},
    message::{Direction, Reaction},
    status::MessageStatus,
};

use crate::IntakeReceipt;

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::{edited, moved, phone, react, received, received_from, revoked},
};

/// What `message.updated` says has changed.
fn change_of(entry: &LogEntry) -> Option<MessageChange> {
    match &entry.event.payload {
        EventPayload::Message(event) => event.change,
        _ => None,
    }
}

/// Set, replaced and taken away, each told once.
pub async fn reactions_come_and_go(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let message = message_of(&events[2]);

    let told = bench.events_of(&channel, 2, vec![react("m1", Some("👍"), 2), react("m1", Some("👍"), 3)]).await;
    assert_eq!(told.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::ReactionAdded)]);
    let told = bench.events_of(&channel, 4, vec![react("m1", Some("🎉"), 4)]).await;
    assert_eq!(told.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::ReactionAdded)]);
    let reaction = Reaction { emoji: "🎉".to_owned(), sender: Direction::Inbound, timestamp: at(4) };
    assert_eq!(bench.message(message).await.reactions, [reaction]);

    let told = bench.events_of(&channel, 5, vec![react("m1", None, 5), react("m1", None, 6)]).await;
    assert_eq!(told.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::ReactionRemoved)]);
    let now = bench.message(message).await;
    assert_eq!(now.reactions, []);
    assert_eq!((now.content, now.status, now.updated_at), (message.content.clone(), message.status, at(5)));
}

/// A reaction to a message that was never seen is a message itself; taking one away there is kept.
pub async fn a_reaction_to_the_unknown_is_a_message(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![react("never seen", Some("👍"), 1)]).await;
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    let message = message_of(&events[2]);
    assert_eq!(message.content, Content::text("👍"));
    let receipt = bench.take(&channel, 2, vec![react("never seen", None, 2)]).await;
    assert_eq!(receipt, IntakeReceipt { applied: 0, repeated: 0, kept: 1 });
    assert_eq!(bench.message(message).await, *message);
}

/// The newest edit counts, in whatever order they come.
pub async fn edits_replace_the_content(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let told = bench.events_of(&channel, 5, vec![edited("m1", "newest", 4), edited("m1", "older", 3)]).await;
    assert_eq!(told.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::Edited)]);
    let now = bench.message(message_of(&events[2])).await;
    assert_eq!((now.content, now.edited_at), (Content::text("newest"), Some(at(4))));
}

/// An edit of a message that was never seen is that message; the message itself comes too late.
pub async fn an_edit_may_overtake_its_message(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 2, vec![edited("m1", "edited", 2)]).await;
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    let late = bench.events_of(&channel, 3, vec![received("m1", 1)]).await;
    assert_eq!(kinds(&late), [""; 0]);
    assert_eq!(bench.message(message_of(&events[2])).await.content, Content::text("edited"));
}

/// A message that is taken back stays, as deleted.
pub async fn messages_are_taken_back(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let told = bench.events_of(&channel, 2, vec![revoked("m1", 2), revoked("m1", 2)]).await;
    assert_eq!(told.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::Deleted)]);
    assert_eq!(bench.message(message_of(&events[2])).await.status, MessageStatus::Deleted);
    let receipt = bench.take(&channel, 3, vec![revoked("never seen", 3)]).await;
    assert_eq!(receipt, IntakeReceipt { applied: 0, repeated: 0, kept: 1 });
}

/// The contact stays the same under its new number; who writes from the old one is somebody else.
pub async fn a_contact_moves_to_another_number(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received_from("1", "m1", 1)]).await;
    let before = message_of(&events[2]);

    let told = bench.events_of(&channel, 2, vec![moved("1", "2", 2)]).await;
    assert_eq!(kinds(&told), ["contact.updated"]);
    assert_eq!((told[0].event.key, told[0].event.sequence), (OrderingKey::from(before.contact_id), 1));
    let EventPayload::Contact(told) = &told[0].event.payload else { panic!("{told:?}") };
    assert_eq!(told.contact.phone.as_deref(), Some("+2"));
    assert_eq!(told.contact.handles.iter().map(|handle| &handle.identity).collect::<Vec<_>>(), [&phone("2")]);

    let events = bench.events_of(&channel, 3, vec![received_from("2", "m2", 3)]).await;
    assert_eq!(kinds(&events), ["message.received"]);
    let after = message_of(&events[0]);
    assert_eq!((after.contact_id, after.conversation_id), (before.contact_id, before.conversation_id));
    assert_eq!(after.handle.value, "+2");
    assert_eq!(bench.message(before).await.handle, before.handle, "what came from the old number came from there");

    let events = bench.events_of(&channel, 4, vec![received_from("1", "m3", 4)]).await;
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    assert_ne!(message_of(&events[2]).contact_id, before.contact_id);
}

/// A number that somebody else had for long is the mover's now.
pub async fn a_number_passes_to_who_moves_to_it(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received_from("1", "m1", 1), received_from("2", "m2", 1)]).await;
    let (one, two) = (message_of(&events[2]), message_of(&events[5]));
    let days = 3 * 24 * 3600;
    let told = bench.events_of(&channel, days, vec![moved("1", "2", days)]).await;
    assert_eq!(kinds(&told), ["contact.updated", "contact.updated"]);
    let owners: Vec<OrderingKey> = told.iter().map(|entry| entry.event.key).collect();
    assert_eq!(owners, [OrderingKey::from(two.contact_id), OrderingKey::from(one.contact_id)]);
    let events = bench.events_of(&channel, days, vec![received_from("2", "m3", days)]).await;
    assert_eq!(kinds(&events), ["message.received"]);
    assert_eq!(message_of(&events[0]).contact_id, one.contact_id);
}

/// Whose first message from the new number overtook the news of it is one person, not two.
pub async fn who_wrote_from_a_number_before_the_move_was_told_is_one_person(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let events = bench.events_of(&channel, 1, vec![received_from("1", "m1", 1), received_from("2", "m2", 1)]).await;
    let one = message_of(&events[2]);
    let told = bench.events_of(&channel, 2, vec![moved("1", "2", 2)]).await;
    assert_eq!(kinds(&told), ["conversation.closed", "contact.merged", "contact.updated"]);
    let events = bench.events_of(&channel, 3, vec![received_from("2", "m3", 3)]).await;
    assert_eq!((kinds(&events), message_of(&events[0]).contact_id), (vec!["message.received"], one.contact_id));
}
