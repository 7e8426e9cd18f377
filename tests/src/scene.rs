//! What most tests begin with: a server, a subscriber that listens, and numbers whose customers write.

use std::{ops::Range, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tidings_simulator::{
    Arrival, Receiver,
    whatsapp::{Account, Vendor, sign, text_message},
};
use tokio::time::timeout;

use crate::{Answer, Api, Server, now, webhooks::customer};

/// What webhooks of the simulated vendor are signed with.
pub const APP_SECRET: &str = "the-app-secret-of-the-tests";
/// However busy the machine is with other tests, and longer than the second wait of the schedule of retries.
const PATIENCE: Duration = Duration::from_mins(1);

/// A channel to be made, for the number of this id. Nobody plays its vendor: its API has a name that nobody has.
pub fn channel(number: &str) -> Value {
    json!({
        "type": "whatsapp",
        "name": "Support",
        "credentials": { "access_token": "the-access-token-of-the-tests", "app_secret": APP_SECRET },
        "settings": { "phone_number_id": number, "api_base": "https://graph.invalid" },
    })
}

/// A server, a client of its API, and a subscriber.
#[derive(Debug)]
pub struct Scene {
    /// The server.
    pub server: Server,
    /// A client with the operator's key.
    pub api: Api,
    /// The subscriber.
    pub receiver: Receiver,
}

impl Scene {
    /// Starts all of it.
    pub async fn start() -> Result<Scene> {
        Scene::around(Server::start().await?).await
    }

    /// All of it, and a connected number.
    pub async fn with_line() -> Result<(Scene, Line)> {
        let mut scene = Scene::start().await?;
        let line = scene.line("1001").await?;
        Ok((scene, line))
    }

    /// With a server that is running already.
    pub async fn around(server: Server) -> Result<Scene> {
        Ok(Scene { api: server.api()?, receiver: Receiver::start().await?, server })
    }

    /// Makes a channel for the number of this id.
    pub async fn line(&mut self, number: &str) -> Result<Line> {
        let channel = self.api.post("/v1/channels", &channel(number)).await?.ok()?;
        Line::of(&self.server, channel, number)
    }

    /// Makes an endpoint at this path of the subscriber, with these fields; the subscriber trusts its secret.
    pub async fn subscribe(&mut self, path: &str, fields: Value) -> Result<Value> {
        let mut endpoint = json!({ "url": self.receiver.url(path) });
        if let (Some(endpoint), Value::Object(fields)) = (endpoint.as_object_mut(), fields) {
            endpoint.extend(fields);
        }
        let endpoint = self.api.post("/v1/endpoints", &endpoint).await?.ok()?;
        self.receiver.trust(path, endpoint["secret"].as_str().context("a new endpoint shows its secret")?);
        Ok(endpoint)
    }

    /// Waits for so many webhooks, each of which must be signed.
    pub async fn arrivals(&mut self, number: usize) -> Result<Vec<Arrival>> {
        let mut arrivals = Vec::with_capacity(number);
        while arrivals.len() < number {
            let next = timeout(PATIENCE, self.receiver.next()).await;
            let told = || format!("{} of {number} came", arrivals.len());
            let arrival = next.with_context(told)?.context("the receiver has stopped")?;
            ensure!(arrival.verified, "an unsigned webhook: {arrival:?}");
            arrivals.push(arrival);
        }
        Ok(arrivals)
    }

    /// Waits for one webhook.
    pub async fn arrival(&mut self) -> Result<Arrival> {
        Ok(self.arrivals(1).await?.remove(0))
    }

    /// After a restart the server has another address: new clients for it, and for these numbers.
    pub fn reconnect<'a>(&mut self, lines: impl IntoIterator<Item = &'a mut Line>) -> Result<()> {
        self.api = self.server.api()?;
        lines.into_iter().try_for_each(|line| line.reconnect(&self.server))
    }
}

/// A connected number, and the vendor that posts for it.
#[derive(Debug)]
pub struct Line {
    /// The channel's id.
    pub id: String,
    /// The channel as it was answered.
    pub channel: Value,
    /// The number.
    pub account: Account,
    /// The vendor.
    pub vendor: Vendor,
}

impl Line {
    /// A number whose channel was made already.
    pub fn of(server: &Server, channel: Value, number: &str) -> Result<Line> {
        let id = channel["id"].as_str().context("a channel has an id")?.to_owned();
        let vendor = Vendor::new(&format!("{}/in/{id}", server.base()), APP_SECRET)?;
        let account = Account {
            phone_number_id: number.to_owned(),
            business_account_id: "102290129340398".to_owned(),
            display_phone_number: "15550783881".to_owned(),
            app_secret: APP_SECRET.to_owned(),
        };
        Ok(Line { id, channel, account, vendor })
    }

    /// The path that the vendor posts to.
    pub fn path(&self) -> String {
        format!("/in/{}", self.id)
    }

    /// So many customers write in turn, just now: `Text 7` is the words of number 7.
    pub async fn hear(&mut self, numbers: Range<usize>, customers: usize) -> Result<()> {
        for number in numbers {
            let customer = customer(number % customers);
            let (id, words) = (format!("wamid.{number}"), format!("Text {number}"));
            self.post(&text_message(&self.account, &customer, &id, now(), &words)).await?;
        }
        Ok(())
    }

    /// The vendor posts, and must be acknowledged.
    pub async fn post(&mut self, webhook: &Value) -> Result<()> {
        let status = self.vendor.post(webhook).await?;
        ensure!(status.as_u16() == 200, "the vendor is answered {status}");
        Ok(())
    }

    /// Posts as the vendor does and gives the whole answer.
    pub async fn post_by(&self, api: &mut Api, webhook: &Value) -> Result<Answer> {
        let signature = sign(APP_SECRET, webhook.to_string().as_bytes());
        api.call(http::Method::POST, &self.path(), Some(webhook), &[("x-hub-signature-256", &signature)]).await
    }

    /// Another connection of the same vendor.
    pub fn another_vendor(&self, server: &Server) -> Result<Vendor> {
        Ok(Vendor::new(&format!("{}/in/{}", server.base(), self.id), APP_SECRET)?)
    }

    fn reconnect(&mut self, server: &Server) -> Result<()> {
        self.vendor = self.another_vendor(server)?;
        Ok(())
    }
}
