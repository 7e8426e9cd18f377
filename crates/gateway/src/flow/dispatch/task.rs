//! One endpoint's task: begins, ends by itself, and begins anew.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tidings_store::{ENDPOINT_LEASE, StoreError};
use tidings_webhooks::courier::{Courier, Limits};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{Command, Held, Shared, run::run};
use crate::registry::LiveEndpoint;

/// How long to wait after the store has refused.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
/// How long to wait at most before one that has panicked begins anew.
const PATIENCE_AT_MOST: Duration = Duration::from_mins(1);

/// Runs an endpoint until it is told to stop. A panic is a bug that ends what is under way, as a kill would, and nothing
/// else: it begins anew, later and later if that does not help, since what was under way is sent again.
pub(super) async fn endpoint(
    shared: Arc<Shared>,
    mut live: Arc<LiveEndpoint>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let mut patience = PATIENCE;
    loop {
        let begun = Instant::now();
        let running = run_until_stopped(shared.clone(), live.clone(), &mut commands);
        if AssertUnwindSafe(running).catch_unwind().await.is_ok() {
            return;
        }
        patience = if begun.elapsed() > PATIENCE_AT_MOST { PATIENCE } else { (patience * 2).min(PATIENCE_AT_MOST) };
        tracing::error!(endpoint.id = %live.endpoint.id, "an endpoint's task panicked; it begins anew");
        let Some(known) = shared.registry.endpoints.find(live.endpoint.id) else { return };
        live = known;
        if wait(patience, &mut live, &mut commands).await.is_none() {
            return;
        }
    }
}

/// Runs an endpoint until it is told to stop. When it ends before (the endpoint is paused or answered 410, another process
/// has taken it over) it waits to be configured anew.
async fn run_until_stopped(
    shared: Arc<Shared>,
    mut live: Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) {
    while let Some(ended) = run(shared.clone(), live, commands).await {
        // What came while it ended may be older than that it was disabled.
        let is_enabled = |configured: &Arc<LiveEndpoint>| {
            shared.registry.endpoints.find(configured.endpoint.id).is_some_and(|known| known.endpoint.enabled)
        };
        let configured = match ended.configured.filter(is_enabled) {
            Some(configured) => Some(configured),
            None => configured(commands).await,
        };
        match configured {
            Some(configured) => live = configured,
            None => return,
        }
    }
}

/// How it ended by itself.
pub(super) struct Ended {
    /// The settings that came while it ended.
    pub(super) configured: Option<Arc<LiveEndpoint>>,
}

/// Waits for settings; `None` if there will be none.
async fn configured(commands: &mut mpsc::UnboundedReceiver<Command>) -> Option<Arc<LiveEndpoint>> {
    loop {
        match commands.recv().await? {
            Command::Configure(live) if live.endpoint.enabled => return Some(live),
            Command::Configure(_) | Command::Resend(..) | Command::Replay | Command::Overtaken(_) => {}
            Command::Stop => return None,
        }
    }
}

/// Takes the lease and takes up where the endpoint was left, however long the store needs.
pub(super) async fn begin(
    shared: &Arc<Shared>,
    live: &mut Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Option<(u64, Courier<Held>)> {
    let id = live.endpoint.id;
    loop {
        let begun = async {
            let epoch = shared.store.lease_acquire(ENDPOINT_LEASE, id.uuid(), &shared.holder).await?;
            Ok::<_, StoreError>((epoch, shared.store.delivery_load(id).await?))
        };
        match begun.await {
            Ok((epoch, state)) => {
                let mut courier = Courier::new(&live.endpoint, Limits::default(), state);
                courier.try_now(shared.clock.now());
                return Some((epoch, courier));
            }
            Err(StoreError::NotFound(_) | StoreError::Stopped) => return None,
            Err(error) => tracing::error!(endpoint.id = %id, %error, "cannot begin to deliver; trying again"),
        }
        wait(PATIENCE, live, commands).await?;
    }
}

/// Lets time pass before something is tried again; `None` if it was told to stop. One that is paused meanwhile waits until
/// it is enabled.
async fn wait(
    time: Duration,
    live: &mut Arc<LiveEndpoint>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Option<()> {
    let mut passed = pin!(sleep(time));
    if !live.endpoint.enabled {
        *live = configured(commands).await?;
    }
    loop {
        tokio::select! {
            () = &mut passed => return Some(()),
            command = commands.recv() => match command? {
                Command::Stop => return None,
                Command::Configure(changed) if changed.endpoint.enabled => *live = changed,
                Command::Configure(_) => *live = configured(commands).await?,
                Command::Resend(..) | Command::Replay | Command::Overtaken(_) => {}
            },
        }
    }
}
