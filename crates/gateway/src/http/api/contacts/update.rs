//! `PATCH /v1/contacts/{id}`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_domain::{
    decide::Refusal,
    key::{Access, Area},
};
use tidings_store::{ContactChange, StoreError};

use super::{
    ContactView,
    input::{ContactInput, FIELDS},
    missing,
};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, RawRequest, cleared, json, parse},
        problem::Answer,
    },
};

/// Change a contact
///
/// By JSON merge patch: what is absent stays, what is null is cleared. Lists are given as a whole: a handle that is left out is
/// given up. `contact.updated` tells what changed.
#[utoipa::path(
    patch, path = "/contacts/{id}", operation_id = "update_contact", tag = "contacts", request_body = ContactInput,
    params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The contact", body = ContactView)),
)]
pub(crate) async fn update(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Contacts, Access::Write)?;
    let contact_id = id.of("contact")?;
    let mut object = request.object()?;
    let cleared = cleared(&mut object, &FIELDS);
    let (patch, by) = parse::<ContactInput>(object)?.patch(&cleared, &caller)?;
    let at = gateway.clock.now();
    let change = ContactChange { workspace_id: caller.workspace_id, contact_id, patch, by, at };
    match gateway.store.contact_change(change).await {
        Ok(contact) => json(StatusCode::OK, &ContactView::of(contact)),
        Err(StoreError::Refused(Refusal::NoSuchContact)) => Err(missing(&gateway, &caller, contact_id).await?),
        Err(error) => Err(error.into()),
    }
}
