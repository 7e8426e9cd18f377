//! Contacts: what is learned of them, and what becomes of their identities.

use serde_json::json;

use crate::{
    change::{Change, Person, Said},
    contact::Identity,
    event::OrderingKey,
    message::Direction,
};

use super::{
    book::Book,
    samples::{ada, changes_of, edited, kinds, moved, phone, received, received_from, said, user},
};

const NOTHING: [&str; 0] = [];

fn named(name: &str, vendor_id: &str) -> Change {
    received_from(Person { name: Some(name.to_owned()), ..ada(&[phone("1")]) }, vendor_id, 2)
}

fn identities(book: &Book, contact: usize) -> Vec<Identity> {
    book.contacts[contact].handles.iter().map(|handle| handle.identity.clone()).collect()
}

#[test]
fn a_new_name_is_learned() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    let events = book.take(2, &named("Ada L.", "m2"));
    assert_eq!(kinds(&events), ["contact.updated", "message.received"]);
    let contact = &book.contacts[0];
    assert_eq!((events[0].key, events[0].sequence), (OrderingKey::from(contact.id), 1));
    assert_eq!(events[1].sequence, 4, "the conversation counts its own");
    assert_eq!(json!(changes_of(&events[0])), json!({"name": {"before": "Ada", "after": "Ada L."}}));
    assert_eq!((contact.name.as_deref(), contact.sequence), (Some("Ada L."), 1));
    assert_eq!(kinds(&book.take(3, &named("Ada L.", "m3"))), ["message.received"]);
    let events = book.take(4, &named("Ada", "m4"));
    assert_eq!((events[0].key, events[0].sequence), (OrderingKey::from(book.contacts[0].id), 2));
}

#[test]
fn a_name_that_comes_late_is_learned_and_one_that_is_missing_is_not_lost() {
    let mut book = Book::new();
    let nameless = |vendor_id| received_from(Person { name: None, ..ada(&[phone("1")]) }, vendor_id, 1);
    book.take(1, &nameless("m1"));
    assert_eq!(book.contacts[0].name, None);
    assert_eq!(kinds(&book.take(2, &named("Ada", "m2"))), ["contact.updated", "message.received"]);
    assert_eq!(kinds(&book.take(3, &nameless("m3"))), ["message.received"]);
    assert_eq!(book.contacts[0].name.as_deref(), Some("Ada"));
}

#[test]
fn a_name_that_the_company_gave_is_left_alone() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    book.contacts[0].name = Some("Countess".to_owned());
    assert_eq!(kinds(&book.take(2, &named("Ada L.", "m2"))), ["message.received"]);
    let contact = &book.contacts[0];
    assert_eq!((contact.name.as_deref(), contact.profile_name.as_deref()), (Some("Countess"), Some("Ada L.")));
    assert_eq!(contact.sequence, 0);
}

#[test]
fn a_username_is_learned() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    let person = Person { username: Some("ada".to_owned()), ..ada(&[phone("1")]) };
    let events = book.take(2, &received_from(person, "m2", 2));
    assert_eq!(json!(changes_of(&events[0])), json!({"username": {"before": null, "after": "ada"}}));
}

#[test]
fn a_number_that_passed_to_somebody_else_is_theirs_and_brings_no_history() {
    let mut book = Book::new();
    book.take(1, &received_from(ada(&[user("US.1"), phone("1")]), "m1", 1));
    let events = book.take(2, &received_from(ada(&[user("US.2"), phone("1")]), "m2", 2));
    assert_eq!(kinds(&events), ["contact.updated", "contact.created", "conversation.created", "message.received"]);
    assert_eq!((identities(&book, 0), book.contacts[0].phone.as_deref()), (vec![user("US.1")], None));
    assert_eq!(identities(&book, 1), [user("US.2"), phone("1")]);
    assert_eq!(book.contacts[1].phone.as_deref(), Some("+1"));
    let events = book.take(3, &received_from(ada(&[phone("1")]), "m3", 3));
    assert_eq!(kinds(&events), ["message.received"]);
    assert_eq!(book.message("m3").contact_id, book.contacts[1].id);
    book.take(4, &received_from(ada(&[user("US.1")]), "m4", 4));
    assert_eq!(book.message("m4").contact_id, book.contacts[0].id, "who gave it up has its own history");
}

#[test]
fn a_second_identity_is_learned() {
    let mut book = Book::new();
    let events = book.take(1, &received_from(ada(&[user("u1")]), "m1", 1));
    assert_eq!((events.len(), book.contacts[0].phone.as_deref()), (3, None));
    let events = book.take(2, &received_from(ada(&[user("u1"), phone("1")]), "m2", 2));
    assert_eq!(kinds(&events), ["contact.updated", "message.received"]);
    let changed: Vec<_> = changes_of(&events[0]).keys().map(String::as_str).collect();
    assert_eq!(changed, ["handles", "phone"]);
    assert_eq!(identities(&book, 0), [user("u1"), phone("1")]);
    assert_eq!(book.contacts[0].phone.as_deref(), Some("+1"));

    let events = book.take(3, &received("m3", 3));
    assert_eq!(kinds(&events), ["message.received"]);
    assert_eq!(book.message("m3").handle.value, "+1", "it came from there");
    assert_eq!(book.message("m2").handle.value, "u1");
}

#[test]
fn an_identity_of_somebody_else_is_not_taken() {
    let mut book = Book::new();
    book.take(1, &received_from(ada(&[user("u1")]), "m1", 1));
    book.take(2, &received("m2", 2));
    let events = book.take(3, &received_from(ada(&[user("u1"), phone("1")]), "m3", 3));
    assert_eq!(kinds(&events), ["message.received"]);
    assert_eq!((identities(&book, 0), identities(&book, 1)), (vec![user("u1")], vec![phone("1")]));
    assert_eq!(book.contacts[0].phone, None, "the number is the other one's");
    assert_eq!(book.message("m3").contact_id, book.contacts[0].id);
}

#[test]
fn an_edit_of_a_known_message_teaches_nothing() {
    let mut book = Book::new();
    book.take(1, &Change::Received(Said { contact: ada(&[user("u1")]), ..said("m1", 1) }));
    let Change::Edited(mut edited) = edited("m1", Direction::Inbound, "new", 2) else { panic!() };
    edited.contact = ada(&[phone("1"), user("u1")]);
    assert_eq!(kinds(&book.take(2, &Change::Edited(edited))), ["message.updated"]);
    assert_eq!(identities(&book, 0), [user("u1")]);
}

#[test]
fn a_contact_moves_and_gives_its_number_up() {
    let mut book = Book::new();
    book.take(1, &received_from(ada(&[user("u1"), phone("1")]), "m1", 1));
    let change = moved(&[phone("1"), user("u1")], &[user("u2"), phone("2")]);
    let events = book.take(2, &change);
    assert_eq!(kinds(&events), ["contact.updated"]);
    assert_eq!((events[0].key, events[0].sequence), (OrderingKey::from(book.contacts[0].id), 1));
    assert_eq!(identities(&book, 0), [user("u2"), phone("2")]);
    assert_eq!(book.contacts[0].phone.as_deref(), Some("+2"));
    assert_eq!(kinds(&book.take(3, &change)), NOTHING);

    assert_eq!(kinds(&book.take(4, &received("m2", 4))).len(), 3, "the old number is somebody new");
    assert_eq!(kinds(&book.take(5, &received_from(ada(&[phone("2")]), "m3", 5))), ["message.received"]);
    assert_eq!(book.message("m3").contact_id, book.contacts[0].id);
    assert_eq!(kinds(&book.take(6, &change)), NOTHING, "and keeps the number when the move is told again");
    assert_eq!((identities(&book, 0).len(), identities(&book, 1)), (2, vec![phone("1")]));
}

#[test]
fn a_new_user_id_alone_keeps_the_number() {
    let mut book = Book::new();
    book.take(1, &received_from(ada(&[user("u1"), phone("1")]), "m1", 1));
    book.take(2, &moved(&[user("u1")], &[user("u2")]));
    assert_eq!(identities(&book, 0), [phone("1"), user("u2")]);
    assert_eq!(book.contacts[0].phone.as_deref(), Some("+1"));
}

#[test]
fn a_number_is_given_up_for_a_user_id() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    book.take(2, &moved(&[phone("1")], &[user("u1")]));
    assert_eq!((identities(&book, 0), book.contacts[0].phone.as_deref()), (vec![user("u1")], None));
}

#[test]
fn a_contact_is_never_left_without_identity() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    assert_eq!(kinds(&book.take(2, &moved(&[phone("1")], &[]))), NOTHING);
    assert_eq!(identities(&book, 0), [phone("1")]);
}

#[test]
fn a_message_from_the_new_number_may_overtake_the_move() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    book.take(2, &received_from(ada(&[phone("2")]), "m2", 2));
    assert_eq!(kinds(&book.take(3, &moved(&[phone("1")], &[phone("2")]))), NOTHING);
    assert_eq!(book.unmatched, [("identity_changed", "+2".to_owned())]);
    assert_eq!((identities(&book, 0), identities(&book, 1)), (vec![phone("1")], vec![phone("2")]));
}

#[test]
fn the_move_of_somebody_whose_new_number_alone_is_known_changes_nothing() {
    let mut book = Book::new();
    book.take(1, &received_from(ada(&[phone("2")]), "m1", 1));
    assert_eq!(kinds(&book.take(2, &moved(&[phone("1")], &[phone("2")]))), NOTHING);
    assert_eq!((identities(&book, 0), book.unmatched.len()), (vec![phone("2")], 0));
}

#[test]
fn the_move_of_an_unknown_is_kept() {
    let mut book = Book::new();
    assert_eq!(kinds(&book.take(1, &moved(&[phone("1")], &[phone("2")]))), NOTHING);
    assert_eq!(book.unmatched, [("identity_changed", "+1".to_owned())]);
}
