//! Contacts and their handles: how they are stored. `verbs` has what the company does with one, `merging` what happens when
//! two are one person, `lists` how they are found.

pub(crate) mod lists;
pub(crate) mod merging;
pub(crate) mod verbs;

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ContactId, HandleId, WorkspaceId,
    contact::{Contact, Handle, HandleKind, Identity, OptOut},
};
use tidings_store::StoreError;

use crate::{
    codec::{self, signed},
    error::{refused, refused_as},
    session::Reader,
};

/// Where a contact and its handles are stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) number: i64,
    /// The numbers of its handles.
    pub(crate) handles: Vec<(HandleId, i64)>,
}

impl Stored {
    /// The number of one of its handles.
    pub(crate) fn handle(&self, id: HandleId) -> Option<i64> {
        self.handles.iter().find(|(known, _)| *known == id).map(|(_, number)| *number)
    }
}

/// A contact as it was loaded.
pub(crate) struct Loaded {
    pub(crate) number: i64,
    handles: Vec<(HandleId, i64)>,
    pub(crate) contact: Contact,
}

impl Loaded {
    pub(crate) fn stored(&self) -> Stored {
        Stored { number: self.number, handles: self.handles.clone() }
    }
}

/// What is neither listed nor looked up by.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
    source: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    custom_fields: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<String>,
}

/// The number of the contact that has an identity.
pub(crate) fn owner(reader: &Reader<'_>, workspace: i64, identity: &Identity) -> Result<Option<i64>, StoreError> {
    let mut statement = reader
        .statement("SELECT contact FROM handles WHERE workspace = ?1 AND kind = ?2 AND value = ?3 AND detached = 0")?;
    let rows = statement.query(rusqlite::params![workspace, identity.kind.name(), identity.value]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "contact"))
}

/// A contact with the handles that it has now.
pub(crate) fn load(reader: &Reader<'_>, workspace_id: WorkspaceId, number: i64) -> Result<Option<Loaded>, StoreError> {
    let mut statement =
        reader.statement("SELECT * FROM handles WHERE contact = ?1 AND detached = 0 ORDER BY number")?;
    let rows = statement.query([number]).map_err(refused)?;
    let stored = codec::collect(rows, |row| Ok((codec::column::<i64>(row, "number")?, read_handle(row)?)))?;
    let mut statement = reader.statement("SELECT * FROM contacts WHERE number = ?1")?;
    let rows = statement.query([number]).map_err(refused)?;
    let handles = stored.iter().map(|(number, handle)| (handle.id, *number)).collect();
    codec::first(rows, |row| {
        let contact = read(row, workspace_id, stored.into_iter().map(|(_, handle)| handle).collect())?;
        Ok(Loaded { number, handles, contact })
    })
}

fn read_handle(row: &Row<'_>) -> Result<Handle, StoreError> {
    let kind = codec::word(row, "kind", HandleKind::from_name)?;
    let identity = Identity::new(kind, codec::column::<String>(row, "value")?);
    Ok(Handle {
        blocked_at: codec::optional_time(row, "blocked_at")?,
        opted_out: codec::optional_word(row, "opted_out", OptOut::from_name)?,
        chosen_at: codec::optional_time(row, "chosen_at")?,
        ..Handle::new(HandleId::from_bytes(codec::id(row, "id")?), identity)
    })
}

fn read(row: &Row<'_>, workspace_id: WorkspaceId, handles: Vec<Handle>) -> Result<Contact, StoreError> {
    let document: Document = codec::document(row, "document")?;
    Ok(Contact {
        id: ContactId::from_bytes(codec::id(row, "id")?),
        workspace_id,
        name: codec::column(row, "name")?,
        profile_name: document.profile_name,
        username: document.username,
        phone: codec::column(row, "phone")?,
        email: codec::column(row, "email")?,
        avatar_url: document.avatar_url,
        source: document.source,
        tags: document.tags,
        custom_fields: document.custom_fields,
        assigned_to: document.assigned_to,
        handles,
        sequence: codec::count(row, "sequence")?,
        created_at: codec::time(row, "created_at")?,
        updated_at: codec::time(row, "updated_at")?,
    })
}

/// Writes a contact, new or known, with its handles. Handles that it has no longer are detached.
pub(crate) fn write(
    reader: &Reader<'_>,
    workspace: i64,
    stored: Option<Stored>,
    contact: &Contact,
) -> Result<Stored, StoreError> {
    let document = codec::to_document(
        "contact",
        &Document {
            profile_name: contact.profile_name.clone(),
            username: contact.username.clone(),
            avatar_url: contact.avatar_url.clone(),
            source: contact.source.clone(),
            tags: contact.tags.clone(),
            custom_fields: contact.custom_fields.clone(),
            assigned_to: contact.assigned_to.clone(),
        },
    )?;
    let (number, known) = if let Some(Stored { number, handles }) = stored {
        update(reader, number, contact, &document)?;
        reader.statement("DELETE FROM contact_tags WHERE contact = ?1")?.execute([number]).map_err(refused)?;
        (number, handles)
    } else {
        (insert(reader, workspace, contact, &document)?, Vec::new())
    };
    for tag in &contact.tags {
        reader
            .statement("INSERT OR IGNORE INTO contact_tags (workspace, tag, contact) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![workspace, tag, number])
            .map_err(refused)?;
    }
    let handles = write_handles(reader, workspace, number, known, contact)?;
    Ok(Stored { number, handles })
}

fn update(reader: &Reader<'_>, number: i64, contact: &Contact, document: &str) -> Result<(), StoreError> {
    reader
        .statement(
            "UPDATE contacts SET name = ?2, phone = ?3, email = ?4, sequence = ?5, document = ?6, updated_at = ?7, \
             search = ?8 WHERE number = ?1",
        )?
        .execute(rusqlite::params![
            number,
            contact.name,
            contact.phone,
            contact.email,
            signed(contact.sequence),
            document,
            contact.updated_at.as_millis(),
            contact.searchable(),
        ])
        .map_err(refused)?;
    Ok(())
}

fn insert(reader: &Reader<'_>, workspace: i64, contact: &Contact, document: &str) -> Result<i64, StoreError> {
    reader
        .statement(
            "INSERT INTO contacts (workspace, id, name, phone, email, sequence, document, created_at, updated_at, \
             search) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .insert(rusqlite::params![
            workspace,
            contact.id.to_bytes(),
            contact.name,
            contact.phone,
            contact.email,
            signed(contact.sequence),
            document,
            contact.created_at.as_millis(),
            contact.updated_at.as_millis(),
            contact.searchable(),
        ])
        .map_err(refused)
}

fn write_handles(
    reader: &Reader<'_>,
    workspace: i64,
    contact_number: i64,
    known: Vec<(HandleId, i64)>,
    contact: &Contact,
) -> Result<Vec<(HandleId, i64)>, StoreError> {
    for (id, number) in &known {
        if !contact.handles.iter().any(|handle| handle.id == *id) {
            reader
                .statement("UPDATE handles SET detached = 1 WHERE number = ?1")?
                .execute([number])
                .map_err(refused)?;
        }
    }
    let mut numbers = known;
    for handle in &contact.handles {
        if let Some((_, number)) = numbers.iter().find(|(id, _)| *id == handle.id) {
            mark(reader, *number, handle)?;
            continue;
        }
        let number = reader
            .statement("INSERT INTO handles (workspace, id, contact, kind, value) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .insert(rusqlite::params![
                workspace,
                handle.id.to_bytes(),
                contact_number,
                handle.identity.kind.name(),
                handle.identity.value
            ])
            .map_err(refused_as("a contact with this identity"))?;
        mark(reader, number, handle)?;
        numbers.push((handle.id, number));
    }
    Ok(numbers)
}

/// Writes what is known of a handle, if that is anything new.
fn mark(reader: &Reader<'_>, number: i64, handle: &Handle) -> Result<(), StoreError> {
    reader
        .statement(
            "UPDATE handles SET blocked_at = ?2, opted_out = ?3, chosen_at = ?4 WHERE number = ?1 \
             AND (blocked_at IS NOT ?2 OR opted_out IS NOT ?3 OR chosen_at IS NOT ?4)",
        )?
        .execute(rusqlite::params![
            number,
            handle.blocked_at.map(tidings_domain::Timestamp::as_millis),
            handle.opted_out.map(OptOut::name),
            handle.chosen_at.map(tidings_domain::Timestamp::as_millis)
        ])
        .map_err(refused)?;
    Ok(())
}
