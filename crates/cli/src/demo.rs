//! `tidings demo`: the product at work, in one process and without accounts.
//!
//! It starts the gateway, connects a simulated WhatsApp number, and subscribes one endpoint for each webhook format. A
//! simulated customer writes, sends a picture and reacts; two answers go out, of which one is delivered and read, and one
//! fails. Every webhook is verified and printed as it arrives, and those of the conversation must come in order.

mod api;
mod print;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use clap::Args;
use http::StatusCode;
use serde_json::json;
use tidings_domain::EventId;
use tidings_gateway::clock::{Clock as _, Random as _, SystemClock, SystemRandom};
use tidings_simulator::{
    receiver::{Arrival, Receiver},
    whatsapp::{
        self, Account, Customer, Vendor,
        graph::{self as vendor, Graph, GraphOptions, Ladder, Step},
    },
};
use tokio::time::timeout;

use self::{api::Api, print::Printer};
use crate::{
    host::Host,
    options::{LogFormat, ServeOptions},
};

/// How long a webhook may take to arrive before the demo says that it did not.
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);

/// What each format's endpoint is told of the demo's conversation.
const EXPECTED: [(&str, &[(&str, usize)]); 2] = [
    (
        "lifecycle",
        &[
            ("contact.created", 1),
            ("conversation.created", 1),
            ("message.received", 2),
            ("message.updated", 1),
            ("message.sent", 2),
            ("message.delivered", 1),
            ("message.read", 1),
            ("message.failed", 1),
        ],
    ),
    // Delivered, read and failed are updates of the message.
    ("object", &[("message.received", 2), ("message.sent", 2), ("message.updated", 4)]),
];

/// What the vendor says of a number that cannot be reached.
const UNDELIVERABLE: u32 = 131_026;

/// Options of the demo.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArguments {
    /// Ends after the conversation; succeeds if every expected webhook came, in order, and verified
    #[arg(long)]
    once: bool,
    /// A folder for the data, which is left behind; by default a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
}

/// Runs the demo.
pub(crate) async fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let data = arguments.data.clone().unwrap_or_else(|| temporary.path().join("tidings-data"));
    let admin_key = format!("demo_{}", random_hex(16));
    let host = Host::start(&options(&arguments, data, &admin_key)).await?;
    let base = format!("http://{}", host.address);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(host.serve(async move {
        // A dropped sender stops it as well.
        let _ = stopped.await;
    }));

    let shown = show(&arguments, &base, &admin_key).await;
    drop(stop);
    serving.await.context("the gateway panicked")??;
    shown
}

fn options(arguments: &DemoArguments, data: PathBuf, admin_key: &str) -> ServeOptions {
    ServeOptions {
        listen: arguments.listen,
        public_url: None,
        admin_key: Some(admin_key.to_owned()),
        seal_key_file: data.join("tidings.key"),
        allow_networks: vec![ipnet::IpNet::V4(ipnet::Ipv4Net::new_assert([127, 0, 0, 0].into(), 8))],
        deny_networks: Vec::new(),
        requests_per_minute: None,
        log: "warn".to_owned(),
        log_format: LogFormat::Text,
        data,
    }
}

/// Sets the gateway up as a customer of ours would, by its API, and plays the conversation.
async fn show(arguments: &DemoArguments, base: &str, admin_key: &str) -> anyhow::Result<()> {
    let mut api = Api::new(base, admin_key)?;
    let account = Account {
        phone_number_id: "106540352242922".to_owned(),
        business_account_id: "102290129340398".to_owned(),
        display_phone_number: "15550783881".to_owned(),
        app_secret: random_hex(16),
    };
    let graph = vendors_api(&account).await?;
    let channel = connect(&mut api, &account, &graph).await?;
    let callback = format!("{base}/in/{channel}");
    let mut receiver = Receiver::start().await?;
    for (format, expected) in EXPECTED {
        subscribe(&mut api, &receiver, format, expected).await?;
    }
    let printer = Printer::new();
    printer.introduction(base, &callback, admin_key, arguments.once)?;

    let mut writer = Vendor::new(&callback, &account.app_secret)?;
    let customer = Customer::with_phone("Ana Souza", "5511987654321");
    converse(&mut writer, &account, &customer).await?;
    answer(&mut api, &graph, &channel, &customer).await?;

    let complete = watch(&mut receiver, &printer).await?;
    printer.conclusion(complete)?;
    ensure!(complete, "not every webhook came, in order, and verified");
    if arguments.once {
        return Ok(());
    }
    loop {
        tokio::select! {
            arrival = receiver.next() => match arrival {
                Some(arrival) => printer.arrival(&arrival)?,
                None => return Ok(()),
            },
            interrupted = tokio::signal::ctrl_c() => return interrupted.map_err(Into::into),
        }
    }
}

/// The vendor's side of sending. Its token and its callback are set when the number is connected.
async fn vendors_api(account: &Account) -> anyhow::Result<Graph> {
    let mut options = GraphOptions::new(account.clone(), &random_hex(16));
    options.now_seconds = Arc::new(|| SystemClock.now().as_seconds());
    Graph::start(options).await.context("cannot start the simulated vendor")
}

/// Connects the simulated number. Answers the channel's id.
async fn connect(api: &mut Api, account: &Account, graph: &Graph) -> anyhow::Result<String> {
    let access_token = random_hex(16);
    graph.restore_token(&access_token);
    let channel = api
        .post(
            "/v1/channels",
            &json!({
                "type": "whatsapp",
                "name": "Demo number",
                "credentials": { "access_token": access_token, "app_secret": account.app_secret },
                "settings": {
                    "phone_number_id": account.phone_number_id,
                    "business_account_id": account.business_account_id,
                    "api_base": graph.base(),
                },
            }),
        )
        .await;
    let channel = match channel {
        Ok(channel) => channel,
        Err(error) => return Err(error.context("cannot connect the number; is the data folder a fresh one?")),
    };
    let id = channel["id"].as_str().context("the channel has no id")?;
    graph.set_callback(Some(format!("{}/in/{id}", api.base())));
    Ok(id.to_owned())
}

async fn subscribe(api: &mut Api, receiver: &Receiver, format: &str, expected: &[(&str, usize)]) -> anyhow::Result<()> {
    let path = format!("/{format}");
    let events: Vec<&str> = expected.iter().map(|(event, _)| *event).collect();
    let endpoint = json!({ "url": receiver.url(&path), "format": format, "events": events });
    let endpoint = api.post("/v1/endpoints", &endpoint).await?;
    receiver.trust(&path, endpoint["secret"].as_str().context("the endpoint has no secret")?);
    Ok(())
}

/// What the customer does.
async fn converse(vendor: &mut Vendor, account: &Account, customer: &Customer) -> anyhow::Result<()> {
    let seconds = SystemClock.now().as_seconds();
    let [first, second, third] = [(); 3].map(|()| format!("wamid.{}", random_hex(12)));
    let steps = [
        whatsapp::text_message(account, customer, &first, seconds, "Olá! Is my order on its way?"),
        whatsapp::image_message(account, customer, &second, seconds, &random_hex(8), Some("This is the label")),
        whatsapp::reaction(account, customer, &third, seconds, &first, Some("🙏")),
    ];
    for webhook in &steps {
        let answer = vendor.post(webhook).await?;
        ensure!(answer == StatusCode::OK, "the gateway answered {answer} to a webhook of the vendor");
    }
    Ok(())
}

/// What the company answers: one message is delivered and read, the next one does not arrive.
async fn answer(api: &mut Api, graph: &Graph, channel: &str, customer: &Customer) -> anyhow::Result<()> {
    let answers = [
        ("It is! It arrives on Thursday.", Ladder::full()),
        ("Here is a map of the way.", Ladder::of([Step::Sent, Step::Failed(UNDELIVERABLE)])),
    ];
    for (text, ladder) in answers {
        graph.next(vendor::Behaviour::Accept { ladder });
        let message = json!({ "channel_id": channel, "to": customer.phone, "text": text });
        api.post("/v1/messages", &message).await?;
    }
    Ok(())
}

/// Prints what arrives until everything expected has. Answers whether it did, in order and each
/// webhook verified.
async fn watch(receiver: &mut Receiver, printer: &Printer) -> anyhow::Result<bool> {
    let mut missing: BTreeMap<(String, String), usize> = EXPECTED
        .iter()
        .flat_map(|(format, events)| {
            events.iter().map(|(event, count)| (((*format).to_owned(), (*event).to_owned()), *count))
        })
        .collect();
    let mut order = Order::default();
    while !missing.is_empty() {
        let Ok(Some(arrival)) = timeout(ARRIVES_WITHIN, receiver.next()).await else { return Ok(false) };
        printer.arrival(&arrival)?;
        let kind = (arrival.format().unwrap_or_default().to_owned(), arrival.event().unwrap_or_default().to_owned());
        let Some(id) = event_id(&arrival).filter(|_| arrival.verified) else { return Ok(false) };
        if !order.follows(&kind.0, &kind.1, id) {
            return Ok(false);
        }
        if let Some(count) = missing.get_mut(&kind) {
            *count -= 1;
            if *count == 0 {
                missing.remove(&kind);
            }
        }
    }
    Ok(true)
}

fn event_id(arrival: &Arrival) -> Option<EventId> {
    arrival.id()?.parse().ok()
}

/// The order in which one conversation's events must come to each subscriber: that of their ids, which grow as things
/// happen. Only events of messages belong to the conversation for certain.
#[derive(Default)]
struct Order(BTreeMap<String, EventId>);

impl Order {
    /// Whether this event comes after those that came.
    fn follows(&mut self, format: &str, event: &str, id: EventId) -> bool {
        if !event.starts_with("message.") {
            return true;
        }
        self.0.insert(format.to_owned(), id).is_none_or(|before| before < id)
    }
}

fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    SystemRandom.fill(&mut random);
    random.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_of_order_is_noticed() {
        let id = |number: u32| format!("evt_{number:026}").parse::<EventId>().unwrap();
        let mut order = Order::default();
        assert!(order.follows("lifecycle", "message.received", id(2)));
        assert!(order.follows("object", "message.received", id(1)), "each subscriber for itself");
        assert!(order.follows("lifecycle", "contact.created", id(1)));
        assert!(order.follows("lifecycle", "message.updated", id(3)));
        assert!(!order.follows("lifecycle", "message.received", id(2)));
    }
}
