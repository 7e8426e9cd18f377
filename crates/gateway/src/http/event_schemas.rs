//! What each event's `data` holds in the lifecycle format, for the OpenAPI document. It renders nothing; a test holds it
//! against what is rendered.

use tidings_domain::event::EventKind;
use utoipa::openapi::{
    RefOr, Schema,
    schema::{ArrayBuilder, KnownFormat, Object, ObjectBuilder, SchemaFormat, SchemaType, Type},
};

/// The fields that say which conversation an event belongs to.
const PLACE: &[&str] = &["conversation_id", "contact_id", "channel_id", "channel_type"];

/// What a message's event holds beside them, each only where there is one.
const ADDITIONS: &[&str] = &["media_id", "attachments", "header", "footer", "payload"];

/// The fields of an event's `data`, beside those of its family.
fn own_fields(kind: EventKind) -> &'static [&'static str] {
    match kind {
        EventKind::MessageReceived => {
            &["content", "type", "direction", "media_url", "media_mime_type", "location", "received_at"]
        }
        EventKind::MessageSent => &["content", "type", "direction", "sent_by", "sent_by_type", "media_url", "sent_at"],
        EventKind::MessageDelivered => &["delivered_at"],
        EventKind::MessageRead => &["read_at"],
        EventKind::MessageFailed => &["error_code", "error_message", "failed_at"],
        EventKind::MessageUpdated => &["change", "status", "content", "reactions", "updated_at"],
        EventKind::ConversationCreated => &["status", "assigned_to", "assigned_type", "tags", "created_at"],
        EventKind::ConversationAssigned => {
            &["assigned_to", "assigned_type", "previous_assigned_to", "previous_assigned_type", "assigned_at"]
        }
        EventKind::ConversationUpdated => &["changes", "updated_by", "updated_by_type", "updated_at"],
        EventKind::ConversationClosed => {
            &["closed_by", "closed_by_type", "resolution", "duration_seconds", "message_count", "closed_at"]
        }
        EventKind::ConversationReopened => &["reopened_by", "reopened_reason", "reopened_at"],
        EventKind::ContactCreated => &[
            "contact_id",
            "name",
            "phone",
            "email",
            "avatar_url",
            "source",
            "tags",
            "custom_fields",
            "assigned_to",
            "created_at",
        ],
        EventKind::ContactUpdated => &["contact_id", "changes", "updated_by", "updated_by_type", "updated_at"],
        EventKind::ContactDeleted => {
            &["contact_id", "name", "phone", "email", "deleted_by", "deleted_by_type", "deleted_at"]
        }
        EventKind::ContactMerged => &["contact_id", "merged_contact_id", "merged_by", "merged_by_type", "merged_at"],
        EventKind::ChannelConnected => &["phone_number", "provider", "status", "connected_by", "connected_at"],
        EventKind::ChannelDisconnected => {
            &["phone_number", "provider", "status", "disconnection_reason", "last_active_at", "disconnected_at"]
        }
        EventKind::ChannelError => &[
            "phone_number",
            "provider",
            "status",
            "error_code",
            "error_message",
            "error_category",
            "affected_message_ids",
            "occurred_at",
        ],
        EventKind::ChannelNotice => &["notice", "details", "occurred_at"],
        EventKind::AgentHandoffStarted => &["agent_id", "handoff_reason", "handoff_note", "queue_id", "started_at"],
        EventKind::AgentHandoffCompleted => {
            &["agent_id", "attendant_id", "handoff_wait_seconds", "handoff_note", "completed_at"]
        }
        EventKind::AgentTransferred => {
            &["from_attendant_id", "to_attendant_id", "transfer_reason", "transfer_note", "transferred_at"]
        }
        EventKind::EndpointFailing | EventKind::EndpointDisabled | EventKind::EndpointRecovered => {
            &["url", "reason", "failing_since", "backlog", "occurred_at"]
        }
        EventKind::EndpointGap => &["url", "reason", "failing_since", "backlog", "occurred_at", "from", "to", "count"],
        EventKind::WebhookTest => &["requested_by", "requested_at"],
    }
}

/// The fields of an event's `data`, in no order.
fn fields(kind: EventKind) -> impl Iterator<Item = &'static str> {
    let family: &[&str] = match kind.name().split('.').next() {
        Some("message") => &["message_id"],
        Some("channel") => &["channel_id", "channel_type", "channel_name"],
        Some("endpoint" | "webhook") => &["endpoint_id"],
        _ => &[],
    };
    let place = match kind.name().split('.').next() {
        Some("message" | "conversation" | "agent") => PLACE,
        _ => &[],
    };
    let additions = match kind {
        EventKind::MessageReceived | EventKind::MessageSent | EventKind::MessageUpdated => ADDITIONS,
        _ => &[],
    };
    family.iter().chain(place).chain(own_fields(kind)).chain(additions).copied().chain(["sequence"])
}

/// The schema of an event's `data`.
pub(super) fn data(kind: EventKind) -> Schema {
    let object = fields(kind).fold(ObjectBuilder::new(), |object, name| object.property(name, field(name)));
    Schema::Object(object.build())
}

/// A field's schema follows from its name: names mean the same in every event.
fn field(name: &str) -> RefOr<Schema> {
    let typed = |kind: Type| ObjectBuilder::new().schema_type(SchemaType::from_iter([kind, Type::Null]));
    let object = |object: ObjectBuilder| RefOr::T(Schema::Object(object.build()));
    match name {
        "tags" | "affected_message_ids" => list(ObjectBuilder::new().schema_type(Type::String).build()),
        "attachments" | "reactions" => list(ObjectBuilder::new().schema_type(Type::Object).build()),
        "custom_fields" | "changes" | "location" => object(typed(Type::Object)),
        "details" | "payload" => object(ObjectBuilder::new().schema_type(SchemaType::AnyValue)),
        "sequence" | "backlog" | "count" | "from" | "to" => object(typed(Type::Integer)),
        name if name.ends_with("_seconds") || name.ends_with("_count") => object(typed(Type::Integer)),
        name if name.ends_with("_at") || name.ends_with("_since") => {
            object(typed(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
        }
        _ => object(typed(Type::String)),
    }
}

fn list(items: Object) -> RefOr<Schema> {
    RefOr::T(Schema::Array(ArrayBuilder::new().items(items).build()))
}
