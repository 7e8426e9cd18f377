//! `/v1/contacts`: the people that the company talks with, however they are known.

pub(crate) mod create;
pub(crate) mod erase;
mod input;
pub(crate) mod merge;
pub(crate) mod update;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::{
    ContactId, WorkspaceId,
    contact::{self, Contact, Handle, HandleKind, Identity, OptOut},
    key::{Access, Area},
};
use tidings_store::ContactFilter;
use utoipa::{IntoParams, ToSchema};

use super::time;
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, Params, json},
        page::{List, listed, number, page},
        problem::{Answer, Code, Problem},
    },
};

/// One identity of a contact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handle)]
struct HandleView {
    /// What kind: `phone_number`, `email`, `whatsapp_user_id` …
    #[schema(value_type = String, example = "phone_number")]
    r#type: HandleKind,
    /// The identity itself.
    #[schema(example = "+5511987654321")]
    value: String,
    /// Whether nothing reaches it, as the vendor says, or somebody has set it. Its next message ends that.
    blocked: bool,
    /// Since when.
    blocked_at: Option<String>,
    /// What it does not want to be sent: `marketing` or `all`.
    #[schema(value_type = Option<String>)]
    opted_out: Option<OptOut>,
}

impl HandleView {
    fn of(handle: Handle) -> Self {
        Self {
            r#type: handle.identity.kind,
            value: handle.identity.value,
            blocked: handle.blocked_at.is_some(),
            blocked_at: handle.blocked_at.map(|at| at.to_string()),
            opted_out: handle.opted_out,
        }
    }
}

/// A person or organisation that the company talks with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactView {
    /// `cont_…`
    #[schema(value_type = String)]
    id: ContactId,
    /// Whose it is.
    #[schema(value_type = String)]
    workspace_id: WorkspaceId,
    /// What the company calls it; at first what the vendor says.
    name: Option<String>,
    /// The name that the vendor said last.
    profile_name: Option<String>,
    /// The name that it chose at the vendor, without `@`.
    username: Option<String>,
    /// A phone number, `+` and digits.
    phone: Option<String>,
    /// An e-mail address, in lower case.
    email: Option<String>,
    /// A picture.
    avatar_url: Option<String>,
    /// Where it comes from: a channel type, `api`, `manual` or `import`.
    source: String,
    /// Tags.
    tags: Vec<String>,
    /// The company's own fields.
    custom_fields: Map<String, Value>,
    /// Who looks after it.
    assigned_to: Option<String>,
    /// Its identities, the oldest first.
    handles: Vec<HandleView>,
    /// When it was recorded.
    created_at: String,
    /// When its last change was recorded.
    updated_at: String,
}

impl ContactView {
    fn of(contact: Contact) -> Self {
        Self {
            id: contact.id,
            workspace_id: contact.workspace_id,
            name: contact.name,
            profile_name: contact.profile_name,
            username: contact.username,
            phone: contact.phone,
            email: contact.email,
            avatar_url: contact.avatar_url,
            source: contact.source,
            tags: contact.tags,
            custom_fields: contact.custom_fields,
            assigned_to: contact.assigned_to,
            handles: contact.handles.into_iter().map(HandleView::of).collect(),
            created_at: contact.created_at.to_string(),
            updated_at: contact.updated_at.to_string(),
        }
    }

    fn shown(contact: &Contact) -> Self {
        Self::of(contact.clone())
    }
}

/// Which contacts are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Words, each of which stands somewhere in a name, number, address or other identity. Case and accents do not matter.
    #[serde(default)]
    search: Option<String>,
    /// With this phone number, in any usual spelling.
    #[serde(default)]
    phone: Option<String>,
    /// With this e-mail address.
    #[serde(default)]
    email: Option<String>,
    /// With this identity, of whatever kind.
    #[serde(default)]
    handle: Option<String>,
    /// With this tag.
    #[serde(default)]
    tag: Option<String>,
    /// From there: a channel type, `api`, `manual` or `import`.
    #[serde(default)]
    source: Option<String>,
    /// Whom this one looks after.
    #[serde(default)]
    assigned_to: Option<String>,
    /// Recorded at this time or later.
    #[serde(default)]
    since: Option<String>,
    /// Recorded before this time.
    #[serde(default)]
    until: Option<String>,
}

impl ContactParams {
    fn filter(&self) -> Answer<ContactFilter> {
        Ok(ContactFilter {
            search: self.search.clone(),
            identities: self.identities()?,
            tag: self.tag.clone(),
            source: self.source.clone(),
            assigned_to: self.assigned_to.clone(),
            since: time("since", self.since.as_deref())?,
            until: time("until", self.until.as_deref())?,
        })
    }

    /// The identities of which one is asked for.
    fn identities(&self) -> Answer<Option<Vec<Identity>>> {
        let phone = |text: &str| contact::phone(text).ok_or_else(|| Problem::field("/phone", input::NO_PHONE));
        let email = |text: &str| contact::email(text).ok_or_else(|| Problem::field("/email", input::NO_EMAIL));
        match (&self.phone, &self.email, &self.handle) {
            (None, None, None) => Ok(None),
            (Some(text), None, None) => Ok(Some(vec![Identity::phone(&phone(text)?)])),
            (None, Some(text), None) => Ok(Some(vec![Identity::email(&email(text)?)])),
            (None, None, Some(value)) => Ok(Some(any_kind(value))),
            _ => Err(Problem::field("/handle", "give one of phone, email and handle")),
        }
    }
}

/// An identity of whatever kind, as it is written and as we would spell it.
fn any_kind(value: &str) -> Vec<Identity> {
    let as_written = HandleKind::ALL.iter().map(|kind| Identity::new(*kind, value));
    let phone = contact::phone(value).map(|phone| Identity::phone(&phone));
    let email = contact::email(value).map(|email| Identity::email(&email));
    as_written.chain(phone).chain(email).collect()
}

/// List the contacts
#[utoipa::path(
    get, path = "/contacts", operation_id = "list_contacts", tag = "contacts",
    params(ContactParams),
    responses((status = 200, description = "The newest first", body = List<ContactView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<ContactParams>,
) -> Answer<Response> {
    caller.may(Area::Contacts, Access::Read)?;
    let page = page("contacts", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.contact_list(caller.workspace_id, params.filter()?, page).await?;
    json(StatusCode::OK, &listed("contacts", listing, ContactView::of))
}

/// Get a contact
///
/// One that was merged into another is answered with 404, and with the id of the other in `detail`.
#[utoipa::path(
    get, path = "/contacts/{id}", operation_id = "get_contact", tag = "contacts",
    params(("id" = String, Path, description = "The contact")),
    responses((status = 200, description = "The contact", body = ContactView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Contacts, Access::Read)?;
    let id = id.of("contact")?;
    match gateway.store.contact_get(caller.workspace_id, id).await? {
        Some(contact) => json(StatusCode::OK, &ContactView::of(contact)),
        None => Err(missing(&gateway, &caller, id).await?),
    }
}

/// There is no such contact; if it was merged into another one, that is told.
async fn missing(gateway: &Gateway, caller: &Caller, id: ContactId) -> Answer<Problem> {
    let merged_into = gateway.store.contact_merged_into(caller.workspace_id, id).await?;
    let told = |into| Problem::new(Code::NotFound, format!("the contact was merged into {into}"));
    Ok(merged_into.map_or_else(|| Problem::not_found("contact"), told))
}
