//! What all connections of one server share: the account, what was told about it, and what happened.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    NowSeconds,
    check::{Address, Recipient},
    choice::Choice,
    nodes::media::MediaStore,
    poster::Poster,
    random::number_at,
    record::Records,
    throttle::Throttle,
};
use crate::whatsapp::{Account, Customer};

/// Keeps the trace ids apart from the message ids of the same seed.
const TRACES: u64 = 0x7472_6163_6573;

pub(super) struct Shared {
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
    /// Nothing until templates were set: then any template may be sent.
    pub(super) templates: Mutex<Option<Arc<[Value]>>>,
    /// By phone number and by user id.
    pub(super) customers: Mutex<HashMap<String, Customer>>,
    pub(super) records: Records,
    pub(super) poster: Arc<Poster>,
    pub(super) messages: AtomicU64,
    pub(super) traces: AtomicU64,
}

impl Shared {
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
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
