//! A gateway's start: everything that is remembered is read, and what a first start must make is made.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tidings_domain::{
    WorkspaceId,
    workspace::{DEFAULT_WORKSPACE, Quotas, Workspace},
};
use tidings_net::{AddressPolicy, Client, Roots};
use tidings_store::{Sealed, Store, StoreError};
use tokio::sync::{Semaphore, watch};

use crate::{
    Gateway,
    clock::{Clock, Ids, Random},
    flow::{
        dispatch::{self, Dispatcher},
        erasure::Eraser,
        links::Links,
        media::{self, Collector, Fetcher},
        reprocess,
        retention::{self, Retention},
        send::{self, Senders},
        tail::Tail,
    },
    http::auth,
    media_store::MediaStore,
    registry::{LiveChannel, LiveEndpoint, Registry},
    seal::{self, CannotOpen, Seal},
    settings::Settings,
    telemetry::Metrics,
};

/// The setting with the hash of the operator's key that the first start made.
const ADMIN_KEY_HASH: &str = "admin_key_hash";

/// What a gateway takes from the world.
#[derive(Clone)]
pub struct Environment {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store refused.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The folder of uploaded files cannot be used.
    #[error("the folder of uploaded files, {}, cannot be used", folder.display())]
    Media {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Secrets were sealed with another key.
    #[error("the secrets of {what} cannot be opened")]
    Sealed {
        /// What they belong to.
        what: String,
        /// Why.
        source: CannotOpen,
    },
}

impl Gateway {
    /// Reads what is remembered and starts what runs by itself. Needs a runtime.
    pub async fn start(
        settings: Settings,
        store: Arc<dyn Store>,
        environment: Environment,
    ) -> Result<Arc<Self>, StartError> {
        let Environment { clock, random } = environment;
        let seal = Arc::new(Seal::from_key(&settings.seal_key));
        let ids = Arc::new(Ids::new(clock.clone(), random.clone()));
        let registry = Arc::new(load(&*store, &seal).await?);
        check_seal(&*store, &seal, &*random).await?;
        let default_workspace = default_workspace(&*store, &registry, &ids, &*clock).await?;
        let (admin_key_hash, new_admin_key) = admin_key(&*store, &settings, &*random).await?;
        let tail = Arc::new(Tail::new(registry.clone(), store.log_head().await?));
        store.listen(tail.clone());
        let links = Arc::new(Links::new(&settings.public_url, &settings.seal_key));
        let metrics = Arc::new(Metrics::new());
        let addresses = AddressPolicy::new(settings.allow_networks.clone()).denying(settings.deny_networks.clone());
        let (client, holder) = (Client::new(addresses.clone(), Roots::System), random_text(&*random));
        let changing = Arc::new(tokio::sync::Mutex::new(()));
        let media_store = MediaStore::open(&settings.media)
            .await
            .map_err(|source| StartError::Media { folder: settings.media.clone(), source })?;
        let files = Arc::new(media::Shared {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            client: client.clone(),
            media: media_store.clone(),
            metrics: metrics.clone(),
            registry: registry.clone(),
            kept: settings.kept.media,
        });
        let senders = Senders::new(send::Shared {
            media: media_store.clone(),
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            client: client.clone(),
            metrics: metrics.clone(),
            registry: registry.clone(),
            template_turns: send::templates::Turns::default(),
            changing: changing.clone(),
            holder: holder.clone(),
        });
        let dispatcher = Dispatcher::new(dispatch::Shared {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            ids: ids.clone(),
            client,
            links: links.clone(),
            metrics: metrics.clone(),
            registry: registry.clone(),
            tail: tail.clone(),
            places: Arc::new(Semaphore::new(settings.deliveries_at_once)),
            idle_connections: settings.idle_connections,
            holder,
        });
        let retention = Retention::start(retention::Shared {
            store: store.clone(),
            clock: clock.clone(),
            registry: registry.clone(),
            dispatcher: dispatcher.clone(),
            metrics: metrics.clone(),
            kept: settings.kept,
        });
        for endpoint in registry.endpoints.all() {
            dispatcher.endpoint_saved(endpoint).await;
        }
        for channel in registry.channels.all() {
            senders.channel_saved(&channel);
        }
        let gateway = Arc::new(Self {
            links,
            addresses,
            metrics,
            dispatcher,
            senders,
            fetcher: Fetcher::start(files.clone()),
            collector: Collector::start(files.clone()),
            eraser: Eraser::start(files),
            retention,
            changing,
            streams: Arc::default(),
            stopping: watch::Sender::new(false),
            body_memory: Arc::new(Semaphore::new(settings.body_memory >> 10)),
            new_admin_key: Mutex::new(new_admin_key),
            settings,
            store,
            clock,
            random,
            ids,
            seal,
            media: media_store,
            registry,
            tail,
            default_workspace,
            admin_key_hash,
        });
        reprocess::all_soon(&gateway);
        Ok(gateway)
    }
}

/// Everything that stands in memory while the gateway runs.
async fn load(store: &dyn Store, seal: &Seal) -> Result<Registry, StartError> {
    let registry = Registry::default();
    for workspace in store.workspace_all().await? {
        registry.workspaces.put(workspace);
    }
    for key in store.key_all().await? {
        registry.keys.put(key);
    }
    for record in store.channel_all().await? {
        let id = record.channel.id;
        match LiveChannel::open(record, seal) {
            Ok(live) => registry.channels.put(live),
            Err(crate::registry::channels::CannotRun::Sealed(source)) => {
                return Err(StartError::Sealed { what: id.to_string(), source });
            }
            // A later version saved it. It stays in the store and is not served by this one.
            Err(error) => tracing::error!(channel.id = %id, %error, "a channel is not served"),
        }
    }
    for record in store.endpoint_all().await? {
        let what = record.endpoint.id.to_string();
        let live = LiveEndpoint::open(record, seal).map_err(|source| StartError::Sealed { what, source })?;
        registry.endpoints.put(Arc::new(live));
    }
    Ok(registry)
}

/// Whether this is the key that the first start sealed with, though there may be no secret yet to tell by.
async fn check_seal(store: &dyn Store, key: &Seal, random: &dyn Random) -> Result<(), StartError> {
    match store.setting(seal::CHECK).await? {
        Some(kept) => key
            .check(&Sealed(kept))
            .map_err(|source| StartError::Sealed { what: "this data folder".to_owned(), source }),
        None => Ok(store.setting_remember(seal::CHECK, key.make_check(random).0).await?),
    }
}

/// The workspace that the operator's key acts in unless told otherwise; made on the first start.
async fn default_workspace(
    store: &dyn Store,
    registry: &Registry,
    ids: &Ids,
    clock: &dyn Clock,
) -> Result<WorkspaceId, StartError> {
    let known = registry.workspaces.all().into_iter().find(|workspace| workspace.name == DEFAULT_WORKSPACE);
    if let Some(workspace) = known {
        return Ok(workspace.id);
    }
    let now = clock.now();
    let id = ids.next(WorkspaceId::next);
    let workspace = Workspace {
        id,
        name: DEFAULT_WORKSPACE.to_owned(),
        quotas: Quotas::default(),
        created_at: now,
        updated_at: now,
    };
    store.workspace_create(workspace.clone(), None, None).await?;
    registry.workspaces.put(workspace);
    Ok(id)
}

/// The hash of the operator's key; and the key itself, if it was made now.
async fn admin_key(
    store: &dyn Store,
    settings: &Settings,
    random: &dyn Random,
) -> Result<([u8; 32], Option<String>), StartError> {
    if let Some(key) = &settings.admin_key {
        return Ok((auth::hash(key), None));
    }
    let remembered = store.setting(ADMIN_KEY_HASH).await?;
    if let Some(hash) = remembered.and_then(|value| value.try_into().ok()) {
        return Ok((hash, None));
    }
    let key = format!("tid_admin_{}", random_text(random));
    let hash = auth::hash(&key);
    store.setting_remember(ADMIN_KEY_HASH, hash.to_vec()).await?;
    Ok((hash, Some(key)))
}

/// 256 random bits as text.
pub(crate) fn random_text(random: &dyn Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
