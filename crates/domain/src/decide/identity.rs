//! Who it is: contacts and conversations found or created, and what happens when an identity changes.

use crate::{
    change::{IdentityChanged, Person, Preferred},
    contact::{Contact, Handle, HandleKind, Identity, RecipientNews},
    conversation::{Conversation, ConversationStatus},
    event::{Actor, ContactDetail, ConversationDetail, EventKind},
    id::{ContactId, ConversationId, HandleId},
    message::{HandleRef, Source},
};

use super::{Kept, desk::Desk, records::differences};

/// The other end of a message.
pub(super) struct Correspondent {
    pub(super) contact_id: ContactId,
    pub(super) conversation_id: ConversationId,
    pub(super) handle: HandleRef,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writer<'a> {
    /// The contact.
    Contact,
    /// Somebody of the company in the vendor's own app.
    App,
    /// Somebody of the company by the API.
    Api(&'a Source),
}

impl Writer<'_> {
    fn actor(self, contact: ContactId) -> Actor {
        match self {
            Self::Contact => Actor::contact(contact),
            Self::App => Source::Vendor.actor(),
            Self::Api(source) => source.actor(),
        }
    }
}

/// Finds or creates contact and conversation, and reopens a closed conversation. `None` if the person has no identity
/// at all, so that there is nobody to talk with.
pub(super) fn find_or_create(desk: &mut Desk<'_, '_>, person: &Person, writer: Writer<'_>) -> Option<Correspondent> {
    let now = desk.now();
    if desk.contact().is_some_and(|contact| is_somebody_else(contact, person)) {
        desk.part_from_contact(&person.identities);
    }
    let contact_is_new = desk.contact().is_none();
    if contact_is_new {
        let contact = new_contact(desk, person, writer)?;
        desk.new_contact(contact);
    } else {
        learn(desk, person);
        if matches!(writer, Writer::Contact) {
            is_back(desk, person);
        }
    }
    let contact = desk.contact()?;
    let handle = person
        .identities
        .iter()
        .find_map(|identity| contact.handle(identity))
        .or_else(|| contact.handles.first())
        .map(|handle| HandleRef { id: handle.id, kind: handle.identity.kind, value: handle.identity.value.clone() })?;
    let contact_id = contact.id;
    let is_new = desk.conversation().is_none();
    if is_new {
        let conversation = new_conversation(desk, contact_id);
        desk.new_conversation(conversation);
    }
    if contact_is_new {
        desk.emit_contact_with_conversation(EventKind::ContactCreated, ContactDetail::Created, now);
    }
    if is_new {
        desk.emit_conversation(EventKind::ConversationCreated, ConversationDetail::Created, now);
    } else {
        reopen(desk, writer.actor(contact_id));
    }
    Some(Correspondent { contact_id, conversation_id: desk.conversation()?.id, handle })
}

/// A closed conversation goes on with any message, in or out, unless another one goes on already.
pub(super) fn reopen(desk: &mut Desk<'_, '_>, by: Actor) {
    let is_closed = |conversation: &Conversation| conversation.status == ConversationStatus::Closed;
    if !desk.conversation().is_some_and(is_closed) || desk.is_superseded() {
        return;
    }
    let now = desk.now();
    if let Some(conversation) = desk.change_conversation() {
        conversation.reopen(now);
    }
    let detail = ConversationDetail::Reopened { by, reason: "new_message".to_owned() };
    desk.emit_conversation(EventKind::ConversationReopened, detail, now);
}

/// A number may pass to another person; WhatsApp's own id of somebody never does, and who changes the number gets
/// another id. So of two with different ids, the number tells nothing.
fn is_somebody_else(contact: &Contact, person: &Person) -> bool {
    let is_id = |identity: &&Identity| identity.kind == HandleKind::WhatsappUserId;
    let mut theirs = person.identities.iter().filter(is_id).peekable();
    theirs.peek().is_some()
        && contact.handles.iter().any(|handle| is_id(&&handle.identity))
        && theirs.all(|identity| contact.handle(identity).is_none())
}

fn new_contact(desk: &mut Desk<'_, '_>, person: &Person, writer: Writer<'_>) -> Option<Contact> {
    let now = desk.now();
    let free: Vec<Identity> =
        person.identities.iter().filter(|identity| !desk.taken.contains(identity)).cloned().collect();
    if free.is_empty() {
        return None;
    }
    Some(Contact {
        id: ContactId::next(desk.context.ids, now),
        workspace_id: desk.channel().workspace_id,
        name: person.name.clone(),
        profile_name: person.name.clone(),
        username: person.username.clone(),
        phone: phone_of(&free),
        email: None,
        avatar_url: None,
        source: match writer {
            Writer::Contact | Writer::App => desk.channel().channel_type.name().to_owned(),
            Writer::Api(_) => "api".to_owned(),
        },
        tags: Vec::new(),
        custom_fields: serde_json::Map::new(),
        assigned_to: None,
        handles: free
            .into_iter()
            .map(|identity| Handle::new(HandleId::next(desk.context.ids, now), identity))
            .collect(),
        sequence: 0,
        created_at: now,
        updated_at: now,
    })
}

fn new_conversation(desk: &mut Desk<'_, '_>, contact_id: ContactId) -> Conversation {
    let now = desk.now();
    Conversation {
        id: ConversationId::next(desk.context.ids, now),
        workspace_id: desk.channel().workspace_id,
        contact_id,
        channel_id: desk.channel().id,
        channel_type: desk.channel().channel_type,
        status: ConversationStatus::Open,
        assigned_to: None,
        assigned_type: None,
        tags: Vec::new(),
        metadata: serde_json::Map::new(),
        message_count: 0,
        unread_count: 0,
        sequence: 0,
        last_message_at: None,
        last_inbound_at: None,
        created_at: now,
        updated_at: now,
        reopened_at: None,
        closed_at: None,
        resolution: None,
    }
}

/// Learns what the vendor newly says of a known contact: names, further identities. A name that the company gave is
/// left alone.
pub(super) fn learn(desk: &mut Desk<'_, '_>, person: &Person) {
    let Some(contact) = desk.contact() else { return };
    let now = desk.now();
    let mut after = contact.clone();
    if let Some(name) = &person.name
        && after.profile_name.as_ref() != Some(name)
    {
        if after.name == after.profile_name {
            after.name = Some(name.clone());
        }
        after.profile_name = Some(name.clone());
    }
    if person.username.is_some() {
        after.username.clone_from(&person.username);
    }
    for identity in &person.identities {
        if after.handle(identity).is_none() && !desk.taken.contains(identity) {
            after.handles.push(Handle::new(HandleId::next(desk.context.ids, now), identity.clone()));
        }
    }
    if after.phone.is_none() {
        let own = person.identities.iter().filter(|identity| !desk.taken.contains(identity));
        after.phone = phone_of(own);
    }
    update(desk, after);
}

/// The vendor says something of whom the message on the desk was for.
pub(super) fn hear(desk: &mut Desk<'_, '_>, news: RecipientNews) {
    let (Some(contact), Some(message)) = (desk.contact(), desk.message()) else { return };
    let (mut after, handle_id, now) = (contact.clone(), message.handle.id, desk.now());
    if let Some(handle) = after.handles.iter_mut().find(|handle| handle.id == handle_id) {
        handle.hear(news, now);
    }
    update(desk, after);
}

/// The contact wrote: something reaches it again.
pub(super) fn is_back(desk: &mut Desk<'_, '_>, person: &Person) {
    let Some(contact) = desk.contact() else { return };
    let is_its = |handle: &Handle| person.identities.contains(&handle.identity);
    if !contact.handles.iter().any(|handle| handle.blocked_at.is_some() && is_its(handle)) {
        return;
    }
    let mut after = contact.clone();
    for handle in after.handles.iter_mut().filter(|handle| is_its(handle)) {
        handle.blocked_at = None;
    }
    update(desk, after);
}

/// A contact has chosen what it wants to be sent. Who is not known becomes known by it, so as to be written to as it wants.
pub(super) fn preferred(desk: &mut Desk<'_, '_>, preferred: &Preferred) {
    desk.channel_is_alive();
    let choose = |handles: &mut Vec<Handle>| {
        for handle in handles.iter_mut().filter(|handle| preferred.contact.identities.contains(&handle.identity)) {
            handle.choose(preferred.opted_out, preferred.timestamp);
        }
    };
    if let Some(contact) = desk.contact() {
        let mut after = contact.clone();
        choose(&mut after.handles);
        return update(desk, after);
    }
    let Some(mut contact) = new_contact(desk, &preferred.contact, Writer::Contact) else {
        let vendor_id = preferred.contact.identities.first().map(|identity| identity.value.clone());
        return desk.keep(Kept::Unmatched { kind: "preferred", vendor_id: vendor_id.unwrap_or_default() });
    };
    choose(&mut contact.handles);
    let now = desk.now();
    desk.new_contact(contact);
    desk.emit_contact(EventKind::ContactCreated, ContactDetail::Created, now);
}

/// A vendor says that a contact has another number or id than before. The old one is given up, since vendors hand
/// numbers to other people.
pub(super) fn changed(desk: &mut Desk<'_, '_>, changed: &IdentityChanged) {
    desk.channel_is_alive();
    let Some(contact) = desk.contact() else {
        let vendor_id = changed.before.first().or(changed.after.first());
        let vendor_id = vendor_id.map(|identity| identity.value.clone()).unwrap_or_default();
        desk.keep(Kept::Unmatched { kind: "identity_changed", vendor_id });
        return;
    };
    if let Some(identity) = changed.after.iter().find(|identity| desk.taken.contains(identity)) {
        desk.keep(Kept::Unmatched { kind: "identity_changed", vendor_id: identity.value.clone() });
        return;
    }
    let now = desk.now();
    let mut after = contact.clone();
    for identity in &changed.after {
        if after.handle(identity).is_none() {
            after.handles.push(Handle::new(HandleId::next(desk.context.ids, now), identity.clone()));
        }
    }
    if after.handles.iter().any(|handle| !changed.before.contains(&handle.identity)) {
        after
            .handles
            .retain(|handle| !changed.before.contains(&handle.identity) || changed.after.contains(&handle.identity));
    }
    let handles: Vec<Identity> = after.handles.iter().map(|handle| handle.identity.clone()).collect();
    if let Some(phone) = phone_of(&changed.after) {
        after.phone = Some(phone);
    } else if after.phone.as_ref().is_some_and(|phone| {
        changed.before.contains(&Identity::phone(phone)) && !handles.contains(&Identity::phone(phone))
    }) {
        after.phone = None;
    }
    update(desk, after);
}

/// Puts a changed contact on the desk and tells of what changed; does nothing if nothing did.
fn update(desk: &mut Desk<'_, '_>, after: Contact) {
    let Some(before) = desk.contact() else { return };
    let changes = differences(before, &after);
    let worth_writing = *before != after;
    let now = desk.now();
    if !worth_writing {
        return;
    }
    let by = Actor::contact(after.id);
    if let Some(contact) = desk.change_contact() {
        *contact = after;
        contact.updated_at = now;
    }
    if !changes.is_empty() {
        desk.emit_contact(EventKind::ContactUpdated, ContactDetail::Updated { changes, by }, now);
    }
}

fn phone_of<'a>(identities: impl IntoIterator<Item = &'a Identity>) -> Option<String> {
    identities
        .into_iter()
        .find(|identity| identity.kind == HandleKind::PhoneNumber)
        .map(|identity| identity.value.clone())
}
