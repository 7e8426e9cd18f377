//! Two contacts that are one person: because the company says so, or because a vendor's change shows it.

use std::sync::Arc;

use rusqlite::params;
use tidings_domain::{
    ContactId, WorkspaceId,
    change::Change,
    contact::{Contact, Identity},
    decide::{self, Context, Parting, Recorded, Refusal, Rivalry},
    event::Actor,
};
use tidings_store::{ContactMerge, ShowingClaim, Shown, StoreError};

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
    state::{apply::Origin, claims, conversations},
};

use super::{Loaded, load, owner, verbs};

/// Makes one contact of two because the company wants it.
pub(crate) fn merge(
    session: &mut Session<'_>,
    wanted: &ContactMerge,
    claim: Option<&ShowingClaim<Contact>>,
) -> Result<Shown<Contact>, StoreError> {
    claims::once_showing(session, claim, |session| {
        let workspace = session.workspace(wanted.workspace_id)?;
        if wanted.kept == wanted.gone {
            return Err(Refusal::Contradicts("a contact cannot be merged with itself").into());
        }
        let kept = verbs::there(&session.reader, wanted.workspace_id, wanted.kept)?;
        let gone = verbs::there(&session.reader, wanted.workspace_id, wanted.gone)?;
        let origin = Origin { body: None, now: wanted.at };
        join(session, workspace, &kept, &gone, wanted.by.clone(), origin).map(Arc::new)
    })
}

/// Whether what a change shows of contacts that have identities of it has changed any of them, so that it has to be looked
/// at anew.
pub(crate) fn settle_rivals(
    session: &mut Session<'_>,
    workspace: i64,
    change: &Change,
    found: &Contact,
    taken: &[Identity],
    origin: Origin,
) -> Result<bool, StoreError> {
    let workspace_id = found.workspace_id;
    for identity in taken {
        let Some(number) = owner(&session.reader, workspace, identity)? else { continue };
        let Some(rival) = load(&session.reader, workspace_id, number)? else { continue };
        match decide::rivalry(change, found, &rival.contact) {
            Rivalry::Unclear => {}
            Rivalry::Same { kept, .. } => {
                let found = verbs::there(&session.reader, workspace_id, found.id)?;
                let (kept, gone) = if kept == found.contact.id { (found, rival) } else { (rival, found) };
                join(session, workspace, &kept, &gone, Actor::SYSTEM, origin)?;
                return Ok(true);
            }
            Rivalry::GivesUp => {
                let mut context = Context { now: origin.now, ids: &mut *session.ids };
                let Some(Recorded { record, events }) = decide::give_up(&rival.contact, taken, &mut context) else {
                    continue;
                };
                super::write(&session.reader, workspace, Some(rival.stored()), &record)?;
                for event in events {
                    session.append(workspace, None, origin.body, event)?;
                }
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn join(
    session: &mut Session<'_>,
    workspace: i64,
    kept: &Loaded,
    gone: &Loaded,
    by: Actor,
    origin: Origin,
) -> Result<Contact, StoreError> {
    let partings = partings(&session.reader, kept, gone)?;
    let channels: Vec<i64> = partings.iter().map(|parting| parting.channel).collect();
    let numbers: Vec<(i64, i64)> = partings.iter().map(|parting| parting.numbers).collect();
    let pairs: Vec<Parting> = partings.into_iter().map(|parting| parting.pair).collect();
    let own: Vec<_> = pairs.iter().map(|pair| pair.own.id).collect();
    let mut context = Context { now: origin.now, ids: &mut *session.ids };
    let merged = decide::merge_contacts(&kept.contact, &gone.contact, pairs, by, &mut context);
    for (index, closed) in merged.closed.iter().enumerate() {
        let (own_number, other_number) = numbers[index];
        let number = if closed.id == own[index] { own_number } else { other_number };
        conversations::update(&session.reader, number, closed)?;
    }
    take_over(&session.reader, workspace, kept.number, gone)?;
    let mut stored = kept.stored();
    stored.handles.extend(gone.stored().handles);
    super::write(&session.reader, workspace, Some(stored), &merged.contact)?;
    let mut channels = channels.into_iter();
    for event in merged.events {
        let channel = event.channel_id.and_then(|_| channels.next());
        session.append(workspace, channel, origin.body, event)?;
    }
    Ok(merged.contact)
}

/// Everything that belongs to the contact that goes belongs to the other one.
fn take_over(reader: &Reader<'_>, workspace: i64, kept: i64, gone: &Loaded) -> Result<(), StoreError> {
    for statement in [
        "UPDATE messages SET contact = ?1 WHERE workspace = ?3 \
         AND conversation IN (SELECT number FROM conversations WHERE workspace = ?3 AND contact = ?2)",
        "UPDATE conversations SET contact = ?1 WHERE workspace = ?3 AND contact = ?2",
        "UPDATE handles SET contact = ?1 WHERE contact = ?2 AND workspace = ?3",
        "UPDATE merged_contacts SET contact = ?1 WHERE contact = ?2 AND workspace = ?3",
        "UPDATE OR IGNORE contact_tags SET contact = ?1 WHERE contact = ?2 AND workspace = ?3",
        "DELETE FROM contact_tags WHERE contact = ?2 AND workspace = ?3",
        "DELETE FROM contacts WHERE number = ?2 AND workspace = ?3",
    ] {
        reader.statement(statement)?.execute(params![kept, gone.number, workspace]).map_err(refused)?;
    }
    // What is shown again under a key goes with the contact that it is of by now.
    reader
        .statement(
            "UPDATE idempotency_keys SET contact = (SELECT id FROM contacts WHERE number = ?1) WHERE contact = ?2",
        )?
        .execute(params![kept, gone.contact.id.to_bytes()])
        .map_err(refused)?;
    reader
        .statement("INSERT INTO merged_contacts (workspace, id, contact) VALUES (?1, ?2, ?3)")?
        .execute(params![workspace, gone.contact.id.to_bytes(), kept])
        .map_err(refused)?;
    Ok(())
}

/// Conversations of both that are open on one channel.
struct OpenPair {
    pair: Parting,
    numbers: (i64, i64),
    channel: i64,
}

fn partings(reader: &Reader<'_>, kept: &Loaded, gone: &Loaded) -> Result<Vec<OpenPair>, StoreError> {
    let mut statement = reader.statement(
        "SELECT own.number AS own, other.number AS other, own.channel AS channel FROM conversations AS own \
         JOIN conversations AS other ON other.workspace = own.workspace AND other.channel = own.channel \
         AND other.contact = ?2 AND other.status = 'open' \
         WHERE own.workspace = (SELECT workspace FROM contacts WHERE number = ?1) AND own.contact = ?1 \
         AND own.status = 'open'",
    )?;
    let rows = statement.query([kept.number, gone.number]).map_err(refused)?;
    let found = codec::collect(rows, |row| {
        let number = |name| codec::column::<i64>(row, name);
        Ok((number("own")?, number("other")?, number("channel")?))
    })?;
    let mut pairs = Vec::new();
    for (own, other, channel) in found {
        let (Some((_, own_record)), Some((_, other_record))) =
            (conversations::load(reader, own)?, conversations::load(reader, other)?)
        else {
            continue;
        };
        let pair = Parting { own: own_record, other: other_record };
        pairs.push(OpenPair { pair, numbers: (own, other), channel });
    }
    Ok(pairs)
}

/// The contact that one which is no more was merged into.
pub(crate) fn merged_into(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    id: ContactId,
) -> Result<Option<ContactId>, StoreError> {
    let mut statement = reader.statement(
        "SELECT contacts.id AS id FROM merged_contacts JOIN contacts ON contacts.number = merged_contacts.contact AND contacts.erased_at IS NULL \
         JOIN workspaces ON workspaces.number = merged_contacts.workspace \
         WHERE merged_contacts.id = ?1 AND workspaces.id = ?2",
    )?;
    let rows = statement.query([id.to_bytes(), workspace.to_bytes()]).map_err(refused)?;
    codec::first(rows, |row| Ok(ContactId::from_bytes(codec::id(row, "id")?)))
}
