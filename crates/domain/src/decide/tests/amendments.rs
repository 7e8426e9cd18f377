//! Reactions, edits and revocations.

use crate::{
    change::{Change, Edited, Person, ReportedStatus, Revoked},
    content::Content,
    event::MessageChange,
    message::{
        Direction::{self, Inbound, Outbound},
        Reaction, RemovedReaction,
    },
    status::MessageStatus,
};

use super::{
    book::Book,
    samples::{
        ada, at, change_of, echoed, edited, kinds, message_of, phone, reacted, received, received_from, report, revoked,
    },
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
fn a_late_reaction_does_not_outlive_its_removal() {
    let mut book = book();
    book.take(20, &reacted("m2", Inbound, Some("👍"), 11));
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, None, 13))), ["message.updated"]);
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, Some("🎉"), 12))), NOTHING);
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, None, 12))), NOTHING);
    assert_eq!(book.message("m2").reactions, []);
    assert_eq!(kinds(&book.take(20, &reacted("m2", Outbound, Some("🎉"), 12))), ["message.updated"], "another side's");
    assert_eq!(kinds(&book.take(20, &reacted("m2", Inbound, Some("👍"), 14))), ["message.updated"]);
    assert_eq!(book.message("m2").removed_reactions, []);
}

#[test]
fn a_removal_may_overtake_its_reaction() {
    let mut book = book();
    assert_eq!(kinds(&book.take(20, &reacted("m1", Inbound, None, 13))), NOTHING);
    let before = book.message("m1");
    assert_eq!(before.removed_reactions, [RemovedReaction { sender: Inbound, timestamp: at(13) }]);
    assert_eq!(kinds(&book.take(21, &reacted("m1", Inbound, None, 13))), NOTHING);
    assert_eq!(book.message("m1"), before, "said again, it changes nothing");
    assert_eq!(kinds(&book.take(21, &reacted("m1", Inbound, Some("👍"), 12))), NOTHING);
    assert_eq!(book.message("m1"), before);
    assert_eq!(kinds(&book.take(22, &reacted("m1", Inbound, None, 15))), NOTHING);
    assert_eq!(kinds(&book.take(22, &reacted("m1", Inbound, Some("👍"), 14))), NOTHING, "the newest removal counts");
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
fn a_reaction_to_the_unknown_with_a_known_id_is_not_recorded() {
    let mut book = Book::new();
    let reaction = reacted("never seen", Inbound, Some("👍"), 9);
    book.take(10, &reaction);
    assert_eq!(kinds(&book.take(11, &reaction)), NOTHING);
    let Change::Reacted(mut reused) = reacted("never seen either", Inbound, Some("👍"), 12) else { panic!() };
    reused.vendor_id = "m1".to_owned();
    book.take(12, &received("m1", 12));
    let before = book.all();
    assert_eq!(kinds(&book.take(13, &Change::Reacted(reused))), NOTHING);
    assert_eq!((book.all(), book.unmatched.len()), (before, 0));
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
    let kinds: Vec<_> = book.unmatched.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["edited", "edited", "revoked", "revoked"]);
}

#[test]
fn no_contact_changes_what_another_one_said() {
    let mut book = book();
    book.take(10, &received_from(ada(&[phone("2")]), "other", 10));
    let before = book.all();
    let by_another = |change: Change| match change {
        Change::Edited(edited) => Change::Edited(Edited { contact: ada(&[phone("2")]), ..edited }),
        Change::Revoked(revoked) => Change::Revoked(Revoked { contact: ada(&[phone("3"), phone("2")]), ..revoked }),
        other => other,
    };
    for (vendor_id, by) in [("m1", Inbound), ("m2", Outbound)] {
        assert_eq!(kinds(&book.take(11, &by_another(edited(vendor_id, by, "ha", 11)))), NOTHING);
        assert_eq!(kinds(&book.take(11, &by_another(revoked(vendor_id, by, 11)))), NOTHING);
    }
    assert_eq!((book.all(), book.unmatched.len()), (before, 4));

    assert_eq!(kinds(&book.take(12, &by_another(revoked("m3", Inbound, 12)))), NOTHING);
    book.take(13, &received("m3", 11));
    assert_eq!(book.message("m3").status, MessageStatus::Delivered, "nor before it came");
    assert_eq!(book.unmatched.len(), 5);

    let Change::Revoked(mut by_nobody) = revoked("m1", Inbound, 14) else { panic!() };
    by_nobody.contact = Person::default();
    assert_eq!(kinds(&book.take(14, &Change::Revoked(by_nobody))), ["message.updated"], "the vendor does not say who");
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
fn a_revocation_may_overtake_its_message() {
    let mut book = Book::new();
    for (message, by, told) in
        [(received("m1", 8), Inbound, "message.received"), (echoed("m2", 8), Outbound, "message.sent")]
    {
        let vendor_id = if by == Inbound { "m1" } else { "m2" };
        assert_eq!(kinds(&book.take(10, &revoked(vendor_id, by, 9))), NOTHING);
        let events = book.take(11, &message);
        assert_eq!(kinds(&events[events.len() - 2..]), [told, "message.updated"]);
        assert_eq!(events.last().and_then(change_of), Some(MessageChange::Deleted));
        assert_eq!(book.message(vendor_id).status, MessageStatus::Deleted);
        assert_eq!(kinds(&book.take(12, &message)), NOTHING);
    }
    assert_eq!(book.unmatched, []);
}
