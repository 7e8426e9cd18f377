//! How contacts are found.

use tidings_domain::{
    ContactId, WorkspaceId,
    contact::{Contact, folded},
};
use tidings_store::{ContactFilter, Listing, Page, StoreError};

use crate::{codec, error::corrupt, session::Reader, state::listing};

/// How many words of a search are looked at.
const MOST_WORDS: usize = 8;

/// A word of a search; if it is a part of a phone number, without what people write between its digits.
fn without_marks(word: &str) -> String {
    let is_number = word.chars().all(|character| character.is_ascii_digit() || "+-().".contains(character));
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    if is_number && !digits.is_empty() { digits } else { word.to_owned() }
}

/// A contact of a workspace.
pub(crate) fn get(reader: &Reader<'_>, workspace: WorkspaceId, id: ContactId) -> Result<Option<Contact>, StoreError> {
    Ok(super::verbs::find(reader, workspace, id)?.map(|loaded| loaded.contact))
}

/// Contacts of a workspace, newest first.
pub(crate) fn list(
    reader: &Reader<'_>,
    workspace_id: WorkspaceId,
    filter: &ContactFilter,
    page: Page,
) -> Result<Listing<Contact>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace_id)? else { return Ok(listing::empty()) };
    let select = "SELECT contacts.number AS number, contacts.created_at AS created_at FROM contacts";
    let mut query = listing::Query::new(select, "contacts", ("workspace", workspace), page);
    query.only("contacts.erased_at IS NULL");
    if let Some(search) = &filter.search {
        let words: Vec<String> = folded(search).split_whitespace().take(MOST_WORDS).map(without_marks).collect();
        for word in words {
            let found = "contacts.number IN (SELECT number FROM contacts INDEXED BY contacts_by_search \
                         WHERE workspace = ?1 AND instr(search, ";
            query.any(found, Some(vec![word]), ") > 0)");
        }
    }
    if let Some(identities) = &filter.identities {
        let mut owners = Vec::new();
        for identity in identities {
            owners.extend(super::owner(reader, workspace, identity)?);
        }
        query.any("contacts.number IN (", Some(owners), ")");
    }
    let tagged = "contacts.number IN (SELECT contact FROM contact_tags WHERE workspace = ?1 AND tag IN (";
    query.any(tagged, filter.tag.clone().map(|tag| vec![tag]), "))");
    query.and("json_extract(contacts.document, '$.source')", filter.source.clone());
    query.and("json_extract(contacts.document, '$.assigned_to')", filter.assigned_to.clone());
    query.between("created_at", filter.since, filter.until);
    let found = query.run(reader, |row| {
        let number: i64 = codec::column(row, "number")?;
        Ok((number, number))
    })?;
    let contacts = found.items.into_iter().map(|number| {
        let loaded = super::load(reader, workspace_id, number)?;
        loaded.map(|loaded| loaded.contact).ok_or_else(|| corrupt("contact", "it vanished while it was read"))
    });
    Ok(Listing { items: contacts.collect::<Result<_, _>>()?, next: found.next })
}
