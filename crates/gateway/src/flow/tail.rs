//! The newest events in memory, for everybody who reads the log at its end.
//!
//! Only a cache: it knows from which position on it has everything that was committed, and whoever asks for what lies
//! before that reads the store instead. Each event's body is rendered once per format and shared by all endpoints.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use serde_json::Value;
use tidings_domain::{
    endpoint::{Endpoint, WebhookFormat},
    event::{ChannelDetail, Event, EventKind, EventPayload, LogEntry, OrderingKey, Position},
    filter::Filter,
};
use tidings_store::CommitListener;
use tidings_webhooks::{MediaLinks, render, wants};
use tokio::sync::watch;

use crate::registry::Registry;

/// How many events are kept.
const KEPT: usize = 2048;
/// How many bytes of payload are kept. Their bodies may take twice as much again.
const KEPT_BYTES: usize = 16 << 20;

/// An event with its bodies.
pub(crate) struct Posting {
    pub(crate) position: Position,
    pub(crate) event: Arc<Event>,
    /// How many bytes its payload has.
    pub(crate) size: usize,
    lifecycle: Rendered,
    object: Rendered,
    /// What it speaks of is being erased: nobody is sent it any more.
    is_erased: AtomicBool,
}

/// An event in one format; nothing of one that the format does not render.
#[derive(Default)]
struct Rendered {
    body: OnceLock<Option<Bytes>>,
    /// What the body says, for those who filter by it.
    document: OnceLock<Option<Value>>,
}

impl Posting {
    pub(crate) fn new(entry: LogEntry) -> Arc<Self> {
        Arc::new(Self {
            position: entry.position,
            event: entry.event,
            size: entry.size,
            lifecycle: Rendered::default(),
            object: Rendered::default(),
            is_erased: AtomicBool::new(false),
        })
    }

    /// The body in a format; `None` if the format does not render this event, or it was erased.
    pub(crate) fn body(&self, format: WebhookFormat, links: &dyn MediaLinks) -> Option<Bytes> {
        if self.is_erased.load(Ordering::Acquire) {
            return None;
        }
        self.rendered(format).body.get_or_init(|| render(&self.event, format, links)).clone()
    }

    /// Whether an endpoint is to be sent the event.
    pub(crate) fn is_wanted(&self, endpoint: &Endpoint, links: &dyn MediaLinks) -> bool {
        wants(endpoint, &self.event)
            && endpoint.filter.as_ref().is_none_or(|filter| self.passes(filter, endpoint.format, links))
    }

    /// Whether a filter lets the event pass, as a format renders it.
    pub(crate) fn passes(&self, filter: &Filter, format: WebhookFormat, links: &dyn MediaLinks) -> bool {
        let document = self.rendered(format).document.get_or_init(|| {
            let body = self.body(format, links)?;
            serde_json::from_slice(&body).ok()
        });
        document.as_ref().is_some_and(|document| filter.passes(document))
    }

    fn rendered(&self, format: WebhookFormat) -> &Rendered {
        match format {
            WebhookFormat::Lifecycle => &self.lifecycle,
            WebhookFormat::Object => &self.object,
        }
    }
}

/// The end of the log.
pub(crate) struct Tail {
    head: watch::Sender<Position>,
    kept: RwLock<Kept>,
    registry: Arc<Registry>,
}

struct Kept {
    postings: VecDeque<Arc<Posting>>,
    /// The bytes of their payloads.
    size: usize,
    /// Everything that was committed after this is among the postings.
    after: Position,
}

impl Kept {
    fn push(&mut self, posting: Arc<Posting>) {
        self.size += posting.size;
        self.postings.push_back(posting);
        while (self.postings.len() > KEPT || self.size > KEPT_BYTES)
            && let Some(oldest) = self.postings.pop_front()
        {
            self.size -= oldest.size;
            self.after = oldest.position;
        }
    }
}

impl Tail {
    /// Begins at the log's end.
    pub(crate) fn new(registry: Arc<Registry>, head: Position) -> Self {
        let kept = Kept { postings: VecDeque::with_capacity(KEPT + 1), size: 0, after: head };
        Self { head: watch::Sender::new(head), kept: RwLock::new(kept), registry }
    }

    /// The newest committed position, and a way to wait for the next.
    pub(crate) fn head(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    /// What was committed after a position, oldest first; `None` if the tail does not reach back so far.
    pub(crate) fn after(&self, position: Position, limit: usize) -> Option<Vec<Arc<Posting>>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if position < kept.after {
            return None;
        }
        let from = kept.postings.partition_point(|posting| posting.position <= position);
        Some(kept.postings.range(from..).take(limit).cloned().collect())
    }

    /// What is ordered by these keys is being erased: whoever holds it hands it on no more. What tells of the erasure is told.
    pub(crate) fn erase(&self, keys: &HashSet<OrderingKey>) {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let concerned = |posting: &&Arc<Posting>| {
            keys.contains(&posting.event.key) && posting.event.kind != EventKind::ContactDeleted
        };
        for posting in kept.postings.iter().filter(concerned) {
            posting.is_erased.store(true, Ordering::Release);
        }
    }

    /// The position from which on it has everything.
    pub(crate) fn begins_after(&self) -> Position {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).after
    }

    /// What stands at a position, if the tail has it.
    pub(crate) fn at(&self, position: Position) -> Option<Arc<Posting>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let index = kept.postings.binary_search_by_key(&position, |posting| posting.position).ok()?;
        kept.postings.get(index).cloned()
    }
}

impl CommitListener for Tail {
    fn committed(&self, entries: &[LogEntry]) {
        for entry in entries {
            if let EventPayload::Channel(told) = &entry.event.payload
                && !matches!(told.detail, ChannelDetail::Notice { .. })
            {
                self.registry.channel_status(told.channel_id, told.status);
            }
        }
        let Some(last) = entries.last() else { return };
        {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            for entry in entries {
                kept.push(Posting::new(entry.clone()));
            }
        }
        self.head.send_replace(last.position);
    }
}
