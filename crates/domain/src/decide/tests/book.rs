//! A backend in memory that follows the rule of loading to the letter, and watches that decisions can be written.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use uuid::Uuid;

use crate::{
    change::{Change, Lookups},
    channel::{Channel, ChannelStatus, ChannelType, DeliveryReceipts, Provider, Receipts},
    contact::{Contact, Identity},
    conversation::{Conversation, ConversationStatus},
    decide::{Context, Decision, Kept, Later, Order, Refusal, Situation, Write, decide, order},
    event::Event,
    id::{ChannelId, MessageId, OrderedIds, WorkspaceId},
    message::{Direction, Message, MessageError, Source},
    sending::{ChannelHealth, Sending},
    status::MessageStatus,
    time::Timestamp,
};

use super::samples::{at, received};

pub(super) struct Book {
    pub(super) channel: Arc<Channel>,
    channel_sequence: u64,
    pub(super) contacts: Vec<Contact>,
    pub(super) conversations: Vec<Conversation>,
    messages: HashMap<MessageId, Arc<Message>>,
    by_vendor_id: HashMap<String, MessageId>,
    attempts: HashMap<String, u32>,
    pub(super) sendings: HashMap<MessageId, Sending>,
    channel_health: ChannelHealth,
    waiting: Vec<Later>,
    pub(super) unmatched: Vec<(&'static str, String)>,
    seen: HashSet<usize>,
    pub(super) log: Vec<Event>,
    ids: OrderedIds<fn(&mut [u8])>,
    now: Timestamp,
}

impl Book {
    /// Of a connected channel that confirms delivery and reading.
    pub(super) fn new() -> Self {
        Self::with_receipts(DeliveryReceipts::Confirmed, true)
    }

    pub(super) fn with_receipts(delivered: DeliveryReceipts, read: bool) -> Self {
        let channel = Channel {
            id: ChannelId::from_uuid(Uuid::from_u128(1)),
            workspace_id: WorkspaceId::from_uuid(Uuid::from_u128(2)),
            channel_type: ChannelType::Whatsapp,
            name: "Front desk".to_owned(),
            phone_number: None,
            provider: Provider::Waba,
            receipts: Receipts { delivered, read },
            status: ChannelStatus::Connected,
            created_at: at(0),
        };
        Self {
            channel: Arc::new(channel),
            channel_sequence: 0,
            contacts: Vec::new(),
            conversations: Vec::new(),
            messages: HashMap::new(),
            by_vendor_id: HashMap::new(),
            attempts: HashMap::new(),
            sendings: HashMap::new(),
            channel_health: ChannelHealth::default(),
            waiting: Vec::new(),
            unmatched: Vec::new(),
            seen: HashSet::new(),
            log: Vec::new(),
            ids: OrderedIds::new(|bytes| bytes.fill(7)),
            now: at(0),
        }
    }

    /// Takes in a change at this second of ours and answers with what is told of it.
    pub(super) fn take(&mut self, seconds: i64, change: &Change) -> Vec<Event> {
        self.now = at(seconds);
        let told = self.log.len();
        self.apply(change);
        self.log[told..].to_vec()
    }

    /// The same, once for each key.
    pub(super) fn take_once(&mut self, key: usize, seconds: i64, change: &Change) -> Vec<Event> {
        if self.seen.insert(key) { self.take(seconds, change) } else { Vec::new() }
    }

    /// Takes an order at this second of ours and answers with what is told of it.
    pub(super) fn order(&mut self, seconds: i64, wanted: &Order<'_>) -> Result<Vec<Event>, Refusal> {
        self.now = at(seconds);
        let told = self.log.len();
        let lookups = wanted.lookups();
        let mut situation = self.load(lookups);
        situation.sending = lookups.message_id.and_then(|id| self.sendings.get(&id)).cloned();
        let mut context = Context { now: self.now, ids: &mut self.ids };
        let mut decision = order(situation, wanted, &mut context)?;
        if let Some(sending) = decision.sending.take() {
            let inserted = decision.message.as_ref().map(|message| message.record().id);
            let id = lookups.message_id.or(inserted).expect("a message is sent");
            self.sendings.insert(id, sending.record().clone());
        }
        self.follow(decision);
        Ok(self.log[told..].to_vec())
    }

    /// The newest message.
    pub(super) fn newest(&self) -> Message {
        self.all().pop().expect("there is a message")
    }

    /// A message of ours that was accepted by us at this second and is on its way.
    pub(super) fn send(&mut self, vendor_id: &str, seconds: i64) -> MessageId {
        self.take(seconds, &received(&format!("before {vendor_id}"), seconds));
        let template = self.message(&format!("before {vendor_id}"));
        let message = Message {
            id: MessageId::next(&mut self.ids, at(seconds)),
            direction: Direction::Outbound,
            status: MessageStatus::Pending,
            vendor_id: Some(vendor_id.to_owned()),
            source: Source::Api { id: "key_admin".to_owned() },
            delivered_at: None,
            ..Message::clone(&template)
        };
        let id = message.id;
        self.by_vendor_id.insert(vendor_id.to_owned(), id);
        self.messages.insert(id, Arc::new(message));
        id
    }

    /// Changes a message from outside of what is tested.
    pub(super) fn alter(&mut self, vendor_id: &str, change: impl FnOnce(&mut Message)) {
        let id = self.by_vendor_id[vendor_id];
        change(Arc::make_mut(self.messages.get_mut(&id).expect("it is known")));
    }

    /// Nobody knows what became of it.
    pub(super) fn give_up_unknown(&mut self, vendor_id: &str) {
        self.alter(vendor_id, |message| {
            let error =
                MessageError { key: "outcome_unknown".to_owned(), message: "no answer".to_owned(), vendor: None };
            message.status = MessageStatus::Failed;
            message.errors.push(error);
        });
    }

    pub(super) fn close_conversations(&mut self) {
        for conversation in &mut self.conversations {
            conversation.status = ConversationStatus::Closed;
            conversation.closed_at = Some(self.now);
        }
    }

    pub(super) fn set_status(&mut self, status: ChannelStatus) {
        Arc::make_mut(&mut self.channel).status = status;
    }

    pub(super) fn message(&self, vendor_id: &str) -> Arc<Message> {
        Arc::clone(&self.messages[&self.by_vendor_id[vendor_id]])
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.messages.values()
    }

    /// All of them, as they are, in the order in which they were made.
    pub(super) fn all(&self) -> Vec<Message> {
        let mut all: Vec<_> = self.messages().map(|message| Message::clone(message)).collect();
        all.sort_by_key(|message| message.id);
        all
    }

    fn apply(&mut self, change: &Change) {
        let situation = self.load(change.lookups());
        let mut context = Context { now: self.now, ids: &mut self.ids };
        let decision = decide(situation, change, &mut context);
        self.follow(decision);
    }

    fn follow(&mut self, mut decision: Decision) {
        let follow_up = decision.follow_up.take();
        if let Some(vendor_id) = self.write(decision) {
            self.apply_waiting(&vendor_id);
        }
        if let Some(change) = follow_up {
            self.apply(&change);
        }
    }

    fn apply_waiting(&mut self, vendor_id: &str) {
        let (known, waiting): (Vec<_>, _) =
            std::mem::take(&mut self.waiting).into_iter().partition(|kept| kept.vendor_id() == vendor_id);
        self.waiting = waiting;
        for kept in known {
            self.apply(&Change::from(kept));
        }
    }

    fn load(&self, lookups: Lookups<'_>) -> Situation {
        let by_vendor_id = |id: &str| self.by_vendor_id.get(id).and_then(|id| self.messages.get(id)).cloned();
        let by_our_id = lookups.message_id.and_then(|id| self.messages.get(&id)).cloned();
        let by_our_own = by_our_id.is_some();
        let message = by_our_id.or_else(|| lookups.vendor_id.and_then(by_vendor_id));
        let recorded = message.is_none() && lookups.own_vendor_id.and_then(by_vendor_id).is_some();
        let mut taken = Vec::new();
        let mut contact: Option<&Contact> = None;
        if let Some(message) = &message {
            contact = self.contacts.iter().find(|contact| contact.id == message.contact_id);
        }
        for identity in lookups.identities.into_iter().flatten() {
            let Some(owner) = self.owner(identity) else { continue };
            if contact.get_or_insert(owner).id != owner.id {
                taken.push(identity.clone());
            }
        }
        let named = lookups.conversation_id.or(message.as_ref().map(|message| message.conversation_id));
        if lookups.conversation_id.is_some() {
            let conversation = self.conversations.iter().find(|known| Some(known.id) == named);
            contact = conversation.and_then(|it| self.contacts.iter().find(|contact| contact.id == it.contact_id));
        }
        let conversation = match named {
            Some(id) => self.conversations.iter().find(|known| known.id == id),
            None => self.conversations.iter().rfind(|known| contact.is_some_and(|it| it.id == known.contact_id)),
        };
        Situation {
            channel: Arc::clone(&self.channel),
            channel_sequence: self.channel_sequence,
            channel_health: self.channel_health.clone(),
            contact: contact.cloned(),
            taken,
            conversation: conversation.cloned(),
            successor: None,
            attempt: lookups.vendor_id.filter(|_| !by_our_own).and_then(|id| self.attempts.get(id)).copied(),
            sending: None,
            message,
            quoted: lookups
                .quoted_id
                .and_then(|id| self.messages.get(&id).cloned())
                .or_else(|| lookups.quoted.and_then(by_vendor_id)),
            recorded,
        }
    }

    fn owner(&self, identity: &Identity) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.handle(identity).is_some())
    }

    /// Answers with the vendor's id of a message that became known.
    fn write(&mut self, decision: Decision) -> Option<String> {
        if let Some(parted) = decision.parted {
            put(&mut self.contacts, Write::Update(parted), |contact| contact.id);
        }
        if let Some(write) = decision.contact {
            put(&mut self.contacts, write, |contact| contact.id);
            let identities: Vec<_> =
                self.contacts.iter().flat_map(|contact| &contact.handles).map(|handle| &handle.identity).collect();
            let different: HashSet<_> = identities.iter().collect();
            assert_eq!(identities.len(), different.len(), "an identity belongs to one contact");
        }
        if let Some(write) = decision.conversation {
            put(&mut self.conversations, write, |conversation| conversation.id);
        }
        if let Some(channel) = decision.channel {
            Arc::make_mut(&mut self.channel).status = channel.status;
            self.channel_sequence = channel.sequence;
            self.channel_health = channel.health;
        }
        assert!(decision.events.iter().all(|event| event.recorded_at == self.now));
        self.log.extend(decision.events);
        match decision.kept {
            None => {}
            Some(Kept::Later(later)) => self.waiting.push(later),
            Some(Kept::Unmatched { kind, vendor_id }) => self.unmatched.push((kind, vendor_id)),
        }
        let message = decision.message?;
        let (id, attempt) = (message.record().id, message.record().attempt);
        let vendor_id = match message {
            Write::Insert(message) => {
                let vendor_id = message.vendor_id.clone();
                self.messages.insert(id, message);
                vendor_id
            }
            Write::Update(message) => {
                assert!(self.messages.insert(id, message).is_some(), "it was known");
                decision.linked
            }
        }?;
        let owner = *self.by_vendor_id.entry(vendor_id.clone()).or_insert(id);
        assert_eq!(owner, id, "one message of each id");
        self.attempts.insert(vendor_id.clone(), attempt);
        Some(vendor_id)
    }
}

fn put<T, K: PartialEq>(records: &mut Vec<T>, write: Write<T>, id: impl Fn(&T) -> K) {
    let known = records.iter().position(|record| id(record) == id(write.record()));
    match (write, known) {
        (Write::Insert(record), None) => records.push(record),
        (Write::Update(record), Some(place)) => records[place] = record,
        (Write::Insert(_), Some(_)) => panic!("it was known already"),
        (Write::Update(_), None) => panic!("it was not known"),
    }
}
