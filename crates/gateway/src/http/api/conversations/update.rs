//! `PATCH /v1/conversations/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_domain::{
    conversation::{ActorType, ConversationPatch, ConversationStatus},
    event::Actor,
    key::{Access, Area},
};
use tidings_store::ConversationChange;
use utoipa::ToSchema;

use super::{
    super::record::{ActorInput, LONGEST_ID, tags},
    view,
};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, RawRequest, cleared, json, parse},
        problem::Answer,
        wrong::Wrong,
    },
};

/// What a change can clear.
const FIELDS: [&str; 7] = ["status", "resolution", "assigned_to", "assigned_type", "tags", "metadata", "by"];

/// How a conversation ended.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Resolution {
    Resolved,
    Unresolved,
    Spam,
}

/// What an assignee is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AssigneeType {
    Attendant,
    Agent,
}

/// What is to change of a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationInput {
    /// `open` or `closed`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    status: Option<ConversationStatus>,
    /// With `status` `closed`: `resolved`, `unresolved` or `spam`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    resolution: Option<Resolution>,
    /// Who looks after it: an id of your making, at most 128 characters. Null: nobody.
    #[serde(default)]
    assigned_to: Option<String>,
    /// With `assigned_to`: `attendant` (a person, unless told) or `agent` (an AI agent).
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    assigned_type: Option<AssigneeType>,
    /// Tags: 50 at most, of 64 characters each.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Your own fields: 4 KiB at most. A change is merged into them; null takes a field away.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    /// Who wants it, if not the key.
    #[serde(default)]
    by: Option<ActorInput>,
}

impl ConversationInput {
    /// What is to change, and who wants it. `cleared` are the fields that are null.
    fn read(self, cleared: &[String], caller: &Caller) -> Answer<(ConversationPatch, Actor)> {
        let mut wrong = Wrong::default();
        let is_cleared = |field: &str| cleared.iter().any(|cleared| cleared == field);
        if is_cleared("status") {
            wrong.tell("/status", "expected `open` or `closed`");
        }
        if is_cleared("resolution") {
            wrong.tell("/resolution", "expected `resolved`, `unresolved` or `spam`: what was said is not taken back");
        }
        let closes = self.status == Some(ConversationStatus::Closed);
        wrong.needless("/resolution", self.resolution.is_some() && !closes, "`status` `closed`");
        wrong.text("/assigned_to", self.assigned_to.as_deref(), LONGEST_ID);
        let is_assigned = self.assigned_to.is_some();
        wrong.needless("/assigned_type", self.assigned_type.is_some() && !is_assigned, "`assigned_to`");
        let tags = self.tags.as_ref().map(|asked| tags(asked, &mut wrong));
        let by = ActorInput::read(self.by.as_ref(), caller, &mut wrong);
        wrong.none()?;
        let assigned_type = match self.assigned_type {
            Some(AssigneeType::Agent) => ActorType::Agent,
            Some(AssigneeType::Attendant) | None => ActorType::Attendant,
        };
        let resolution = self.resolution.map(|resolution| match resolution {
            Resolution::Resolved => "resolved",
            Resolution::Unresolved => "unresolved",
            Resolution::Spam => "spam",
        });
        let patch = ConversationPatch {
            status: self.status,
            resolution: resolution.map(str::to_owned),
            assignee: match self.assigned_to {
                Some(id) => Some(Some((id, assigned_type))),
                None => is_cleared("assigned_to").then_some(None),
            },
            tags: tags.or_else(|| is_cleared("tags").then(Vec::new)),
            metadata: if is_cleared("metadata") { Some(None) } else { self.metadata.map(Some) },
        };
        Ok((patch, by))
    }
}

/// Change a conversation
///
/// By JSON merge patch: what is absent stays, what is null is cleared. `conversation.assigned`, `.updated`, `.closed` and
/// `.reopened` tell what changed. A closed conversation is reopened by the next message, too. Refused with `conflict` if it is
/// to be reopened while another one with the contact is open on its channel.
#[utoipa::path(
    patch, path = "/conversations/{id}", operation_id = "update_conversation", tag = "conversations",
    request_body = ConversationInput,
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 200, description = "The conversation", body = super::ConversationView)),
)]
pub(crate) async fn update(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Conversations, Access::Write)?;
    let conversation_id = id.of("conversation")?;
    let mut object = request.object()?;
    let cleared = cleared(&mut object, &FIELDS);
    let (patch, by) = parse::<ConversationInput>(object)?.read(&cleared, &caller)?;
    let at = gateway.clock.now();
    let change = ConversationChange { workspace_id: caller.workspace_id, conversation_id, patch, by, at };
    let changed = gateway.store.conversation_change(change).await?;
    json(StatusCode::OK, &view(&gateway, &caller, changed).await?)
}
