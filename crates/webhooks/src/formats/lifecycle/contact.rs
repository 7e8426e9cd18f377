//! `contact.*` in the lifecycle format.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    ContactId,
    conversation::ActorType,
    event::{ContactDetail, ContactEvent, Event, FieldChanges},
};

use super::{super::spelling::Seconds, seal};

#[derive(Serialize)]
struct Created<'a> {
    contact_id: ContactId,
    name: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    avatar_url: Option<&'a str>,
    source: &'a str,
    tags: &'a [String],
    custom_fields: &'a Map<String, Value>,
    assigned_to: Option<&'a str>,
    created_at: Seconds,
}

#[derive(Serialize)]
struct Updated<'a> {
    contact_id: ContactId,
    changes: &'a FieldChanges,
    updated_by: Option<&'a str>,
    updated_by_type: ActorType,
    updated_at: Seconds,
}

#[derive(Serialize)]
struct Merged<'a> {
    contact_id: ContactId,
    merged_contact_id: ContactId,
    merged_by: Option<&'a str>,
    merged_by_type: ActorType,
    merged_at: Seconds,
}

#[derive(Serialize)]
struct Deleted<'a> {
    contact_id: ContactId,
    name: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    deleted_by: Option<&'a str>,
    deleted_by_type: ActorType,
    deleted_at: Seconds,
}

pub(super) fn render(event: &Event, told: &ContactEvent) -> Bytes {
    let contact = &told.contact;
    let (name, phone, email) = (contact.name.as_deref(), contact.phone.as_deref(), contact.email.as_deref());
    let contact_id = contact.id;
    let at = Seconds(event.at);
    match &told.detail {
        ContactDetail::Created => seal(
            event,
            Created {
                contact_id,
                name,
                phone,
                email,
                avatar_url: contact.avatar_url.as_deref(),
                source: &contact.source,
                tags: &contact.tags,
                custom_fields: &contact.custom_fields,
                assigned_to: contact.assigned_to.as_deref(),
                created_at: at,
            },
        ),
        ContactDetail::Updated { changes, by } => seal(
            event,
            Updated {
                contact_id,
                changes,
                updated_by: by.id.as_deref(),
                updated_by_type: by.actor_type,
                updated_at: at,
            },
        ),
        ContactDetail::Merged { merged_contact_id, by } => seal(
            event,
            Merged {
                contact_id,
                merged_contact_id: *merged_contact_id,
                merged_by: by.id.as_deref(),
                merged_by_type: by.actor_type,
                merged_at: at,
            },
        ),
        ContactDetail::Deleted { by } => seal(
            event,
            Deleted {
                contact_id,
                name,
                phone,
                email,
                deleted_by: by.id.as_deref(),
                deleted_by_type: by.actor_type,
                deleted_at: at,
            },
        ),
    }
}
