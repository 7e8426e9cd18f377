//! Posts webhooks to the callback, statuses of accepted messages above all: each message on its own, its statuses one after
//! another, each until it is answered 200. Meta goes on for seven days; here a callback that stays away is given up after some tries.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use serde_json::Value;
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    audience::{Audience, Posted},
    shared::locked,
};
use crate::whatsapp::Vendor;

/// With the pauses below a callback has about twenty seconds to come back, which is longer than any restart.
const TRIES: u32 = 25;
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many webhooks are under way at once. More would run the system out of ports before they were faster.
const CONNECTIONS: usize = 64;

/// The webhooks of one message.
#[derive(Debug)]
pub(crate) struct Round {
    /// In the order in which they are posted.
    pub(crate) webhooks: Vec<Value>,
    /// How long to wait before the first.
    pub(crate) delay: Duration,
    /// How long to wait between two of them.
    pub(crate) pause: Duration,
    /// Begins when the other end is dropped.
    pub(crate) hold: oneshot::Receiver<()>,
    /// Dropped when all are posted or given up.
    pub(crate) done: Vec<oneshot::Sender<()>>,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The callback and the connections to it.
#[derive(Debug)]
pub(crate) struct Poster {
    app_secret: String,
    callback: Mutex<Option<String>>,
    audience: Option<Arc<dyn Audience>>,
    /// Webhooks that are held back, while they are.
    held: Mutex<Option<Vec<Value>>>,
    /// Connections that nobody uses, each with the address it is for.
    resting: Mutex<Vec<(String, Vendor)>>,
    permits: Semaphore,
    under_way: watch::Sender<usize>,
    given_up: AtomicU64,
    tasks: mpsc::UnboundedSender<Task>,
}

impl Poster {
    /// A poster, and the work that somebody must run for it: [`run`].
    pub(super) fn new(
        app_secret: String,
        callback: Option<String>,
        audience: Option<Arc<dyn Audience>>,
    ) -> (Arc<Poster>, impl Future<Output = ()> + Send + use<>) {
        let (tasks, queue) = mpsc::unbounded_channel();
        let poster = Poster {
            app_secret,
            callback: Mutex::new(callback),
            audience,
            held: Mutex::default(),
            resting: Mutex::default(),
            permits: Semaphore::new(CONNECTIONS),
            under_way: watch::Sender::new(0),
            given_up: AtomicU64::new(0),
            tasks,
        };
        (Arc::new(poster), run(queue))
    }

    pub(crate) fn callback(&self) -> Option<String> {
        locked(&self.callback).clone()
    }

    pub(crate) fn set_callback(&self, url: Option<String>) {
        *locked(&self.callback) = url;
        locked(&self.resting).clear();
    }

    /// Takes a round over. It counts as under way from now on.
    pub(crate) fn begin(self: &Arc<Poster>, round: Round) {
        let poster = Arc::clone(self);
        self.run(async move { poster.post(round).await });
    }

    /// Posts a webhook as soon as it can be.
    pub(crate) fn begin_at_once(self: &Arc<Poster>, webhook: Value) {
        let poster = Arc::clone(self);
        self.run(async move {
            if !poster.post_until_taken(&webhook).await {
                poster.given_up.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    /// Runs something that will post. It counts as under way from now on.
    pub(crate) fn run(self: &Arc<Poster>, task: impl Future<Output = ()> + Send + 'static) {
        self.under_way.send_modify(|count| *count += 1);
        let under_way = UnderWay(Arc::clone(self));
        // Nobody runs it any more when the server is being dropped.
        let _ = self.tasks.send(Box::pin(async move {
            task.await;
            drop(under_way);
        }));
    }

    /// From now on nothing is posted and everything kept, until it is released.
    pub(crate) fn hold_back(&self) {
        locked(&self.held).get_or_insert_default();
    }

    /// What was held back since then; from now on it is posted again.
    pub(crate) fn release(&self) -> Vec<Value> {
        locked(&self.held).take().unwrap_or_default()
    }

    fn keep(&self, webhook: &Value) -> bool {
        let mut held = locked(&self.held);
        held.as_mut().map(|held| held.push(webhook.clone())).is_some()
    }

    /// Returns when no round is under way.
    pub(crate) async fn idle(&self) {
        // The sender is our own, so the wait ends in no other way.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    /// How many webhooks were not posted because the callback did not take them or one before them.
    pub(crate) fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    async fn post(&self, round: Round) {
        let Round { webhooks, delay, pause, hold, done } = round;
        // An error says that the other end was dropped, which is the sign to begin.
        let _ = hold.await;
        sleep(delay).await;
        let mut left = u64::try_from(webhooks.len()).unwrap_or(u64::MAX);
        for (place, webhook) in webhooks.iter().enumerate() {
            if place > 0 {
                sleep(pause).await;
            }
            if !self.post_until_taken(webhook).await {
                // What comes later would be given up as well, only later.
                self.given_up.fetch_add(left, Ordering::Relaxed);
                break;
            }
            left -= 1;
        }
        drop(done);
    }

    async fn post_until_taken(&self, webhook: &Value) -> bool {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=TRIES {
            if self.keep(webhook) {
                return true;
            }
            // Without a callback there is nobody to tell, as with an app that subscribed to nothing.
            let Some(url) = self.callback() else { return true };
            if self.post_once(&url, webhook, attempt).await {
                return true;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        false
    }

    async fn post_once(&self, url: &str, webhook: &Value, attempt: u32) -> bool {
        let Ok(_permit) = self.permits.acquire().await else { return false };
        let Some(mut vendor) = self.vendor(url) else { return false };
        let start = Instant::now();
        let answer = vendor.post(webhook).await;
        let taken = matches!(answer, Ok(StatusCode::OK));
        if let Some(audience) = &self.audience {
            audience.posted(&Posted { webhook, url, attempt, answer, duration: start.elapsed() });
        }
        locked(&self.resting).push((url.to_owned(), vendor));
        taken
    }

    fn vendor(&self, url: &str) -> Option<Vendor> {
        let mut resting = locked(&self.resting);
        while let Some((address, vendor)) = resting.pop() {
            if address == url {
                return Some(vendor);
            }
        }
        Vendor::new(url, &self.app_secret).ok()
    }
}

/// Runs every round beside the others, and ends all of them when it is dropped.
async fn run(mut queue: mpsc::UnboundedReceiver<Task>) {
    let mut rounds = JoinSet::new();
    loop {
        tokio::select! {
            task = queue.recv() => match task {
                Some(task) => { rounds.spawn(task); }
                None => return,
            },
            Some(_) = rounds.join_next() => {}
        }
    }
}

/// Counts down however a round ends.
struct UnderWay(Arc<Poster>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}
