//! `POST /v1/contacts/{id}/merge`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use tidings_domain::{
    ContactId,
    decide::Refusal,
    key::{Access, Area},
};
use tidings_store::{ContactMerge, Shown, StoreError};
use utoipa::ToSchema;

use super::{super::record::ActorInput, ContactView, missing};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, RawRequest, json},
        idempotency::Once,
        problem::{Answer, Problem},
        wrong::Wrong,
    },
};

/// Which contact is the same person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeInput {
    /// The contact that goes: everything that it has becomes the other one's.
    #[schema(value_type = String, example = "cont_01M8C621A3FJKAD08F1RCJCPG8")]
    contact_id: String,
    /// Who wants it, if not the key.
    #[serde(default)]
    by: Option<ActorInput>,
}

/// Merge a contact into this one
///
/// Handles, conversations and messages of the other one become this one's; what both have, this one keeps. Where both have a
/// conversation open on a channel, the younger one is closed. `contact.merged` tells of it.
#[utoipa::path(
    post, path = "/contacts/{id}/merge", operation_id = "merge_contact", tag = "contacts", request_body = MergeInput,
    params(
        ("id" = String, Path, description = "The contact that stays"),
        ("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe"),
    ),
    responses((status = 200, description = "The contact that stays", body = ContactView)),
)]
pub(crate) async fn merge(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Contacts, Access::Write)?;
    let kept: ContactId = id.of("contact")?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let input: MergeInput = request.json()?;
    let mut wrong = Wrong::default();
    let gone = wrong.id("/contact_id", Some(&input.contact_id));
    let by = ActorInput::read(input.by.as_ref(), &caller, &mut wrong);
    wrong.none()?;
    let gone: ContactId = gone.ok_or_else(|| Problem::not_found("contact"))?;
    let merge = ContactMerge { workspace_id: caller.workspace_id, kept, gone, by, at: gateway.clock.now() };
    let claim = once.showing(StatusCode::OK, ContactView::shown);
    match gateway.store.contact_merge(merge, claim).await {
        Ok(Shown::Replayed(answer)) => once.replay(&answer),
        Ok(Shown::Done(contact)) => json(StatusCode::OK, &ContactView::shown(&contact)),
        Err(StoreError::Refused(Refusal::NoSuchContact)) => {
            let kept_is_there = gateway.store.contact_get(caller.workspace_id, kept).await?.is_some();
            Err(missing(&gateway, &caller, if kept_is_there { gone } else { kept }).await?)
        }
        Err(error) => Err(error.into()),
    }
}
