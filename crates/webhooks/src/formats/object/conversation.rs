//! `conversation.*` in the object format.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    Timestamp,
    channel::ChannelType,
    conversation::{ActorType, ConversationStatus},
    event::{ConversationDetail, ConversationEvent, Event},
};

use super::{
    super::spelling::{AnyId, Hyphenated, Millis},
    Changes, seal,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConversationBody<'a> {
    id: Hyphenated,
    created_at: Millis,
    updated_at: Millis,
    contact_id: Hyphenated,
    channel_id: Hyphenated,
    channel_type: ChannelType,
    status: ConversationStatus,
    assigned_to: Option<AnyId<'a>>,
    assigned_type: Option<ActorType>,
    tags: &'a [String],
    metadata: &'a Map<String, Value>,
    message_count: u64,
    last_message_at: Option<Millis>,
    closed_at: Option<Millis>,
    #[serde(flatten)]
    detail: Detail<'a>,
}

/// What is told beside the conversation itself.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Detail<'a> {
    Created {},
    Assigned {
        previous_assigned_to: Option<AnyId<'a>>,
        previous_assigned_type: Option<ActorType>,
        assigned_at: Millis,
    },
    Updated {
        changes: Changes<'a>,
        updated_by: Option<AnyId<'a>>,
        updated_by_type: ActorType,
    },
    Closed {
        closed_by: Option<AnyId<'a>>,
        closed_by_type: ActorType,
        resolution: Option<&'a str>,
        duration_seconds: u64,
    },
    Reopened {
        reopened_by: Option<AnyId<'a>>,
        reopened_by_type: ActorType,
        reopened_reason: &'a str,
        reopened_at: Millis,
    },
}

pub(super) fn render(event: &Event, told: &ConversationEvent) -> Bytes {
    let conversation = &told.conversation;
    seal(
        event,
        ConversationBody {
            id: Hyphenated(conversation.id.uuid()),
            created_at: Millis(conversation.created_at),
            updated_at: Millis(conversation.updated_at),
            contact_id: Hyphenated(conversation.contact_id.uuid()),
            channel_id: Hyphenated(conversation.channel_id.uuid()),
            channel_type: conversation.channel_type,
            status: conversation.status,
            assigned_to: conversation.assigned_to.as_deref().map(AnyId),
            assigned_type: conversation.assigned_type,
            tags: &conversation.tags,
            metadata: &conversation.metadata,
            message_count: conversation.message_count,
            last_message_at: conversation.last_message_at.map(Millis),
            closed_at: conversation.closed_at.map(Millis),
            detail: detail(&told.detail, event.at),
        },
    )
}

fn detail(detail: &ConversationDetail, at: Timestamp) -> Detail<'_> {
    match detail {
        ConversationDetail::Created => Detail::Created {},
        ConversationDetail::Assigned { previous_assigned_to, previous_assigned_type } => Detail::Assigned {
            previous_assigned_to: previous_assigned_to.as_deref().map(AnyId),
            previous_assigned_type: *previous_assigned_type,
            assigned_at: Millis(at),
        },
        ConversationDetail::Updated { changes, by } => Detail::Updated {
            changes: Changes(changes),
            updated_by: by.id.as_deref().map(AnyId),
            updated_by_type: by.actor_type,
        },
        ConversationDetail::Closed { by, resolution, duration_seconds } => Detail::Closed {
            closed_by: by.id.as_deref().map(AnyId),
            closed_by_type: by.actor_type,
            resolution: resolution.as_deref(),
            duration_seconds: *duration_seconds,
        },
        ConversationDetail::Reopened { by, reason } => Detail::Reopened {
            reopened_by: by.id.as_deref().map(AnyId),
            reopened_by_type: by.actor_type,
            reopened_reason: reason,
            reopened_at: Millis(at),
        },
    }
}
