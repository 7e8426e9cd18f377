//! What holds whatever the vendor says, however often, and in whatever order.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use crate::{
    change::{Change, ReportedStatus},
    channel::{DeliveryReceipts, Receipts},
    content::Content,
    event::{Event, EventKind, EventPayload},
    id::MessageId,
    message::{Direction, Message},
    status::MessageStatus,
};

use super::{
    book::Book,
    samples::{echoed, edited, reacted, received, report, revoked},
};

/// The contact's message, an echo, and a message of ours that is on its way.
const MESSAGES: [(&str, Direction); 3] =
    [("in", Direction::Inbound), ("echo", Direction::Outbound), ("ours", Direction::Outbound)];

const NOW: i64 = 100;

fn any_direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Inbound), Just(Direction::Outbound)]
}

fn any_status() -> impl Strategy<Value = ReportedStatus> {
    use ReportedStatus::{Deleted, Delivered, Failed, Read, Sent};
    prop_oneof![3 => Just(Sent), 4 => Just(Delivered), 4 => Just(Read), 3 => Just(Failed), 1 => Just(Deleted)]
}

fn any_change() -> impl Strategy<Value = Change> {
    let target = prop::sample::select(&MESSAGES[..]);
    prop_oneof![
        6 => (target.clone(), any_status(), 0..60_i64).prop_map(|((id, _), status, at)| report(id, status, at)),
        2 => (target.clone(), any_direction(), prop::option::of("[ab]"), 0..60_i64)
            .prop_map(|((id, _), by, emoji, at)| reacted(id, by, emoji.as_deref(), at)),
        2 => (target.clone(), any_direction(), "[xyz]", 0..60_i64)
            .prop_map(|((id, _), by, text, at)| edited(id, by, &text, at)),
        1 => (target, any_direction(), 0..60_i64).prop_map(|((id, _), by, at)| revoked(id, by, at)),
    ]
}

/// Changes about the messages, the messages among them, each numbered and said one to three times, in any order. Some
/// reactions share a vendor id.
fn said_in_any_order(changes: impl Strategy<Value = Vec<Change>>) -> impl Strategy<Value = Vec<(usize, Change)>> {
    changes
        .prop_map(|mut changes| {
            changes.extend([received("in", 30), echoed("echo", 30)]);
            for (number, change) in changes.iter_mut().enumerate() {
                if let Change::Reacted(reacted) = change {
                    reacted.vendor_id = format!("reaction {}", number % 4);
                }
            }
            changes
        })
        .prop_flat_map(|changes| {
            let times = prop::collection::vec(1..=3_usize, changes.len());
            (Just(changes), times)
        })
        .prop_flat_map(|(changes, times)| {
            let repeat = |(key, (change, times))| std::iter::repeat_n((key, change), times);
            let all: Vec<_> = changes.into_iter().zip(times).enumerate().flat_map(repeat).collect();
            Just(all).prop_shuffle()
        })
}

fn any_receipts() -> impl Strategy<Value = Receipts> {
    let known = [
        (DeliveryReceipts::Confirmed, true),
        (DeliveryReceipts::Confirmed, false),
        (DeliveryReceipts::ImpliedByRead, true),
        (DeliveryReceipts::None, false),
    ];
    prop::sample::select(known.to_vec()).prop_map(|(delivered, read)| Receipts { delivered, read })
}

/// A book in which a message of ours is on its way.
fn book_of(receipts: Receipts) -> Book {
    let mut book = Book::with_receipts(receipts.delivered, receipts.read);
    book.send("ours", 10);
    book
}

fn told_of(book: &Book) -> HashMap<MessageId, Vec<(&Event, &Message)>> {
    let mut told: HashMap<MessageId, Vec<(&Event, &Message)>> = HashMap::new();
    for event in &book.log {
        if let EventPayload::Message(payload) = &event.payload {
            told.entry(payload.message.id).or_default().push((event, &payload.message));
        }
    }
    told
}

fn may_become(from: MessageStatus, to: MessageStatus) -> bool {
    use MessageStatus::{Deleted, Delivered, Failed, Pending, Read, Scheduled, Sent};
    match from {
        Pending | Scheduled => matches!(to, Sent | Failed),
        Sent => matches!(to, Delivered | Read | Failed | Deleted),
        Delivered => matches!(to, Read | Deleted),
        Read => to == Deleted,
        // `sent` only on the way to what proves it.
        Failed => matches!(to, Sent | Delivered | Read),
        Deleted | MessageStatus::None => false,
    }
}

fn check_life(message: &Message, told: &[(&Event, &Message)]) -> Result<(), TestCaseError> {
    let birth = match message.direction {
        Direction::Inbound => MessageStatus::Delivered,
        Direction::Outbound if message.vendor_id.as_deref() == Some("ours") => MessageStatus::Pending,
        Direction::Outbound => MessageStatus::Sent,
    };
    let steps: Vec<_> = std::iter::once(birth).chain(message.history.iter().map(|entry| entry.status)).collect();
    prop_assert!(steps.windows(2).all(|pair| may_become(pair[0], pair[1])), "{:?}", steps);
    prop_assert!(!steps.ends_with(&[MessageStatus::Failed, MessageStatus::Sent]), "a late sent beat a failure");
    prop_assert_eq!(steps.last(), Some(&message.status));
    prop_assert!(message.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let times: Vec<_> = [message.sent_at, message.delivered_at, message.read_at].into_iter().flatten().collect();
    prop_assert!(times.is_sorted());

    let places =
        |kind| told.iter().enumerate().filter(move |(_, (event, _))| event.kind == kind).map(|(place, _)| place);
    let ladder =
        [EventKind::MessageReceived, EventKind::MessageSent, EventKind::MessageDelivered, EventKind::MessageRead];
    prop_assert!(ladder.iter().all(|kind| places(*kind).count() <= 1));
    prop_assert!(ladder.iter().flat_map(|kind| places(*kind)).is_sorted(), "in the order of a life");
    prop_assert!(places(EventKind::MessageFailed).count() <= 1);
    if message.direction == Direction::Outbound {
        let rungs = [message.sent_at, message.delivered_at, message.read_at];
        for (kind, time) in ladder[1..].iter().zip(rungs) {
            prop_assert_eq!(places(*kind).next().map(|place| told[place].0.at), time, "{:?}", kind);
        }
    }
    if let Some((_, last)) = told.last() {
        prop_assert_eq!((last.status, &last.content), (message.status, &message.content), "every change was told");
        let emoji = |message: &Message| {
            message
                .reactions
                .iter()
                .map(|reaction| (reaction.sender.name(), reaction.emoji.clone()))
                .collect::<HashSet<_>>()
        };
        prop_assert_eq!(emoji(last), emoji(message));
        prop_assert_eq!(emoji(message).len(), message.reactions.len());
    }
    Ok(())
}

fn check_log(log: &[Event]) -> Result<(), TestCaseError> {
    let mut sequences = HashMap::new();
    for event in log {
        let last = sequences.entry(event.key).or_insert(0);
        *last += 1;
        prop_assert_eq!(event.sequence, *last, "without gaps");
    }
    prop_assert!(log.windows(2).all(|pair| pair[0].id < pair[1].id), "each has an id of its own, and they grow");
    Ok(())
}

/// Where a message of ours ends by what was reported on it.
fn expected_status(reported: &[ReportedStatus], receipts: Receipts, birth: MessageStatus) -> MessageStatus {
    if reported.contains(&ReportedStatus::Deleted) {
        MessageStatus::Deleted
    } else if reported.contains(&ReportedStatus::Read) && receipts.read {
        MessageStatus::Read
    } else if reported.contains(&ReportedStatus::Delivered) && receipts.delivered == DeliveryReceipts::Confirmed {
        MessageStatus::Delivered
    } else if reported.contains(&ReportedStatus::Failed) {
        MessageStatus::Failed
    } else if reported.contains(&ReportedStatus::Sent) {
        MessageStatus::Sent
    } else {
        birth
    }
}

/// Reports on our two messages. What failed was never there to be deleted, so a vendor says only one of the two.
fn reports() -> impl Strategy<Value = Vec<Change>> {
    use ReportedStatus::{Deleted, Delivered, Failed, Read, Sent};
    prop::sample::select(vec![Failed, Deleted]).prop_flat_map(|end| {
        let status = prop::sample::select(vec![Sent, Delivered, Read, end]);
        let change = (prop::sample::select(vec!["echo", "ours"]), status, 0..60_i64);
        prop::collection::vec(change.prop_map(|(id, status, at)| report(id, status, at)), 0..12)
    })
}

/// Edits and reactions of the contact, each with a second of its own; some reactions are taken away.
fn amendments() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((any::<bool>(), "[abc]", prop::bool::weighted(0.7)), 0..8).prop_map(|amendments| {
        (40..)
            .zip(amendments)
            .map(|(at, (edits, text, sets))| {
                if edits {
                    edited("in", Direction::Inbound, &text, at)
                } else {
                    reacted("in", Direction::Inbound, sets.then_some(&text), at)
                }
            })
            .collect()
    })
}

/// Messages are taken back, edited and reacted to, by who wrote them or not.
fn revocations() -> impl Strategy<Value = Vec<Change>> {
    let target = prop::sample::select(&MESSAGES[..2]);
    let change = prop_oneof![
        (target.clone(), any_direction(), 0..60_i64).prop_map(|((id, _), by, at)| revoked(id, by, at)),
        (target.clone(), "[xyz]", 0..60_i64).prop_map(|((id, by), text, at)| edited(id, by, &text, at)),
        (target, any_direction(), 0..60_i64).prop_map(|((id, _), by, at)| reacted(id, by, Some("a"), at)),
    ];
    prop::collection::vec(change, 0..8)
}

proptest! {
    #[test]
    fn what_its_writer_takes_back_is_deleted_in_any_order(said in said_in_any_order(revocations())) {
        let mut book = Book::new();
        for (_, change) in &said {
            book.take(NOW, change);
        }
        for (id, direction) in &MESSAGES[..2] {
            let taken_back = said.iter().any(|(_, change)| {
                matches!(change, Change::Revoked(revoked) if revoked.target == *id && revoked.by == *direction)
            });
            prop_assert_eq!(book.message(id).status == MessageStatus::Deleted, taken_back, "{}", id);
        }
        check_log(&book.log)?;
    }

    #[test]
    fn every_message_lives_once_and_forward(
        receipts in any_receipts(),
        said in said_in_any_order(prop::collection::vec(any_change(), 0..16)),
    ) {
        let mut book = book_of(receipts);
        for (key, change) in &said {
            book.take_once(*key, NOW, change);
        }
        check_log(&book.log)?;
        let told = told_of(&book);
        for message in book.messages() {
            check_life(message, told.get(&message.id).map_or(&[], Vec::as_slice))?;
        }
        let conversation = &book.conversations[0];
        prop_assert_eq!(book.conversations.len(), 1);
        prop_assert_eq!(conversation.message_count, book.messages().count() as u64 - 1, "ours was not counted");

        let (told, messages) = (book.log.len(), book.all());
        for (key, change) in &said {
            book.take_once(*key, NOW + 1, change);
        }
        prop_assert_eq!((book.log.len(), book.all()), (told, messages));
    }

    /// No repetition is filtered out here: the ladder does not need it.
    #[test]
    fn the_highest_report_counts_in_any_order(receipts in any_receipts(), said in said_in_any_order(reports())) {
        let mut book = book_of(receipts);
        for (_, change) in &said {
            book.take(NOW, change);
        }
        for (id, birth) in [("echo", MessageStatus::Sent), ("ours", MessageStatus::Pending)] {
            let reported: Vec<_> = said
                .iter()
                .filter_map(|(_, change)| match change {
                    Change::Status(report) if report.vendor_id == id => Some(report.status),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(book.message(id).status, expected_status(&reported, receipts, birth), "{}", id);
        }
        check_log(&book.log)?;
        let (told, messages) = (book.log.len(), book.all());
        for (_, change) in &said {
            book.take(NOW + 1, change);
        }
        prop_assert_eq!((book.log.len(), book.all()), (told, messages));
    }

    #[test]
    fn the_newest_edit_counts_in_any_order(said in said_in_any_order(amendments())) {
        let mut book = Book::new();
        for (_, change) in said.iter().filter(|(_, change)| !matches!(change, Change::Reacted(_))) {
            book.take(NOW, change);
        }
        let edits = said.iter().filter_map(|(_, change)| match change {
            Change::Edited(edited) => Some(edited),
            _ => None,
        });
        let newest = edits.max_by_key(|edited| edited.timestamp);
        let content = newest.map_or(Content::text("hello"), |edited| edited.content.clone());
        prop_assert_eq!(&book.message("in").content, &content);
    }

    #[test]
    fn the_newest_reaction_counts_in_any_order(said in said_in_any_order(amendments())) {
        let mut book = Book::new();
        book.take(NOW, &received("in", 30));
        for (_, change) in &said {
            book.take(NOW, change);
        }
        let reactions = said.iter().filter_map(|(_, change)| match change {
            Change::Reacted(reacted) => Some(reacted),
            _ => None,
        });
        let newest = reactions.max_by_key(|reacted| reacted.timestamp).filter(|reacted| reacted.emoji.is_some());
        let message = book.message("in");
        prop_assert_eq!(
            message.reactions.iter().map(|reaction| (Some(&reaction.emoji), reaction.timestamp)).collect::<Vec<_>>(),
            newest.map(|reacted| (reacted.emoji.as_ref(), reacted.timestamp)).into_iter().collect::<Vec<_>>()
        );
    }
}
