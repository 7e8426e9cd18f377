//! Whom nothing reaches, and who does not want to be reached.

use crate::{
    change::{Change, Person, Preferred, ReportedStatus, StatusReport},
    contact::{Handle, OptOut, RecipientNews},
    decide::Refusal,
    message::{MessageError, Source},
    outgoing::{Draft, Outgoing},
    sending::SendOutcome,
    status::MessageStatus,
};

use super::{
    book::Book,
    orders::{accepted, book, names, template, text},
    samples::{at, phone, received, status_report},
};

fn refused(news: RecipientNews) -> SendOutcome {
    let error = MessageError { key: "131026".to_owned(), message: "no".to_owned(), vendor: None };
    SendOutcome::Refused { error, trouble: None, recipient: Some(news) }
}

fn handle(book: &Book) -> &Handle {
    &book.contacts[0].handles[0]
}

fn advertising() -> Draft {
    let mut draft = template();
    if let Outgoing::Template { is_marketing, .. } = &mut draft.outgoing {
        *is_marketing = true;
    }
    draft
}

fn preferred(opted_out: Option<OptOut>, seconds: i64) -> Change {
    let contact = Person { identities: vec![phone("1")], ..Person::default() };
    Change::Preferred(Preferred { contact, opted_out, timestamp: at(seconds) })
}

#[test]
fn whom_nothing_reaches_is_marked_until_it_writes_again() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hello?")).unwrap();
    book.attempt(1, id);
    let told = book.settle(2, id, &refused(RecipientNews::Blocked));
    assert_eq!(names(&told), ["contact.updated", "message.failed"]);
    assert_eq!(handle(&book).blocked_at, Some(at(2)));
    assert!(book.submit(3, &text("still there?")).is_ok(), "a mark keeps nobody from trying");
    let told = book.take(4, &received("back", 4));
    assert_eq!(names(&told), ["contact.updated", "message.received"]);
    assert_eq!(handle(&book).blocked_at, None);
    assert_eq!(names(&book.take(5, &received("again", 5))), ["message.received"]);
}

#[test]
fn a_report_marks_as_an_answer_does() {
    let mut book = book();
    let (id, _) = book.submit(1, &text("hello?")).unwrap();
    book.attempt(1, id);
    book.settle(1, id, &accepted("m1"));
    let failed = status_report("m1", ReportedStatus::Failed, 2);
    let news = Some(RecipientNews::OptedOut(OptOut::Marketing));
    book.take(2, &Change::Status(StatusReport { recipient: news, ..failed }));
    assert_eq!(handle(&book).opted_out, Some(OptOut::Marketing));
}

#[test]
fn who_wants_no_marketing_gets_everything_else() {
    let mut book = book();
    assert_eq!(names(&book.take(1, &preferred(Some(OptOut::Marketing), 1))), ["contact.updated"]);
    assert_eq!(names(&book.take(2, &preferred(Some(OptOut::Marketing), 2))), [""; 0]);
    let refused = book.submit(3, &advertising()).unwrap_err();
    assert_eq!(refused, Refusal::OptedOut(OptOut::Marketing));
    let campaign = Draft { source: Source::Campaign { id: "spring".to_owned() }, ..template() };
    assert_eq!(book.submit(3, &campaign).unwrap_err(), Refusal::OptedOut(OptOut::Marketing));
    assert!(book.submit(4, &template()).is_ok() && book.submit(4, &text("your order")).is_ok());
    assert_eq!(names(&book.take(5, &preferred(None, 5))), ["contact.updated"]);
    assert!(book.submit(6, &advertising()).is_ok());
}

#[test]
fn who_wants_nothing_gets_nothing_and_what_the_vendor_says_of_marketing_changes_that_not() {
    let mut book = book();
    book.contacts[0].handles[0].opted_out = Some(OptOut::All);
    assert_eq!(book.submit(1, &text("hello")).unwrap_err(), Refusal::OptedOut(OptOut::All));
    book.take(2, &preferred(None, 2));
    assert_eq!(handle(&book).opted_out, Some(OptOut::All));
}

#[test]
fn who_opts_out_while_a_message_waits_is_not_sent_it() {
    let mut book = book();
    let later = Draft { scheduled_at: Some(at(10)), ..advertising() };
    let (id, _) = book.submit(1, &later).unwrap();
    book.take(2, &preferred(Some(OptOut::Marketing), 2));
    assert_eq!(names(&book.attempt(10, id)), ["message.failed"]);
    let message = book.get(id);
    assert_eq!((message.status, message.errors[0].key.as_str()), (MessageStatus::Failed, "opted_out"));
}

#[test]
fn who_is_unknown_becomes_known_by_a_choice() {
    let mut book = Book::new();
    assert_eq!(names(&book.take(1, &preferred(None, 5))), ["contact.created"]);
    assert!(book.take(2, &preferred(Some(OptOut::Marketing), 2)).is_empty(), "it was chosen before");
    assert_eq!(handle(&book).opted_out, None);

    let mut book = Book::new();
    assert_eq!(names(&book.take(2, &preferred(Some(OptOut::Marketing), 2))), ["contact.created"]);
    assert_eq!((handle(&book).opted_out, book.conversations.len()), (Some(OptOut::Marketing), 0));
    assert!(matches!(book.submit(3, &advertising()), Err(Refusal::OptedOut(_))));
}

#[test]
fn of_two_choices_the_later_one_counts() {
    let mut book = book();
    assert_eq!(names(&book.take(20, &preferred(Some(OptOut::Marketing), 10))), ["contact.updated"]);
    assert!(book.take(21, &preferred(None, 5)).is_empty());
    assert_eq!(handle(&book).opted_out, Some(OptOut::Marketing));
    assert_eq!(names(&book.take(22, &preferred(None, 15))), ["contact.updated"]);
    assert!(book.take(23, &preferred(Some(OptOut::Marketing), 12)).is_empty());
    assert_eq!(handle(&book).opted_out, None);
}

#[test]
fn what_was_not_read_is_counted_until_somebody_answers() {
    let mut book = book();
    book.take(1, &received("second", 1));
    assert_eq!(book.conversations[0].unread_count, 2);
    let source = Source::Automation { id: "greeting".to_owned() };
    book.submit(2, &Draft { source, ..text("we are closed") }).unwrap();
    assert_eq!(book.conversations[0].unread_count, 2, "what goes out by itself has read nothing");
    book.submit(3, &text("hello")).unwrap();
    assert_eq!(book.conversations[0].unread_count, 0);
}
