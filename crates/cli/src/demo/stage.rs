//! Everything that the demo needs beside the gateway, set up as a customer of ours would: by the API.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Context as _;
use http::StatusCode;
use serde_json::{Value, json};
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_simulator::{
    Receiver,
    whatsapp::{
        Account,
        simulator::{Simulator, SimulatorOptions},
    },
};

use super::{
    api::{Api, Refused},
    random_hex,
    story::{ANA, Act, BRUNO, THANKFUL_FOR, THANKS},
};
use crate::client::Failure;

/// What each subscriber is told.
const SUBSCRIPTIONS: [(&str, &[&str]); 2] =
    [("lifecycle", &["message.*", "contact.created", "conversation.created"]), ("object", &["message.*"])];

/// A gateway with a number on the simulator, two customers, and two subscribers.
pub(super) struct Stage {
    pub(super) base: String,
    pub(super) key: String,
    pub(super) channel: String,
    pub(super) simulator: Simulator,
    pub(super) receiver: Receiver,
    gateway: Api,
    customers: Api,
}

impl Stage {
    /// Builds it around the gateway at this address. The customers take `pace` milliseconds for whatever they do.
    pub(super) async fn build(base: &str, key: &str, pace: u64) -> anyhow::Result<Self> {
        let mut gateway = Api::new(base, key)?;
        let account = Account {
            phone_number_id: "106540352242922".to_owned(),
            business_account_id: "102290129340398".to_owned(),
            display_phone_number: "15550783881".to_owned(),
            app_secret: random_hex(16),
        };
        let options = SimulatorOptions {
            public_url: None,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            account: account.clone(),
            access_token: random_hex(16),
            callback: None,
            seed: 1,
            now_seconds: Arc::new(|| SystemClock.now().as_seconds()),
        };
        let access_token = options.access_token.clone();
        let simulator = Simulator::start(options).await.context("cannot start the simulated vendor")?;
        let mut customers = Api::new(simulator.base(), "none is needed")?;
        let channel = connect(&mut gateway, &simulator, &account, &access_token).await?;
        for (customer, answers) in [(ANA, json!([{ "contains": THANKFUL_FOR, "react": THANKS }])), (BRUNO, json!([]))] {
            let customer =
                json!({ "name": customer.name, "phone": customer.phone, "delay_ms": pace, "answers": answers });
            customers.post("/simulator/customers", &customer).await?;
        }
        let receiver = Receiver::start().await.context("cannot start the subscribers")?;
        for (format, events) in SUBSCRIPTIONS {
            subscribe(&mut gateway, &receiver, format, events).await?;
        }
        Ok(Self { base: base.to_owned(), key: key.to_owned(), channel, simulator, receiver, gateway, customers })
    }

    /// Somebody does something.
    pub(super) async fn act(&mut self, act: &Act) -> anyhow::Result<()> {
        match act {
            Act::Customer(message) => self.customers.post("/simulator/messages", message).await,
            Act::Company(message) => self.gateway.post("/v1/messages", message).await,
        }
        .map(drop)
    }
}

/// Connects the simulated number, and the simulator with what that answers. Answers the channel's id.
async fn connect(
    gateway: &mut Api,
    simulator: &Simulator,
    account: &Account,
    access_token: &str,
) -> anyhow::Result<String> {
    let channel = json!({
        "type": "whatsapp",
        "name": "Demo number",
        "credentials": { "access_token": access_token, "app_secret": account.app_secret },
        "settings": {
            "phone_number_id": account.phone_number_id,
            "business_account_id": account.business_account_id,
            "api_base": simulator.base(),
        },
    });
    let channel = gateway.post("/v1/channels", &channel).await.map_err(|error| {
        let is_there = |refused: &Refused| refused.status == StatusCode::CONFLICT;
        if error.downcast_ref().is_some_and(is_there) {
            return Failure::Usage(
                "--data: a demo was shown with this folder before, and its number is connected there already; name a folder \
                 that is not there yet, delete this one, or leave --data out"
                    .to_owned(),
            )
            .into();
        }
        error.context("cannot connect the number")
    })?;
    let field = |name: &str| channel[name].as_str().with_context(|| format!("the channel has no {name}"));
    let verified = simulator.verify_callback(field("webhook_url")?, field("verify_token")?).await;
    verified.context("the gateway does not answer the vendor's challenge")?;
    Ok(field("id")?.to_owned())
}

async fn subscribe(gateway: &mut Api, receiver: &Receiver, format: &str, events: &[&str]) -> anyhow::Result<()> {
    let path = format!("/{format}");
    let endpoint = json!({ "url": receiver.url(&path), "format": format, "events": events });
    let endpoint: Value = gateway.post("/v1/endpoints", &endpoint).await?;
    receiver.trust(&path, endpoint["secret"].as_str().context("the endpoint has no secret")?);
    Ok(())
}
