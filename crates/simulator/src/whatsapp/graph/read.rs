//! Everything that is neither sending nor bytes: nodes and their edges, read and changed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    error::GraphError,
    multipart::Part,
    nodes::{
        account::business_account,
        apps::{APP_ID, app_token, debug_token, subscribed_apps, subscriptions},
        fields::{only, parameter},
        media::uploaded,
        number::number,
        templates,
    },
    place::Place,
    review,
    shared::{Shared, locked},
};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) place: Place<'a>,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) body: &'a Value,
}

impl Asked<'_> {
    fn fields(&self) -> Option<String> {
        parameter(self.query, "fields")
    }

    fn unknown(&self, id: &str) -> GraphError {
        GraphError::unknown_object(self.method, id)
    }
}

pub(super) fn read(shared: &Arc<Shared>, asked: &Asked<'_>, form: Option<&[Part]>) -> Result<Value, GraphError> {
    let account = &shared.account;
    match asked.place {
        Place::Edge("oauth", "access_token") => {
            Ok(json!({ "access_token": app_token(account), "token_type": "bearer" }))
        }
        Place::Edge(id, edge) if id == account.phone_number_id => number_edge(shared, asked, edge, form),
        Place::Edge(id, edge) if id == account.business_account_id => account_edge(shared, asked, edge),
        Place::Edge(id, "subscriptions") if id == APP_ID => match asked.method {
            "GET" => Ok(subscriptions(shared.poster.callback().as_deref())),
            "POST" => Err(GraphError::parameter("The parameter callback_url is required.")),
            _ => Ok(json!({ "success": true })),
        },
        Place::Node(id) => node(shared, asked, id),
        Place::Edge(id, _) => Err(asked.unknown(id)),
        Place::Link | Place::Nowhere => Err(GraphError::unknown_path(asked.path)),
    }
}

fn number_edge(shared: &Shared, asked: &Asked<'_>, edge: &str, form: Option<&[Part]>) -> Result<Value, GraphError> {
    match (asked.method, edge) {
        ("POST", "media") => Ok(json!({ "id": locked(&shared.media).add(uploaded(form)?) })),
        ("GET", "whatsapp_business_profile") => Ok(locked(&shared.profile).answer(asked.fields().as_deref())),
        ("POST", "whatsapp_business_profile") => locked(&shared.profile).update(asked.body),
        ("POST", "register" | "deregister" | "request_code" | "verify_code") => Ok(json!({ "success": true })),
        _ => Err(asked.unknown(&shared.account.phone_number_id)),
    }
}

fn account_edge(shared: &Arc<Shared>, asked: &Asked<'_>, edge: &str) -> Result<Value, GraphError> {
    match (asked.method, edge) {
        ("GET", "message_templates") => {
            let templates = locked(&shared.templates).clone().unwrap_or_default();
            templates::page(&templates, &format!("{}{}", shared.base, asked.path), asked.query)
        }
        ("POST", "message_templates") => review::make(shared, asked.body),
        ("DELETE", "message_templates") => review::delete(shared, asked.query),
        ("GET", "phone_numbers") => {
            let callback = shared.poster.callback();
            let number = number(&shared.account, callback.as_deref(), asked.fields().as_deref())?;
            Ok(json!({ "data": [number] }))
        }
        ("GET", "subscribed_apps") => Ok(subscribed_apps()),
        ("POST" | "DELETE", "subscribed_apps") => Ok(json!({ "success": true })),
        _ => Err(asked.unknown(&shared.account.business_account_id)),
    }
}

fn node(shared: &Shared, asked: &Asked<'_>, id: &str) -> Result<Value, GraphError> {
    let account = &shared.account;
    match (asked.method, id) {
        ("GET", "me") => Ok(json!({ "id": "122100000000000042", "name": "Messaging" })),
        ("GET", "debug_token") => {
            let input = parameter(asked.query, "input_token")
                .ok_or_else(|| GraphError::parameter("The parameter input_token is required."))?;
            Ok(debug_token(account, locked(&shared.token).as_deref() == Some(input.as_str())))
        }
        ("GET", id) if id == account.phone_number_id => {
            number(account, shared.poster.callback().as_deref(), asked.fields().as_deref())
        }
        ("POST", id) if id == account.phone_number_id => Ok(json!({ "success": true })),
        ("GET", id) if id == account.business_account_id => business_account(account, asked.fields().as_deref()),
        ("GET", APP_ID) => Ok(json!({ "id": APP_ID, "name": "Messaging" })),
        ("GET", id) => {
            if let Some(found) = template(shared, id) {
                return Ok(asked.fields().map_or_else(|| found.clone(), |fields| only(&found, &fields)));
            }
            let described = locked(&shared.media).describe(id, &shared.base, shared.seconds());
            described.ok_or_else(|| asked.unknown(id))
        }
        ("DELETE", id) => {
            let removed = locked(&shared.media).remove(id);
            removed.then(|| json!({ "success": true })).ok_or_else(|| asked.unknown(id))
        }
        _ => Err(asked.unknown(id)),
    }
}

fn template(shared: &Shared, id: &str) -> Option<Value> {
    locked(&shared.templates).as_ref()?.iter().find(|template| template["id"] == id).cloned()
}
