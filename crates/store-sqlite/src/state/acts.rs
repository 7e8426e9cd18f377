//! Acts. Each is written by the verb that does it, so that there is never one without the other.

use rusqlite::{Row, params};
use tidings_domain::{
    KeyId, Timestamp, WorkspaceId,
    audit::{Act, Action, Actor, Origin},
    id::ActId,
};
use tidings_store::{ActFilter, ByWhom, Claimed, Listing, Page, StoreError};

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
    state::listing::{Query, empty},
};

/// What a verb answers, and whether it has done anything.
pub(crate) trait Done {
    /// Whether it has.
    fn is_done(&self) -> bool;
}

impl Done for () {
    fn is_done(&self) -> bool {
        true
    }
}

impl Done for Claimed {
    fn is_done(&self) -> bool {
        *self == Self::Done
    }
}

impl Done for bool {
    fn is_done(&self) -> bool {
        *self
    }
}

/// Does something, and writes down who did it if it was done.
pub(crate) fn done<T: Done>(
    session: &mut Session<'_>,
    act: Option<&Act>,
    work: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let answer = work(session)?;
    if answer.is_done() {
        keep(session, act)?;
    }
    Ok(answer)
}

/// Writes down what somebody did, if somebody did it.
pub(crate) fn keep(session: &Session<'_>, act: Option<&Act>) -> Result<(), StoreError> {
    let Some(act) = act else { return Ok(()) };
    session
        .reader
        .statement(
            "INSERT INTO acts (workspace, id, at, actor, actor_name, address, forwarded_for, action, object, document) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            session.reader.workspace(act.workspace_id)?,
            act.id.to_bytes(),
            act.at.as_millis(),
            act.actor.key_id.map(KeyId::to_bytes),
            act.actor.name,
            act.origin.address,
            act.origin.forwarded_for,
            act.action.name(),
            act.object,
            codec::to_document("changes", &act.changes)?,
        ])
        .map(drop)
        .map_err(refused)
}

/// The acts of a workspace, newest first.
pub(crate) fn list(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    filter: &ActFilter,
    page: Page,
) -> Result<Listing<Act>, StoreError> {
    let Some(number) = reader.find_workspace(workspace)? else { return Ok(empty()) };
    let mut query = Query::new("SELECT * FROM acts", "acts", ("workspace", number), page);
    match filter.actor {
        None => {}
        Some(ByWhom::Operator) => query.only("acts.actor IS NULL"),
        Some(ByWhom::Key(key)) => query.and("acts.actor", Some(key.to_bytes())),
    }
    query.and("acts.action", filter.action.map(Action::name));
    query.and("acts.object", filter.object.clone());
    query.compare("acts.at", ">=", filter.since.map(Timestamp::as_millis));
    query.compare("acts.at", "<", filter.until.map(Timestamp::as_millis));
    query.run(reader, |row| Ok((codec::column(row, "number")?, read(row, workspace)?)))
}

fn read(row: &Row<'_>, workspace_id: WorkspaceId) -> Result<Act, StoreError> {
    Ok(Act {
        id: ActId::from_bytes(codec::id(row, "id")?),
        workspace_id,
        at: codec::time(row, "at")?,
        actor: Actor {
            key_id: codec::column::<Option<[u8; 16]>>(row, "actor")?.map(KeyId::from_bytes),
            name: codec::column(row, "actor_name")?,
        },
        origin: Origin { address: codec::column(row, "address")?, forwarded_for: codec::column(row, "forwarded_for")? },
        action: codec::word(row, "action", Action::from_name)?,
        object: codec::column(row, "object")?,
        changes: codec::document(row, "document")?,
    })
}
