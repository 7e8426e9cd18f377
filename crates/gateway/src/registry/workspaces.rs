//! Workspaces in memory, with what their keys together have used of their allowance. It never decides who may see one.

use std::{collections::BTreeMap, sync::RwLock, time::Duration};

use tidings_domain::{
    Timestamp, WorkspaceId,
    workspace::{Quotas, Workspace},
};

use super::{read, write};
use crate::http::limit::{Allowance, Bucket};

/// Workspaces by id.
#[derive(Default)]
pub(crate) struct Workspaces(RwLock<BTreeMap<WorkspaceId, Live>>);

struct Live {
    workspace: Workspace,
    bucket: Bucket,
}

impl Workspaces {
    pub(crate) fn all(&self) -> Vec<Workspace> {
        read(&self.0).values().map(|live| live.workspace.clone()).collect()
    }

    pub(crate) fn get(&self, id: WorkspaceId) -> Option<Workspace> {
        read(&self.0).get(&id).map(|live| live.workspace.clone())
    }

    /// What it may have and do; nothing is limited of one that is not there.
    pub(crate) fn quotas(&self, id: WorkspaceId) -> Quotas {
        read(&self.0).get(&id).map(|live| live.workspace.quotas).unwrap_or_default()
    }

    /// One of its keys makes a request. None if it may make any number.
    pub(crate) fn take(&self, id: WorkspaceId, now: Timestamp) -> Option<Allowance> {
        let workspaces = read(&self.0);
        let live = workspaces.get(&id)?;
        let limit = live.workspace.quotas.requests_per_second?;
        Some(live.bucket.take(limit, Duration::from_secs(1), now))
    }

    /// Adds a workspace or takes its place.
    pub(crate) fn put(&self, workspace: Workspace) {
        let mut workspaces = write(&self.0);
        match workspaces.get_mut(&workspace.id) {
            Some(live) => live.workspace = workspace,
            None => drop(workspaces.insert(workspace.id, Live { workspace, bucket: Bucket::full() })),
        }
    }
}
