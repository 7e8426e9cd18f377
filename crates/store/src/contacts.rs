//! What the company wants of its contacts and conversations, and which of them are asked for.

use tidings_domain::{
    ContactId, ConversationId, Timestamp, WorkspaceId,
    contact::{ContactDraft, ContactPatch, Identity},
    conversation::ConversationPatch,
    event::Actor,
};

/// A contact to make.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactCreation {
    /// Whose it is to be.
    pub workspace_id: WorkspaceId,
    /// The contact.
    pub draft: ContactDraft,
    /// When it is recorded.
    pub at: Timestamp,
}

/// A contact to change.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactChange {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The contact.
    pub contact_id: ContactId,
    /// What is to change.
    pub patch: ContactPatch,
    /// Who wants it.
    pub by: Actor,
    /// When it is recorded.
    pub at: Timestamp,
}

/// Two contacts to make one of.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactMerge {
    /// Whose they are.
    pub workspace_id: WorkspaceId,
    /// The one that stays.
    pub kept: ContactId,
    /// The one that goes.
    pub gone: ContactId,
    /// Who wants it.
    pub by: Actor,
    /// When it is recorded.
    pub at: Timestamp,
}

/// A conversation to change.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationChange {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What is to change.
    pub patch: ConversationPatch,
    /// Who wants it.
    pub by: Actor,
    /// When it is recorded.
    pub at: Timestamp,
}

/// Which contacts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactFilter {
    /// Those in whose names, numbers, addresses and other identities each of these words stands, in any spelling of case and
    /// accents.
    pub search: Option<String>,
    /// Those that have one of these identities.
    pub identities: Option<Vec<Identity>>,
    /// With this tag.
    pub tag: Option<String>,
    /// From there: a channel type, `api`, `manual` or `import`.
    pub source: Option<String>,
    /// Whom this one looks after.
    pub assigned_to: Option<String>,
    /// Recorded at this time or later.
    pub since: Option<Timestamp>,
    /// Recorded before this time.
    pub until: Option<Timestamp>,
}
