//! API keys and what they may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    channel::words,
    id::{KeyId, WorkspaceId},
    time::Timestamp,
};

words! {
    /// What a scope is about.
    Area {
        /// `/v1/messages`
        Messages = "messages",
        /// `/v1/conversations`
        Conversations = "conversations",
        /// `/v1/contacts`
        Contacts = "contacts",
        /// `/v1/channels`
        Channels = "channels",
        /// `/v1/endpoints` and `/v1/attempts`
        Endpoints = "endpoints",
        /// `/v1/events`
        Events = "events",
        /// `/v1/media`
        Media = "media",
        /// `/v1/keys`
        Keys = "keys",
    }
}

words! {
    /// Whether a scope allows to look or to change.
    Access {
        /// To look.
        Read = "read",
        /// To change; does not imply to look.
        Write = "write",
    }
}

/// One right of a key: `messages:read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// About what.
    pub area: Area,
    /// To do what.
    pub access: Access,
}

impl Scope {
    /// Every scope there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Area::ALL.iter().flat_map(|&area| Access::ALL.iter().map(move |&access| Self { area, access }))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.area.name(), self.access.name())
    }
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope `{0}`: expected <area>:read or <area>:write")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split_once(':')
            .and_then(|(area, access)| Some(Self { area: Area::from_name(area)?, access: Access::from_name(access)? }))
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// An API key. Its secret is shown once; only a hash of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Our id.
    pub id: KeyId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What the company calls it.
    pub name: String,
    /// The first characters of the secret, to tell keys apart.
    pub hint: String,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing; never if there is no such time.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute or so.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens nothing any more.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}
