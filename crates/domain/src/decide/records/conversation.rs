//! One conversation: assigned, tagged, closed, reopened.

use serde_json::{Value, json};

use crate::{
    conversation::{ActorType, Conversation, ConversationPatch, ConversationStatus},
    decide::{Context, order::Refusal},
    event::{Actor, ConversationDetail, Event, EventKind, FieldChange, FieldChanges},
};

use super::{Recorded, contact::patched, tell_of_conversation};

/// How long the company's own fields of a conversation may be, as JSON: 4 KiB.
pub const MOST_METADATA: usize = 4 << 10;

/// Changes a conversation; `None` if there is nothing to change. It is reopened before anything else is told of, and
/// closed after it.
pub fn change_conversation(
    before: &Conversation,
    patch: &ConversationPatch,
    by: &Actor,
    context: &mut Context<'_>,
) -> Result<Option<Recorded<Conversation>>, Refusal> {
    let mut conversation = before.clone();
    let mut events = Vec::new();
    if patch.status == Some(ConversationStatus::Open) {
        events.extend(reopen(&mut conversation, by, context));
    }
    events.extend(assign(&mut conversation, patch, context));
    events.extend(update(&mut conversation, patch, by, context));
    if patch.metadata.is_some() && json!(conversation.metadata).to_string().len() > MOST_METADATA {
        return Err(Refusal::MetadataTooLong);
    }
    if patch.status == Some(ConversationStatus::Closed) {
        events.extend(close(&mut conversation, by, patch.resolution.clone(), context));
    }
    if events.is_empty() {
        return Ok(None);
    }
    conversation.updated_at = context.now;
    Ok(Some(Recorded { record: conversation, events }))
}

fn reopen(conversation: &mut Conversation, by: &Actor, context: &mut Context<'_>) -> Option<Event> {
    if conversation.status == ConversationStatus::Open {
        return None;
    }
    conversation.reopen(context.now);
    let reason = if by.actor_type == ActorType::Api { "api" } else { "manual" };
    let detail = ConversationDetail::Reopened { by: by.clone(), reason: reason.to_owned() };
    Some(tell_of_conversation(conversation, EventKind::ConversationReopened, detail, context))
}

/// Closes a conversation that is open.
pub(super) fn close(
    conversation: &mut Conversation,
    by: &Actor,
    resolution: Option<String>,
    context: &mut Context<'_>,
) -> Option<Event> {
    if conversation.status == ConversationStatus::Closed {
        return None;
    }
    conversation.status = ConversationStatus::Closed;
    conversation.closed_at = Some(context.now);
    conversation.resolution.clone_from(&resolution);
    let duration_seconds = context.now.since(conversation.opened_at()).as_secs();
    let detail = ConversationDetail::Closed { by: by.clone(), resolution, duration_seconds };
    Some(tell_of_conversation(conversation, EventKind::ConversationClosed, detail, context))
}

fn assign(conversation: &mut Conversation, patch: &ConversationPatch, context: &mut Context<'_>) -> Option<Event> {
    let (assigned_to, assigned_type) = match patch.assignee.as_ref()? {
        Some((id, actor_type)) => (Some(id.clone()), Some(*actor_type)),
        None => (None, None),
    };
    if (conversation.assigned_to == assigned_to) && (conversation.assigned_type == assigned_type) {
        return None;
    }
    let previous_assigned_to = std::mem::replace(&mut conversation.assigned_to, assigned_to);
    let previous_assigned_type = std::mem::replace(&mut conversation.assigned_type, assigned_type);
    let detail = ConversationDetail::Assigned { previous_assigned_to, previous_assigned_type };
    Some(tell_of_conversation(conversation, EventKind::ConversationAssigned, detail, context))
}

fn update(
    conversation: &mut Conversation,
    patch: &ConversationPatch,
    by: &Actor,
    context: &mut Context<'_>,
) -> Option<Event> {
    let before = (json!(conversation.tags), json!(conversation.metadata), json!(conversation.resolution));
    if let Some(tags) = &patch.tags {
        conversation.tags.clone_from(tags);
    }
    if let Some(metadata) = &patch.metadata {
        conversation.metadata = patched(std::mem::take(&mut conversation.metadata), metadata.as_ref());
    }
    // One that is closed already is not closed again, but how it ended may be known only now.
    if conversation.status == ConversationStatus::Closed && patch.resolution.is_some() {
        conversation.resolution.clone_from(&patch.resolution);
    }
    let fields: [(&str, Value, Value); 3] = [
        ("tags", before.0, json!(conversation.tags)),
        ("metadata", before.1, json!(conversation.metadata)),
        ("resolution", before.2, json!(conversation.resolution)),
    ];
    let changes: FieldChanges = fields
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| (field.to_owned(), FieldChange { before, after }))
        .collect();
    if changes.is_empty() {
        return None;
    }
    let detail = ConversationDetail::Updated { changes, by: by.clone() };
    Some(tell_of_conversation(conversation, EventKind::ConversationUpdated, detail, context))
}
