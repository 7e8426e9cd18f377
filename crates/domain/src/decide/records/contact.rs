//! One contact: made, changed, deleted.

use serde_json::{Map, Value, json};

use crate::{
    contact::{Contact, ContactDraft, ContactPatch, Handle, HandleKind, HandleWish, Identity},
    decide::{Context, order::Refusal},
    event::{Actor, ContactDetail, Event, EventKind, FieldChange, FieldChanges},
    id::{ContactId, HandleId, WorkspaceId},
    merge::merge,
};

use super::{Owner, Recorded, tell_of_contact};

/// How long the company's own fields of a contact may be, as JSON: 16 KiB.
pub const MOST_CUSTOM_FIELDS: usize = 16 << 10;

/// Makes a contact. `owners` tells who has the identities that it asks for.
pub fn create_contact(
    workspace_id: WorkspaceId,
    draft: &ContactDraft,
    owners: &[Owner],
    context: &mut Context<'_>,
) -> Result<Recorded<Contact>, Refusal> {
    refuse_taken(owners, None)?;
    refuse_long(&draft.custom_fields)?;
    let mut contact = Contact {
        id: ContactId::next(context.ids, context.now),
        workspace_id,
        name: draft.name.clone(),
        profile_name: None,
        username: None,
        phone: draft.phone.clone(),
        email: draft.email.clone(),
        avatar_url: draft.avatar_url.clone(),
        source: draft.source.clone(),
        tags: draft.tags.clone(),
        custom_fields: draft.custom_fields.clone(),
        assigned_to: draft.assigned_to.clone(),
        handles: Vec::new(),
        sequence: 0,
        created_at: context.now,
        updated_at: context.now,
    };
    for wish in &draft.handles {
        fulfil(&mut contact, wish, context);
    }
    own_addresses(&mut contact, context);
    let event = tell_of_contact(&mut contact, EventKind::ContactCreated, ContactDetail::Created, context);
    Ok(Recorded { record: contact, events: vec![event] })
}

/// Changes a contact. `owners` tells who has the identities that the change speaks of.
pub fn change_contact(
    before: &Contact,
    patch: &ContactPatch,
    owners: &[Owner],
    by: &Actor,
    context: &mut Context<'_>,
) -> Result<Option<Recorded<Contact>>, Refusal> {
    refuse_taken(owners, Some(before.id))?;
    let mut after = before.clone();
    set(&mut after.name, patch.name.as_ref());
    set(&mut after.phone, patch.phone.as_ref());
    set(&mut after.email, patch.email.as_ref());
    set(&mut after.avatar_url, patch.avatar_url.as_ref());
    set(&mut after.assigned_to, patch.assigned_to.as_ref());
    if let Some(tags) = &patch.tags {
        after.tags.clone_from(tags);
    }
    if let Some(fields) = &patch.custom_fields {
        after.custom_fields = patched(after.custom_fields, fields.as_ref());
        refuse_long(&after.custom_fields)?;
    }
    if let Some(wishes) = &patch.handles {
        after.handles.retain(|handle| wishes.iter().any(|wish| wish.identity == handle.identity));
        for wish in wishes {
            fulfil(&mut after, wish, context);
        }
        follow_handles(&mut after, patch);
    }
    own_addresses(&mut after, context);
    Ok(changed(before, after, by.clone(), context))
}

/// A contact is about to be erased. Others are told by which name, number and address they may know it, and nothing else.
pub fn delete_contact(contact: &Contact, by: Actor, context: &mut Context<'_>) -> Event {
    let mut contact = Contact {
        profile_name: None,
        username: None,
        avatar_url: None,
        tags: Vec::new(),
        custom_fields: Map::new(),
        assigned_to: None,
        handles: Vec::new(),
        ..contact.clone()
    };
    tell_of_contact(&mut contact, EventKind::ContactDeleted, ContactDetail::Deleted { by }, context)
}

/// Tells of what became of a contact; `None` if nothing did.
pub(super) fn changed(
    before: &Contact,
    mut after: Contact,
    by: Actor,
    context: &mut Context<'_>,
) -> Option<Recorded<Contact>> {
    let changes = differences(before, &after);
    if changes.is_empty() {
        return None;
    }
    after.updated_at = context.now;
    let detail = ContactDetail::Updated { changes, by };
    let event = tell_of_contact(&mut after, EventKind::ContactUpdated, detail, context);
    Some(Recorded { record: after, events: vec![event] })
}

/// What is told of as changed, field by field.
pub(in crate::decide) fn differences(before: &Contact, after: &Contact) -> FieldChanges {
    let fields: [(&str, Value, Value); 9] = [
        ("name", json!(before.name), json!(after.name)),
        ("phone", json!(before.phone), json!(after.phone)),
        ("email", json!(before.email), json!(after.email)),
        ("avatar_url", json!(before.avatar_url), json!(after.avatar_url)),
        ("username", json!(before.username), json!(after.username)),
        ("tags", json!(before.tags), json!(after.tags)),
        ("custom_fields", json!(before.custom_fields), json!(after.custom_fields)),
        ("assigned_to", json!(before.assigned_to), json!(after.assigned_to)),
        ("handles", handles(before), handles(after)),
    ];
    fields
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| (field.to_owned(), FieldChange { before, after }))
        .collect()
}

/// Handles as they are told of.
fn handles(contact: &Contact) -> Value {
    let told = contact.handles.iter().map(|handle| {
        json!({
            "type": handle.identity.kind,
            "value": handle.identity.value,
            "blocked": handle.blocked_at.is_some(),
            "opted_out": handle.opted_out,
        })
    });
    told.collect()
}

fn refuse_taken(owners: &[Owner], own: Option<ContactId>) -> Result<(), Refusal> {
    match owners.iter().find(|owner| Some(owner.contact_id) != own) {
        Some(Owner { identity, contact_id }) => {
            Err(Refusal::IdentityTaken { identity: identity.clone(), contact_id: *contact_id })
        }
        None => Ok(()),
    }
}

fn refuse_long(custom_fields: &Map<String, Value>) -> Result<(), Refusal> {
    if json!(custom_fields).to_string().len() > MOST_CUSTOM_FIELDS { Err(Refusal::CustomFieldsTooLong) } else { Ok(()) }
}

/// An object with a merge patch applied, or emptied.
pub(super) fn patched(before: Map<String, Value>, patch: Option<&Map<String, Value>>) -> Map<String, Value> {
    patch.map_or_else(Map::new, |patch| merge(before, patch.clone()))
}

fn set(field: &mut Option<String>, wish: Option<&Option<String>>) {
    if let Some(wish) = wish {
        field.clone_from(wish);
    }
}

/// Gives a contact an identity, or changes what is known of one that it has.
fn fulfil(contact: &mut Contact, wish: &HandleWish, context: &mut Context<'_>) {
    let handle = own(contact, &wish.identity, context);
    if let Some(blocked) = wish.blocked {
        handle.blocked_at = blocked.then(|| handle.blocked_at.unwrap_or(context.now));
    }
    if let Some(opted_out) = wish.opted_out {
        handle.opted_out = opted_out;
    }
}

fn own<'a>(contact: &'a mut Contact, identity: &Identity, context: &mut Context<'_>) -> &'a mut Handle {
    let known = contact.handles.iter().position(|handle| handle.identity == *identity);
    let index = known.unwrap_or_else(|| {
        contact.handles.push(Handle::new(HandleId::next(context.ids, context.now), identity.clone()));
        contact.handles.len() - 1
    });
    &mut contact.handles[index]
}

/// Phone number and e-mail address are identities, too: who writes from them is this contact.
fn own_addresses(contact: &mut Contact, context: &mut Context<'_>) {
    let phone = contact.phone.as_deref().map(Identity::phone);
    let email = contact.email.as_deref().map(Identity::email);
    for identity in [phone, email].into_iter().flatten() {
        own(contact, &identity, context);
    }
}

/// A phone number or e-mail address that is no longer among the identities is given up, and one that is new among them is
/// taken where there is none; unless the change says which it is to be.
fn follow_handles(contact: &mut Contact, patch: &ContactPatch) {
    let follow = |field: &mut Option<String>, kind: HandleKind, handles: &[Handle]| {
        let mut of_kind =
            handles.iter().filter(|handle| handle.identity.kind == kind).map(|handle| handle.identity.value.as_str());
        if field.as_deref().is_none_or(|value| !of_kind.clone().any(|known| known == value)) {
            *field = of_kind.next().map(str::to_owned);
        }
    };
    if patch.phone.is_none() {
        follow(&mut contact.phone, HandleKind::PhoneNumber, &contact.handles);
    }
    if patch.email.is_none() {
        follow(&mut contact.email, HandleKind::Email, &contact.handles);
    }
}
