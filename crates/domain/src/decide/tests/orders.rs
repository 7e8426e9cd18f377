//! Messages to send: accepted, changed, marked, settled, and what the vendor tells meanwhile.

use std::time::Duration;

use proptest::prelude::*;

use crate::{
    change::{Change, ReportedStatus, StatusReport},
    conversation::ConversationStatus,
    decide::{Called, Order, Refusal, TargetProblem},
    event::{Event, EventKind},
    id::MessageId,
    message::{Message, MessageError, Source},
    outgoing::{Action, Draft, Interactive, Outgoing, Priority, Recipient, ReplyButton},
    sending::{DisconnectionReason, Scope, SendOutcome, Terms, Trouble, TroubleCategory, Turn},
    status::MessageStatus,
};

use super::{
    book::Book,
    samples::{at, moved, phone, received, report, status_report, user},
};

pub(super) const TERMS: Terms =
    Terms { window: Some(Duration::from_hours(24)), hold: Duration::from_hours(24), turn: Turn::Send };
const HOUR: i64 = 3600;

pub(super) fn text(words: &str) -> Draft {
    Draft {
        to: Recipient::Identity(phone("1")),
        outgoing: Outgoing::Text { text: words.to_owned(), preview_url: false },
        reply_to: None,
        scheduled_at: None,
        expires_at: None,
        priority: Priority::Interactive,
        metadata: serde_json::Map::new(),
        is_sensitive: false,
        source: Source::Api { id: "key_admin".to_owned() },
        ai_generation_id: None,
    }
}

pub(super) fn template() -> Draft {
    let outgoing = Outgoing::Template {
        name: "hello".into(),
        language: "en".into(),
        components: Vec::new(),
        text: None,
        is_marketing: false,
    };
    Draft { outgoing, ..text("") }
}

fn error(key: &str) -> MessageError {
    MessageError { key: key.to_owned(), message: "no".to_owned(), vendor: None }
}

pub(super) fn accepted(vendor_id: &str) -> SendOutcome {
    SendOutcome::Accepted { vendor_id: vendor_id.to_owned(), identities: Vec::new() }
}

pub(super) fn later(seconds: u64, trouble: Option<Trouble>) -> SendOutcome {
    SendOutcome::Later { error: error("131000"), after: Duration::from_secs(seconds), scope: Scope::Line, trouble }
}

pub(super) fn trouble(category: TroubleCategory, disconnects: Option<DisconnectionReason>) -> Trouble {
    Trouble { category, disconnects, code: "190".to_owned(), message: "no".to_owned() }
}

pub(super) fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.name()).collect()
}

/// A book in which Ada has written at second 0, so that her window is open until a day later.
pub(super) fn book() -> Book {
    let mut book = Book::new();
    book.take(0, &received("first", 0));
    book
}

impl Book {
    pub(super) fn submit(&mut self, seconds: i64, draft: &Draft) -> Result<(MessageId, Vec<Event>), Refusal> {
        let told = self.order(seconds, &Order::Submit { draft, terms: TERMS })?;
        Ok((self.newest().id, told))
    }

    pub(super) fn attempt(&mut self, seconds: i64, message_id: MessageId) -> Vec<Event> {
        self.order(seconds, &Order::Attempt { message_id, terms: TERMS }).expect("it is never refused")
    }

    pub(super) fn settle(&mut self, seconds: i64, message_id: MessageId, outcome: &SendOutcome) -> Vec<Event> {
        self.settle_marked(seconds, seconds, message_id, outcome)
    }

    /// Settles what was marked at another time.
    pub(super) fn settle_marked(
        &mut self,
        marked: i64,
        seconds: i64,
        message_id: MessageId,
        outcome: &SendOutcome,
    ) -> Vec<Event> {
        let called = Called { attempt: self.get(message_id).attempt, marked_at: at(marked) };
        let order = Order::Settle { message_id, called, outcome, last_active_at: None };
        self.order(seconds, &order).expect("it is never refused")
    }

    pub(super) fn get(&self, id: MessageId) -> Message {
        self.all().into_iter().find(|message| message.id == id).expect("it is there")
    }

    pub(super) fn is_marked(&self, id: MessageId) -> bool {
        self.sendings[&id].marked_at.is_some()
    }
}

fn tracked(id: MessageId, attempt: u32, vendor_id: &str, status: ReportedStatus, seconds: i64) -> Change {
    Change::Status(StatusReport {
        message_id: Some(id),
        attempt: Some(attempt),
        ..status_report(vendor_id, status, seconds)
    })
}

#[test]
fn a_message_is_accepted_marked_and_sent() {
    let mut book = book();
    let (id, told) = book.submit(10, &text("hi")).unwrap();
    assert_eq!(names(&told), [""; 0]);
    assert_eq!((book.get(id).status, book.sendings[&id].due_at), (MessageStatus::Pending, Some(at(10))));
    assert_eq!(names(&book.attempt(11, id)), [""; 0]);
    assert!(book.is_marked(id));
    let told = book.settle(12, id, &accepted("w1"));
    assert_eq!(names(&told), ["message.sent"]);
    let message = book.get(id);
    assert_eq!((message.status, message.vendor_id.as_deref()), (MessageStatus::Sent, Some("w1")));
    assert_eq!(message.sent_at, Some(at(12)));
    assert_eq!(book.sendings[&id].due_at, None);
    assert_eq!(names(&book.take(13, &report("w1", ReportedStatus::Read, 13))), ["message.delivered", "message.read"]);
}

#[test]
fn somebody_new_is_written_to_by_template_alone() {
    let mut book = Book::new();
    let stranger = Draft { to: Recipient::Identity(phone("99")), ..text("hi") };
    assert_eq!(book.submit(1, &stranger).unwrap_err(), Refusal::WindowClosed { closed_at: None });
    assert!(book.contacts.is_empty() && book.log.is_empty());
    let stranger = Draft { to: Recipient::Identity(phone("99")), ..template() };
    let (id, told) = book.submit(1, &stranger).unwrap();
    assert_eq!(names(&told), ["contact.created", "conversation.created"]);
    assert_eq!(book.contacts[0].source, "api");
    book.attempt(2, id);
    let outcome = SendOutcome::Accepted { vendor_id: "w1".into(), identities: vec![user("U.1"), phone("990")] };
    assert_eq!(names(&book.settle(3, id, &outcome)), ["message.sent", "contact.updated"]);
    let told = book.take(4, &super::samples::received_from(super::samples::ada(&[phone("990")]), "in", 4));
    assert_eq!(names(&told)[..2], ["contact.updated", "message.received"], "whoever answers is the same contact");
    assert_eq!(book.contacts.len(), 1);
}

#[test]
fn the_window_closes_a_day_after_the_contact_wrote() {
    let mut book = book();
    assert!(book.submit(24 * HOUR - 1, &text("in time")).is_ok());
    let refused = book.submit(24 * HOUR, &text("too late")).unwrap_err();
    assert_eq!(refused, Refusal::WindowClosed { closed_at: Some(at(24 * HOUR)) });
    assert!(book.submit(24 * HOUR, &template()).is_ok());
}

#[test]
fn a_scheduled_message_is_told_of_and_its_window_is_looked_at_when_it_is_due() {
    let mut book = book();
    let (in_time, told) = book.submit(1, &Draft { scheduled_at: Some(at(HOUR)), ..text("soon") }).unwrap();
    assert_eq!(names(&told), ["message.updated"]);
    let (late, _) = book.submit(2, &Draft { scheduled_at: Some(at(25 * HOUR)), ..text("tomorrow") }).unwrap();
    assert_eq!(names(&book.attempt(HOUR - 1, in_time)), [""; 0]);
    assert!(!book.is_marked(in_time));
    assert_eq!(names(&book.attempt(HOUR, in_time)), ["message.updated"]);
    assert_eq!(book.get(in_time).status, MessageStatus::Pending);
    assert_eq!(names(&book.attempt(25 * HOUR, late)), ["message.failed"]);
    assert_eq!(book.get(late).errors[0].key, "window_closed");
}

#[test]
fn what_waits_can_be_rescheduled_and_cancelled_and_what_is_marked_cannot() {
    let mut book = book();
    let (id, _) = book.submit(1, &Draft { scheduled_at: Some(at(HOUR)), ..text("soon") }).unwrap();
    let told = book.order(2, &Order::Reschedule { message_id: id, at: at(2 * HOUR) }).unwrap();
    assert_eq!(names(&told), ["message.updated"]);
    assert_eq!(book.sendings[&id].due_at, Some(at(2 * HOUR)));
    assert_eq!(names(&book.order(3, &Order::Cancel { message_id: id }).unwrap()), ["message.updated"]);
    assert_eq!((book.get(id).status, book.sendings[&id].due_at), (MessageStatus::Deleted, None));
    assert!(book.order(4, &Order::Cancel { message_id: id }).is_err());
    let (id, _) = book.submit(5, &text("now")).unwrap();
    book.attempt(6, id);
    assert_eq!(book.order(7, &Order::Cancel { message_id: id }), Err(Refusal::AlreadySending));
    let told = book.order(7, &Order::Reschedule { message_id: id, at: at(HOUR) });
    assert_eq!(told, Err(Refusal::AlreadySending));
}

#[test]
fn a_refused_message_can_be_tried_again_and_old_reports_cannot_touch_it() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    book.settle(3, id, &accepted("w1"));
    assert_eq!(names(&book.take(4, &report("w1", ReportedStatus::Failed, 4))), ["message.failed"]);
    let told = book.order(5, &Order::Retry { message_id: id, terms: TERMS }).unwrap();
    assert_eq!(names(&told), ["message.updated"]);
    assert_eq!((book.get(id).status, book.get(id).attempt), (MessageStatus::Pending, 2));
    for old in [report("w1", ReportedStatus::Delivered, 6), tracked(id, 1, "w1", ReportedStatus::Read, 6)] {
        assert_eq!(names(&book.take(6, &old)), [""; 0]);
    }
    book.attempt(7, id);
    assert_eq!(names(&book.settle(8, id, &accepted("w2"))), ["message.updated"], "sent is told once");
    assert_eq!(names(&book.take(9, &report("w2", ReportedStatus::Delivered, 9))), ["message.delivered"]);
    assert!(book.order(10, &Order::Retry { message_id: id, terms: TERMS }).is_err());
}

#[test]
fn reports_before_the_answer_are_taken_by_our_own_id_or_wait_for_the_vendors() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    let told = book.take(3, &tracked(id, 1, "w1", ReportedStatus::Delivered, 3));
    assert_eq!(names(&told), ["message.sent", "message.delivered"]);
    assert_eq!(book.get(id).vendor_id.as_deref(), Some("w1"));
    assert_eq!(names(&book.settle(4, id, &accepted("w1"))), [""; 0]);
    assert_eq!(names(&book.take(5, &report("w1", ReportedStatus::Read, 5))), ["message.read"]);
    let (id, _) = book.submit(6, &text("hi")).unwrap();
    book.attempt(7, id);
    assert_eq!(names(&book.take(8, &report("w2", ReportedStatus::Read, 8))), [""; 0]);
    let told = book.settle(9, id, &accepted("w2"));
    assert_eq!(names(&told), ["message.sent", "message.delivered", "message.read"]);
}

#[test]
fn an_unknown_outcome_is_never_sent_again_and_evidence_revives_it() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    book.settle(3, id, &SendOutcome::Unknown { reason: "no answer".into() });
    assert_eq!(names(&book.attempt(4, id)), [""; 0], "nothing is due");
    assert_eq!(names(&book.attempt(2 + 600, id)), ["message.failed"]);
    assert_eq!(book.get(id).errors[0].key, "outcome_unknown");
    assert_eq!(book.sendings[&id].due_at, None);
    let told = book.take(700, &tracked(id, 1, "w1", ReportedStatus::Sent, 5));
    assert_eq!(names(&told), ["message.sent"]);
    assert_eq!(book.get(id).status, MessageStatus::Sent);
}

#[test]
fn what_the_vendor_refuses_for_now_is_tried_for_a_day() {
    let mut book = book();
    let (id, _) = book.submit(1, &template()).unwrap();
    book.attempt(2, id);
    assert_eq!(names(&book.settle(2, id, &later(60, None))), [""; 0]);
    assert_eq!((book.sendings[&id].due_at, book.sendings[&id].tries), (Some(at(62)), 1));
    assert!(book.sendings[&id].is_waiting());
    book.attempt(62, id);
    assert_eq!(names(&book.settle(63, id, &later(25 * 3600, None))), ["message.failed"]);
    let (id, _) = book.submit(70, &Draft { expires_at: Some(at(80)), ..template() }).unwrap();
    book.attempt(71, id);
    book.settle(72, id, &later(60, None));
    assert_eq!(names(&book.attempt(80, id)), ["message.failed"], "it is told when it expires");
    assert_eq!(book.get(id).errors[0].key, "expired");
}

#[test]
fn a_vendor_that_took_what_it_refused_is_not_sent_it_again() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    book.settle(3, id, &later(60, None));
    book.take(4, &tracked(id, 1, "w1", ReportedStatus::Sent, 4));
    assert_eq!(names(&book.attempt(100, id)), [""; 0]);
    assert!(!book.is_marked(id));
    assert_eq!(book.sendings[&id].due_at, None);
}

#[test]
fn a_contact_that_has_moved_is_written_to_where_it_is_now() {
    let mut book = book();
    let (id, _) = book.submit(1, &template()).unwrap();
    book.take(2, &moved(&[phone("1")], &[phone("2")]));
    book.attempt(3, id);
    assert!(book.is_marked(id));
    let message = book.get(id);
    assert_eq!(message.handle.value, "+2");
    assert_eq!(
        book.contacts[0].handles.iter().find(|handle| handle.id == message.handle.id).unwrap().identity,
        phone("2")
    );
}

#[test]
fn a_reaction_changes_its_target_when_the_vendor_takes_it() {
    let mut book = book();
    let target = book.message("first").id;
    let reaction = |emoji: Option<&str>| Draft {
        outgoing: Outgoing::Reaction { message_id: target, emoji: emoji.map(str::to_owned) },
        ..text("")
    };
    for (emoji, seconds, reactions) in [(Some("👍"), 10, 1), (None, 20, 0)] {
        let (id, _) = book.submit(seconds, &reaction(emoji)).unwrap();
        book.attempt(seconds + 1, id);
        let told = book.settle(seconds + 2, id, &accepted(&format!("w{seconds}")));
        assert_eq!(names(&told), ["message.sent", "message.updated"]);
        assert_eq!(book.message("first").reactions.len(), reactions);
    }
}

#[test]
fn only_what_the_vendor_has_can_be_answered() {
    let mut book = book();
    let (pending, _) = book.submit(1, &text("hi")).unwrap();
    let answer = |target| Draft { reply_to: Some(target), ..text("yes") };
    let refused = |problem| Err(Refusal::Target(problem));
    let missing = MessageId::from_bytes([9; 16]);
    assert_eq!(book.submit(2, &answer(missing)).map(drop), refused(TargetProblem::Missing));
    assert_eq!(book.submit(2, &answer(pending)).map(drop), refused(TargetProblem::NotSent));
    let (id, _) = book.submit(3, &answer(book.message("first").id)).unwrap();
    assert_eq!(book.get(id).reply_to.unwrap().vendor_id.as_deref(), Some("first"));
    let elsewhere = Draft { to: Recipient::Identity(phone("5")), ..template() };
    let elsewhere = Draft { reply_to: Some(book.message("first").id), ..elsewhere };
    assert_eq!(book.submit(4, &elsewhere).map(drop), refused(TargetProblem::OtherConversation));
}

#[test]
fn a_conversation_is_written_to_and_a_closed_one_goes_on() {
    let mut book = book();
    book.close_conversations();
    let to = Recipient::Conversation(book.conversations[0].id);
    let (_, told) = book.submit(5, &Draft { to, ..text("hi") }).unwrap();
    assert_eq!(names(&told), ["conversation.reopened"]);
    let missing = Recipient::Conversation(crate::ConversationId::from_bytes([9; 16]));
    assert_eq!(book.submit(6, &Draft { to: missing, ..text("hi") }).unwrap_err(), Refusal::NoSuchConversation);
}

/// What may happen to a message, in any order.
#[derive(Debug, Clone)]
enum Step {
    Attempt,
    Settle(u8),
    Report(ReportedStatus, bool),
    Retry,
    Cancel,
    Later,
}

#[test]
fn what_goes_out_later_reopens_what_was_closed_meanwhile() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("see you")).unwrap();
    book.attempt(1, id);
    book.conversations[0].status = ConversationStatus::Closed;
    assert_eq!(names(&book.settle(2, id, &accepted("out"))), ["conversation.reopened", "message.sent"]);
    assert_eq!(book.conversations[0].status, ConversationStatus::Open);
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(vec![
        ReportedStatus::Sent,
        ReportedStatus::Delivered,
        ReportedStatus::Read,
        ReportedStatus::Failed,
    ]);
    prop_oneof![
        4 => Just(Step::Attempt),
        4 => (0_u8..5).prop_map(Step::Settle),
        4 => (status, any::<bool>()).prop_map(|(status, tracked)| Step::Report(status, tracked)),
        1 => Just(Step::Retry),
        1 => Just(Step::Cancel),
        1 => Just(Step::Later),
    ]
}

proptest! {
    /// Whatever happens in whatever order: it is sent again only if the vendor refused it, told as sent once, and never
    /// moves back but by a retry; every move has one event.
    #[test]
    fn in_any_order(steps in prop::collection::vec(step(), 1..40)) {
        let mut book = book();
        let (id, _) = book.submit(1, &text("hi")).unwrap();
        let mut seconds = 2;
        let mut under_way = false;
        let mut moves = 0;
        let mut events = Vec::new();
        for step in steps {
            seconds += 1;
            let before = book.get(id);
            let vendor_id = format!("w{}", before.attempt);
            match step {
                Step::Attempt => {
                    let was = book.sendings[&id].clone();
                    events.extend(book.attempt(seconds, id));
                    if book.is_marked(id) && was.marked_at.is_none() {
                        prop_assert!(!under_way, "it was sent again while nobody knew");
                        prop_assert_eq!(before.status, MessageStatus::Pending);
                        under_way = true;
                    }
                }
                Step::Settle(kind) if under_way => {
                    let outcome = match kind {
                        0 | 1 => accepted(&vendor_id),
                        2 => later(1, None),
                        3 => SendOutcome::Refused { error: error("100"), trouble: None, recipient: None },
                        _ => SendOutcome::Unknown { reason: "no answer".into() },
                    };
                    under_way = matches!(outcome, SendOutcome::Unknown { .. });
                    events.extend(book.settle(seconds, id, &outcome));
                }
                Step::Report(status, false) => {
                    events.extend(book.take(seconds, &report(&vendor_id, status, seconds)));
                }
                Step::Report(status, true) => {
                    let change = tracked(id, before.attempt, &vendor_id, status, seconds);
                    events.extend(book.take(seconds, &change));
                }
                Step::Retry => {
                    if let Ok(told) = book.order(seconds, &Order::Retry { message_id: id, terms: TERMS }) {
                        under_way = false;
                        events.extend(told);
                    }
                }
                Step::Cancel => {
                    if let Ok(told) = book.order(seconds, &Order::Cancel { message_id: id }) {
                        events.extend(told);
                    }
                }
                Step::Settle(_) => {}
                Step::Later => seconds += 700,
            }
            let now = book.get(id);
            prop_assert!(now.history.len() >= moves);
            moves = now.history.len();
        }
        let count = |kind: EventKind| events.iter().filter(|event| event.kind == kind).count();
        prop_assert!(count(EventKind::MessageSent) <= 1);
        prop_assert!(count(EventKind::MessageDelivered) <= 1);
        prop_assert!(count(EventKind::MessageRead) <= 1);
        let message = book.get(id);
        prop_assert_eq!(message.sent_at.is_some(), count(EventKind::MessageSent) == 1);
        prop_assert!(message.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
        prop_assert!(events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    }
}

#[test]
fn trouble_that_the_vendor_reports_later_is_told_as_well() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hi")).unwrap();
    book.attempt(2, id);
    book.settle(3, id, &accepted("w1"));
    let unpaid = StatusReport {
        trouble: Some(trouble(TroubleCategory::Auth, None)),
        ..status_report("w1", ReportedStatus::Failed, 4)
    };
    assert_eq!(names(&book.take(4, &Change::Status(unpaid.clone()))), ["channel.error", "message.failed"]);
    assert_eq!(names(&book.take(5, &Change::Status(unpaid))), [""; 0]);
}

#[test]
fn what_cannot_be_sent_as_it_is_can_be_read_as_a_text() {
    let location = Outgoing::Location { latitude: -23.5, longitude: -46.6, name: Some("Shop".into()), address: None };
    assert_eq!(location.as_text().as_deref(), Some("Shop\n-23.5,-46.6"));
    let choice = Outgoing::Interactive(Interactive {
        body: "Sure?".into(),
        header: None,
        footer: Some("Thanks".into()),
        action: Action::Buttons(vec![ReplyButton { id: "y".into(), title: "Yes".into() }]),
    });
    assert_eq!(choice.as_text().as_deref(), Some("Sure?\n- Yes\nThanks"));
    let reaction = Outgoing::Reaction { message_id: MessageId::from_bytes([1; 16]), emoji: Some("👍".into()) };
    assert_eq!(reaction.as_text(), None);
}
