//! A number that messages are sent from: a channel whose vendor is a simulated Graph API.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tidings_simulator::whatsapp::{
    Account, Customer,
    graph::{Behaviour, Graph, GraphOptions},
    text_message,
};

use crate::{APP_SECRET, Line, Scene, Server, eventually, now, webhooks::customer};

/// The only token that the simulated vendor takes.
pub const ACCESS_TOKEN: &str = "the-access-token-of-the-tests";

/// A number that messages are sent from.
#[derive(Debug)]
pub struct Outlet {
    /// Its inward side: webhooks of its customers.
    pub line: Line,
    /// Its vendor.
    pub graph: Graph,
}

impl Scene {
    /// A server, a number that messages are sent from, and a customer who has just written to it.
    pub async fn in_conversation() -> Result<(Scene, Outlet, Customer)> {
        let mut scene = Scene::start().await?;
        let mut outlet = scene.outlet("1001").await?;
        let ana = customer(1);
        outlet.hears(&ana, "wamid.first").await?;
        Ok((scene, outlet, ana))
    }

    /// Makes a channel for the number of this id, with a vendor of its own that posts to it.
    pub async fn outlet(&mut self, number: &str) -> Result<Outlet> {
        self.outlet_with(number, json!({})).await
    }

    /// The same with further settings.
    pub async fn outlet_with(&mut self, number: &str, settings: Value) -> Result<Outlet> {
        let account = account(number);
        let mut options = GraphOptions::new(account.clone(), ACCESS_TOKEN);
        options.seed = number.parse().context("the number's id is a number")?;
        options.now_seconds = std::sync::Arc::new(now);
        let graph = Graph::start(options).await?;
        let mut channel = channel(&account, &graph);
        if let (Some(known), Value::Object(more)) = (channel["settings"].as_object_mut(), settings) {
            known.extend(more);
        }
        let channel = self.api.post("/v1/channels", &channel).await?.ok()?;
        let line = Line::of(&self.server, channel, number)?;
        let outlet = Outlet { line, graph };
        outlet.connect(&self.server);
        Ok(outlet)
    }

    /// Sends a message, which must be accepted.
    pub async fn send(&mut self, message: &Value) -> Result<Value> {
        let answer = self.api.post("/v1/messages", message).await?;
        ensure!(answer.status.as_u16() == 202, "{}: {}", answer.status, answer.json);
        Ok(answer.json)
    }

    /// The message as it is now.
    pub async fn message(&mut self, id: &str) -> Result<Value> {
        self.api.get(&format!("/v1/messages/{id}")).await?.ok()
    }

    /// Waits until a message has this status.
    pub async fn until(&mut self, id: &str, status: &str) -> Result<Value> {
        let what = format!("{id} is {status}");
        eventually(&what, async || Ok(Some(self.message(id).await?).filter(|message| message["status"] == status)))
            .await
    }
}

impl Outlet {
    /// The channel's id.
    pub fn id(&self) -> &str {
        &self.line.id
    }

    /// The vendor posts to this server from now on.
    pub fn connect(&self, server: &Server) {
        self.graph.set_callback(Some(format!("{}{}", server.base(), self.line.path())));
    }

    /// A customer writes, just now, so that its window is open.
    pub async fn hears(&mut self, customer: &Customer, id: &str) -> Result<()> {
        let webhook = text_message(&self.line.account, customer, id, now(), "Hello?");
        self.line.post(&webhook).await
    }

    /// A message to a customer.
    pub fn to(&self, customer: &Customer, content: Value) -> Value {
        let mut message = json!({ "channel_id": self.id(), "to": customer.phone });
        if let (Some(message), Value::Object(content)) = (message.as_object_mut(), content) {
            message.extend(content);
        }
        message
    }

    /// What is asked of the vendor for sending, in the order of the calls.
    pub fn sent(&self) -> Vec<Value> {
        let sends = |path: &str| path.ends_with("/messages");
        self.graph.calls().into_iter().filter(|call| sends(&call.path)).map(|call| call.body).collect()
    }

    /// From now on the vendor does this, whatever is sent.
    pub fn behaves(&self, behaviour: Behaviour) {
        self.graph.behave(behaviour);
    }
}

/// The number of this id.
fn account(number: &str) -> Account {
    Account {
        phone_number_id: number.to_owned(),
        business_account_id: "102290129340398".to_owned(),
        display_phone_number: "15550783881".to_owned(),
        app_secret: APP_SECRET.to_owned(),
    }
}

/// What makes the channel.
fn channel(account: &Account, graph: &Graph) -> Value {
    json!({
        "type": "whatsapp",
        "name": "Support",
        "credentials": { "access_token": ACCESS_TOKEN, "app_secret": account.app_secret },
        "settings": {
            "phone_number_id": account.phone_number_id,
            "business_account_id": account.business_account_id,
            "api_base": graph.base(),
        },
    })
}
