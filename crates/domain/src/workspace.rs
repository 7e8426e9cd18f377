//! Workspaces: tenants that see nothing of each other.

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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}
