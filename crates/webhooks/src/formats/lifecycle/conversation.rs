//! `conversation.*` in the lifecycle format.

use bytes::Bytes;
use serde::Serialize;
use tidings_domain::{
    ChannelId, ContactId, ConversationId,
    channel::ChannelType,
    conversation::{ActorType, ConversationStatus},
    event::{ConversationDetail, ConversationEvent, Event, FieldChanges},
};

use super::{super::spelling::Seconds, seal};

#[derive(Serialize)]
struct Subject {
    conversation_id: ConversationId,
    contact_id: ContactId,
    channel_id: ChannelId,
    channel_type: ChannelType,
}

#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    subject: Subject,
    status: ConversationStatus,
    assigned_to: Option<&'a str>,
    assigned_type: Option<ActorType>,
    tags: &'a [String],
    created_at: Seconds,
}

#[derive(Serialize)]
struct Assigned<'a> {
    #[serde(flatten)]
    subject: Subject,
    assigned_to: Option<&'a str>,
    assigned_type: Option<ActorType>,
    previous_assigned_to: Option<&'a str>,
    previous_assigned_type: Option<ActorType>,
    assigned_at: Seconds,
}

#[derive(Serialize)]
struct Updated<'a> {
    #[serde(flatten)]
    subject: Subject,
    changes: &'a FieldChanges,
    updated_by: Option<&'a str>,
    updated_by_type: ActorType,
    updated_at: Seconds,
}

#[derive(Serialize)]
struct Closed<'a> {
    #[serde(flatten)]
    subject: Subject,
    closed_by: Option<&'a str>,
    closed_by_type: ActorType,
    resolution: Option<&'a str>,
    duration_seconds: u64,
    message_count: u64,
    closed_at: Seconds,
}

#[derive(Serialize)]
struct Reopened<'a> {
    #[serde(flatten)]
    subject: Subject,
    reopened_by: Option<&'a str>,
    reopened_reason: &'a str,
    reopened_at: Seconds,
}

pub(super) fn render(event: &Event, told: &ConversationEvent) -> Bytes {
    let conversation = &told.conversation;
    let subject = Subject {
        conversation_id: conversation.id,
        contact_id: conversation.contact_id,
        channel_id: conversation.channel_id,
        channel_type: conversation.channel_type,
    };
    let at = Seconds(event.at);
    let assigned_to = conversation.assigned_to.as_deref();
    let assigned_type = conversation.assigned_type;
    match &told.detail {
        ConversationDetail::Created => seal(
            event,
            Created {
                subject,
                status: conversation.status,
                assigned_to,
                assigned_type,
                tags: &conversation.tags,
                created_at: at,
            },
        ),
        ConversationDetail::Assigned { previous_assigned_to, previous_assigned_type } => seal(
            event,
            Assigned {
                subject,
                assigned_to,
                assigned_type,
                previous_assigned_to: previous_assigned_to.as_deref(),
                previous_assigned_type: *previous_assigned_type,
                assigned_at: at,
            },
        ),
        ConversationDetail::Updated { changes, by } => seal(
            event,
            Updated { subject, changes, updated_by: by.id.as_deref(), updated_by_type: by.actor_type, updated_at: at },
        ),
        ConversationDetail::Closed { by, resolution, duration_seconds } => seal(
            event,
            Closed {
                subject,
                closed_by: by.id.as_deref(),
                closed_by_type: by.actor_type,
                resolution: resolution.as_deref(),
                duration_seconds: *duration_seconds,
                message_count: conversation.message_count,
                closed_at: at,
            },
        ),
        ConversationDetail::Reopened { by, reason } => {
            seal(event, Reopened { subject, reopened_by: by.id.as_deref(), reopened_reason: reason, reopened_at: at })
        }
    }
}
