//! What a vendor's reports do to messages of ours.

use serde_json::json;

use crate::{
    change::{
        Change,
        ReportedStatus::{self, Deleted, Delivered, Failed, Read, Sent},
        StatusReport,
    },
    channel::DeliveryReceipts,
    event::MessageChange,
    message::{HistoryEntry, HistorySource, MessageError},
    status::MessageStatus,
};

use super::{
    book::Book,
    samples::{at, change_of, echoed, kinds, message_of, received, report, status_report},
};

const NOTHING: [&str; 0] = [];

/// Reports at the seconds 11, 12, 13… and what is told of all of them.
fn climb(book: &mut Book, reports: &[ReportedStatus]) -> Vec<&'static str> {
    let told = book.log.len();
    for (seconds, status) in (11..).zip(reports) {
        book.take(20, &report("m1", *status, seconds));
    }
    kinds(&book.log[told..])
}

/// A message that is on its way since second 10, and these reports on it.
fn sent_with(reports: &[ReportedStatus]) -> (Book, Vec<&'static str>) {
    let mut book = Book::new();
    book.send("m1", 10);
    let told = climb(&mut book, reports);
    (book, told)
}

fn history(book: &Book) -> Vec<MessageStatus> {
    book.message("m1").history.iter().map(|entry| entry.status).collect()
}

#[test]
fn each_rung_is_told_once() {
    let (book, told) = sent_with(&[Sent, Sent, Delivered, Sent, Delivered, Read, Delivered, Read]);
    assert_eq!(told, ["message.sent", "message.delivered", "message.read"]);
    let message = book.message("m1");
    assert_eq!(message.status, MessageStatus::Read);
    assert_eq!((message.sent_at, message.delivered_at, message.read_at), (Some(at(11)), Some(at(13)), Some(at(16))));
    let step = |status, seconds| HistoryEntry { status, at: at(seconds), source: HistorySource::Channel };
    let steps = [step(MessageStatus::Sent, 11), step(MessageStatus::Delivered, 13), step(MessageStatus::Read, 16)];
    assert_eq!(message.history, steps);
    assert_eq!((message.created_at, message.updated_at), (at(10), at(20)));
    assert!(book.log.iter().rev().take(3).rev().map(|event| event.at).eq([at(11), at(13), at(16)]));
}

#[test]
fn an_echo_climbs_from_sent() {
    let mut book = Book::new();
    book.take(10, &echoed("m1", 9));
    assert_eq!(climb(&mut book, &[Sent, Read, Delivered]), ["message.delivered", "message.read"]);
    let message = book.message("m1");
    assert_eq!((message.sent_at, message.delivered_at, message.read_at), (Some(at(9)), Some(at(12)), Some(at(12))));
}

#[test]
fn what_a_report_proves_is_told_first() {
    assert_eq!(sent_with(&[Delivered]).1, ["message.sent", "message.delivered"]);
    let (book, told) = sent_with(&[Read]);
    assert_eq!(told, ["message.sent", "message.delivered", "message.read"]);
    let statuses = [MessageStatus::Sent, MessageStatus::Delivered, MessageStatus::Read];
    assert!(book.log.iter().rev().take(3).rev().map(|event| message_of(event).status).eq(statuses));
    assert_eq!(history(&book), statuses);
    assert_eq!(sent_with(&[Deleted]).1, ["message.sent", "message.updated"]);
}

#[test]
fn what_a_channel_cannot_know_is_never_invented() {
    let cases: [(DeliveryReceipts, bool, &[&str], &[&str]); 4] = [
        (DeliveryReceipts::None, false, &[], &[]),
        (DeliveryReceipts::Confirmed, false, &["message.delivered"], &[]),
        (DeliveryReceipts::ImpliedByRead, true, &[], &["message.delivered", "message.read"]),
        (DeliveryReceipts::None, true, &[], &["message.read"]),
    ];
    for (delivered, read, of_delivered, of_read) in cases {
        let mut book = Book::with_receipts(delivered, read);
        book.take(10, &echoed("m1", 10));
        assert_eq!(climb(&mut book, &[Delivered]), of_delivered, "{delivered:?} {read}");
        assert_eq!(climb(&mut book, &[Read]), of_read, "{delivered:?} {read}");
        let message = book.message("m1");
        assert_eq!(message.delivered_at.is_some(), [of_delivered, of_read].concat().contains(&"message.delivered"));
        assert_eq!(message.read_at.is_some(), !of_read.is_empty());
    }
}

#[test]
fn a_failure_that_cannot_arrive_stays_silent() {
    let mut book = Book::with_receipts(DeliveryReceipts::None, false);
    book.take(10, &echoed("m1", 10));
    assert_eq!(climb(&mut book, &[Failed, Delivered, Read, Delivered]), ["message.failed"]);
    assert_eq!(book.message("m1").status, MessageStatus::Failed);
}

#[test]
fn delivered_after_failed_is_told_and_then_the_revival() {
    let (book, told) = sent_with(&[Sent, Failed, Delivered, Delivered, Failed]);
    assert_eq!(told, ["message.sent", "message.failed", "message.delivered", "message.updated"]);
    let last = book.log.last().unwrap();
    assert_eq!((change_of(last), last.at), (Some(MessageChange::Status), at(13)));
    assert_eq!(book.message("m1").status, MessageStatus::Delivered);
    assert_eq!(book.message("m1").failed_at, Some(at(12)));
    assert_eq!(history(&book), [MessageStatus::Sent, MessageStatus::Failed, MessageStatus::Delivered]);
}

#[test]
fn read_after_failed_is_a_revival_too() {
    let (book, told) = sent_with(&[Sent, Failed, Read]);
    let expected = ["message.sent", "message.failed", "message.delivered", "message.read", "message.updated"];
    assert_eq!(told, expected);
    assert_eq!(book.message("m1").status, MessageStatus::Read);
}

#[test]
fn sent_is_told_first_after_a_failure_without_it() {
    let (book, told) = sent_with(&[Failed, Delivered]);
    assert_eq!(told, ["message.failed", "message.sent", "message.delivered", "message.updated"]);
    assert_eq!(book.message("m1").sent_at, Some(at(12)));
}

#[test]
fn a_late_sent_does_not_beat_a_failure() {
    let (book, told) = sent_with(&[Failed, Sent]);
    assert_eq!(told, ["message.failed"]);
    assert_eq!((book.message("m1").status, book.message("m1").sent_at), (MessageStatus::Failed, None));
}

#[test]
fn an_unknown_outcome_is_revived_once() {
    let mut book = Book::new();
    book.send("m1", 10);
    book.give_up_unknown("m1");
    assert_eq!(climb(&mut book, &[Sent, Sent]), ["message.sent"]);
    assert_eq!(climb(&mut book, &[Failed, Sent, Failed]), ["message.failed"], "now the outcome is known");
    assert_eq!(book.message("m1").status, MessageStatus::Failed);
    assert_eq!(book.message("m1").errors.last().unwrap().key, "unknown");
}

#[test]
fn an_unknown_outcome_becomes_known_as_a_failure() {
    let mut book = Book::new();
    book.send("m1", 10);
    book.give_up_unknown("m1");
    assert_eq!(climb(&mut book, &[Failed, Failed, Sent]), ["message.updated"]);
    assert_eq!(book.message("m1").status, MessageStatus::Failed);
}

#[test]
fn sent_is_told_once_over_all_attempts() {
    let (mut book, _) = sent_with(&[Sent, Failed]);
    book.alter("m1", |message| message.status = MessageStatus::Pending);
    assert_eq!(climb(&mut book, &[Sent]), ["message.updated"]);
    assert_eq!(change_of(book.log.last().unwrap()), Some(MessageChange::Status));
    let message = book.message("m1");
    assert_eq!((message.status, message.sent_at), (MessageStatus::Sent, Some(at(11))));
    assert_eq!(climb(&mut book, &[Delivered]), ["message.delivered"]);
}

#[test]
fn failures_bring_their_reasons() {
    let mut book = Book::new();
    book.send("m1", 10);
    let error = MessageError { key: "131026".to_owned(), message: "undeliverable".to_owned(), vendor: None };
    let failed = StatusReport { errors: vec![error.clone()], ..status_report("m1", Failed, 12) };
    let events = book.take(13, &Change::Status(failed));
    assert_eq!(kinds(&events), ["message.failed"]);
    assert_eq!((message_of(&events[0]).errors.as_slice(), events[0].at), ([error].as_slice(), at(12)));
    assert_eq!(book.message("m1").failed_at, Some(at(12)));
}

#[test]
fn a_failure_after_delivery_is_ignored() {
    assert_eq!(sent_with(&[Delivered, Failed]).1, ["message.sent", "message.delivered"]);
    let (book, _) = sent_with(&[Read, Failed]);
    assert_eq!((book.message("m1").status, book.message("m1").errors.len()), (MessageStatus::Read, 0));
}

#[test]
fn a_deleted_message_stays_deleted() {
    let (book, told) = sent_with(&[Delivered, Deleted, Read, Deleted, Failed, Sent]);
    assert_eq!(told, ["message.sent", "message.delivered", "message.updated"]);
    assert_eq!(change_of(book.log.last().unwrap()), Some(MessageChange::Deleted));
    assert_eq!(book.message("m1").status, MessageStatus::Deleted);
    assert_eq!(sent_with(&[Failed, Deleted]).1, ["message.failed"], "what failed was never there");
}

#[test]
fn no_step_is_earlier_than_the_one_before() {
    let mut book = Book::new();
    book.send("m1", 10);
    for (status, seconds) in [(Sent, 8), (Delivered, 15), (Read, 12)] {
        book.take(20, &report("m1", status, seconds));
    }
    let message = book.message("m1");
    assert_eq!((message.sent_at, message.delivered_at, message.read_at), (Some(at(10)), Some(at(15)), Some(at(15))));
    assert!(book.log.iter().rev().take(3).rev().map(|event| event.at).eq([at(10), at(15), at(15)]));

    book.take(30, &echoed("m2", 25));
    book.take(30, &report("m2", Delivered, 24));
    assert_eq!(book.message("m2").delivered_at, Some(at(25)), "an echo was sent when the vendor says");
}

#[test]
fn reports_wait_for_their_message() {
    let mut book = Book::new();
    for (status, seconds) in [(Read, 12), (Delivered, 11)] {
        assert_eq!(kinds(&book.take(13, &report("m1", status, seconds))), NOTHING);
    }
    let events = book.take(14, &echoed("m1", 10));
    assert_eq!(kinds(&events[2..]), ["message.sent", "message.delivered", "message.read"]);
    assert!(events.iter().map(|event| event.sequence).eq(1..=5));
    assert_eq!(kinds(&book.take(15, &echoed("m1", 10))), NOTHING);
}

#[test]
fn our_own_id_finds_the_message_first() {
    let mut book = Book::new();
    let id = book.send("m1", 10);
    let carried = StatusReport { message_id: Some(id), ..status_report("not known yet", Sent, 11) };
    assert_eq!(kinds(&book.take(12, &Change::Status(carried))), ["message.sent"]);
    assert_eq!(book.message("m1").status, MessageStatus::Sent);
}

#[test]
fn a_contacts_message_has_no_ladder() {
    let mut book = Book::new();
    book.take(10, &received("m1", 10));
    let before = book.message("m1");
    assert_eq!(climb(&mut book, &[Sent, Delivered, Read, Failed, Deleted]), NOTHING);
    assert_eq!(book.message("m1"), before);
}

#[test]
fn what_comes_with_accepted_reports_is_gathered() {
    let mut book = Book::new();
    book.send("m1", 10);
    for (status, details) in [
        (Sent, json!({"whatsapp": {"pricing": {"billable": true}}})),
        (Delivered, json!({"whatsapp": {"conversation": "c1"}})),
        (Sent, json!({"whatsapp": {"conversation": "late"}})),
    ] {
        let report = StatusReport { vendor_details: Some(details), ..status_report("m1", status, 12) };
        book.take(12, &Change::Status(report));
    }
    let gathered = json!({"whatsapp": {"pricing": {"billable": true}, "conversation": "c1"}});
    assert_eq!(book.message("m1").vendor_details, Some(gathered));
}
