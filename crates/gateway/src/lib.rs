//! What runs: intake, dispatch, and the HTTP surface over any store.
//!
//! The story of a message: `http` takes a vendor's webhook, `flow::intake` verifies and reads it and hands it to the
//! store; the store's commit tells `flow::tail`, from which `flow::dispatch` sends webhooks and `http` feeds event
//! streams. `flow::retention` deletes what is old. A message to send goes from `http` to the store's outbox, and from there by `flow::send` to the vendor. What every request asks for (channels, endpoints, keys) stands in `registry`; secrets pass through [`seal`]
//! on their way to the store and back; uploaded files lie in `media_store`.
//!
//! A [`Gateway`] is a value: several run in one process, each with its own clock, store and metrics. It never names a
//! backend, reads no environment and prints nothing.

pub mod clock;
pub mod seal;
pub mod settings;
pub mod telemetry;

mod flow;
mod http;
mod media_store;
mod registry;
mod start;

use std::sync::{Arc, Mutex, PoisonError};

use tidings_domain::WorkspaceId;
use tidings_net::AddressPolicy;
use tidings_store::Store;
use tokio::sync::watch;

use crate::{
    clock::{Clock, Ids, Random},
    flow::{
        dispatch::Dispatcher,
        erasure::Eraser,
        links::Links,
        media::{Collector, Fetcher},
        retention::Retention,
        send::Senders,
        tail::Tail,
    },
    media_store::MediaStore,
    registry::Registry,
    seal::Seal,
    telemetry::Metrics,
};
pub use crate::{
    http::{openapi::openapi, server::serve},
    media_store::media_place,
    settings::Settings,
    start::{Environment, StartError},
};

/// A gateway: everything that its parts share.
pub struct Gateway {
    pub(crate) settings: Settings,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) ids: Arc<Ids>,
    pub(crate) seal: Arc<Seal>,
    pub(crate) media: MediaStore,
    pub(crate) addresses: AddressPolicy,
    pub(crate) links: Arc<Links>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) tail: Arc<Tail>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) senders: Senders,
    pub(crate) fetcher: Fetcher,
    pub(crate) collector: Collector,
    pub(crate) eraser: Eraser,
    pub(crate) retention: Retention,
    pub(crate) default_workspace: WorkspaceId,
    pub(crate) admin_key_hash: [u8; 32],
    /// Held while workspaces, keys, channels or endpoints are changed, so that of two changes of one thing neither is
    /// lost, and memory follows the store in the store's order.
    pub(crate) changing: Arc<tokio::sync::Mutex<()>>,
    /// How many KiB of long bodies may still be held.
    pub(crate) body_memory: Arc<tokio::sync::Semaphore>,
    /// The event streams that are open.
    pub(crate) streams: Arc<http::streams::Streams>,
    /// Becomes true when the server stops, so that event streams end.
    pub(crate) stopping: watch::Sender<bool>,
    new_admin_key: Mutex<Option<String>>,
}

impl Gateway {
    /// Ends sends and deliveries, after what is under way has been written down. To be called when serving is over.
    pub async fn stop(&self) {
        self.fetcher.stop();
        self.collector.stop();
        self.eraser.stop();
        self.retention.stop().await;
        self.senders.stop().await;
        self.dispatcher.stop().await;
    }

    /// The operator's key, if this start made it: to be shown now or never. `None` from the second call on.
    pub fn take_new_admin_key(&self) -> Option<String> {
        self.new_admin_key.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
