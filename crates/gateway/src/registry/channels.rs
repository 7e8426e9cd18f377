//! Channels in memory: by the id in a webhook's path, and by the vendor's account that an update names.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::Duration,
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_channels::{Access, Adapter, Verifier};
use tidings_domain::{
    ChannelId, WorkspaceId,
    channel::{Channel, ChannelStatus, ChannelType},
    sending::{Terms, Turn},
};
use tidings_store::{ChannelRecord, Sealed};

use super::{read, write};
use crate::{
    clock::Random,
    seal::{CannotOpen, Seal},
};

/// For how many hours messages wait for a channel that is disconnected, unless its settings say otherwise
const DEFAULT_HOLD_HOURS: u64 = 24;

/// What of a channel nobody but its adapter may see.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ChannelSecrets {
    /// What the vendor gave.
    pub(crate) credentials: Map<String, Value>,
    /// What the vendor's console asks for.
    pub(crate) verify_token: String,
}

impl ChannelSecrets {
    /// Whose they are, once sealed.
    fn owner(id: ChannelId) -> String {
        format!("channel/{id}")
    }

    /// Sealed for a channel.
    pub(crate) fn seal(&self, id: ChannelId, seal: &Seal, random: &dyn Random) -> Sealed {
        let plain = serde_json::to_vec(self).expect("credentials came as JSON");
        seal.seal(random, &Self::owner(id), &plain)
    }
}

/// A channel as it runs.
#[derive(Clone)]
pub(crate) struct LiveChannel {
    /// As it is stored.
    pub(crate) record: ChannelRecord,
    /// What decisions need to know of it.
    pub(crate) channel: Arc<Channel>,
    /// How its vendor speaks.
    pub(crate) adapter: &'static dyn Adapter,
    /// What its adapter needs.
    pub(crate) secrets: Arc<ChannelSecrets>,
    /// What checks its webhooks; without one, every webhook is refused.
    pub(crate) verifier: Option<Arc<dyn Verifier>>,
}

/// Why a stored channel cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotRun {
    /// Its secrets cannot be opened.
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    /// Nothing here speaks with its vendor.
    #[error("there is no adapter for the channel type {0}")]
    NoAdapter(&'static str),
}

impl LiveChannel {
    /// From its record.
    pub(crate) fn open(record: ChannelRecord, seal: &Seal) -> Result<Self, CannotRun> {
        let plain = seal.open(&ChannelSecrets::owner(record.channel.id), &record.secrets)?;
        let secrets = serde_json::from_slice(&plain).map_err(|_| CannotOpen)?;
        let channel_type = record.channel.channel_type;
        let adapter = tidings_channels::adapter(channel_type).ok_or(CannotRun::NoAdapter(channel_type.name()))?;
        Ok(Self::new(record, adapter, secrets))
    }

    /// From its parts.
    pub(crate) fn new(record: ChannelRecord, adapter: &'static dyn Adapter, secrets: ChannelSecrets) -> Self {
        Self {
            channel: Arc::new(record.channel.clone()),
            verifier: adapter.verifier(&secrets.credentials).map(Arc::from),
            adapter,
            secrets: Arc::new(secrets),
            record,
        }
    }

    /// On what terms it sends.
    pub(crate) fn terms(&self) -> Terms {
        let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(3600));
        Terms {
            window: self.adapter.capabilities().window_hours.map(|window| hours(window.into())),
            hold: hours(self.record.settings.get("hold_hours").and_then(Value::as_u64).unwrap_or(DEFAULT_HOLD_HOURS)),
            turn: Turn::Send,
        }
    }

    /// What its requests to the vendor are made with.
    pub(crate) fn access(&self) -> Access<'_> {
        Access { credentials: &self.secrets.credentials, settings: &self.record.settings }
    }

    /// Where its vendor's API is.
    pub(crate) fn api_base(&self) -> &str {
        self.record.settings.get("api_base").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether an update for this account or group is for this channel.
    fn answers_to(&self, account: &str) -> bool {
        self.record.account == account || self.record.account_group.as_deref() == Some(account)
    }

    /// Whether both belong to the same app of the vendor: what proves that a webhook of one may speak for the other.
    fn same_app(&self, other: &Self) -> bool {
        let secret =
            |live: &Self| live.secrets.credentials.get("app_secret").and_then(Value::as_str).map(str::to_owned);
        match (secret(self), secret(other)) {
            (Some(ours), Some(theirs)) => verify_slices_are_equal(ours.as_bytes(), theirs.as_bytes()).is_ok(),
            _ => false,
        }
    }
}

/// Channels by id and by account.
#[derive(Default)]
pub(crate) struct Channels(RwLock<Maps>);

#[derive(Default)]
struct Maps {
    by_id: HashMap<ChannelId, Arc<LiveChannel>>,
    /// The channels of one account, by workspace, type and the vendor's id. A group may have several.
    by_account: HashMap<(WorkspaceId, ChannelType), HashMap<String, Vec<ChannelId>>>,
}

impl Channels {
    /// The channel that a webhook is posted to.
    pub(crate) fn posted_to(&self, id: ChannelId) -> Option<Arc<LiveChannel>> {
        read(&self.0).by_id.get(&id).cloned()
    }

    /// One of a workspace.
    pub(crate) fn get(&self, workspace: WorkspaceId, id: ChannelId) -> Option<Arc<LiveChannel>> {
        self.posted_to(id).filter(|live| live.channel.workspace_id == workspace)
    }

    /// Those of a workspace.
    pub(crate) fn of(&self, workspace: WorkspaceId) -> Vec<Arc<LiveChannel>> {
        read(&self.0).by_id.values().filter(|live| live.channel.workspace_id == workspace).cloned().collect()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<LiveChannel>> {
        read(&self.0).by_id.values().cloned().collect()
    }

    /// The channel that an update for `account` is for, if it came by a webhook of `path`.
    pub(crate) fn route(&self, path: &Arc<LiveChannel>, account: &str) -> Option<Arc<LiveChannel>> {
        if path.answers_to(account) {
            return Some(path.clone());
        }
        let maps = read(&self.0);
        maps.by_account
            .get(&(path.channel.workspace_id, path.channel.channel_type))?
            .get(account)?
            .iter()
            .filter_map(|id| maps.by_id.get(id))
            .find(|live| live.same_app(path))
            .cloned()
    }

    /// The channel that an update for a whole business is for: the one that it came by, unless that is known to belong to
    /// another business.
    pub(crate) fn route_group(&self, path: &Arc<LiveChannel>, group: &str) -> Option<Arc<LiveChannel>> {
        self.route(path, group).or_else(|| path.record.account_group.is_none().then(|| path.clone()))
    }

    /// Adds a channel or takes its place. The status of one that is known stays: only what was committed changes it.
    pub(crate) fn put(&self, mut live: LiveChannel) {
        let mut maps = write(&self.0);
        if let Some(known) = maps.by_id.get(&live.channel.id) {
            live.record.channel.status = known.channel.status;
            live.channel = Arc::new(live.record.channel.clone());
        }
        maps.forget(live.channel.id);
        let by_account = maps.by_account.entry((live.channel.workspace_id, live.channel.channel_type)).or_default();
        for account in std::iter::once(&live.record.account).chain(&live.record.account_group) {
            by_account.entry(account.clone()).or_default().push(live.channel.id);
        }
        maps.by_id.insert(live.channel.id, Arc::new(live));
    }

    pub(crate) fn remove(&self, id: ChannelId) {
        write(&self.0).forget(id);
    }

    pub(crate) fn set_status(&self, id: ChannelId, status: ChannelStatus) {
        let mut maps = write(&self.0);
        if let Some(live) = maps.by_id.get_mut(&id).filter(|live| live.channel.status != status) {
            let live = Arc::make_mut(live);
            live.record.channel.status = status;
            live.channel = Arc::new(live.record.channel.clone());
        }
    }
}

impl Maps {
    fn forget(&mut self, id: ChannelId) {
        let Some(live) = self.by_id.remove(&id) else { return };
        if let Some(accounts) = self.by_account.get_mut(&(live.channel.workspace_id, live.channel.channel_type)) {
            for ids in accounts.values_mut() {
                ids.retain(|known| *known != id);
            }
            accounts.retain(|_, ids| !ids.is_empty());
        }
    }
}
