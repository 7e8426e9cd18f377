//! What the company wants of a contact.

use serde_json::{Map, Value};

use super::{Identity, OptOut};

/// A contact that the company makes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContactDraft {
    /// What the company calls it.
    pub name: Option<String>,
    /// A phone number, spelled as [`super::phone`] does. It is a handle, too.
    pub phone: Option<String>,
    /// An e-mail address, spelled as [`super::email`] does. It is a handle, too.
    pub email: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
    /// `api`, `manual` or `import`.
    pub source: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The company's own fields.
    pub custom_fields: Map<String, Value>,
    /// Who looks after it.
    pub assigned_to: Option<String>,
    /// Its identities beside phone number and e-mail address.
    pub handles: Vec<HandleWish>,
}

/// What is to change of a contact. What is `None` stays; an inner `None` clears.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContactPatch {
    /// What the company calls it.
    pub name: Option<Option<String>>,
    /// A phone number, spelled as [`super::phone`] does. It becomes a handle; the handle of the one before stays, since the
    /// contact may still write from it.
    pub phone: Option<Option<String>>,
    /// An e-mail address, likewise.
    pub email: Option<Option<String>>,
    /// A picture.
    pub avatar_url: Option<Option<String>>,
    /// All of its tags.
    pub tags: Option<Vec<String>>,
    /// A merge patch of the company's own fields; an inner `None` clears them all.
    pub custom_fields: Option<Option<Map<String, Value>>>,
    /// Who looks after it.
    pub assigned_to: Option<Option<String>>,
    /// All of its identities.
    pub handles: Option<Vec<HandleWish>>,
}

/// An identity that a contact is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleWish {
    /// The identity.
    pub identity: Identity,
    /// Whether nothing reaches it; `None` leaves it as it is.
    pub blocked: Option<bool>,
    /// What it does not want to be sent; `None` leaves it as it is.
    pub opted_out: Option<Option<OptOut>>,
}

impl HandleWish {
    /// An identity of which nothing else is said.
    pub fn plain(identity: Identity) -> Self {
        Self { identity, blocked: None, opted_out: None }
    }
}

impl ContactDraft {
    /// Every identity that it is to have.
    pub fn identities(&self) -> Vec<Identity> {
        identities(self.phone.as_deref(), self.email.as_deref(), &self.handles)
    }
}

impl ContactPatch {
    /// Every identity that is spoken of.
    pub fn identities(&self) -> Vec<Identity> {
        let phone = self.phone.as_ref().and_then(Option::as_deref);
        let email = self.email.as_ref().and_then(Option::as_deref);
        identities(phone, email, self.handles.as_deref().unwrap_or_default())
    }
}

fn identities(phone: Option<&str>, email: Option<&str>, handles: &[HandleWish]) -> Vec<Identity> {
    let own = [phone.map(Identity::phone), email.map(Identity::email)];
    own.into_iter().flatten().chain(handles.iter().map(|wish| wish.identity.clone())).collect()
}
