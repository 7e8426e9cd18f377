//! Short ways to say what a vendor said, and to read what was told.

use crate::{
    change::{Change, Edited, IdentityChanged, Person, Reacted, ReportedStatus, Revoked, Said, StatusReport},
    contact::{HandleKind, Identity},
    content::Content,
    event::{ContactDetail, Event, EventPayload, FieldChanges, MessageChange},
    message::{Direction, Message},
    time::Timestamp,
};

/// A second, counted from some day.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds)
}

pub(super) fn phone(digits: &str) -> Identity {
    Identity::phone(digits)
}

pub(super) fn user(id: &str) -> Identity {
    Identity::new(HandleKind::WhatsappUserId, id)
}

/// Ada, whose number is 1 unless another one is said.
pub(super) fn ada(identities: &[Identity]) -> Person {
    Person { identities: identities.to_vec(), name: Some("Ada".to_owned()), username: None }
}

/// `hello`, said with Ada.
pub(super) fn said(vendor_id: &str, seconds: i64) -> Said {
    Said {
        vendor_id: vendor_id.to_owned(),
        contact: ada(&[phone("1")]),
        timestamp: at(seconds),
        content: Content::text("hello"),
        forwarded: false,
        reply_to: None,
        errors: Vec::new(),
        vendor_details: None,
    }
}

pub(super) fn received(vendor_id: &str, seconds: i64) -> Change {
    Change::Received(said(vendor_id, seconds))
}

pub(super) fn received_from(contact: Person, vendor_id: &str, seconds: i64) -> Change {
    Change::Received(Said { contact, ..said(vendor_id, seconds) })
}

pub(super) fn echoed(vendor_id: &str, seconds: i64) -> Change {
    Change::Echoed(said(vendor_id, seconds))
}

pub(super) fn status_report(vendor_id: &str, status: ReportedStatus, seconds: i64) -> StatusReport {
    StatusReport {
        vendor_id: vendor_id.to_owned(),
        message_id: None,
        attempt: None,
        status,
        timestamp: at(seconds),
        errors: Vec::new(),
        trouble: None,
        recipient: None,
        lacks_file: false,
        vendor_details: None,
    }
}

pub(super) fn report(vendor_id: &str, status: ReportedStatus, seconds: i64) -> Change {
    Change::Status(status_report(vendor_id, status, seconds))
}

pub(super) fn reacted(target: &str, by: Direction, emoji: Option<&str>, seconds: i64) -> Change {
    Change::Reacted(Reacted {
        vendor_id: format!("{} reaction {seconds} to {target}", by.name()),
        target: target.to_owned(),
        by,
        contact: ada(&[phone("1")]),
        emoji: emoji.map(str::to_owned),
        timestamp: at(seconds),
    })
}

pub(super) fn edited(target: &str, by: Direction, text: &str, seconds: i64) -> Change {
    Change::Edited(Edited {
        target: target.to_owned(),
        by,
        contact: ada(&[phone("1")]),
        content: Content::text(text),
        timestamp: at(seconds),
    })
}

pub(super) fn revoked(target: &str, by: Direction, seconds: i64) -> Change {
    Change::Revoked(Revoked { target: target.to_owned(), by, contact: ada(&[phone("1")]), timestamp: at(seconds) })
}

pub(super) fn moved(before: &[Identity], after: &[Identity]) -> Change {
    Change::IdentityChanged(IdentityChanged { before: before.to_vec(), after: after.to_vec(), timestamp: at(50) })
}

pub(super) fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.name()).collect()
}

pub(super) fn message_of(event: &Event) -> &Message {
    match &event.payload {
        EventPayload::Message(event) => &event.message,
        other => panic!("it speaks of no message: {other:?}"),
    }
}

pub(super) fn change_of(event: &Event) -> Option<MessageChange> {
    match &event.payload {
        EventPayload::Message(event) => event.change,
        _ => None,
    }
}

/// The changed fields of `contact.updated`.
pub(super) fn changes_of(event: &Event) -> &FieldChanges {
    match &event.payload {
        EventPayload::Contact(contact) => match &contact.detail {
            ContactDetail::Updated { changes, .. } => changes,
            other => panic!("nothing was updated: {other:?}"),
        },
        other => panic!("it speaks of no contact: {other:?}"),
    }
}
