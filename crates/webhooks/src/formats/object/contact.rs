//! `contact.*` in the object format.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    Timestamp,
    contact::Handle,
    conversation::ActorType,
    event::{ContactDetail, ContactEvent, Event},
};

use super::{
    super::spelling::{AnyId, Hyphenated, Millis},
    Changes, HandleBody, Names, seal,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactBody<'a> {
    id: Hyphenated,
    created_at: Millis,
    updated_at: Millis,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    phone_number: Option<&'a str>,
    email: Option<&'a str>,
    avatar_url: Option<&'a str>,
    source: &'a str,
    tags: &'a [String],
    custom_fields: &'a Map<String, Value>,
    assigned_to: Option<AnyId<'a>>,
    handles: Vec<HandleBody<'a>>,
    #[serde(flatten)]
    detail: Detail<'a>,
}

/// What is told beside the contact itself.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Detail<'a> {
    Created {},
    Updated { changes: Changes<'a>, updated_by: Option<AnyId<'a>>, updated_by_type: ActorType },
    Deleted { deleted_by: Option<AnyId<'a>>, deleted_by_type: ActorType, deleted_at: Millis },
    Merged { merged_contact_id: Hyphenated, merged_by: Option<AnyId<'a>>, merged_by_type: ActorType, merged_at: Millis },
}

pub(super) fn render(event: &Event, told: &ContactEvent) -> Bytes {
    let contact = &told.contact;
    let names = Names::of(contact.name.as_deref());
    seal(
        event,
        ContactBody {
            id: Hyphenated(contact.id.uuid()),
            created_at: Millis(contact.created_at),
            updated_at: Millis(contact.updated_at),
            first_name: names.first,
            last_name: names.last,
            phone_number: contact.phone.as_deref(),
            email: contact.email.as_deref(),
            avatar_url: contact.avatar_url.as_deref(),
            source: &contact.source,
            tags: &contact.tags,
            custom_fields: &contact.custom_fields,
            assigned_to: contact.assigned_to.as_deref().map(AnyId),
            handles: contact.handles.iter().map(handle).collect(),
            detail: detail(&told.detail, event.at),
        },
    )
}

fn handle(handle: &Handle) -> HandleBody<'_> {
    HandleBody { id: Hyphenated(handle.id.uuid()), r#type: handle.identity.kind, value: &handle.identity.value }
}

fn detail(detail: &ContactDetail, at: Timestamp) -> Detail<'_> {
    match detail {
        ContactDetail::Created => Detail::Created {},
        ContactDetail::Updated { changes, by } => Detail::Updated {
            changes: Changes(changes),
            updated_by: by.id.as_deref().map(AnyId),
            updated_by_type: by.actor_type,
        },
        ContactDetail::Deleted { by } => Detail::Deleted {
            deleted_by: by.id.as_deref().map(AnyId),
            deleted_by_type: by.actor_type,
            deleted_at: Millis(at),
        },
        ContactDetail::Merged { merged_contact_id, by } => Detail::Merged {
            merged_contact_id: Hyphenated(merged_contact_id.uuid()),
            merged_by: by.id.as_deref().map(AnyId),
            merged_by_type: by.actor_type,
            merged_at: Millis(at),
        },
    }
}
