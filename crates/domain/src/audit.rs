//! Acts: what somebody changed of a workspace, of its keys, channels and endpoints, and which contacts he had erased. What
//! happens to messages is told by events; an act tells who set things up, and from where.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    channel::words,
    id::{ActId, KeyId, WorkspaceId},
    time::Timestamp,
};

words! {
    /// What can be done.
    Action {
        /// A tenant was made.
        WorkspaceCreated = "workspace.created",
        /// Its name or its quotas changed.
        WorkspaceUpdated = "workspace.updated",
        /// A key was made.
        KeyCreated = "key.created",
        /// A key was deleted.
        KeyDeleted = "key.deleted",
        /// A channel was made.
        ChannelCreated = "channel.created",
        /// Its name, credentials or settings changed.
        ChannelUpdated = "channel.updated",
        /// A channel was deleted.
        ChannelDeleted = "channel.deleted",
        /// An endpoint was made.
        EndpointCreated = "endpoint.created",
        /// Anything of it changed but its secret.
        EndpointUpdated = "endpoint.updated",
        /// An endpoint was deleted.
        EndpointDeleted = "endpoint.deleted",
        /// An endpoint has another secret.
        SecretRotated = "secret.rotated",
        /// Events of the past are sent again.
        ReplayCreated = "replay.created",
        /// And they are not, after all.
        ReplayCancelled = "replay.cancelled",
        /// A contact was erased.
        ContactErased = "contact.erased",
        /// The place that was kept for a consumer is forgotten.
        ConsumerDeleted = "consumer.deleted",
    }
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// Our id.
    pub id: ActId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// What.
    pub action: Action,
    /// To which thing: its id or, where it has none, its name.
    pub object: String,
    /// What changed: by field, what it was `before` and what it is `after`. Secrets are never in it.
    pub changes: Map<String, Value>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// With which key; none for the operator's.
    pub key_id: Option<KeyId>,
    /// What the key was called then.
    pub name: String,
}

/// From where something was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The address at the other end of the connection, if there is one.
    pub address: Option<String>,
    /// What the request says of where it comes from, which is to be believed only if a proxy of ours says so.
    pub forwarded_for: Option<String>,
}
