//! What sends and probes find out about a channel.

use crate::{
    channel::ChannelStatus,
    decide::Order,
    event::Event,
    sending::{DisconnectionReason, Terms, Trouble, TroubleCategory, Turn},
};

use super::{
    book::Book,
    orders::{TERMS, accepted, book, later, names, template, text, trouble},
    samples::at,
};

const HOUR: i64 = 3600;

impl Book {
    /// A probe that nobody asked for.
    fn probe(&mut self, seconds: i64, finding: &Result<(), Trouble>) -> Vec<Event> {
        let order = Order::Probed { finding, vouches: false, last_active_at: None };
        self.order(seconds, &order).expect("it is never refused")
    }

    /// A message is tried though the channel is disconnected.
    fn try_out(&mut self, seconds: i64, message_id: crate::id::MessageId) -> Vec<Event> {
        let terms = Terms { turn: Turn::Trial, ..TERMS };
        self.order(seconds, &Order::Attempt { message_id, terms }).expect("it is never refused")
    }
}

fn locked() -> Trouble {
    trouble(TroubleCategory::Auth, Some(DisconnectionReason::Unknown))
}

#[test]
fn what_only_messages_find_is_over_when_one_is_taken() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    assert_eq!(names(&book.settle(3, id, &later(60, Some(locked())))), ["channel.disconnected"]);
    for round in 1..=3 {
        assert_eq!(names(&book.probe(300 * round, &Ok(()))), [""; 0], "a locked account answers probes");
        book.attempt(300 * round + 1, id);
        assert!(!book.is_marked(id), "everything is held");
        book.try_out(300 * round + 2, id);
        assert!(book.is_marked(id), "but for one");
        assert_eq!(names(&book.settle(300 * round + 3, id, &later(60, Some(locked())))), [""; 0], "told already");
        assert_eq!(book.sendings[&id].tries, 0);
    }
    book.probe(1200, &Ok(()));
    book.try_out(1201, id);
    assert_eq!(names(&book.settle(1202, id, &accepted("w1"))), ["channel.connected", "message.sent"]);
    assert_eq!(book.channel.status, ChannelStatus::Connected);
}

#[test]
fn the_hold_counts_from_the_disconnection_whatever_probes_say() {
    let mut book = book();
    let (id, _) = book.submit(1, &template()).unwrap();
    book.attempt(2, id);
    book.settle(HOUR, id, &later(60, Some(locked())));
    book.probe(13 * HOUR, &Ok(()));
    book.try_out(13 * HOUR, id);
    book.settle(13 * HOUR, id, &later(60, Some(locked())));
    assert_eq!(names(&book.try_out(25 * HOUR - 1, id)), [""; 0]);
    book.settle(25 * HOUR - 1, id, &later(60, Some(locked())));
    assert_eq!(names(&book.try_out(25 * HOUR, id)), ["message.failed"]);
    assert_eq!(book.get(id).errors[0].key, "channel_disconnected");
}

#[test]
fn with_nothing_to_send_a_probe_is_believed_if_somebody_asked_for_it() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    book.settle(3, id, &later(60, Some(locked())));
    book.order(4, &Order::Cancel { message_id: id }).unwrap();
    assert_eq!(names(&book.probe(5, &Ok(()))), [""; 0], "else it would be told again with each message");
    let order = Order::Probed { finding: &Ok(()), vouches: true, last_active_at: None };
    assert_eq!(names(&book.order(5, &order).unwrap()), ["channel.connected"]);
}

#[test]
fn what_was_taken_before_the_disconnection_does_not_end_it() {
    let mut book = book();
    let [early, late] = [0, 1].map(|number| book.submit(number, &text("hi")).unwrap().0);
    book.attempt(2, early);
    book.attempt(2, late);
    assert_eq!(names(&book.settle(3, late, &later(60, Some(locked())))), ["channel.disconnected"]);
    assert_eq!(names(&book.settle_marked(2, 4, early, &accepted("w1"))), ["message.sent"]);
    assert_eq!(book.channel.status, ChannelStatus::Disconnected);
}

#[test]
fn what_is_wrong_with_a_message_that_is_tried_counts_as_its_own_try() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    book.settle(3, id, &later(60, Some(locked())));
    for tries in 1..=2 {
        book.try_out(100 * tries, id);
        book.settle(100 * tries, id, &later(10, None));
        let sending = &book.sendings[&id];
        assert_eq!((i64::from(sending.tries), sending.due_at), (tries, Some(at(100 * tries + 10))));
    }
    book.try_out(HOUR, id);
    book.settle(HOUR, id, &later(60, Some(locked())));
    assert_eq!(book.sendings[&id].tries, 2);
}

#[test]
fn what_only_is_to_end_is_never_marked() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    let end = |book: &mut Book, seconds| {
        let terms = Terms { turn: Turn::End, ..TERMS };
        book.order(seconds, &Order::Attempt { message_id: id, terms }).expect("it is never refused")
    };
    assert_eq!(names(&end(&mut book, 2)), [""; 0]);
    assert!(!book.is_marked(id));
    assert_eq!(book.sendings[&id].tries, 0);
    assert_eq!(names(&end(&mut book, 25 * HOUR)), ["message.failed"], "the window has closed");
}

#[test]
fn what_the_vendor_was_asked_before_the_channel_worked_again_is_over() {
    let mut book = book();
    let [first, second, third] = [0, 1, 2].map(|number| book.submit(number, &text("hi")).unwrap().0);
    let dead = trouble(TroubleCategory::Auth, Some(DisconnectionReason::TokenExpired));
    for id in [first, second, third] {
        book.attempt(5, id);
    }
    assert_eq!(names(&book.settle_marked(5, 6, first, &later(60, Some(dead.clone())))), ["channel.disconnected"]);
    book.probe(6, &Err(dead.clone()));
    assert_eq!(names(&book.probe(7, &Ok(()))), ["channel.connected"]);
    assert_eq!(names(&book.settle_marked(5, 8, second, &later(60, Some(dead.clone())))), [""; 0]);
    assert_eq!(book.channel.status, ChannelStatus::Connected);
    assert_eq!(names(&book.settle_marked(7, 9, third, &later(60, Some(dead)))), ["channel.disconnected"]);
}

#[test]
fn a_dead_token_disconnects_and_holds_what_waits_until_the_channel_is_back() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    let dead = trouble(TroubleCategory::Auth, Some(DisconnectionReason::TokenExpired));
    assert_eq!(names(&book.settle(3, id, &later(60, Some(dead.clone())))), ["channel.disconnected"]);
    assert_eq!((book.sendings[&id].tries, book.sendings[&id].due_at), (0, Some(at(3))));
    book.attempt(4, id);
    assert!(!book.is_marked(id), "it is held");
    assert_eq!(names(&book.probe(5, &Err(dead))), [""; 0]);
    assert_eq!(names(&book.probe(6, &Ok(()))), ["channel.connected"], "a probe saw what is over now");
    book.attempt(7, id);
    assert!(book.is_marked(id));
}

#[test]
fn what_is_held_for_too_long_fails() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    let dead = Err(trouble(TroubleCategory::Auth, Some(DisconnectionReason::Revoked)));
    book.probe(HOUR, &dead);
    assert_eq!(names(&book.attempt(25 * HOUR - 1, id)), [""; 0]);
    assert_eq!(names(&book.attempt(25 * HOUR, id)), ["message.failed"]);
    assert_eq!(book.get(id).errors[0].key, "channel_disconnected");
}

#[test]
fn five_failures_in_a_row_are_told_once_and_a_success_ends_them() {
    let mut book = book();
    let failing = later(1, Some(trouble(TroubleCategory::Provider, None)));
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    let told: Vec<_> = (0..8)
        .flat_map(|round| {
            book.attempt(10 * round + 10, id);
            book.settle(10 * round + 11, id, &failing)
        })
        .collect();
    assert_eq!(names(&told), ["channel.error"]);
    assert_eq!(book.channel.status, ChannelStatus::Degraded);
    book.attempt(100, id);
    assert_eq!(names(&book.settle(101, id, &accepted("w1"))), ["channel.connected", "message.sent"]);
    let throttled = later(1, Some(trouble(TroubleCategory::RateLimit, None)));
    let (id, _) = book.submit(110, &text("hi")).unwrap();
    book.attempt(111, id);
    assert_eq!(names(&book.settle(112, id, &throttled)), [""; 0], "told not long ago");
    book.attempt(1000, id);
    assert_eq!(names(&book.settle(1000, id, &throttled)), ["channel.error"], "at once");
}
