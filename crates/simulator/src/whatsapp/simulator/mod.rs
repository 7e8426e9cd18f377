//! The vendor for developers who have no account there: the Graph API, customers with phones of their own, a page to look
//! at and to write from, and an API to steer it all by.
//!
//! One address serves everything. `/simulator/…` is the control API, `/` the page, and every other path the Graph API as
//! [`graph`](super::graph) plays it, watched: each call and each webhook is kept with its answer. Nothing is written to
//! disk; what a run does follows from its seed and from what it is asked.
//!
//! | path | what |
//! |---|---|
//! | `GET /simulator` | the state: account, token, callback, customers, counts |
//! | `GET, POST /simulator/customers` | all customers; another one |
//! | `GET, PATCH /simulator/customers/{id}` | one with its chat; by id, phone or user id |
//! | `POST /simulator/messages` | a customer writes, sends, presses or reacts |
//! | `POST /simulator/behaviours` | how calls that send are treated |
//! | `POST /simulator/templates` | what Meta decides about a template |
//! | `POST /simulator/faults` | what goes wrong with webhooks, token, media and throughput |
//! | `PUT, DELETE /simulator/callback` | Meta's handshake, and where webhooks go |
//! | `GET /simulator/log`, `/simulator/stream` | calls and webhooks with their answers, and all of it as it happens |
//! | `GET /simulator/media/{id}` | the bytes of a file |

mod answer;
mod behaviours;
mod callback;
mod control;
mod customers;
mod document;
mod faults;
mod first_templates;
mod guard;
mod listen;
mod log;
mod page;
mod query;
mod reviews;
mod state;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc};

use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use self::{guard::Guard, listen::Desk};
use super::{
    Account,
    graph::{GraphOptions, HandshakeError, MAGIC, NowSeconds, Shared, accept, has_dead_links, shake_hands},
    world::World,
};

pub use super::world::{Entry, Told};
pub use document::DocumentError;

/// What a simulator begins with.
#[derive(Clone)]
pub struct SimulatorOptions {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The address that others call it by, such as `http://simulator:7788`; without one, where it listens.
    pub public_url: Option<String>,
    /// The number that is sent from. Its app secret signs the webhooks.
    pub account: Account,
    /// The only token that is good.
    pub access_token: String,
    /// Where webhooks are posted. Without one they are dropped.
    pub callback: Option<String>,
    /// What ids and chance depend on.
    pub seed: u64,
    /// The vendor's clock.
    pub now_seconds: NowSeconds,
}

/// A running simulator. It stops, and its connections break, when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    desk: Arc<Desk>,
    base: String,
    // Held for its drop, which ends the accept loop, every connection and everything that is under way.
    _tasks: JoinSet<()>,
}

impl Simulator {
    /// Starts it.
    pub async fn start(options: SimulatorOptions) -> std::io::Result<Simulator> {
        let SimulatorOptions { listen, public_url, account, access_token, callback, seed, now_seconds } = options;
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let base = public_url.map_or_else(|| format!("http://{address}"), |url| url.trim_end_matches('/').to_owned());
        let guard = Guard::new(address, &base);
        let graph =
            GraphOptions { callback, seed, now_seconds, record: false, ..GraphOptions::new(account, &access_token) };
        let world = World::new(seed);
        let (shared, posting) = Shared::new(graph, base.clone(), Some(world.clone()));
        shared.set_templates(first_templates::first_templates());
        let desk = Arc::new(Desk { shared, world, access_token, guard });
        let handled = Arc::clone(&desk);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, move |request| {
            let desk = Arc::clone(&handled);
            async move { desk.receive(request).await }
        }));
        tasks.spawn(posting);
        Ok(Simulator { desk, base, _tasks: tasks })
    }

    /// `http://host:port`: the page, and what a business takes for `https://graph.facebook.com`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Everything that happens from now on, as it happens.
    pub fn watch(&self) -> mpsc::Receiver<Told> {
        self.desk.world.journal.watch()
    }

    /// The calls and webhooks that are kept, the oldest first.
    pub fn log(&self) -> Vec<Entry> {
        self.desk.world.journal.entries(0, usize::MAX)
    }

    /// What `GET /simulator` answers.
    pub fn state(&self) -> Value {
        state::state(&self.desk)
    }

    /// Waits until every webhook is posted or given up, and every customer has answered that will.
    pub async fn idle(&self) {
        self.desk.shared.poster().idle().await;
    }

    /// Treats every call that sends as one to a number that ends so, where nothing else is told. Answers whether there is
    /// such an ending.
    pub fn ask_for_trouble(&self, ending: &str) -> bool {
        let Some(magic) = MAGIC.iter().find(|magic| magic.ending == ending) else { return false };
        self.desk.shared.choose(|choice| choice.reset(Some(magic.behaviour())));
        if has_dead_links(ending) {
            self.desk.shared.set_dead_links(true);
        }
        true
    }

    /// What `POST /simulator/behaviours` does with this document.
    pub fn tell_behaviours(&self, document: &str) -> Result<(), DocumentError> {
        behaviours::tell(&self.desk, document::read(document.as_bytes())?).map(drop)
    }

    /// What `POST /simulator/faults` does with this document.
    pub fn tell_faults(&self, document: &str) -> Result<(), DocumentError> {
        faults::tell(&self.desk, &document::read(document.as_bytes())?).map(drop)
    }

    /// Asks a callback whether it knows the token, as Meta does, and makes it the callback if so.
    pub async fn verify_callback(&self, url: &str, verify_token: &str) -> Result<(), HandshakeError> {
        shake_hands(&self.desk.shared, url, verify_token).await
    }
}
