//! Where webhooks go, as a business sets it by the API: for the app, for the account or for the number. Here the three are
//! one callback. Sources: "App › Subscriptions", "Override the callback URL".

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    error::GraphError,
    handshake::shake_hands,
    nodes::{apps::APP_ID, fields::parameter},
    place::Place,
    read::Asked,
    shared::Shared,
};

/// A callback that webhooks are to go to.
#[derive(Debug)]
pub(super) struct CallbackWish {
    url: String,
    verify_token: String,
}

/// What a call says about the callback, if it is one that does.
pub(super) fn callback_wish(shared: &Shared, asked: &Asked<'_>) -> Option<CallbackWish> {
    let account = &shared.account;
    if asked.method != "POST" {
        return None;
    }
    let given = |name: &str| asked.body[name].as_str().map(str::to_owned).or_else(|| parameter(asked.query, name));
    let (url, verify_token) = match asked.place {
        Place::Edge(id, "subscriptions") if id == APP_ID => (given("callback_url"), given("verify_token")),
        Place::Edge(id, "subscribed_apps") if id == account.business_account_id => {
            (given("override_callback_uri"), given("verify_token"))
        }
        Place::Node(id) if id == account.phone_number_id => {
            let configuration = &asked.body["webhook_configuration"];
            let text = |name: &str| configuration[name].as_str().map(str::to_owned);
            (text("override_callback_uri"), text("verify_token"))
        }
        _ => return None,
    };
    let url = url.filter(|url| !url.is_empty())?;
    Some(CallbackWish { url, verify_token: verify_token.unwrap_or_default() })
}

/// Asks the callback first, as Meta does.
pub(super) async fn subscribe(shared: &Shared, wish: CallbackWish) -> Result<Value, GraphError> {
    match shake_hands(shared, &wish.url, &wish.verify_token).await {
        Ok(()) => Ok(json!({ "success": true })),
        Err(error) => Err(GraphError::coded(StatusCode::BAD_REQUEST, 2200, error.to_string())),
    }
}
