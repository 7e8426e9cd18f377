//! One channel's task: reads what is due, sends it at the pacer's word, and looks after the channel.

use std::{collections::HashSet, panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tidings_channels::Outbound;
use tidings_domain::{
    ChannelId, MediaId, MessageId, Timestamp, WorkspaceId, channel::ChannelStatus, outgoing::Priority, sending::Turn,
};
use tidings_store::{CHANNEL_LEASE, Due, DueLimits, StoreError, Waiting};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, Sleep, sleep},
};

use super::{
    Command, Shared, care,
    files::{AtVendor, Files},
    message::{self, Ended, Means, PATIENCE},
    pacer::{Pacer, READ},
    templates::{self, Unread},
};
use crate::{
    flow::{pending::pending, vendor::Vendor},
    registry::LiveChannel,
};

/// How many calls of one channel may run at once.
const CONCURRENCY: usize = 64;
/// Timers are no finer.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// How soon a changed clock is noticed while something waits for its time.
const TICK: Duration = Duration::from_secs(1);
/// How soon it is noticed otherwise.
const LONG_TICK: Duration = Duration::from_mins(1);
/// How often a channel that works is probed.
const PROBE_EVERY: Duration = Duration::from_hours(24);
/// How often a channel that is disconnected is probed.
const PROBE_DISCONNECTED_EVERY: Duration = Duration::from_mins(5);

struct Run {
    shared: Arc<Shared>,
    live: Arc<LiveChannel>,
    outbound: &'static dyn Outbound,
    vendor: Vendor,
    pacer: Pacer,
    files: Files,
    trial: Trial,
    epoch: u64,
    sends: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// Messages that are given up or have been held for too long.
    endings: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// Which these are: a message is ended once at a time.
    ending: HashSet<MessageId>,
    reading: Option<BoxFuture<'static, Result<Due, StoreError>>>,
    probing: Option<BoxFuture<'static, Result<bool, StoreError>>>,
    reading_templates: Option<BoxFuture<'static, ()>>,
    /// Of what the store may have something that the pacer does not know.
    stale: Stale,
    /// When something else becomes due, or it becomes too late for it.
    next_at: Option<Timestamp>,
    probe_at: Timestamp,
    last_active_at: Option<Timestamp>,
    stopping: watch::Sender<bool>,
    /// The channel is another process's now, or gone.
    is_lost: bool,
}

/// Whether a channel that is disconnected answers probes, so that a message is to find out whether it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    None,
    Wanted,
    UnderWay(MessageId),
}

/// Of which priorities the store may have something new.
#[derive(Debug, Clone, Copy)]
struct Stale {
    interactive: bool,
    bulk: bool,
}

impl Stale {
    const ALL: Self = Self { interactive: true, bulk: true };
}

/// Sends what is due by a channel until it is told to stop. A panic is a bug that ends what is under way, as a kill would,
/// and nothing else: it begins anew.
pub(super) async fn channel(
    shared: Arc<Shared>,
    ids: (WorkspaceId, ChannelId),
    outbound: &'static dyn Outbound,
    mut orders: mpsc::Receiver<Command>,
) {
    while AssertUnwindSafe(send_until_stopped(shared.clone(), ids, outbound, &mut orders)).catch_unwind().await.is_err()
    {
        tracing::error!(channel.id = %ids.1, "a channel's task panicked; it begins anew");
        sleep(PATIENCE).await;
    }
}

async fn send_until_stopped(
    shared: Arc<Shared>,
    (workspace, id): (WorkspaceId, ChannelId),
    outbound: &'static dyn Outbound,
    orders: &mut mpsc::Receiver<Command>,
) {
    let Some(epoch) = begin(&shared, id, orders).await else { return };
    let Some(live) = shared.registry.channels.get(workspace, id) else { return };
    let now = shared.clock.now();
    let mut run = Run {
        vendor: Vendor::of(&shared.client, &live),
        pacer: Pacer::new(outbound.pace(&live.record.settings), CONCURRENCY),
        files: Files::new(),
        trial: Trial::None,
        probe_at: now.plus(wait_for_probe(&live)),
        shared,
        live,
        outbound,
        epoch,
        sends: FuturesUnordered::new(),
        endings: FuturesUnordered::new(),
        ending: HashSet::new(),
        reading: None,
        probing: None,
        reading_templates: None,
        stale: Stale::ALL,
        next_at: None,
        last_active_at: None,
        stopping: watch::Sender::new(false),
        is_lost: false,
    };
    let mut timer = Box::pin(sleep(Duration::ZERO));
    loop {
        run.proceed();
        if run.is_over() {
            return;
        }
        run.set(&mut timer);
        tokio::select! {
            biased;
            // Once told to stop, it is told nothing more; a queue that nobody fills any longer would always answer.
            command = orders.recv(), if !run.is_told_to_stop() => run.told(command.as_ref()),
            Some(ended) = run.sends.next(), if !run.sends.is_empty() => {
                run.sent(&ended);
                while let Some(Some(ended)) = run.sends.next().now_or_never() {
                    run.sent(&ended);
                }
            }
            Some(ended) = run.endings.next(), if !run.endings.is_empty() => run.ended(&ended),
            found = run.files.next() => run.has_found(found),
            due = pending(&mut run.reading) => run.has_read(due),
            probed = pending(&mut run.probing) => run.has_probed(probed),
            () = pending(&mut run.reading_templates) => {}
            () = &mut timer => {}
        }
    }
}

/// Takes the channel's lease, so that nobody else sends by it.
async fn begin(shared: &Shared, id: ChannelId, orders: &mut mpsc::Receiver<Command>) -> Option<u64> {
    loop {
        match shared.store.lease_acquire(CHANNEL_LEASE, id.uuid(), &shared.holder).await {
            Ok(epoch) => return Some(epoch),
            Err(StoreError::Stopped) => return None,
            Err(error) => tracing::error!(channel.id = %id, %error, "cannot begin to send; trying again"),
        }
        tokio::select! {
            () = sleep(PATIENCE) => {}
            command = orders.recv() => if let None | Some(Command::Stop) = command { return None },
        }
    }
}

fn wait_for_probe(live: &LiveChannel) -> Duration {
    if live.channel.status == ChannelStatus::Disconnected { PROBE_DISCONNECTED_EVERY } else { PROBE_EVERY }
}

impl Run {
    fn is_told_to_stop(&self) -> bool {
        *self.stopping.borrow()
    }

    fn is_stopping(&self) -> bool {
        self.is_lost || self.is_told_to_stop()
    }

    fn is_over(&self) -> bool {
        self.is_stopping() && self.sends.is_empty() && self.endings.is_empty()
    }

    /// Starts everything that can be started now.
    fn proceed(&mut self) {
        if self.is_stopping() {
            return;
        }
        let now = self.shared.clock.now();
        self.follow_registry(now);
        if self.is_lost {
            return;
        }
        if self.is_open() {
            self.send(now);
        } else if self.trial == Trial::Wanted {
            self.try_one(now);
        }
        // After what went out has made room, and what could not has asked for it.
        self.read(now);
        self.probe(now);
    }

    /// The registry follows what was committed and what was configured.
    fn follow_registry(&mut self, now: Timestamp) {
        let Some(live) = self.shared.registry.channels.get(self.live.channel.workspace_id, self.live.channel.id) else {
            // It was deleted: what is under way is finished.
            self.is_lost = true;
            return;
        };
        if Arc::ptr_eq(&live, &self.live) {
            return;
        }
        let was = std::mem::replace(&mut self.live, live);
        if was.channel.status != self.live.channel.status {
            self.probe_at = now.plus(wait_for_probe(&self.live));
            self.stale = Stale::ALL;
            if was.channel.status == ChannelStatus::Disconnected {
                self.trial = Trial::None;
                self.pacer.resume(now);
            }
        }
        if was.record.settings != self.live.record.settings {
            self.pacer.set_pace(self.outbound.pace(&self.live.record.settings));
        }
        if !Arc::ptr_eq(&was.secrets, &self.live.secrets)
            || was.api_base() != self.live.api_base()
            || was.record.account != self.live.record.account
        {
            self.vendor = Vendor::of(&self.shared.client, &self.live);
            self.files = Files::new();
        }
    }

    /// Reads what is due, where the pacer holds little and there may be something new.
    fn read(&mut self, now: Timestamp) {
        if self.next_at.is_some_and(|next_at| next_at <= now) {
            self.stale = Stale::ALL;
        }
        let interactive = self.stale.interactive && self.pacer.is_low(Priority::Interactive);
        let bulk = self.stale.bulk && self.pacer.is_low(Priority::Bulk);
        if self.reading.is_some() || !(interactive || bulk) {
            return;
        }
        self.next_at = None;
        self.stale.interactive &= !interactive;
        self.stale.bulk &= !bulk;
        let (store, id) = (self.shared.store.clone(), self.live.channel.id);
        let limit = |wanted: bool| if wanted { READ } else { 0 };
        let limits = DueLimits { interactive: limit(interactive), bulk: limit(bulk) };
        self.reading = Some(Box::pin(async move { store.send_due(id, now, limits).await }));
    }

    fn has_read(&mut self, due: Result<Due, StoreError>) {
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(channel.id = %self.live.channel.id, %error, "cannot read what is to be sent");
                self.next_at = Some(self.shared.clock.now().plus(PATIENCE));
                return;
            }
        };
        let now = self.shared.clock.now();
        self.next_at = due.next_at;
        for message_id in due.unknown {
            self.end(message_id);
        }
        let is_disconnected = self.live.channel.status == ChannelStatus::Disconnected;
        let hold = self.live.terms().hold;
        let ends_at = |waiting: &Waiting| {
            let held_since = due.disconnected_at.map_or(waiting.queued_at, |since| since.max(waiting.queued_at));
            let held_until = is_disconnected.then(|| held_since.plus(hold));
            [waiting.expires_at, held_until].into_iter().flatten().min()
        };
        let mut waiting = due.waiting;
        waiting.retain(|waiting| match ends_at(waiting) {
            // However long anything pauses.
            Some(at) if at <= now => {
                self.end(waiting.message_id);
                false
            }
            at => {
                self.next_at = [self.next_at, at].into_iter().flatten().min();
                true
            }
        });
        if !is_disconnected || self.trial != Trial::None {
            self.offer(waiting, now);
        }
    }

    /// Offers what has its file at the vendor, and lets the others' files be brought there.
    fn offer(&mut self, waiting: Vec<Waiting>, now: Timestamp) {
        let means = self.means();
        for waiting in waiting {
            if !self.pacer.takes(&waiting) {
                continue;
            }
            match waiting.media.filter(|media| !self.files.knows(*media, now)) {
                Some(media) => self.files.seek(means.clone(), media, waiting.priority),
                None => self.pacer.offer(waiting),
            }
        }
    }

    fn has_found(&mut self, found: (MediaId, Priority, AtVendor)) {
        self.files.found(found, self.shared.clock.now());
        self.stale = Stale::ALL;
    }

    /// Lets the writer end a message that it is too late for.
    fn end(&mut self, message_id: MessageId) {
        if self.ending.insert(message_id) {
            self.endings.push(Box::pin(message::end(self.means(), message_id)));
        }
    }

    fn ended(&mut self, ended: &Ended) {
        self.ending.remove(&ended.message_id);
        self.is_lost |= ended.lost;
        // What comes behind it is the first of its line now.
        self.stale = Stale::ALL;
    }

    fn means(&self) -> Means {
        Means {
            shared: self.shared.clone(),
            live: self.live.clone(),
            outbound: self.outbound,
            vendor: self.vendor.clone(),
            epoch: self.epoch,
            last_active_at: self.last_active_at,
            turn: Turn::Send,
            stopping: self.stopping.subscribe(),
        }
    }

    fn send(&mut self, now: Timestamp) {
        let means = self.means();
        while let Some((message_id, file)) = self.next(now) {
            self.sends.push(Box::pin(message::send(means.clone(), message_id, file)));
        }
    }

    /// Sends one message by a channel that is disconnected.
    fn try_one(&mut self, now: Timestamp) {
        let Some((message_id, file)) = self.next(now) else { return };
        self.trial = Trial::UnderWay(message_id);
        let means = Means { turn: Turn::Trial, ..self.means() };
        self.sends.push(Box::pin(message::send(means, message_id, file)));
    }

    /// The next message that may go out now, and what is known of its file.
    fn next(&mut self, now: Timestamp) -> Option<(MessageId, Option<(MediaId, AtVendor)>)> {
        loop {
            let Waiting { message_id, media, .. } = self.pacer.next(now)?;
            let Some(media) = media else { return Some((message_id, None)) };
            if let Some(found) = self.files.at_turn(media, now) {
                return Some((message_id, Some((media, found.clone()))));
            }
            // It has waited for so long that its file is to be sought again.
            self.pacer.put_back(message_id, now);
            self.stale = Stale::ALL;
        }
    }

    fn sent(&mut self, ended: &Ended) {
        let now = self.shared.clock.now();
        self.pacer.finished(ended.message_id, ended.pause, now);
        if let Some(vendor) = ended.vendor {
            self.pacer.found(vendor, now);
        }
        if ended.accepted {
            self.last_active_at = Some(now);
        }
        self.is_lost |= ended.lost;
        if let Some(media) = ended.lost_file {
            self.files.forget(media);
        }
        if self.trial == Trial::UnderWay(ended.message_id) {
            // What was wrong with the message alone proves nothing: the next one is tried.
            self.trial = if ended.troubled { Trial::None } else { Trial::Wanted };
        }
        // The next of its recipient's line is the first now.
        self.stale = Stale::ALL;
    }

    fn probe(&mut self, now: Timestamp) {
        if self.probing.is_some() || now < self.probe_at {
            return;
        }
        self.probe_at = now.plus(wait_for_probe(&self.live));
        let (shared, live, outbound) = (self.shared.clone(), self.live.clone(), self.outbound);
        let last_active_at = self.last_active_at;
        self.probing =
            Some(Box::pin(
                async move { Ok(care::probe(&shared, &live, outbound, false, last_active_at).await?.is_ok()) },
            ));
    }

    fn has_probed(&mut self, probed: Result<bool, StoreError>) {
        match probed {
            Ok(true) => {
                self.answered_probe();
                self.read_templates();
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(channel.id = %self.live.channel.id, %error, "a probe is not remembered"),
        }
    }

    fn read_templates(&mut self) {
        let (shared, live, outbound) = (self.shared.clone(), self.live.clone(), self.outbound);
        let read = async move {
            match templates::read(&shared, &live, outbound).await {
                Ok(_) | Err(Unread::None) => {}
                Err(error) => tracing::warn!(channel.id = %live.channel.id, %error, "templates are not read"),
            }
        };
        self.reading_templates.get_or_insert_with(|| Box::pin(read));
    }

    /// Nothing is wrong, as far as a probe can see. If the channel stays disconnected, a message has to tell.
    fn answered_probe(&mut self) {
        let now = self.shared.clock.now();
        self.last_active_at = Some(now);
        self.follow_registry(now);
        if self.live.channel.status == ChannelStatus::Disconnected && self.trial == Trial::None {
            self.trial = Trial::Wanted;
            self.pacer.resume(now);
            self.stale = Stale::ALL;
        }
    }

    fn told(&mut self, command: Option<&Command>) {
        match command {
            None | Some(Command::Stop) => {
                self.stopping.send_replace(true);
            }
            Some(Command::Wake) => self.stale = Stale::ALL,
            Some(Command::Changed(message_id)) => {
                self.stale = Stale::ALL;
                self.pacer.forget(*message_id);
                // A retry may follow from news of the vendor's.
                self.files.doubt();
            }
            Some(Command::AnsweredProbe) => self.answered_probe(),
            Some(Command::Configure) => {
                self.stale = Stale::ALL;
                if self.live.channel.status == ChannelStatus::Disconnected {
                    // Perhaps with another token.
                    self.probe_at = self.shared.clock.now();
                }
            }
        }
    }

    /// Whether messages may go out at all.
    fn is_open(&self) -> bool {
        self.live.channel.status != ChannelStatus::Disconnected
    }

    /// Sets the timer to when something is to be done.
    fn set(&self, timer: &mut Pin<Box<Sleep>>) {
        let wait = if self.is_stopping() { LONG_TICK } else { self.rest() };
        timer.as_mut().reset(Instant::now() + wait.clamp(SHORTEST_WAIT, LONG_TICK));
    }

    /// How long there is nothing to do, if nothing comes to its end.
    fn rest(&self) -> Duration {
        let now = self.shared.clock.now();
        let sends = self.is_open() || self.trial == Trial::Wanted;
        let pacer = self.pacer.wakes_at(now).filter(|_| sends).map(|at| at.since(now));
        // What has become due already is being read, or waits until the pacer holds less.
        let due = self.next_at.filter(|next_at| *next_at > now).map(|next_at| next_at.since(now).min(TICK));
        let probe = self.probing.is_none().then(|| self.probe_at.since(now));
        [pacer, due, probe].into_iter().flatten().min().unwrap_or(LONG_TICK)
    }
}
