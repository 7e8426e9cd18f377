//! The newest events in memory, for everybody who reads the log at its end.
//!
//! Only a cache: it knows from which position on it has everything that was committed, and whoever asks for what lies
//! before that reads the store instead. Each event's body is rendered once per format and shared by all endpoints.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use bytes::Bytes;
use tidings_domain::{
    endpoint::WebhookFormat,
    event::{ChannelDetail, Event, EventPayload, LogEntry, Position},
};
use tidings_store::CommitListener;
use tidings_webhooks::{MediaLinks, render};
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
    lifecycle: OnceLock<Option<Bytes>>,
    object: OnceLock<Option<Bytes>>,
}

impl Posting {
    pub(crate) fn new(entry: LogEntry) -> Arc<Self> {
        Arc::new(Self {
            position: entry.position,
            event: entry.event,
            size: entry.size,
            lifecycle: OnceLock::new(),
            object: OnceLock::new(),
        })
    }

    /// The body in a format; `None` if the format does not render this event.
    pub(crate) fn body(&self, format: WebhookFormat, links: &dyn MediaLinks) -> Option<Bytes> {
        let body = match format {
            WebhookFormat::Lifecycle => &self.lifecycle,
            WebhookFormat::Object => &self.object,
        };
        body.get_or_init(|| render(&self.event, format, links)).clone()
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
