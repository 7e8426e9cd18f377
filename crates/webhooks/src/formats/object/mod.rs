//! The object format: `id, tenantId, event, data`, `data` being the object concerned as it is after the change, in
//! camelCase, with UUIDs and times in milliseconds.
//!
//! Messages have exactly the fields of the platform that the format is taken from. The other objects are ours:
//!
//! | event | `data`, in order |
//! |---|---|
//! | `conversation.*` | `id, createdAt, updatedAt, contactId, channelId, channelType, status, assignedTo, assignedType, tags, metadata, messageCount, lastMessageAt, closedAt` |
//! | `.assigned` also | `previousAssignedTo, previousAssignedType, assignedAt` |
//! | `.updated` also | `changes, updatedBy, updatedByType` |
//! | `.closed` also | `closedBy, closedByType, resolution, durationSeconds` |
//! | `.reopened` also | `reopenedBy, reopenedByType, reopenedReason, reopenedAt` |
//! | `contact.*` | `id, createdAt, updatedAt, firstName, lastName, phoneNumber, email, avatarUrl, source, tags, customFields, assignedTo, handles: [{id, type, value}]` |
//! | `.updated` also | `changes, updatedBy, updatedByType` |
//! | `.deleted` also | `deletedBy, deletedByType, deletedAt` |
//! | `.merged` also | `mergedContactId, mergedBy, mergedByType, mergedAt` |
//! | `channel.*` | `id, type, name, phoneNumber, provider, status` |
//! | `.connected` also | `connectedBy, connectedAt` |
//! | `.disconnected` also | `disconnectionReason, lastActiveAt, disconnectedAt` |
//! | `.error` also | `errorCode, errorMessage, errorCategory, affectedMessageIds, occurredAt` |
//! | `.notice` also | `notice, details, occurredAt` |
//! | `endpoint.*` | `id, url, reason, failingSince, backlog, occurredAt`; `.gap` also `from, to, count` |
//! | `webhook.test` | `id, url, requestedBy, requestedAt` |

mod channel;
mod contact;
mod conversation;
mod endpoint;
mod message;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tidings_domain::{
    contact::HandleKind,
    endpoint::WebhookFormat,
    event::{Event, EventPayload, FieldChange, FieldChanges},
};

use super::{
    MediaLinks, rendered_kind,
    spelling::{Hyphenated, camel},
    to_bytes,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<D> {
    id: Hyphenated,
    tenant_id: Hyphenated,
    event: &'static str,
    data: D,
}

pub(super) fn render(event: &Event, links: &dyn MediaLinks) -> Option<Bytes> {
    match &event.payload {
        EventPayload::Message(told) => message::render(event, told, links),
        EventPayload::Conversation(told) => Some(conversation::render(event, told)),
        EventPayload::Contact(told) => Some(contact::render(event, told)),
        EventPayload::Channel(told) => Some(channel::render(event, told)),
        EventPayload::Endpoint(told) => Some(endpoint::render(event, told)),
        EventPayload::Erased => None,
    }
}

fn seal(event: &Event, data: impl Serialize) -> Bytes {
    to_bytes(&Envelope {
        id: Hyphenated(event.id.uuid()),
        tenant_id: Hyphenated(event.workspace_id.uuid()),
        event: rendered_kind(event.kind, WebhookFormat::Object).name(),
        data,
    })
}

/// An identity of a contact.
#[derive(Serialize)]
struct HandleBody<'a> {
    id: Hyphenated,
    r#type: HandleKind,
    value: &'a str,
}

/// A contact's name, split at the first space.
struct Names<'a> {
    first: Option<&'a str>,
    last: Option<&'a str>,
}

impl<'a> Names<'a> {
    fn of(name: Option<&'a str>) -> Self {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        match name.and_then(|name| name.split_once(' ')) {
            Some((first, last)) => Self { first: Some(first), last: Some(last.trim_start()) },
            None => Self { first: name, last: None },
        }
    }
}

/// Changed fields under camelCase names; what they were and are is passed through, but for the fields of handles, which are
/// ours, too.
struct Changes<'a>(&'a FieldChanges);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.iter().map(|(field, change)| {
            let FieldChange { before, after } = change.clone();
            let spelled = if field == "handles" { camel_fields } else { |value| value };
            (camel(field), FieldChange { before: spelled(before), after: spelled(after) })
        });
        fields.collect::<BTreeMap<String, FieldChange>>().serialize(serializer)
    }
}

/// The objects of a list with camelCase names.
fn camel_fields(list: Value) -> Value {
    let Value::Array(objects) = list else { return list };
    let spelled = objects.into_iter().map(|object| match object {
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (camel(&name), value)).collect(),
        other => other,
    });
    spelled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_first_space() {
        for (name, first, last) in [
            (None, None, None),
            (Some(" "), None, None),
            (Some("Ana"), Some("Ana"), None),
            (Some("John Doe"), Some("John"), Some("Doe")),
            (Some(" Ana  Maria de Souza "), Some("Ana"), Some("Maria de Souza")),
        ] {
            let names = Names::of(name);
            assert_eq!((names.first, names.last), (first, last), "{name:?}");
        }
    }
}
