//! Meta's Graph API, as a business calls it that sends over `WhatsApp`: takes messages, answers with ids, and posts what
//! becomes of them to the callback.
//!
//! A call that sends has two outcomes, and this server keeps them apart on purpose: whether the vendor took the message,
//! and what the caller learned of it. There is no idempotency key at Meta, so a caller that lost the answer cannot ask
//! again; it can only wait for a status that carries its `biz_opaque_callback_data`. A [`Behaviour`] says both outcomes
//! for a call, a [`Ladder`] the statuses that follow, and [`Graph::accepted`] tells what was taken however it was
//! answered: a message that was taken twice was sent twice.
//!
//! Every call is checked as Meta checks it and refused with its error codes before any behaviour is used up. Sources: "Cloud
//! API › Reference" (messages, media, phone numbers), "Error codes", "Throughput", "Webhooks › Payload reference".
//!
//! ```text
//! call ─▶ token ─▶ content ─▶ throughput ─▶ behaviour ─┬▶ recorded, taken or not
//!         190      100,       130429                   ├▶ answer: whole, half, slow, none
//!                  1310xx                              └▶ statuses to the callback
//! ```

mod audience;
mod behaviour;
mod check;
mod choice;
mod control;
mod error;
mod handshake;
mod ladder;
mod magic;
mod multipart;
mod nodes;
mod outgoing;
mod place;
mod plan;
mod poster;
mod random;
mod read;
mod record;
mod review;
mod route;
mod send;
mod server;
mod shared;
mod subscribe;
#[cfg(test)]
mod tests;
mod throttle;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{net::TcpListener, task::JoinSet};

pub use behaviour::Behaviour;
pub use handshake::HandshakeError;
pub use ladder::{Ladder, Order, Step};
pub use magic::{MAGIC, Magic};
pub use record::Call;

pub(crate) use audience::{Audience, Posted, Taken};
pub(crate) use handshake::shake_hands;
pub(crate) use ladder::Sent;
pub(crate) use magic::has_dead_links;
pub(crate) use nodes::media::Media;
pub(crate) use outgoing::{Outgoing, Reset};
pub(crate) use poster::Round;
pub(crate) use random::{number_at, shuffle};
pub(crate) use route::{receive, whole};
pub(crate) use server::accept;
pub(crate) use shared::{Shared, locked};

use super::Account;

/// The vendor's clock: seconds since 1970.
pub type NowSeconds = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What a server begins with.
#[derive(Clone)]
pub struct GraphOptions {
    /// The number that is sent from. Its app secret signs the statuses.
    pub account: Account,
    /// The only token that is good.
    pub access_token: String,
    /// Where statuses are posted. Without one they are dropped.
    pub callback: Option<String>,
    /// What ids and chance depend on. Servers that play for one gateway need different seeds, or their ids collide.
    pub seed: u64,
    /// How calls are treated that nothing else was said about.
    pub default: Behaviour,
    /// Whether calls are kept. Without it they are only counted, which costs a benchmark less.
    pub record: bool,
    /// The vendor's clock, for the timestamps of statuses and the age of links.
    pub now_seconds: NowSeconds,
}

impl GraphOptions {
    /// Accepts everything, keeps calls, has no callback, and a clock that always shows the same second.
    pub fn new(account: Account, access_token: &str) -> GraphOptions {
        GraphOptions {
            account,
            access_token: access_token.to_owned(),
            callback: None,
            seed: 0,
            default: Behaviour::accept(),
            record: true,
            now_seconds: Arc::new(|| 1_776_609_000),
        }
    }
}

/// A running server. Clones are handles of the same one; it stops, and its connections break, when the last is dropped.
#[derive(Clone)]
pub struct Graph {
    shared: Arc<Shared>,
    // Held for its drop, which ends the accept loop, every connection and every status that is still to be posted.
    _tasks: Arc<JoinSet<()>>,
}

impl fmt::Debug for Graph {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Graph").field("base", &self.shared.base).finish_non_exhaustive()
    }
}

impl Graph {
    /// Starts on a free port of the loopback interface.
    pub async fn start(options: GraphOptions) -> std::io::Result<Graph> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let (shared, posting) = Shared::new(options, base, None);
        let handled = Arc::clone(&shared);
        let handle = move |request| {
            let shared = Arc::clone(&handled);
            async move { receive(&shared, whole(request).await?).await }
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, handle));
        tasks.spawn(posting);
        Ok(Graph { shared, _tasks: Arc::new(tasks) })
    }

    /// Where it listens: `http://127.0.0.1:port`. Paths begin with a version, such as `/v26.0`.
    pub fn base(&self) -> String {
        self.shared.base.clone()
    }

    /// Every call that was kept, in the order in which they were read whole. Besides those that send there are uploads,
    /// questions and refused calls.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.records.calls()
    }

    /// The next kept call that no handle was given yet, as soon as there is one.
    pub async fn next_call(&self) -> Call {
        self.shared.records.next().await
    }

    /// Waits until [`Graph::count`] is at least this.
    pub async fn reached(&self, count: u64) {
        self.shared.records.reached(count).await;
    }

    /// The ids of the kept messages that were taken with this `biz_opaque_callback_data`: more than one if the message
    /// was sent more than once.
    pub fn accepted(&self, tracker: &str) -> Vec<String> {
        self.shared.records.accepted(tracker)
    }

    /// How many calls there were, kept or not.
    pub fn count(&self) -> u64 {
        self.shared.records.count()
    }

    /// How many messages were taken, kept or not.
    pub fn accepted_count(&self) -> u64 {
        self.shared.records.accepted_count()
    }

    /// Forgets all calls and counts from nothing. What was told about behaviours stays.
    pub fn forget(&self) {
        self.shared.records.forget();
    }

    /// Waits until the statuses of every message that was taken are posted or given up.
    pub async fn idle(&self) {
        self.shared.poster.idle().await;
    }

    /// How many webhooks were given up since the start, because the callback did not answer 200 for about twenty seconds.
    pub fn given_up(&self) -> u64 {
        self.shared.poster.given_up()
    }
}
