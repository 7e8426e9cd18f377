//! To the contacts: each channel has a task of its own, which sends what is due at the pace that its vendor allows.
//!
//! The story of a message: it was accepted into the store's outbox; [`run`] reads the first of every recipient's line
//! when something is due; what has a file waits until the vendor has it ([`files`]); the [`pacer`] says which of them
//! may go now; [`message`] marks the attempt, calls the vendor, and settles what came of it. A mark survives everything:
//! whoever finds one after a crash knows that the message may have gone out, and does not send it again. [`care`] looks
//! after the channel itself, and [`templates`] after what its vendor has approved.
//!
//! No task waits for another, so a channel's trouble stays its own; and the store gives every channel its turn.

pub(crate) mod care;
mod files;
mod message;
pub(crate) mod pacer;
mod run;
pub(crate) mod templates;

use std::{collections::HashMap, sync::Arc};

use tidings_domain::{ChannelId, MessageId};
use tidings_net::Client;
use tidings_store::{Store, StoreError};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use crate::{
    clock::{Clock, Random},
    media_store::MediaStore,
    registry::{LiveChannel, Registry},
    telemetry::Metrics,
};

/// What all channels' tasks share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) client: Client,
    pub(crate) media: MediaStore,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry>,
    /// Whose turn it is to read templates.
    pub(crate) template_turns: templates::Turns,
    /// Held while records of channels are changed.
    pub(crate) changing: Arc<Mutex<()>>,
    /// Who holds the leases: this process.
    pub(crate) holder: String,
}

/// What a channel's task is told.
enum Command {
    /// There may be something new to send.
    Wake,
    /// Somebody wished something of a message that waits.
    Changed(MessageId),
    /// The channel's settings changed.
    Configure,
    /// The channel was probed, and nothing was found wrong.
    AnsweredProbe,
    /// Finish what is under way and end.
    Stop,
}

struct Running {
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

/// Sends messages.
pub(crate) struct Senders {
    shared: Arc<Shared>,
    running: std::sync::Mutex<HashMap<ChannelId, Running>>,
}

impl Senders {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), running: std::sync::Mutex::default() }
    }

    /// What its tasks share.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Running>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A channel is new, or has changed: from now on it runs so. To be called when the registry has it.
    pub(crate) fn channel_saved(&self, live: &LiveChannel) {
        let Some(outbound) = live.adapter.outbound() else { return };
        let mut running = self.running();
        if let Some(known) = running.get(&live.channel.id)
            && !known.task.is_finished()
        {
            // A full queue holds a command already, after which the registry is read anew.
            let _ = known.commands.try_send(Command::Configure);
            return;
        }
        let (commands, orders) = mpsc::channel(64);
        let (workspace, id) = (live.channel.workspace_id, live.channel.id);
        let task = tokio::spawn(run::channel(self.shared.clone(), (workspace, id), outbound, orders));
        running.insert(id, Running { commands, task });
    }

    /// There may be something new to send by a channel.
    pub(crate) fn wake(&self, id: ChannelId) {
        self.tell(id, Command::Wake);
    }

    /// Somebody wished something of a message that waits to be sent by a channel.
    pub(crate) fn changed(&self, id: ChannelId, message: MessageId) {
        self.tell(id, Command::Changed(message));
    }

    /// A channel was probed, and nothing was found wrong.
    pub(crate) fn answered_probe(&self, id: ChannelId) {
        self.tell(id, Command::AnsweredProbe);
    }

    fn tell(&self, id: ChannelId, command: Command) {
        if let Some(running) = self.running().get(&id) {
            // A full queue wakes it as well; and no message is sent that the store does not want sent.
            let _ = running.commands.try_send(command);
        }
    }

    /// A channel is about to be deleted: what is under way is finished, and what waits fails. To be called when the
    /// registry no longer has it.
    pub(crate) async fn channel_removed(&self, live: &LiveChannel) -> Result<(), StoreError> {
        let removed = self.running().remove(&live.channel.id);
        if let Some(removed) = removed {
            stop(removed).await;
        }
        self.shared.template_turns.forget(live.channel.id);
        self.abandon(live).await
    }

    /// What waits to be sent by a channel fails.
    pub(crate) async fn abandon(&self, live: &LiveChannel) -> Result<(), StoreError> {
        while self.shared.store.send_abandon(live.channel.clone(), self.shared.clock.now()).await? > 0 {}
        Ok(())
    }

    /// Ends all of it, after what is under way has been settled.
    pub(crate) async fn stop(&self) {
        let running: Vec<Running> = self.running().drain().map(|(_, running)| running).collect();
        futures_util::future::join_all(running.into_iter().map(stop)).await;
    }
}

async fn stop(Running { commands, task }: Running) {
    // A task that has ended already does not listen.
    let _ = commands.send(Command::Stop).await;
    // One that begins anew just then ends since nobody can tell it anything any more.
    drop(commands);
    if let Err(error) = task.await
        && error.is_panic()
    {
        tracing::error!(%error, "a channel's task panicked");
    }
}
