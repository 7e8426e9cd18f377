//! `DELETE /v1/contacts/{id}`

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::{
    ContactId,
    audit::Action,
    decide::Refusal,
    key::{Access, Area},
};
use tidings_store::{ContactErasure, StoreError};

use super::{super::record::ActorInput, missing};
use crate::{
    Gateway,
    http::{acts::Changes, auth::Caller, body::Id, problem::Answer},
};

/// Erase a contact
///
/// With everything that was said with it: conversations, messages, files, what events and the delivery log tell of it, and
/// vendors' webhooks as they came. Nobody sees it any more once this is answered; the rest is deleted and overwritten within
/// moments. `contact.deleted` tells of it; its own name and number go once every endpoint has heard it, after three days at
/// the latest. Whoever writes from its number again is a new contact.
#[utoipa::path(
    delete, path = "/contacts/{id}", operation_id = "erase_contact", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 204, description = "It is being erased")),
)]
pub(crate) async fn erase(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<StatusCode> {
    caller.may(Area::Contacts, Access::Write)?;
    let contact_id: ContactId = id.of("contact")?;
    let erasure = ContactErasure {
        workspace_id: caller.workspace_id,
        contact_id,
        by: ActorInput::of(&caller),
        at: gateway.clock.now(),
    };
    let act = caller.act(&gateway, Action::ContactErased, contact_id, Changes::default());
    match gateway.store.erasure_begin(erasure, act).await {
        Ok(keys) => {
            gateway.tail.erase(&keys.into_iter().collect());
            gateway.eraser.wake();
            Ok(StatusCode::NO_CONTENT)
        }
        Err(StoreError::Refused(Refusal::NoSuchContact)) => Err(missing(&gateway, &caller, contact_id).await?),
        Err(error) => Err(error.into()),
    }
}
