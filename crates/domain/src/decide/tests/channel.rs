//! What is told of the channel itself.

use serde_json::json;

use crate::{
    change::{Change, Notice, ReportedStatus},
    channel::ChannelStatus,
    event::{ChannelDetail, EventPayload, OrderingKey},
    message::Direction,
};

use super::{
    book::Book,
    samples::{at, edited, kinds, moved, phone, reacted, received, report, revoked},
};

fn notice(timestamp: Option<i64>) -> Change {
    let notice = "account_update".to_owned();
    Change::Notice(Notice { notice, details: json!({"event": "VERIFIED"}), timestamp: timestamp.map(at) })
}

#[test]
fn a_notice_is_told_as_it_came() {
    let mut book = Book::new();
    let events = book.take(9, &notice(Some(5)));
    assert_eq!(kinds(&events), ["channel.notice"]);
    assert_eq!((events[0].key, events[0].sequence), (OrderingKey::from(book.channel.id), 1));
    let EventPayload::Channel(told) = &events[0].payload else { panic!("{events:?}") };
    let expected = ChannelDetail::Notice { notice: "account_update".to_owned(), details: json!({"event": "VERIFIED"}) };
    assert_eq!((&told.detail, events[0].at), (&expected, at(5)));
    let events = book.take(10, &notice(None));
    assert_eq!((events[0].sequence, events[0].at), (2, at(10)), "without a time of its own it happened now");
}

#[test]
fn any_first_sign_of_life_connects() {
    for change in [
        received("m1", 1),
        report("m1", ReportedStatus::Sent, 1),
        reacted("m1", Direction::Inbound, None, 1),
        edited("m1", Direction::Inbound, "new", 1),
        revoked("m1", Direction::Inbound, 1),
        moved(&[phone("1")], &[phone("2")]),
        notice(None),
    ] {
        let mut book = Book::new();
        book.set_status(ChannelStatus::Pending);
        let events = book.take(5, &change);
        assert_eq!((events[0].kind.name(), events[0].sequence, events[0].at), ("channel.connected", 1, at(5)));
        let EventPayload::Channel(told) = &events[0].payload else { panic!("{events:?}") };
        assert_eq!((told.status, book.channel.status), (ChannelStatus::Connected, ChannelStatus::Connected));
        let again = book.take(6, &notice(None));
        assert_eq!(kinds(&again), ["channel.notice"], "once");
    }
}

#[test]
fn a_webhook_does_not_heal_a_channel_that_cannot_send() {
    for status in [ChannelStatus::Degraded, ChannelStatus::Disconnected] {
        let mut book = Book::new();
        book.set_status(status);
        assert_eq!(kinds(&book.take(1, &received("m1", 1))).last(), Some(&"message.received"));
        assert_eq!(book.channel.status, status);
    }
}
