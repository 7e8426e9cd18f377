//! Two contacts that are one person.
//!
//! The company says so, or a vendor shows it: a message that bears two identities comes from one person. Then the older
//! contact takes over everything that the other one has. Where both have a conversation open on a channel, the younger one
//! is closed first.
//!
//! A phone number alone proves little, since numbers pass from hand to hand: who has another id at the vendor is another
//! person, and gives the number up. So is who was known by a number for long when somebody else moved to it.

use std::time::Duration;

use crate::{
    change::Change,
    contact::{Contact, HandleKind, Identity},
    conversation::Conversation,
    decide::Context,
    event::{Actor, ContactDetail, Event, EventKind},
    id::ContactId,
};

use super::{Recorded, contact, conversation, tell_of_contact};

/// How long before the vendor tells that somebody has moved to another number the first message from there may come.
const MOVES_WITHIN: Duration = Duration::from_hours(24);

/// Two contacts that became one.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The contact that stays, with everything that the other one had.
    pub contact: Contact,
    /// Conversations that were closed for it.
    pub closed: Vec<Conversation>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Conversations of both contacts that are open on one channel, where only one can stay so.
#[derive(Debug, Clone, PartialEq)]
pub struct Parting {
    /// That of the contact that stays.
    pub own: Conversation,
    /// That of the other one.
    pub other: Conversation,
}

/// Makes one contact of two: `kept` stays, `gone` is no more.
pub fn merge_contacts(
    kept: &Contact,
    gone: &Contact,
    partings: Vec<Parting>,
    by: Actor,
    context: &mut Context<'_>,
) -> Merged {
    let (mut closed, mut events) = (Vec::new(), Vec::new());
    for Parting { own, other } in partings {
        let mut younger = if own.created_at > other.created_at { own } else { other };
        events.extend(conversation::close(&mut younger, &Actor::SYSTEM, None, context));
        closed.push(younger);
    }
    let mut contact = kept.clone();
    fill(&mut contact.name, gone.name.as_ref());
    fill(&mut contact.profile_name, gone.profile_name.as_ref());
    fill(&mut contact.username, gone.username.as_ref());
    fill(&mut contact.phone, gone.phone.as_ref());
    fill(&mut contact.email, gone.email.as_ref());
    fill(&mut contact.avatar_url, gone.avatar_url.as_ref());
    fill(&mut contact.assigned_to, gone.assigned_to.as_ref());
    for tag in &gone.tags {
        if !contact.tags.contains(tag) {
            contact.tags.push(tag.clone());
        }
    }
    for (field, value) in &gone.custom_fields {
        contact.custom_fields.entry(field.clone()).or_insert_with(|| value.clone());
    }
    contact.handles.extend(gone.handles.iter().cloned());
    contact.updated_at = context.now;
    let detail = ContactDetail::Merged { merged_contact_id: gone.id, by };
    events.push(tell_of_contact(&mut contact, EventKind::ContactMerged, detail, context));
    Merged { contact, closed, events }
}

fn fill(field: &mut Option<String>, other: Option<&String>) {
    if field.is_none() {
        *field = other.cloned();
    }
}

/// What a change says of two contacts that have identities of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rivalry {
    /// They are one person.
    Same {
        /// Who stays: the older one.
        kept: ContactId,
        /// Who goes.
        gone: ContactId,
    },
    /// The rival is somebody else, and has the identities no longer.
    GivesUp,
    /// Nothing.
    Unclear,
}

/// What a change says of the contact that was found for it and a rival that has others of its identities.
pub fn rivalry(change: &Change, found: &Contact, rival: &Contact) -> Rivalry {
    let identities: Vec<&Identity> = match change {
        Change::Received(said) | Change::Echoed(said) => said.contact.identities.iter().collect(),
        Change::Reacted(reacted) => reacted.contact.identities.iter().collect(),
        Change::Edited(edited) => edited.contact.identities.iter().collect(),
        Change::IdentityChanged(changed) => changed.after.iter().collect(),
        Change::Preferred(preferred) => preferred.contact.identities.iter().collect(),
        Change::Revoked(_) | Change::Status(_) | Change::Notice(_) => return Rivalry::Unclear,
    };
    let is_lasting = |identity: &Identity| identity.kind == HandleKind::WhatsappUserId;
    let contradicts = |contact: &Contact| {
        let mut own = contact.handles.iter().map(|handle| &handle.identity).filter(|own| is_lasting(own)).peekable();
        let mut told = identities.iter().filter(|told| is_lasting(told)).peekable();
        own.peek().is_some() && told.peek().is_some() && !own.any(|own| identities.contains(&own))
    };
    // Who changes the number may get another id with it: of the contact that was found nothing is contradicted then. Its
    // first messages from there may come before the vendor tells that it has moved.
    let (moved, is_an_older_owner) = match change {
        Change::IdentityChanged(changed) => (true, rival.created_at < changed.timestamp.minus(MOVES_WITHIN)),
        _ => (false, false),
    };
    match (contradicts(found) && !moved, contradicts(rival) || is_an_older_owner) {
        (true, _) => Rivalry::Unclear,
        (false, true) => Rivalry::GivesUp,
        (false, false) if found.created_at <= rival.created_at => Rivalry::Same { kept: found.id, gone: rival.id },
        (false, false) => Rivalry::Same { kept: rival.id, gone: found.id },
    }
}

/// A contact has identities no longer: they are somebody else's. `None` if it has none of them.
pub fn give_up(before: &Contact, lost: &[Identity], context: &mut Context<'_>) -> Option<Recorded<Contact>> {
    let mut after = before.clone();
    after.handles.retain(|handle| !lost.contains(&handle.identity));
    if after.phone.as_deref().is_some_and(|phone| lost.contains(&Identity::phone(phone))) {
        after.phone = None;
    }
    contact::changed(before, after, Actor::SYSTEM, context)
}
