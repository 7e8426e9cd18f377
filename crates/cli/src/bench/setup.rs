//! Prepares a fresh server through its public API: one `WhatsApp` channel, and the endpoints; and for messages out a
//! vendor that takes everything, and customers who have written lately.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use serde_json::{Value, json};
use tidings_simulator::{
    Connection,
    whatsapp::{
        Account, Customer, Vendor, batch,
        graph::{Graph, GraphOptions},
        text_message,
    },
};

use super::{
    child::{ADMIN_KEY, Server},
    template::phone,
};

/// The only token that the vendor takes.
const ACCESS_TOKEN: &str = "token-of-the-benchmark";
/// The most that a channel may be set to send in a second.
const FASTEST: u32 = 1000;
/// How many messages one webhook brings.
const IN_ONE_WEBHOOK: usize = 500;

/// The business that the messages are written to.
pub(super) fn account() -> Account {
    Account {
        phone_number_id: "106540352242922".into(),
        business_account_id: "102290129340398".into(),
        display_phone_number: "15550783881".into(),
        app_secret: "secret-of-the-benchmark".into(),
    }
}

/// The same business with another number.
pub(super) fn account_of(phone_number_id: &str) -> Account {
    Account { phone_number_id: phone_number_id.into(), ..account() }
}

/// Creates the channel and the endpoints, and answers the address that the vendor posts to.
pub(super) async fn inward(server: &Server, endpoints: &[String]) -> Result<String> {
    let mut connection = Connection::to(&base(server))?;
    let channel = channel(&mut connection, server, account(), json!({})).await?;
    subscribe(&mut connection, server, endpoints, "message.*").await?;
    Ok(format!("{}/in/{channel}", base(server)))
}

/// Starts a vendor that takes everything and tells nothing, creates the channel and the endpoints, and lets the customers
/// write, so that they can be written to. Answers the vendor and the channel's id.
pub(super) async fn outward(
    server: &Server,
    endpoints: &[String],
    customers: usize,
    seconds: i64,
) -> Result<(Graph, String)> {
    let mut connection = Connection::to(&base(server))?;
    let (graph, channel) = vendor(&mut connection, server, account()).await?;
    subscribe(&mut connection, server, endpoints, "message.sent").await?;
    open_windows(server, &channel, &account(), customers, seconds).await?;
    Ok((graph, channel))
}

/// Starts a vendor that takes everything and tells nothing, and creates the channel.
pub(super) async fn vendor(connection: &mut Connection, server: &Server, account: Account) -> Result<(Graph, String)> {
    let mut options = GraphOptions::new(account.clone(), ACCESS_TOKEN);
    options.record = false;
    let graph = Graph::start(options).await?;
    let settings = json!({ "api_base": graph.base(), "messages_per_second": FASTEST });
    let channel = channel(connection, server, account, settings).await?;
    Ok((graph, channel))
}

/// Lets the customers of a business write, so that they can be written to.
pub(super) async fn open_windows(
    server: &Server,
    channel: &str,
    account: &Account,
    customers: usize,
    seconds: i64,
) -> Result<()> {
    let mut vendor = Vendor::new(&format!("{}/in/{channel}", base(server)), &account.app_secret)?;
    let all: Vec<usize> = (0..customers).collect();
    for some in all.chunks(IN_ONE_WEBHOOK) {
        let wrote = |customer: &usize| {
            let person = Customer::with_phone("Sheena Nelson", &phone(*customer));
            text_message(account, &person, &format!("wamid.opens.{customer}"), seconds, "Hello?")
        };
        let answer = vendor.post(&batch(some.iter().map(wrote))).await?;
        anyhow::ensure!(answer.is_success(), "the customers' messages were answered {answer}");
    }
    Ok(())
}

pub(super) fn base(server: &Server) -> String {
    format!("http://{}", server.address)
}

/// Creates the channel, with further settings, and answers its id.
pub(super) async fn channel(
    connection: &mut Connection,
    server: &Server,
    account: Account,
    further: Value,
) -> Result<String> {
    let mut settings = json!({
        "phone_number_id": account.phone_number_id,
        "business_account_id": account.business_account_id,
    });
    if let (Some(settings), Value::Object(further)) = (settings.as_object_mut(), further) {
        settings.extend(further);
    }
    let channel = json!({
        "type": "whatsapp",
        "name": "Benchmark",
        "credentials": { "access_token": ACCESS_TOKEN, "app_secret": account.app_secret },
        "settings": settings,
    });
    let channel = create(connection, &base(server), "channels", &channel).await?;
    Ok(channel["id"].as_str().context("the new channel has no id")?.to_owned())
}

async fn subscribe(connection: &mut Connection, server: &Server, endpoints: &[String], events: &str) -> Result<()> {
    for url in endpoints {
        let endpoint = json!({ "url": url, "format": "lifecycle", "events": [events] });
        create(connection, &base(server), "endpoints", &endpoint).await?;
    }
    Ok(())
}

/// Creates something, and answers it.
pub(super) async fn create(connection: &mut Connection, base: &str, kind: &str, what: &Value) -> Result<Value> {
    send(connection, Request::post(format!("{base}/v1/{kind}")), what).await
}

/// Lets an endpoint be here from now on, and hear of what happens from now on.
pub(super) async fn resume_at(server: &Server, id: &str, url: &str) -> Result<()> {
    let mut connection = Connection::to(&base(server))?;
    let request = Request::patch(format!("{}/v1/endpoints/{id}", base(server)));
    send(&mut connection, request, &json!({ "url": url, "enabled": true, "resume_from": "now" })).await.map(drop)
}

async fn send(connection: &mut Connection, request: http::request::Builder, what: &Value) -> Result<Value> {
    let request = request
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(what.to_string())))?;
    let response = connection.send(request).await?;
    let (status, body) = (response.status(), String::from_utf8_lossy(response.body()));
    anyhow::ensure!(status.is_success(), "a request was answered {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}
