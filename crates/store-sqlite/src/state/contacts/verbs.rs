//! What the company does with a contact.

use std::sync::Arc;

use tidings_domain::{
    ContactId, WorkspaceId,
    contact::{Contact, Identity},
    decide::{self, Context, Owner, Recorded, Refusal},
};
use tidings_store::{ContactChange, ContactCreation, ShowingClaim, Shown, StoreError};

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
    state::claims,
};

use super::{Loaded, Stored};

/// Makes a contact.
pub(crate) fn create(
    session: &mut Session<'_>,
    creation: &ContactCreation,
    claim: Option<&ShowingClaim<Contact>>,
) -> Result<Shown<Contact>, StoreError> {
    claims::once_showing(session, claim, |session| {
        let workspace = session.workspace(creation.workspace_id)?;
        let owners = owners(&session.reader, workspace, &creation.draft.identities())?;
        let mut context = Context { now: creation.at, ids: &mut *session.ids };
        let made = decide::create_contact(creation.workspace_id, &creation.draft, &owners, &mut context)?;
        write(session, workspace, None, made).map(Arc::new)
    })
}

/// Changes a contact.
pub(crate) fn change(session: &mut Session<'_>, change: &ContactChange) -> Result<Contact, StoreError> {
    let workspace = session.workspace(change.workspace_id)?;
    let known = there(&session.reader, change.workspace_id, change.contact_id)?;
    let owners = owners(&session.reader, workspace, &change.patch.identities())?;
    let mut context = Context { now: change.at, ids: &mut *session.ids };
    match decide::change_contact(&known.contact, &change.patch, &owners, &change.by, &mut context)? {
        Some(changed) => write(session, workspace, Some(known.stored()), changed),
        None => Ok(known.contact),
    }
}

/// Writes what became of a contact, and tells of it.
pub(super) fn write(
    session: &mut Session<'_>,
    workspace: i64,
    stored: Option<Stored>,
    recorded: Recorded<Contact>,
) -> Result<Contact, StoreError> {
    super::write(&session.reader, workspace, stored, &recorded.record)?;
    for event in recorded.events {
        session.append(workspace, None, None, event)?;
    }
    Ok(recorded.record)
}

/// A contact that must be there.
pub(crate) fn there(reader: &Reader<'_>, workspace: WorkspaceId, id: ContactId) -> Result<Loaded, StoreError> {
    find(reader, workspace, id)?.ok_or(StoreError::Refused(Refusal::NoSuchContact))
}

/// A contact of a workspace.
pub(crate) fn find(
    reader: &Reader<'_>,
    workspace_id: WorkspaceId,
    id: ContactId,
) -> Result<Option<Loaded>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace_id)? else { return Ok(None) };
    let mut statement =
        reader.statement("SELECT number FROM contacts WHERE id = ?1 AND workspace = ?2 AND erased_at IS NULL")?;
    let rows = statement.query(rusqlite::params![id.to_bytes(), workspace]).map_err(refused)?;
    match codec::first(rows, |row| codec::column(row, "number"))? {
        Some(number) => super::load(reader, workspace_id, number),
        None => Ok(None),
    }
}

/// Who has these identities.
fn owners(reader: &Reader<'_>, workspace: i64, identities: &[Identity]) -> Result<Vec<Owner>, StoreError> {
    let mut owners = Vec::new();
    let mut statement = reader.statement("SELECT id FROM contacts WHERE number = ?1")?;
    for identity in identities {
        let Some(number) = super::owner(reader, workspace, identity)? else { continue };
        let rows = statement.query([number]).map_err(refused)?;
        let found = codec::first(rows, |row| codec::id(row, "id"))?;
        owners.extend(found.map(|id| Owner { identity: identity.clone(), contact_id: ContactId::from_bytes(id) }));
    }
    Ok(owners)
}
