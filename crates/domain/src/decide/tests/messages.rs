//! Messages of the contact and of people in the vendor's own app.

use serde_json::json;

use crate::{
    change::{Change, Said},
    content::{Content, MessageType},
    conversation::{ActorType, ConversationStatus},
    event::{ConversationDetail, Event, EventPayload, OrderingKey},
    message::{Direction, MessageError, Source},
    status::MessageStatus,
};

use super::{
    book::Book,
    samples::{ada, at, echoed, edited, kinds, message_of, received, received_from, said},
};

const NOTHING: [&str; 0] = [];

#[test]
fn the_first_message_makes_contact_and_conversation() {
    let mut book = Book::new();
    let events = book.take(10, &received("m1", 8));
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.received"]);
    let message = message_of(&events[2]);
    let key = OrderingKey::from(message.conversation_id);
    assert!(events.iter().all(|event| event.key == key && event.at == at(10)), "born together, told together");
    assert!(events.iter().map(|event| event.sequence).eq(1..=3));

    assert_eq!((message.direction, message.status), (Direction::Inbound, MessageStatus::Delivered));
    assert_eq!((message.vendor_timestamp, message.created_at, message.delivered_at), (at(8), at(10), Some(at(10))));
    assert_eq!((message.sent_at, message.read_at, &message.source), (None, None, &Source::Vendor));
    assert_eq!((message.history.len(), message.handle.value.as_str()), (0, "+1"));

    let (contact, conversation) = (&book.contacts[0], &book.conversations[0]);
    assert_eq!((contact.name.as_deref(), contact.phone.as_deref()), (Some("Ada"), Some("+1")));
    assert_eq!((contact.source.as_str(), contact.sequence), ("whatsapp", 0));
    assert_eq!((conversation.contact_id, conversation.id), (contact.id, message.conversation_id));
    assert_eq!((conversation.message_count, conversation.sequence), (1, 3));
    assert_eq!((conversation.last_message_at, conversation.last_inbound_at), (Some(at(10)), Some(at(8))));
}

#[test]
fn the_next_message_joins_the_conversation() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    let events = book.take(6, &received("m2", 5));
    assert_eq!(kinds(&events), ["message.received"]);
    assert_eq!(events[0].sequence, 4);
    let late = book.take(7, &received("m3", 3));
    assert_eq!(kinds(&late), ["message.received"]);
    let conversation = &book.conversations[0];
    assert_eq!((book.conversations.len(), conversation.message_count), (1, 3));
    assert_eq!(conversation.last_message_at, Some(at(7)));
    assert_eq!(conversation.last_inbound_at, Some(at(5)), "a late message does not shorten the window");
}

#[test]
fn a_repeated_message_changes_nothing() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    let before = book.message("m1");
    assert_eq!(kinds(&book.take(2, &received("m1", 1))), NOTHING);
    assert_eq!(kinds(&book.take(3, &echoed("m1", 1))), NOTHING);
    assert_eq!((book.message("m1"), book.conversations[0].message_count), (before, 1));
}

fn reopened_by(event: &Event) -> (ActorType, Option<String>) {
    let EventPayload::Conversation(told) = &event.payload else { panic!("{event:?}") };
    let ConversationDetail::Reopened { by, reason } = &told.detail else { panic!("{told:?}") };
    assert_eq!(reason, "new_message");
    (by.actor_type, by.id.clone())
}

#[test]
fn a_message_in_or_out_reopens_a_closed_conversation() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    book.close_conversations();
    let events = book.take(2, &received("m2", 2));
    assert_eq!(kinds(&events), ["conversation.reopened", "message.received"]);
    assert_eq!(reopened_by(&events[0]), (ActorType::Contact, Some(book.contacts[0].id.to_string())));
    let conversation = &book.conversations[0];
    assert_eq!((conversation.status, conversation.closed_at), (ConversationStatus::Open, None));

    book.close_conversations();
    let events = book.take(3, &echoed("m3", 3));
    assert_eq!(kinds(&events), ["conversation.reopened", "message.sent"]);
    assert_eq!(reopened_by(&events[0]), (ActorType::Attendant, None));
    assert_eq!((book.conversations.len(), book.conversations[0].sequence), (1, 7));
}

#[test]
fn an_edit_leaves_a_closed_conversation_closed() {
    let mut book = Book::new();
    book.take(1, &received("m1", 1));
    book.close_conversations();
    assert_eq!(kinds(&book.take(2, &edited("m1", Direction::Inbound, "better", 2))), ["message.updated"]);
    assert_eq!(book.conversations[0].status, ConversationStatus::Closed);
}

#[test]
fn an_echo_is_sent_and_opens_no_window() {
    let mut book = Book::new();
    let events = book.take(10, &echoed("m1", 8));
    assert_eq!(kinds(&events), ["contact.created", "conversation.created", "message.sent"]);
    let message = message_of(&events[2]);
    assert_eq!((message.direction, message.status), (Direction::Outbound, MessageStatus::Sent));
    assert_eq!((message.sent_at, message.delivered_at, events[2].at), (Some(at(8)), None, at(8)));
    assert_eq!(message.source, Source::Vendor);
    let conversation = &book.conversations[0];
    assert_eq!((conversation.last_inbound_at, conversation.last_message_at), (None, Some(at(10))));
    assert_eq!(conversation.message_count, 1);
}

#[test]
fn an_answer_shows_what_it_answers() {
    let mut book = Book::new();
    book.take(1, &Change::Received(Said { content: Content::text("é".repeat(150)), ..said("m1", 1) }));
    let answer = |vendor_id, to: &str| Change::Received(Said { reply_to: Some(to.to_owned()), ..said(vendor_id, 2) });
    let events = book.take(2, &answer("m2", "m1"));
    let shown = message_of(&events[0]).reply_to.clone().unwrap();
    assert_eq!((shown.id, shown.vendor_id.as_deref()), (Some(book.message("m1").id), Some("m1")));
    assert_eq!((shown.sender, shown.timestamp), (Some(Direction::Inbound), Some(at(1))));
    assert_eq!((shown.preview_type, shown.preview_text), (Some(MessageType::Text), Some("é".repeat(100))));

    let events = book.take(3, &answer("m3", "never seen"));
    let shown = message_of(&events[0]).reply_to.clone().unwrap();
    assert_eq!((shown.id, shown.vendor_id.as_deref(), shown.sender), (None, Some("never seen"), None));
}

#[test]
fn what_the_vendor_says_beside_is_kept() {
    let mut book = Book::new();
    let error = MessageError { key: "131051".to_owned(), message: "not supported".to_owned(), vendor: None };
    let strange = Said {
        forwarded: true,
        errors: vec![error.clone()],
        vendor_details: Some(json!({"whatsapp": {"phoneNumberId": "5"}})),
        ..said("m1", 1)
    };
    book.take(1, &Change::Received(strange.clone()));
    let message = book.message("m1");
    assert_eq!(
        (message.forwarded, &message.errors, &message.vendor_details),
        (true, &vec![error], &strange.vendor_details)
    );
}

#[test]
fn a_message_of_nobody_is_kept() {
    let mut book = Book::new();
    assert_eq!(kinds(&book.take(1, &received_from(ada(&[]), "m1", 1))), NOTHING);
    assert_eq!(book.unmatched, [("message_of_nobody", "m1".to_owned())]);
    assert_eq!((book.contacts.len(), book.conversations.len()), (0, 0));
}
