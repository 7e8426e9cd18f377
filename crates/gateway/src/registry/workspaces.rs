//! Workspaces in memory. It never decides who may see one.

use std::{collections::BTreeMap, sync::RwLock};

use tidings_domain::{WorkspaceId, workspace::Workspace};

use super::{read, write};

/// Workspaces by id.
#[derive(Default)]
pub(crate) struct Workspaces(RwLock<BTreeMap<WorkspaceId, Workspace>>);

impl Workspaces {
    pub(crate) fn all(&self) -> Vec<Workspace> {
        read(&self.0).values().cloned().collect()
    }

    pub(crate) fn get(&self, id: WorkspaceId) -> Option<Workspace> {
        read(&self.0).get(&id).cloned()
    }

    pub(crate) fn put(&self, workspace: Workspace) {
        write(&self.0).insert(workspace.id, workspace);
    }
}
