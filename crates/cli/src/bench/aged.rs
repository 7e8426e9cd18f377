//! A data folder as weeks of work leave it, written by the store's own verbs with times of the past: messages in and out, each
//! with five events and the webhooks that they came by, and every event delivered to one endpoint.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use anyhow::{Context, Result};
use tidings_domain::{
    EndpointId, Timestamp,
    change::{Change, DedupKey, Edited, News, Person, Reacted, ReportedStatus, Said, StatusReport},
    channel::Channel,
    contact::Identity,
    content::Content,
    delivery::{Attempt, DeliveryChange, Outcome, Trigger},
    event::{LogEntry, Position},
    id::OrderedIds,
    message::Direction,
};
use tidings_gateway::clock::{Random as _, SystemRandom};
use tidings_store::{ENDPOINT_LEASE, Intake, Log, RoutedUpdate, State, Target};
use tidings_store_sqlite::{Options, SqliteStore};
use tokio::task::JoinSet;

use super::template::Template;
use crate::host::DATABASE;

/// Over how many days the messages lie, up to now: a fifth of the events is older than events are kept.
const DAYS: i64 = 38;
/// How many messages one contact writes and is written.
const OF_ONE: usize = 20;
/// How many hand in webhooks at once, so that they share commits.
const AT_ONCE: usize = 512;
/// How many deliveries are written down at once.
const CHUNK: usize = 1_000;
const MILLIS_PER_DAY: i64 = 86_400_000;
/// What receivers answer with.
const ANSWER: &str =
    r#"{"content-type":"text/plain; charset=utf-8","content-length":"2","date":"Thu, 26 Nov 2026 03:00:00 GMT"}"#;

/// Fills the database of a server that was set up and has stopped. Answers how many events it has then.
pub(super) async fn fill(folder: &Path, messages: usize, now: Timestamp) -> Result<usize> {
    let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| SystemRandom.fill(bytes)));
    let store = Arc::new(SqliteStore::open(Options { database: folder.join(DATABASE), ids })?);
    let channel = store.channel_all().await?.into_iter().next().context("the server has a channel")?.channel;
    let endpoint = store.endpoint_all().await?.into_iter().next().context("the server has an endpoint")?.endpoint.id;
    let past = Arc::new(Past {
        store: Arc::clone(&store),
        channel: Arc::new(channel),
        template: super::scenario::template()?,
        begin: now.as_millis() - DAYS * MILLIS_PER_DAY,
        step: DAYS * MILLIS_PER_DAY / i64::try_from(messages)?.max(1),
        next: AtomicUsize::new(0),
        messages,
    });
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let past = Arc::clone(&past);
        workers.spawn(async move { past.write().await });
    }
    while let Some(done) = workers.join_next().await {
        done??;
    }
    let events = deliver(&store, endpoint).await?;
    tokio::task::spawn_blocking(move || store.close()).await?;
    Ok(events)
}

/// What happened.
struct Past {
    store: Arc<SqliteStore>,
    channel: Arc<Channel>,
    template: Template,
    begin: i64,
    /// How many milliseconds lie between two messages.
    step: i64,
    next: AtomicUsize,
    messages: usize,
}

impl Past {
    async fn write(&self) -> Result<()> {
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.messages {
                return Ok(());
            }
            let at = Timestamp::from_millis(self.begin + self.step * i64::try_from(number)?);
            for (place, change) in life(number, at).into_iter().enumerate() {
                self.take(number, place, at, change).await?;
            }
        }
    }

    async fn take(&self, number: usize, place: usize, at: Timestamp, change: Change) -> Result<()> {
        let mut key = [0; 16];
        key[..4].copy_from_slice(&u32::try_from(at.as_seconds())?.to_be_bytes());
        key[4..12].copy_from_slice(&u64::try_from(number * 8 + place)?.to_be_bytes());
        let update = RoutedUpdate {
            target: Target::Channel(Arc::clone(&self.channel)),
            dedup: Some(DedupKey(key)),
            news: News::Change(Box::new(change)),
        };
        let intake = Intake {
            workspace_id: self.channel.workspace_id,
            channel_id: self.channel.id,
            received_at: at,
            body: Ok(self.template.body(number, &number.to_string())),
            updates: Ok(vec![update]),
        };
        self.store.intake(intake).await?;
        Ok(())
    }
}

/// What becomes of a message, one in or one out: five events.
fn life(number: usize, at: Timestamp) -> [Change; 5] {
    let vendor_id = format!("wamid.of.the.past.{number}");
    let contact = || {
        let person = number / OF_ONE % 1_000_000;
        Person {
            identities: vec![Identity::phone(&format!("49170{person:07}"))],
            name: Some(format!("Customer {person}")),
            username: None,
        }
    };
    let content = |words: &str| {
        Content::text(format!("{words} {number}: I would like to know about your plans. Are you open on Saturdays?"))
    };
    let said = || Said {
        vendor_id: vendor_id.clone(),
        contact: contact(),
        timestamp: at,
        content: content("Hello"),
        forwarded: false,
        reply_to: None,
        errors: Vec::new(),
        vendor_details: None,
    };
    let react = |emoji: Option<&str>, by| {
        Change::Reacted(Reacted {
            vendor_id: format!("{vendor_id}.{}", emoji.is_some()),
            target: vendor_id.clone(),
            by,
            contact: contact(),
            emoji: emoji.map(str::to_owned),
            timestamp: at,
        })
    };
    let edit = |words: &str, seconds: i64| {
        Change::Edited(Edited {
            target: vendor_id.clone(),
            by: Direction::Inbound,
            contact: contact(),
            content: content(words),
            timestamp: Timestamp::from_millis(at.as_millis() + seconds * 1000),
        })
    };
    let report = |status| {
        Change::Status(StatusReport {
            vendor_id: vendor_id.clone(),
            message_id: None,
            attempt: None,
            status,
            timestamp: at,
            errors: Vec::new(),
            trouble: None,
            recipient: None,
            lacks_file: false,
            vendor_details: None,
        })
    };
    if number.is_multiple_of(2) {
        [
            Change::Received(said()),
            edit("Hello again", 1),
            edit("Hello once more", 2),
            react(Some("👍"), Direction::Inbound),
            react(None, Direction::Inbound),
        ]
    } else {
        [
            Change::Echoed(said()),
            report(ReportedStatus::Delivered),
            report(ReportedStatus::Read),
            react(Some("👍"), Direction::Inbound),
            react(None, Direction::Inbound),
        ]
    }
}

/// Every event was delivered to an endpoint when it happened.
async fn deliver(store: &SqliteStore, endpoint: EndpointId) -> Result<usize> {
    let epoch = store.lease_acquire(ENDPOINT_LEASE, endpoint.uuid(), "the benchmark").await?;
    let (mut after, mut events) = (Position::default(), 0);
    loop {
        let entries = store.log_read(after, CHUNK).await?;
        let Some(last) = entries.last() else { return Ok(events) };
        after = last.position;
        events += entries.len();
        let attempts = entries.iter().map(attempt).collect();
        let change = DeliveryChange { attempts, low_water: Some(after), ..DeliveryChange::default() };
        store.delivery_record(endpoint, epoch, change).await?;
    }
}

fn attempt(entry: &LogEntry) -> Attempt {
    Attempt {
        position: entry.position,
        event_id: entry.event.id,
        number: 1,
        trigger: Trigger::New,
        at: entry.event.recorded_at,
        duration_ms: 3,
        outcome: Outcome::Delivered,
        status_code: Some(200),
        error: None,
        signature: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=".to_owned(),
        late: false,
        response_headers: Some(ANSWER.to_owned()),
        response_body: b"ok".to_vec(),
        next_at: None,
    }
}
