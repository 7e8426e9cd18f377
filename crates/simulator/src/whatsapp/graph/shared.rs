//! What all connections of one server share: the account, what was told about it, and what happened.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::{
    GraphOptions, NowSeconds,
    audience::Audience,
    check::{Address, Recipient},
    choice::Choice,
    nodes::{
        media::{Media, MediaStore},
        profile::Profile,
    },
    poster::{Poster, Round},
    random::number_at,
    record::Records,
    throttle::Throttle,
};
use crate::whatsapp::{Account, Customer};

/// Keeps the trace ids apart from the message ids of the same seed.
const TRACES: u64 = 0x7472_6163_6573;

pub(crate) struct Shared {
    /// `http://127.0.0.1:port`.
    pub(super) base: String,
    pub(super) account: Account,
    pub(super) now_seconds: NowSeconds,
    pub(super) seed: u64,
    /// The token that is good, if any.
    pub(super) token: Mutex<Option<String>>,
    pub(super) choice: Mutex<Choice>,
    pub(super) throttle: Mutex<Option<Throttle>>,
    pub(super) media: Mutex<MediaStore>,
    /// Names of files whose uploads are never answered.
    pub(super) stalled_uploads: Mutex<HashSet<String>>,
    /// Whether links to media wait before they answer.
    pub(super) held_links: watch::Sender<bool>,
    /// Nothing until templates were set: then any template may be sent.
    pub(super) templates: Mutex<Option<Arc<[Value]>>>,
    /// By phone number and by user id.
    pub(super) customers: Mutex<HashMap<String, Customer>>,
    pub(super) records: Records,
    pub(super) poster: Arc<Poster>,
    pub(super) audience: Option<Arc<dyn Audience>>,
    /// Whether the last digits of a number choose how a call to it is treated.
    pub(super) magic: bool,
    pub(super) profile: Mutex<Profile>,
    pub(super) messages: AtomicU64,
    /// How many templates were made, also of those that are gone.
    pub(super) made_templates: AtomicU64,
    pub(super) traces: AtomicU64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Shared {
    /// What a server at this address begins with, and the posting that somebody must run for it.
    pub(crate) fn new(
        options: GraphOptions,
        base: String,
        audience: Option<Arc<dyn Audience>>,
    ) -> (Arc<Shared>, impl Future<Output = ()> + Send + use<>) {
        let GraphOptions { account, access_token, callback, seed, default, record, now_seconds } = options;
        let (poster, posting) = Poster::new(account.app_secret.clone(), callback, audience.clone());
        let shared = Shared {
            base,
            account,
            now_seconds,
            seed,
            token: Mutex::new(Some(access_token)),
            choice: Mutex::new(Choice::new(default, seed)),
            throttle: Mutex::default(),
            media: Mutex::new(MediaStore::new(number_at(seed, 0))),
            stalled_uploads: Mutex::default(),
            held_links: watch::Sender::new(false),
            templates: Mutex::default(),
            customers: Mutex::new(HashMap::new()),
            records: Records::new(record),
            poster,
            magic: audience.is_some(),
            audience,
            profile: Mutex::default(),
            messages: AtomicU64::new(0),
            made_templates: AtomicU64::new(0),
            traces: AtomicU64::new(0),
        };
        (Arc::new(shared), posting)
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// The token that is good, if any.
    pub(crate) fn token(&self) -> Option<String> {
        locked(&self.token).clone()
    }

    /// From now on this token is good and no other, or none is.
    pub(crate) fn set_token(&self, token: Option<String>) {
        *locked(&self.token) = token;
    }

    /// How many messages are taken in any second. Nothing lifts the limit.
    pub(crate) fn set_throttle(&self, calls_per_second: Option<u32>) {
        *locked(&self.throttle) = calls_per_second.map(Throttle::new);
    }

    /// Whether links to media lead nowhere.
    pub(crate) fn set_dead_links(&self, dead: bool) {
        locked(&self.media).links_are_dead = dead;
    }

    /// The templates of the account. From now on no other can be sent.
    pub(crate) fn set_templates(&self, templates: Vec<Value>) {
        *locked(&self.templates) = Some(templates.into());
    }

    /// Tells how calls are treated.
    pub(crate) fn choose(&self, tell: impl FnOnce(&mut Choice)) {
        tell(&mut locked(&self.choice));
    }

    /// How many messages were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.records.accepted_count()
    }

    /// Posts these one after another, beside everything else.
    pub(crate) fn post_in_order(&self, webhooks: Vec<Value>) {
        let (begin, hold) = oneshot::channel();
        let (pause, delay) = (Duration::ZERO, Duration::ZERO);
        self.poster.begin(Round { webhooks, delay, pause, hold, done: Vec::new() });
        drop(begin);
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) fn poster(&self) -> &Arc<Poster> {
        &self.poster
    }

    /// The account's templates; none where any may be sent.
    pub(crate) fn templates(&self) -> Arc<[Value]> {
        locked(&self.templates).clone().unwrap_or_default()
    }

    /// A customer whom the vendor knows under number and user id.
    pub(crate) fn introduce(&self, customer: &Customer) {
        let mut customers = locked(&self.customers);
        for key in [&customer.phone, &customer.user_id].into_iter().flatten() {
            customers.insert(key.clone(), customer.clone());
        }
    }

    /// The vendor no longer knows this customer.
    pub(crate) fn forget_customer(&self, customer: &Customer) {
        let mut customers = locked(&self.customers);
        for key in [&customer.phone, &customer.user_id].into_iter().flatten() {
            customers.remove(key);
        }
    }

    /// Keeps a file under the id that this answers.
    pub(crate) fn keep_media(&self, media: Media) -> String {
        locked(&self.media).add(media)
    }

    /// A file, where there is one of this id.
    pub(crate) fn media(&self, id: &str) -> Option<Media> {
        locked(&self.media).get(id)
    }

    /// An id for a message that this customer writes.
    pub(crate) fn inbound_id(&self, customer: &Customer) -> String {
        let address = customer.phone.clone().or_else(|| customer.user_id.clone()).unwrap_or_default();
        let recipient = Recipient { input: String::new(), address: Address::UserId(address) };
        self.message_id(&recipient).text
    }

    pub(crate) fn seconds(&self) -> i64 {
        (self.now_seconds)()
    }

    /// An id for the next message, as Meta's are made: bytes that hold the number and something unique.
    pub(super) fn message_id(&self, recipient: &Recipient) -> MessageId {
        let unique = number_at(self.seed, self.messages.fetch_add(1, Ordering::Relaxed));
        let (Address::Phone(to) | Address::UserId(to)) = &recipient.address;
        let bytes = format!("\u{1d}\u{18}{to}\u{15}\u{2}\u{11}\u{18}\u{12}{unique:016X}");
        MessageId { text: format!("wamid.{}", STANDARD.encode(bytes)), unique }
    }

    /// `fbtrace_id`.
    pub(super) fn trace(&self) -> String {
        let number = number_at(self.seed ^ TRACES, self.traces.fetch_add(1, Ordering::Relaxed));
        format!("A{}", STANDARD.encode(number.to_be_bytes()).trim_end_matches('='))
    }

    /// Who somebody is, as far as the vendor knows.
    pub(super) fn customer(&self, recipient: &Recipient) -> Customer {
        let (Address::Phone(key) | Address::UserId(key)) = &recipient.address;
        if let Some(known) = locked(&self.customers).get(key) {
            return known.clone();
        }
        let name = "Customer".to_owned();
        match &recipient.address {
            Address::Phone(phone) => Customer { name, phone: Some(phone.clone()), ..Customer::default() },
            Address::UserId(id) => Customer { name, user_id: Some(id.clone()), ..Customer::default() },
        }
    }
}

/// A vendor id and the number that makes it unique.
#[derive(Debug)]
pub(super) struct MessageId {
    pub(super) text: String,
    pub(super) unique: u64,
}

/// Nothing that is done under these locks can leave them half changed.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
