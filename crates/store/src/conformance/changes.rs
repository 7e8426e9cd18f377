//! Short ways to say what a vendor said.

use std::sync::Arc;

use tidings_domain::{
    change::{
        Change, DedupKey, Edited, IdentityChanged, News, Person, Reacted, ReportedStatus, Revoked, Said, StatusReport,
    },
    channel::Channel,
    contact::Identity,
    content::Content,
    message::Direction,
};

use crate::{RoutedUpdate, Target};

use super::bench::at;

/// A phone number as an identity.
pub fn phone(digits: &str) -> Identity {
    Identity::phone(digits)
}

/// Somebody with a phone number, called Ada.
pub fn person(digits: &str) -> Person {
    Person { identities: vec![phone(digits)], name: Some("Ada".to_owned()), username: None }
}

/// A text between us and the person with this number, at this second.
pub fn said(vendor_id: &str, digits: &str, seconds: i64, text: &str) -> Said {
    Said {
        vendor_id: vendor_id.to_owned(),
        contact: person(digits),
        timestamp: at(seconds),
        content: Content::text(text),
        forwarded: false,
        reply_to: None,
        errors: Vec::new(),
        vendor_details: None,
    }
}

/// The person with this number wrote.
pub fn received_from(digits: &str, vendor_id: &str, seconds: i64) -> Change {
    Change::Received(said(vendor_id, digits, seconds, "hello"))
}

/// The person with the number 4917000001 wrote.
pub fn received(vendor_id: &str, seconds: i64) -> Change {
    received_from("4917000001", vendor_id, seconds)
}

/// Somebody of the company wrote to the person with the number 4917000001 in the vendor's own app.
pub fn echoed(vendor_id: &str, seconds: i64) -> Change {
    Change::Echoed(said(vendor_id, "4917000001", seconds, "good day"))
}

/// The vendor reports on a message of ours.
pub fn report(vendor_id: &str, status: ReportedStatus, seconds: i64) -> Change {
    Change::Status(StatusReport {
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
    })
}

/// The person with the number 4917000001 sets a reaction to a message, or takes it away.
pub fn react(target: &str, emoji: Option<&str>, seconds: i64) -> Change {
    Change::Reacted(Reacted {
        vendor_id: format!("reaction {seconds} to {target}"),
        target: target.to_owned(),
        by: Direction::Inbound,
        contact: person("4917000001"),
        emoji: emoji.map(str::to_owned),
        timestamp: at(seconds),
    })
}

/// The person with the number 4917000001 edits a message.
pub fn edited(target: &str, text: &str, seconds: i64) -> Change {
    Change::Edited(Edited {
        target: target.to_owned(),
        by: Direction::Inbound,
        contact: person("4917000001"),
        content: Content::text(text),
        timestamp: at(seconds),
    })
}

/// The person with the number 4917000001 takes a message back.
pub fn revoked(target: &str, seconds: i64) -> Change {
    Change::Revoked(Revoked {
        target: target.to_owned(),
        by: Direction::Inbound,
        contact: person("4917000001"),
        timestamp: at(seconds),
    })
}

/// A contact has another number than before.
pub fn moved(before: &str, after: &str, seconds: i64) -> Change {
    Change::IdentityChanged(IdentityChanged {
        before: vec![phone(before)],
        after: vec![phone(after)],
        timestamp: at(seconds),
    })
}

/// A change for a channel, whose repetition is told by this word of up to 16 letters.
pub fn routed(channel: &Arc<Channel>, dedup: Option<&str>, change: Change) -> RoutedUpdate {
    let dedup = dedup.map(|word| {
        let mut key = [0; 16];
        key[..word.len()].copy_from_slice(word.as_bytes());
        DedupKey(key)
    });
    RoutedUpdate { target: Target::Channel(Arc::clone(channel)), dedup, news: News::Change(Box::new(change)) }
}
