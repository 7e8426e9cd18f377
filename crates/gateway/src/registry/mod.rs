//! Workspaces, keys, channels and endpoints in memory: there are few of them, and every request asks for some.
//!
//! The store is the truth; this follows it. Whoever changes one of these writes the store first and then here. Readers
//! take what they find as an [`std::sync::Arc`] and hold no lock while they use it.

pub(crate) mod channels;
mod endpoints;
pub(crate) mod keys;
mod workspaces;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tidings_domain::{ChannelId, EndpointId, channel::ChannelStatus, endpoint::EndpointStatus};

pub(crate) use channels::{Channels, LiveChannel};
pub(crate) use endpoints::{Endpoints, LiveEndpoint};
pub(crate) use keys::{Keys, LiveKey};
pub(crate) use workspaces::Workspaces;

/// What every request asks for.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) workspaces: Workspaces,
    pub(crate) keys: Keys,
    pub(crate) channels: Channels,
    pub(crate) endpoints: Endpoints,
}

impl Registry {
    /// Follows a change of a channel's status that was committed.
    pub(crate) fn channel_status(&self, id: ChannelId, status: ChannelStatus) {
        self.channels.set_status(id, status);
    }

    /// Follows a change of an endpoint's status; whether it is enabled follows from it. It is made just before the commit,
    /// since an event of that may be heard of before anything else can be done.
    pub(crate) fn endpoint_status(&self, id: EndpointId, status: EndpointStatus) {
        self.endpoints.set_status(id, status);
    }
}

/// A panic while a lock was held left a map that is whole: each change of one is a single insertion or removal.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
