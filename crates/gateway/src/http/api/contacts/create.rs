//! `POST /v1/contacts`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_domain::key::{Access, Area};
use tidings_store::{ContactCreation, Shown};

use super::{ContactView, input::ContactInput};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{RawRequest, json},
        idempotency::Once,
        problem::Answer,
    },
};

/// Make a contact
///
/// Whoever writes from one of its handles is this contact from then on. Refused with `conflict` if another contact has one of
/// them.
#[utoipa::path(
    post, path = "/contacts", operation_id = "create_contact", tag = "contacts", request_body = ContactInput,
    params(("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The contact", body = ContactView)),
)]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Contacts, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let draft = request.json::<ContactInput>()?.draft()?;
    let creation = ContactCreation { workspace_id: caller.workspace_id, draft, at: gateway.clock.now() };
    let claim = once.showing(StatusCode::CREATED, ContactView::shown);
    match gateway.store.contact_create(creation, claim).await? {
        Shown::Replayed(kept) => once.replay(&kept),
        Shown::Done(contact) => json(StatusCode::CREATED, &ContactView::shown(&contact)),
    }
}
