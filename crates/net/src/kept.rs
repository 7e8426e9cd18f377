//! The connections that a pool keeps: which may be lent, and which are too old or gone. This module never connects.

use tokio::time::Instant;

use crate::{connect::Connected, direct::Direct, pool::PoolLimits, shared::Shared};

/// The kept connections of one pool.
#[derive(Default)]
pub(crate) struct Kept {
    /// Idle ones; the one used last stands last, with the time when it became idle.
    direct: Vec<(Box<Direct>, Instant)>,
    shared: Vec<Shared>,
    has_sweeper: bool,
}

impl Kept {
    /// One that seems fit for a request: the one used last, so that those that are not needed grow old.
    pub(crate) fn take(&mut self, limits: PoolLimits) -> Option<Connected> {
        self.shared.retain(|shared| !shared.is_gone());
        if let Some(shared) = self.shared.iter().find(|shared| shared.has_room()) {
            return Some(Connected::Shared(shared.clone()));
        }
        let (direct, since) = self.direct.pop()?;
        if since.elapsed() < limits.idle_for {
            return Some(Connected::Direct(direct));
        }
        // The others are older still.
        self.direct.clear();
        None
    }

    /// Keeps an idle connection, if there is room. True if a sweeper has to be started.
    pub(crate) fn put_direct(&mut self, direct: Box<Direct>, limits: PoolLimits) -> bool {
        if self.direct.len() < limits.idle_connections {
            self.direct.push((direct, Instant::now()));
        }
        !std::mem::replace(&mut self.has_sweeper, true)
    }

    /// Keeps a connection that others may use while it is in use. True if a sweeper has to be started.
    pub(crate) fn put_shared(&mut self, shared: Shared) -> bool {
        self.shared.push(shared);
        !std::mem::replace(&mut self.has_sweeper, true)
    }

    /// Drops what is too old or gone. False if nothing is left, so that the sweeper ends.
    pub(crate) fn sweep(&mut self, limits: PoolLimits) -> bool {
        self.direct.retain_mut(|(direct, since)| since.elapsed() < limits.idle_for && direct.is_usable());
        self.shared.retain(|shared| !shared.is_gone() && !shared.was_idle());
        self.has_sweeper = !(self.direct.is_empty() && self.shared.is_empty());
        self.has_sweeper
    }
}
