//! How contacts are found.

use tidings_domain::{
    ContactId, WorkspaceId,
    contact::{Contact, folded},
};
use tidings_store::{ContactFilter, Listing, Page, StoreError};

use crate::{codec, error::corrupt, session::Reader, state::listing};

/// How many words of a search are looked at.
const MOST_WORDS: usize = 8;

/// What a word of a search stands for: itself, and if it may be a part of a phone number, also its digits alone, without what
/// people write between them.
fn spellings(word: &str) -> Vec<String> {
    let is_number = word.chars().all(|character| character.is_ascii_digit() || "+-().".contains(character));
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let alone = (is_number && !digits.is_empty() && digits != word).then_some(digits);
    std::iter::once(word.to_owned()).chain(alone).collect()
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
        for word in folded(search).split_whitespace().take(MOST_WORDS) {
            let found =
                spellings(word).into_iter().map(|spelling| format!("instr(search, {}) > 0", query.place(spelling)));
            let found = found.collect::<Vec<_>>().join(" OR ");
            query.only(&format!(
                "contacts.number IN (SELECT number FROM contacts INDEXED BY contacts_by_search \
                 WHERE workspace = ?1 AND ({found}))"
            ));
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
