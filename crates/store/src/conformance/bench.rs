//! What the tests work with: a store, new ids, made-up times, and short ways to the usual records.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use serde_json::Map;
use tidings_domain::{
    ChannelId, EndpointId, KeyId, Timestamp, WorkspaceId,
    change::Change,
    channel::{Channel, ChannelStatus, ChannelType, DeliveryReceipts, Provider, Receipts},
    endpoint::{Endpoint, EndpointStatus, WebhookFormat},
    event::{EventPayload, LogEntry, Position},
    key::{ApiKey, Scope},
    message::Message,
    workspace::{Quotas, Workspace},
};

use crate::{
    ChannelRecord, Claimed, CommitListener, EndpointRecord, Intake, IntakeReceipt, RoutedUpdate, Sealed, Store,
};

use super::changes::routed;

/// The suite's time: this many seconds after its beginning.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// The names of what happened.
pub fn kinds(entries: &[LogEntry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.event.kind.name()).collect()
}

/// The message that an event speaks of.
pub fn message_of(entry: &LogEntry) -> &Message {
    match &entry.event.payload {
        EventPayload::Message(event) => &event.message,
        other => panic!("an event of a message was expected, not {other:?}"),
    }
}

/// A store to be tested, and numbers that have not been used in it.
pub struct Bench {
    /// The store.
    pub store: Arc<dyn Store>,
    used: AtomicU64,
}

impl Bench {
    /// On this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, used: AtomicU64::new(0) }
    }

    /// The bits of a new id.
    pub fn id(&self) -> [u8; 16] {
        // Far from what an id source gives out, so that ids of both kinds never meet.
        (u128::MAX - u128::from(self.used.fetch_add(1, Ordering::Relaxed))).to_be_bytes()
    }

    /// A workspace that is not stored yet.
    pub fn new_workspace(&self, name: &str) -> Workspace {
        Workspace {
            id: WorkspaceId::from_bytes(self.id()),
            name: name.to_owned(),
            quotas: Quotas::default(),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    /// A stored workspace.
    pub async fn workspace(&self, name: &str) -> WorkspaceId {
        let workspace = self.new_workspace(name);
        let id = workspace.id;
        assert_eq!(self.store.workspace_create(workspace, None, None).await, Ok(Claimed::Done));
        id
    }

    /// An API key that is not stored yet.
    pub fn new_key(&self, workspace_id: WorkspaceId) -> ApiKey {
        let bits = self.id();
        let mut hash = [7; 32];
        hash[..16].copy_from_slice(&bits);
        ApiKey {
            id: KeyId::from_bytes(bits),
            workspace_id,
            name: "till".to_owned(),
            hint: "tdg_1234".to_owned(),
            hash,
            scopes: Scope::all().collect(),
            created_at: at(0),
            expires_at: None,
            last_used_at: None,
        }
    }

    /// A channel that works and is not stored yet.
    pub fn new_channel(&self, workspace_id: WorkspaceId, account: &str) -> ChannelRecord {
        let mut settings = Map::new();
        settings.insert("phone_number_id".to_owned(), account.into());
        ChannelRecord {
            channel: Channel {
                id: ChannelId::from_bytes(self.id()),
                workspace_id,
                channel_type: ChannelType::Whatsapp,
                name: format!("Shop {account}"),
                phone_number: Some("+15550001111".to_owned()),
                provider: Provider::Waba,
                receipts: Receipts { delivered: DeliveryReceipts::Confirmed, read: true },
                status: ChannelStatus::Connected,
                created_at: at(0),
            },
            account: account.to_owned(),
            account_group: Some("group".to_owned()),
            settings,
            secrets: Sealed(vec![1, 2, 3]),
            updated_at: at(0),
        }
    }

    /// A stored channel that works.
    pub async fn channel(&self, workspace: WorkspaceId, account: &str) -> Arc<Channel> {
        let record = self.new_channel(workspace, account);
        let channel = Arc::new(record.channel.clone());
        assert_eq!(self.store.channel_create(record, None, None).await, Ok(Claimed::Done));
        channel
    }

    /// An endpoint that is not stored yet.
    pub fn new_endpoint(&self, workspace_id: WorkspaceId) -> EndpointRecord {
        EndpointRecord {
            endpoint: Endpoint {
                id: EndpointId::from_bytes(self.id()),
                workspace_id,
                url: "https://shop.example/hooks".to_owned(),
                format: WebhookFormat::Lifecycle,
                events: Vec::new(),
                channels: Vec::new(),
                ordering: tidings_domain::endpoint::Ordering::Conversation,
                headers: [("x-shop".to_owned(), "1".to_owned())].into(),
                legacy_signature: None,
                timeout_ms: 15_000,
                order_hold_max_seconds: Some(900),
                filter: None,
                rate_limit: None,
                concurrency: None,
                description: Some("till".to_owned()),
                metadata: Map::new(),
                enabled: true,
                created_at: at(0),
                updated_at: at(0),
            },
            secrets: Sealed(vec![4, 5]),
            status: EndpointStatus::Healthy,
        }
    }

    /// A stored endpoint.
    pub async fn endpoint(&self, workspace: WorkspaceId) -> EndpointId {
        let record = self.new_endpoint(workspace);
        let id = record.endpoint.id;
        assert_eq!(self.store.endpoint_create(record, None, None).await, Ok(Claimed::Done));
        id
    }

    /// A webhook that was posted to a channel.
    pub fn webhook(&self, channel: &Channel, seconds: i64, updates: Vec<RoutedUpdate>) -> Intake {
        Intake {
            workspace_id: channel.workspace_id,
            channel_id: channel.id,
            received_at: at(seconds),
            body: Ok(Bytes::from(format!("webhook {}", self.used.fetch_add(1, Ordering::Relaxed)))),
            updates: Ok(updates),
        }
    }

    /// Takes in changes of a channel, that bear no dedup keys.
    pub async fn take(&self, channel: &Arc<Channel>, seconds: i64, changes: Vec<Change>) -> IntakeReceipt {
        let updates = changes.into_iter().map(|change| routed(channel, None, change)).collect();
        self.store.intake(self.webhook(channel, seconds, updates)).await.expect("a webhook that can be taken in")
    }

    /// Everything that happened after a position.
    pub async fn after(&self, position: Position) -> Vec<LogEntry> {
        self.store.log_read(position, 10_000).await.expect("a log that can be read")
    }

    /// Takes in changes and answers what happened by them.
    pub async fn events_of(&self, channel: &Arc<Channel>, seconds: i64, changes: Vec<Change>) -> Vec<LogEntry> {
        let head = self.store.log_head().await.expect("a log that can be read");
        self.take(channel, seconds, changes).await;
        self.after(head).await
    }

    /// The message as it is now.
    pub async fn message(&self, known: &Message) -> Message {
        self.store
            .message_get(known.workspace_id, known.id)
            .await
            .expect("messages that can be read")
            .expect("a message that is there")
    }

    /// From now on hears of commits.
    pub fn listen(&self) -> Heard {
        let heard = Heard::default();
        self.store.listen(Arc::new(Ear(heard.clone())));
        heard
    }
}

/// What was heard of commits, one item for each.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Vec<LogEntry>>>>);

impl Heard {
    /// All of it, in the order of hearing.
    pub fn entries(&self) -> Vec<LogEntry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }
}

/// Hears of commits.
pub struct Ear(Heard);

impl CommitListener for Ear {
    fn committed(&self, entries: &[LogEntry]) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(entries.to_vec());
    }
}
