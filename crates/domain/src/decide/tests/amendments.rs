//! Reactions, edits and revocations.

use crate::{
    change::ReportedStatus,
    content::Content,
    event::MessageChange,
    message::{
        Direction::{self, Inbound, Outbound},
        Reaction,
    },
    status::MessageStatus,
};

use super::{
    book::Book,
    samples::{at, change_of, echoed, edited, kinds, message_of, reacted, received, report, revoked},
};

const NOTHING: [&str; 0] = [];

/// A book in which the contact said `m1` and we said `m2`.
fn book() -> Book {
    let mut book = Book::new();
    book.take(10, &received("m1", 10));
    book.take(10, &echoed("m2", 10));
    book
}

fn reaction(emoji: &str, sender: Direction, seconds: i64) -> Reaction {
    Reaction { emoji: emoji.to_owned(), sender, timestamp: at(seconds) }
}

#[test]
fn a_reaction_is_set_changed_and_taken_away() {
    let mut book = book();
    let steps = [
        (Some("👍"), Some(MessageChange::ReactionAdded)),
        (Some("🎉"), Some(MessageChange::ReactionAdded)),
        (None, Some(MessageChange::ReactionRemoved)),
        (None, None),
        (Some("👍"), Some(MessageChange::ReactionAdded)),
    ];
    for (seconds, (emoji, change)) in (11..).zip(steps) {
        let events = book.take(20, &reacted("m2", Inbound, emoji, seconds));
        assert_eq!(events.iter().map(change_of).collect::<Vec<_>>(), Vec::from_iter(change.map(Some)));
        let expected = Vec::from_iter(emoji.map(|emoji| reaction(emoji, Inbound, seconds)));
        assert_eq!(book.message("m2").reactions, expected);
        if let Some(event) = events.first() {
            assert_eq!((event.at, &message_of(event).reactions), (at(seconds), &expected));
        }
    }
    assert_eq!(book.message("m2").status, MessageStatus::Sent, "a reaction is no receipt");
    assert_eq!(book.conversations[0].message_count, 2);
}

#[test]
fn each_side_has_a_reaction_of_its_own() {
    let mut book = book();
    book.take(11, &reacted("m1", Inbound, Some("👍"), 11));
    book.take(12, &reacted("m1", Outbound, Some("🎉"), 12));
    assert_eq!(book.message("m1").reactions, [reaction("👍", Inbound, 11), reaction("🎉", Outbound, 12)]);
    book.take(13, &reacted("m1", Inbound, None, 13));
    assert_eq!(book.message("m1").reactions, [reaction("🎉", Outbound, 12)]);
    assert_eq!(kinds(&book.take(14, &reacted("m1", Inbound, None, 14))), NOTHING);
    book.take(15, &reacted("m1", Outbound, None, 15));
    assert_eq!(book.message("m1").reactions, []);
}

#[test]
fn an_older_reaction_is_ignored() {
    let mut book = book();
    book.take(20, &reacted("m2", Inbound, Some("👍"), 15));
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, Some("🎉"), 14))), NOTHING);
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, None, 14))), NOTHING);
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, Some("👍"), 17))), NOTHING, "it is set already");
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, None, 16))), NOTHING, "taken away before it was set again");
    assert_eq!(book.message("m2").reactions, [reaction("👍", Inbound, 17)]);
}

#[test]
fn a_reaction_to_the_unknown_is_a_message() {
    let mut book = Book::new();
    let events = book.take(10, &reacted("never seen", Inbound, Some("👍"), 9));
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    let message = message_of(&events[2]);
    assert_eq!((&message.content, message.direction), (&Content::text("👍"), Inbound));
    assert_eq!(message.vendor_id.as_deref(), Some("inbound reaction 9 to never seen"));
    assert_eq!(message.reply_to.as_ref().and_then(|reply| reply.vendor_id.as_deref()), Some("never seen"));
    assert_eq!(book.conversations[0].message_count, 1);

    assert_eq!(kinds(&book.take(11, &reacted("never seen", Outbound, Some("🎉"), 11))), ["message.sent"]);
}

#[test]
fn taking_a_reaction_from_the_unknown_is_kept() {
    let mut book = Book::new();
    assert_eq!(kinds(&book.take(10, &reacted("never seen", Inbound, None, 9))), NOTHING);
    assert_eq!(book.unmatched, [("reaction_removed", "never seen".to_owned())]);
    assert_eq!(book.contacts.len(), 0);
}

#[test]
fn an_edit_changes_the_content() {
    let mut book = book();
    let events = book.take(12, &edited("m1", Inbound, "hello!", 11));
    assert_eq!(events.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::Edited)]);
    assert_eq!((events[0].at, &message_of(&events[0]).content), (at(11), &Content::text("hello!")));
    assert_eq!(book.message("m1").edited_at, Some(at(11)));
    let before = book.message("m1");
    assert_eq!(kinds(&book.take(13, &edited("m1", Inbound, "hello!", 11))), NOTHING);
    assert_eq!(book.message("m1"), before, "said again, it changes nothing");
    assert_eq!(kinds(&book.take(14, &edited("m2", Outbound, "good day", 14))), ["message.updated"]);
}

#[test]
fn the_newest_edit_counts() {
    let mut book = book();
    book.take(20, &edited("m1", Inbound, "newest", 14));
    assert_eq!(kinds(&book.take(20, &edited("m1", Inbound, "older", 13))), NOTHING);
    assert_eq!(kinds(&book.take(20, &edited("m1", Inbound, "newest", 16))), NOTHING, "it says so already");
    assert_eq!(kinds(&book.take(20, &edited("m1", Inbound, "between", 15))), NOTHING);
    assert_eq!(
        (book.message("m1").content.clone(), book.message("m1").edited_at),
        (Content::text("newest"), Some(at(16)))
    );
}

#[test]
fn an_edit_may_overtake_its_message_and_older_edits() {
    let mut book = Book::new();
    let events = book.take(20, &edited("m1", Inbound, "newest", 14));
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    assert_eq!(message_of(&events[2]).edited_at, Some(at(14)));
    assert_eq!(kinds(&book.take(21, &received("m1", 10))), NOTHING);
    assert_eq!(kinds(&book.take(22, &edited("m1", Inbound, "older", 12))), NOTHING);
    assert_eq!(book.message("m1").content, Content::text("newest"));
    assert_eq!(kinds(&book.take(23, &edited("m2", Outbound, "ours", 15))), ["message.sent"]);
}

#[test]
fn nobody_changes_what_somebody_else_said() {
    let mut book = book();
    let (first, second) = (book.message("m1"), book.message("m2"));
    for change in [
        edited("m1", Outbound, "ha", 11),
        edited("m2", Inbound, "ha", 11),
        revoked("m1", Outbound, 11),
        revoked("m2", Inbound, 11),
    ] {
        assert_eq!(kinds(&book.take(11, &change)), NOTHING);
    }
    assert_eq!((book.message("m1"), book.message("m2")), (first, second));
}

#[test]
fn what_is_taken_back_is_deleted_for_good() {
    let mut book = book();
    for (vendor_id, by) in [("m1", Inbound), ("m2", Outbound)] {
        let events = book.take(12, &revoked(vendor_id, by, 11));
        assert_eq!(events.iter().map(change_of).collect::<Vec<_>>(), [Some(MessageChange::Deleted)]);
        assert_eq!(message_of(&events[0]).status, MessageStatus::Deleted);
        assert_eq!(events[0].at, at(11));
        assert_eq!(kinds(&book.take(13, &revoked(vendor_id, by, 11))), NOTHING);
        assert_eq!(kinds(&book.take(14, &edited(vendor_id, by, "once more", 14))), NOTHING);
        let message = book.message(vendor_id);
        assert_eq!((message.history.len(), message.history[0].status), (1, MessageStatus::Deleted));
        assert_eq!(message.content, Content::text("hello"));
    }
    assert_eq!(kinds(&book.take(15, &report("m2", ReportedStatus::Read, 15))), NOTHING);
}

#[test]
fn what_is_taken_back_was_there_before() {
    let mut book = Book::new();
    book.take(10, &received("m1", 8));
    let events = book.take(11, &revoked("m1", Inbound, 9));
    assert_eq!(events[0].at, at(10), "not earlier than its delivery to us");
    book.take(12, &echoed("m2", 12));
    book.take(13, &report("m2", ReportedStatus::Failed, 13));
    assert_eq!(kinds(&book.take(14, &revoked("m2", Outbound, 14))), NOTHING, "it never was");
}

#[test]
fn taking_back_the_unknown_is_kept() {
    let mut book = Book::new();
    assert_eq!(kinds(&book.take(10, &revoked("never seen", Inbound, 9))), NOTHING);
    assert_eq!(book.unmatched, [("revoked", "never seen".to_owned())]);
}
