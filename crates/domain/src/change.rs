//! What a vendor told us, in our words. Adapters make these from bytes; [`crate::decide`] turns them into events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    contact::{Identity, OptOut, RecipientNews},
    content::Content,
    id::{ConversationId, MessageId},
    message::{Direction, MessageError},
    sending::Trouble,
    time::Timestamp,
};

/// Sixteen bytes by which a vendor's repetition is told: the vendor's own time of the thing in seconds (four bytes,
/// big-endian), then twelve bytes of a SHA-256 over account, kind and vendor id. The time comes first so that keys
/// arrive nearly sorted and the index that remembers them is written at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DedupKey(pub [u8; 16]);

/// One update of a vendor's webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Which account it is for.
    pub route: Route,
    /// How a repetition of it is told; `None` if it may be repeated, or carries nothing to tell it by.
    pub dedup: Option<DedupKey>,
    /// What it says.
    pub news: News,
}

/// Which of a company's accounts an update is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The channel whose address it was posted to.
    Path,
    /// The channel of this number, page or account.
    Account(String),
    /// A channel of the business that has this id at the vendor: it speaks of no single account.
    Group(String),
}

/// What an update says.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Something that we understand.
    Change(Box<Change>),
    /// Something that we keep without understanding it.
    Unknown {
        /// Where it stood and what it called itself: `messages/hologram`, `field/some_new_field`.
        kind: String,
    },
}

/// Something that happened at the vendor.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The contact wrote.
    Received(Said),
    /// Somebody of the company wrote in the vendor's own app.
    Echoed(Said),
    /// The vendor reports on a message of ours.
    Status(StatusReport),
    /// A reaction was set or taken away.
    Reacted(Reacted),
    /// A message was edited.
    Edited(Edited),
    /// A message was taken back.
    Revoked(Revoked),
    /// A contact has another number or id than before.
    IdentityChanged(IdentityChanged),
    /// A contact has chosen at the vendor what it wants to be sent.
    Preferred(Preferred),
    /// The vendor says something about account, number, template or policy.
    Notice(Notice),
}

/// The contact of a change, as the vendor describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// Its identities, the most lasting first. The first is the one that answers go to unless a phone number is known.
    pub identities: Vec<Identity>,
    /// The name in its profile.
    pub name: Option<String>,
    /// The name that it chose at the vendor, without `@`.
    pub username: Option<String>,
}

/// A message as the vendor tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The vendor's id.
    pub vendor_id: String,
    /// The contact at the other end.
    pub contact: Person,
    /// The vendor's time.
    pub timestamp: Timestamp,
    /// What it says.
    pub content: Content,
    /// The contact passed it on from elsewhere.
    pub forwarded: bool,
    /// The vendor's id of the message that it answers.
    pub reply_to: Option<String>,
    /// What is wrong with it, in the vendor's words (an unsupported kind, say).
    pub errors: Vec<MessageError>,
    /// What the vendor says beside it.
    pub vendor_details: Option<Value>,
}

/// The rungs that a vendor reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedStatus {
    /// The vendor took it.
    Sent,
    /// It is on the device.
    Delivered,
    /// It was seen, or played.
    Read,
    /// It will not arrive.
    Failed,
    /// It was taken back.
    Deleted,
}

/// The vendor's report on a message of ours. Kept as it is until its message is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The vendor's id of the message.
    pub vendor_id: String,
    /// Our own id, if the vendor carried it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Which attempt at sending it this is about, if the vendor carried that back: from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The rung.
    pub status: ReportedStatus,
    /// The vendor's time.
    pub timestamp: Timestamp,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<MessageError>,
    /// What is wrong with the channel, if that is why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// What is said of the recipient, if that is why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<RecipientNews>,
    /// Whether it failed because the vendor does not have its uploaded file any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_file: bool,
    /// What the vendor says beside it: conversation, pricing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_details: Option<Value>,
}

/// A reaction was set or taken away.
#[derive(Debug, Clone, PartialEq)]
pub struct Reacted {
    /// The vendor's id of the reaction itself.
    pub vendor_id: String,
    /// The vendor's id of the message reacted to.
    pub target: String,
    /// Who reacted: the contact (`Inbound`) or somebody in the vendor's own app (`Outbound`).
    pub by: Direction,
    /// The contact at the other end.
    pub contact: Person,
    /// The emoji; `None` takes the reaction away.
    pub emoji: Option<String>,
    /// The vendor's time.
    pub timestamp: Timestamp,
}

/// A message was edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// The vendor's id of the message that was edited.
    pub target: String,
    /// Whose message it is.
    pub by: Direction,
    /// The contact at the other end.
    pub contact: Person,
    /// What it says now.
    pub content: Content,
    /// The vendor's time of the edit.
    pub timestamp: Timestamp,
}

/// A message was taken back by who wrote it. Kept as it is until its message is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revoked {
    /// The vendor's id of the message.
    pub target: String,
    /// Whose message it is.
    pub by: Direction,
    /// The contact at the other end; without identities if the vendor does not say.
    pub contact: Person,
    /// The vendor's time.
    pub timestamp: Timestamp,
}

/// A contact has another number or id than before.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityChanged {
    /// What it was known by; no longer its own.
    pub before: Vec<Identity>,
    /// What it is known by now.
    pub after: Vec<Identity>,
    /// The vendor's time.
    pub timestamp: Timestamp,
}

/// A contact has chosen at the vendor what it wants to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Preferred {
    /// The contact.
    pub contact: Person,
    /// What it does not want; `None`: it wants everything again.
    pub opted_out: Option<OptOut>,
    /// The vendor's time.
    pub timestamp: Timestamp,
}

/// The vendor says something about account, number, template or policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is about, in the vendor's word: `message_template_status_update`.
    pub notice: String,
    /// What the vendor says.
    pub details: Value,
    /// The vendor's time, if it gave one.
    pub timestamp: Option<Timestamp>,
}

/// What a backend looks up before it decides on a change: see [`crate::decide`] for the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lookups<'a> {
    /// Our id of the message that the change speaks of.
    pub message_id: Option<MessageId>,
    /// The vendor's id of the message that the change speaks of.
    pub vendor_id: Option<&'a str>,
    /// The vendor's id by which the change itself would be recorded if that message is not known.
    pub own_vendor_id: Option<&'a str>,
    /// Identities of the contact, in the order in which they are to be tried.
    pub identities: [&'a [Identity]; 2],
    /// The vendor's id of the message that is answered.
    pub quoted: Option<&'a str>,
    /// Our id of the message that is answered.
    pub quoted_id: Option<MessageId>,
    /// The conversation, if it is known which.
    pub conversation_id: Option<ConversationId>,
}

impl Change {
    /// What to look up before deciding on this change.
    pub fn lookups(&self) -> Lookups<'_> {
        match self {
            Self::Received(said) | Self::Echoed(said) => Lookups {
                vendor_id: Some(&said.vendor_id),
                identities: [&said.contact.identities, &[]],
                quoted: said.reply_to.as_deref(),
                ..Lookups::default()
            },
            Self::Status(report) => {
                Lookups { message_id: report.message_id, vendor_id: Some(&report.vendor_id), ..Lookups::default() }
            }
            Self::Reacted(reacted) => Lookups {
                vendor_id: Some(&reacted.target),
                own_vendor_id: Some(&reacted.vendor_id),
                identities: [&reacted.contact.identities, &[]],
                ..Lookups::default()
            },
            Self::Edited(edited) => Lookups {
                vendor_id: Some(&edited.target),
                identities: [&edited.contact.identities, &[]],
                ..Lookups::default()
            },
            Self::Revoked(revoked) => Lookups { vendor_id: Some(&revoked.target), ..Lookups::default() },
            Self::IdentityChanged(changed) => {
                Lookups { identities: [&changed.before, &changed.after], ..Lookups::default() }
            }
            Self::Preferred(preferred) => {
                Lookups { identities: [&preferred.contact.identities, &[]], ..Lookups::default() }
            }
            Self::Notice(_) => Lookups::default(),
        }
    }
}
