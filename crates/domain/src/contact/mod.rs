//! Contacts and their handles. A contact has any number of handles and none of them is mandatory.
//!
//! `normal` spells phone numbers and e-mail addresses in one way; `search` says what contacts are found by; `wish` is what the company wants of a contact.

mod normal;
mod search;
mod wish;

pub use normal::{email, phone};
pub use search::folded;
pub use wish::{ContactDraft, ContactPatch, HandleWish};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    channel::words,
    id::{ContactId, HandleId, WorkspaceId},
    time::Timestamp,
};

words! {
    /// The kinds of identity that a contact can have.
    HandleKind {
        /// A phone number, `+` and digits.
        PhoneNumber = "phone_number",
        /// Instagram's scoped user id.
        InstagramId = "instagram_id",
        /// Messenger's page-scoped user id.
        MessengerId = "messenger_id",
        /// Telegram's chat id.
        TelegramId = "telegram_id",
        /// An e-mail address.
        Email = "email",
        /// A visitor of the widget.
        VisitorId = "visitor_id",
        /// WhatsApp's business-scoped user id.
        WhatsappUserId = "whatsapp_user_id",
    }
}

/// An identity as a vendor gives it: opaque, never validated or refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// What kind.
    pub kind: HandleKind,
    /// The identity itself.
    pub value: String,
}

impl Identity {
    /// A phone number from a vendor's digits, spelled with a leading `+`.
    pub fn phone(digits: &str) -> Self {
        let value = if digits.starts_with('+') { digits.to_owned() } else { format!("+{digits}") };
        Self { kind: HandleKind::PhoneNumber, value }
    }

    /// An e-mail address.
    pub fn email(address: &str) -> Self {
        Self::new(HandleKind::Email, address)
    }

    /// An identity of this kind.
    pub fn new(kind: HandleKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into() }
    }
}

words! {
    /// What somebody does not want to be sent any more.
    OptOut {
        /// Advertising: templates of that kind, and campaigns.
        Marketing = "marketing",
        /// Anything.
        All = "all",
    }
}

/// What a vendor's answer says of an identity that was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientNews {
    /// Nothing reaches it.
    Blocked,
    /// It does not want to be sent this.
    OptedOut(OptOut),
}

/// One identity of one contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// Our id.
    pub id: HandleId,
    /// The identity.
    #[serde(flatten)]
    pub identity: Identity,
    /// Since when nothing reaches it, as the vendor says: it is gone, or has blocked the company. Its next message ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_at: Option<Timestamp>,
    /// What it does not want to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out: Option<OptOut>,
    /// By the vendor's clock, when it has chosen that there last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_at: Option<Timestamp>,
}

impl Handle {
    /// A handle that is new.
    pub fn new(id: HandleId, identity: Identity) -> Self {
        Self { id, identity, blocked_at: None, opted_out: None, chosen_at: None }
    }

    /// Whether it does not want to be sent something that is advertising, or is not.
    pub fn has_opted_out(&self, is_marketing: bool) -> Option<OptOut> {
        self.opted_out.filter(|opted_out| is_marketing || *opted_out == OptOut::All)
    }

    /// It has chosen at the vendor what it wants to be sent. What it has told the company beside the vendor stays, and so does
    /// what it has chosen later.
    pub(crate) fn choose(&mut self, opted_out: Option<OptOut>, at: Timestamp) {
        if self.chosen_at.is_some_and(|chosen_at| chosen_at > at) {
            return;
        }
        self.chosen_at = Some(at);
        if self.opted_out != Some(OptOut::All) {
            self.opted_out = opted_out;
        }
    }

    /// Follows what the vendor says of it.
    pub(crate) fn hear(&mut self, news: RecipientNews, at: Timestamp) {
        match news {
            RecipientNews::Blocked => self.blocked_at = self.blocked_at.or(Some(at)),
            // Who wants nothing at all does not want marketing either.
            RecipientNews::OptedOut(opted_out) => self.opted_out = self.opted_out.max(Some(opted_out)),
        }
    }
}

/// A person or organisation that the company talks with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What the company calls it; at first what the vendor says.
    pub name: Option<String>,
    /// The name that the vendor said last.
    pub profile_name: Option<String>,
    /// The name that the contact chose at the vendor, without `@`.
    pub username: Option<String>,
    /// A phone number, `+` and digits.
    pub phone: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
    /// A channel type, `api`, `manual` or `import`.
    pub source: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The company's own fields.
    pub custom_fields: Map<String, Value>,
    /// Who looks after it.
    pub assigned_to: Option<String>,
    /// Its identities, oldest first.
    pub handles: Vec<Handle>,
    /// How many events bear this contact's own ordering key.
    pub sequence: u64,
    /// When we recorded it.
    pub created_at: Timestamp,
    /// When we recorded its last change.
    pub updated_at: Timestamp,
}

impl Contact {
    /// The handle with this identity.
    pub fn handle(&self, identity: &Identity) -> Option<&Handle> {
        self.handles.iter().find(|handle| handle.identity == *identity)
    }
}
