//! The desk on which one change is worked: what is known, what has been changed so far, what happened so far.

use std::sync::Arc;

use crate::{
    change::Change,
    channel::{Channel, ChannelStatus},
    contact::{Contact, Identity},
    conversation::Conversation,
    event::{
        ChannelDetail, ChannelEvent, ContactDetail, ContactEvent, ConversationDetail, ConversationEvent, Event,
        EventKind, EventPayload, MessageChange, MessageEvent, OrderingKey,
    },
    id::ConversationId,
    message::Message,
    sending::{ChannelHealth, Sending},
    time::Timestamp,
};

use super::{ChannelWrite, Context, Decision, Kept, Recorded, Situation, Write, give_up, happening};

/// A record on the desk, and what has become of it.
enum Record<T> {
    Absent,
    Known(T),
    Changed(T),
    New(T),
}

impl<T> Record<T> {
    fn from_known(known: Option<T>) -> Self {
        known.map_or(Self::Absent, Self::Known)
    }

    fn get(&self) -> Option<&T> {
        match self {
            Self::Absent => None,
            Self::Known(record) | Self::Changed(record) | Self::New(record) => Some(record),
        }
    }

    /// To change it: a known record becomes a changed one.
    fn change(&mut self) -> Option<&mut T> {
        if matches!(self, Self::Known(_)) {
            let Self::Known(record) = std::mem::replace(self, Self::Absent) else { return None };
            *self = Self::Changed(record);
        }
        match self {
            Self::Absent => None,
            Self::Known(record) | Self::Changed(record) | Self::New(record) => Some(record),
        }
    }

    fn into_write(self) -> Option<Write<T>> {
        match self {
            Self::Absent | Self::Known(_) => None,
            Self::Changed(record) => Some(Write::Update(record)),
            Self::New(record) => Some(Write::Insert(record)),
        }
    }
}

pub(super) struct Desk<'a, 'b> {
    pub(super) context: &'a mut Context<'b>,
    pub(super) taken: Vec<Identity>,
    pub(super) quoted: Option<Arc<Message>>,
    pub(super) recorded: bool,
    pub(super) attempt: Option<u32>,
    channel: Arc<Channel>,
    channel_is_changed: bool,
    channel_sequence: u64,
    channel_health: ChannelHealth,
    parted: Option<Contact>,
    contact: Record<Contact>,
    conversation: Record<Conversation>,
    successor: Option<ConversationId>,
    message: Record<Arc<Message>>,
    sending: Record<Sending>,
    linked: Option<String>,
    lost_file: bool,
    follow_up: Option<Change>,
    events: Vec<Event>,
    kept: Option<Kept>,
}

impl<'a, 'b> Desk<'a, 'b> {
    pub(super) fn new(situation: Situation, context: &'a mut Context<'b>) -> Self {
        Self {
            context,
            taken: situation.taken,
            quoted: situation.quoted,
            recorded: situation.recorded,
            attempt: situation.attempt,
            channel: situation.channel,
            channel_is_changed: false,
            channel_sequence: situation.channel_sequence,
            channel_health: situation.channel_health,
            parted: None,
            contact: Record::from_known(situation.contact),
            conversation: Record::from_known(situation.conversation),
            successor: situation.successor,
            message: Record::from_known(situation.message),
            sending: Record::from_known(situation.sending),
            linked: None,
            lost_file: false,
            follow_up: None,
            events: Vec::new(),
            kept: None,
        }
    }

    pub(super) fn into_decision(self) -> Decision {
        Decision {
            parted: self.parted,
            contact: self.contact.into_write(),
            conversation: self.conversation.into_write(),
            message: self.message.into_write(),
            linked: self.linked,
            sending: self.sending.into_write(),
            lost_file: self.lost_file,
            channel: self.channel_is_changed.then(|| ChannelWrite {
                status: self.channel.status,
                health: self.channel_health,
                sequence: self.channel_sequence,
            }),
            follow_up: self.follow_up,
            events: self.events,
            kept: self.kept,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    pub(super) fn contact(&self) -> Option<&Contact> {
        self.contact.get()
    }

    pub(super) fn conversation(&self) -> Option<&Conversation> {
        self.conversation.get()
    }

    pub(super) fn message(&self) -> Option<&Message> {
        self.message.get().map(Arc::as_ref)
    }

    pub(super) fn sending(&self) -> Option<&Sending> {
        self.sending.get()
    }

    pub(super) fn channel_health(&self) -> &ChannelHealth {
        &self.channel_health
    }

    pub(super) fn new_sending(&mut self, sending: Sending) {
        self.sending = Record::New(sending);
    }

    pub(super) fn change_sending(&mut self) -> Option<&mut Sending> {
        self.sending.change()
    }

    pub(super) fn change_channel_health(&mut self) -> &mut ChannelHealth {
        self.channel_is_changed = true;
        &mut self.channel_health
    }

    pub(super) fn set_channel_status(&mut self, status: ChannelStatus) {
        self.channel_is_changed = true;
        Arc::make_mut(&mut self.channel).status = status;
    }

    /// The vendor's id of the message on the desk has become known.
    pub(super) fn link(&mut self, vendor_id: &str) {
        let Some(message) = self.change_message() else { return };
        message.vendor_id = Some(vendor_id.to_owned());
        self.linked = Some(vendor_id.to_owned());
    }

    /// The vendor does not have the uploaded file of the message on the desk any more.
    pub(super) fn lose_file(&mut self) {
        self.lost_file = true;
    }

    pub(super) fn follow_up(&mut self, change: Change) {
        self.follow_up = Some(change);
    }

    pub(super) fn new_contact(&mut self, contact: Contact) {
        self.contact = Record::New(contact);
    }

    /// Whether the conversation is closed and another one goes on.
    pub(super) const fn is_superseded(&self) -> bool {
        self.successor.is_some()
    }

    pub(super) fn new_conversation(&mut self, conversation: Conversation) {
        self.conversation = Record::New(conversation);
    }

    pub(super) fn new_message(&mut self, message: Message) {
        self.message = Record::New(Arc::new(message));
    }

    pub(super) fn change_contact(&mut self) -> Option<&mut Contact> {
        let now = self.context.now;
        let contact = self.contact.change()?;
        contact.updated_at = now;
        Some(contact)
    }

    pub(super) fn change_conversation(&mut self) -> Option<&mut Conversation> {
        let now = self.context.now;
        let conversation = self.conversation.change()?;
        conversation.updated_at = now;
        Some(conversation)
    }

    pub(super) fn change_message(&mut self) -> Option<&mut Message> {
        let now = self.context.now;
        let message = Arc::make_mut(self.message.change()?);
        message.updated_at = now;
        Some(message)
    }

    /// The contact that was found is somebody else, and has these identities no longer: from here on there is neither
    /// contact nor conversation.
    pub(super) fn part_from_contact(&mut self, identities: &[Identity]) {
        let Some(contact) = self.contact.get() else { return };
        if let Some(Recorded { record, events }) = give_up(contact, identities, self.context) {
            self.parted = Some(record);
            self.events.extend(events);
        }
        (self.contact, self.conversation) = (Record::Absent, Record::Absent);
    }

    pub(super) fn keep(&mut self, kept: Kept) {
        self.kept = Some(kept);
    }

    /// The first sign of life from the vendor connects the channel.
    pub(super) fn channel_is_alive(&mut self) {
        if self.channel.status != ChannelStatus::Pending {
            return;
        }
        self.set_channel_status(ChannelStatus::Connected);
        let now = self.now();
        self.emit_channel(EventKind::ChannelConnected, ChannelDetail::Connected { connected_by: None }, now);
    }

    /// Of the message on the desk, as it is now. Without message or conversation there is nothing to tell.
    pub(super) fn emit_message(&mut self, kind: EventKind, change: Option<MessageChange>, at: Timestamp) {
        let Some(message) = self.message.get().cloned() else { return };
        let contact = self.contact.get();
        let payload = EventPayload::Message(MessageEvent {
            message,
            contact_name: contact.and_then(|contact| contact.name.clone()),
            contact_phone: contact.and_then(|contact| contact.phone.clone()),
            contact_email: contact.and_then(|contact| contact.email.clone()),
            channel_name: self.channel.name.clone(),
            change,
        });
        self.emit_of_conversation(kind, payload, at);
    }

    /// Of the conversation on the desk, as it is now.
    pub(super) fn emit_conversation(&mut self, kind: EventKind, detail: ConversationDetail, at: Timestamp) {
        let Some(conversation) = self.conversation.get().cloned() else { return };
        self.emit_of_conversation(kind, EventPayload::Conversation(ConversationEvent { conversation, detail }), at);
    }

    /// Of the contact on the desk, as it is now, among the events of the conversation that it is born with.
    pub(super) fn emit_contact_with_conversation(&mut self, kind: EventKind, detail: ContactDetail, at: Timestamp) {
        let Some(contact) = self.contact.get().cloned() else { return };
        self.emit_of_conversation(kind, EventPayload::Contact(ContactEvent { contact, detail }), at);
    }

    /// Of the contact on the desk, as it is now, among its own events.
    pub(super) fn emit_contact(&mut self, kind: EventKind, detail: ContactDetail, at: Timestamp) {
        let Some(contact) = self.contact.change() else { return };
        contact.sequence += 1;
        let (sequence, key) = (contact.sequence, OrderingKey::from(contact.id));
        let payload = EventPayload::Contact(ContactEvent { contact: contact.clone(), detail });
        self.emit(kind, key, sequence, payload, at);
    }

    /// Of the channel, as it is now.
    pub(super) fn emit_channel(&mut self, kind: EventKind, detail: ChannelDetail, at: Timestamp) {
        self.channel_sequence += 1;
        self.channel_is_changed = true;
        let payload = EventPayload::Channel(ChannelEvent::of(&self.channel, detail));
        self.emit(kind, OrderingKey::from(self.channel.id), self.channel_sequence, payload, at);
    }

    fn emit_of_conversation(&mut self, kind: EventKind, payload: EventPayload, at: Timestamp) {
        let Some(conversation) = self.conversation.change() else { return };
        conversation.sequence += 1;
        let (sequence, key) = (conversation.sequence, OrderingKey::from(conversation.id));
        self.emit(kind, key, sequence, payload, at);
    }

    fn emit(&mut self, kind: EventKind, key: OrderingKey, sequence: u64, payload: EventPayload, at: Timestamp) {
        let (workspace, channel) = (self.channel.workspace_id, Some(self.channel.id));
        let event = happening(self.context, workspace, kind, (key, sequence), channel, payload);
        self.events.push(Event { at, ..event });
    }
}
