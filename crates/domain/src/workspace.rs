//! Workspaces: tenants that see nothing of each other.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{id::WorkspaceId, time::Timestamp};

/// The name of the workspace that exists from the first start.
pub const DEFAULT_WORKSPACE: &str = "default";

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Our id.
    pub id: WorkspaceId,
    /// What the operator calls it; unique.
    pub name: String,
    /// What the operator allows it.
    pub quotas: Quotas,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// How much of something a workspace may have or do. What is not told is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    /// Messages to send that are accepted on a day in UTC.
    pub messages_per_day: Option<u64>,
    /// Endpoints.
    pub endpoints: Option<u32>,
    /// Channels.
    pub channels: Option<u32>,
    /// Keys, with those that have expired.
    pub keys: Option<u32>,
    /// Bytes of the files that it has.
    pub media_bytes: Option<u64>,
    /// Requests that all of its keys together may make in a second.
    pub requests_per_second: Option<NonZeroU32>,
}
