//! `tidings simulate`: WhatsApp's Graph API for those who have no account at Meta, until it is asked to stop.
//!
//! It prints what it plays, how a channel is connected with it, and then one line for each call and each webhook.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_simulator::{
    Connection,
    whatsapp::{
        Account,
        simulator::{Simulator, SimulatorOptions, Told},
    },
};
use tokio::signal::unix::{SignalKind, signal};

use crate::client::Failure;

mod print;

/// Of the shape of a real one, so that it is taken wherever a real one is.
const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Options of the simulator.
#[derive(Debug, Clone, Args)]
pub(crate) struct SimulateArguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 7788)))]
    listen: SocketAddr,
    /// The address that others call it by, where that is not the one it listens on: `http://simulator:7788`
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Where webhooks go: `http://…/in/chan_…`; it can be set later
    #[arg(long, value_name = "URL")]
    callback: Option<String>,
    /// Asks the callback for its challenge first, as Meta does, with this token
    #[arg(long, value_name = "TOKEN", requires = "callback")]
    verify_token: Option<String>,
    /// What webhooks are signed with
    #[arg(long, value_name = "SECRET", default_value = APP_SECRET)]
    app_secret: String,
    /// The only token that calls are taken with
    #[arg(long, value_name = "TOKEN", default_value = "simulated-access-token")]
    access_token: String,
    /// The id of the business's number
    #[arg(long, value_name = "ID", default_value = "106540352242922")]
    phone_number_id: String,
    /// The id of the WhatsApp Business Account
    #[arg(long, value_name = "ID", default_value = "102290129340398")]
    business_account_id: String,
    /// The business's number, with its country code
    #[arg(long, value_name = "NUMBER", default_value = "15550783881", value_parser = digits)]
    phone: String,
    /// What ids and chance depend on: the same seed makes the same run
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Treats every message as one to a number with this ending, such as 9041; `GET /simulator` lists them
    #[arg(long, value_name = "ENDING")]
    trouble: Option<String>,
    /// How calls that send are treated: the document that `POST /simulator/behaviours` takes
    #[arg(long, value_name = "JSON")]
    behaviours: Option<String>,
    /// What goes wrong with webhooks, token, media and throughput: the document that `POST /simulator/faults` takes
    #[arg(long, value_name = "JSON")]
    faults: Option<String>,
}

/// Runs the simulator until SIGTERM or SIGINT.
pub(crate) async fn run(arguments: SimulateArguments) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let simulator = start(&arguments).await?;
    let mut told = simulator.watch();
    let handshake = match (&arguments.callback, &arguments.verify_token) {
        (Some(url), Some(token)) => Some((url, simulator.verify_callback(url, token).await)),
        _ => None,
    };
    // A crowd that writes wants a callback that listens.
    let faults = arguments.faults.as_ref().map_or(Ok(()), |faults| simulator.tell_faults(faults));
    if faults.is_ok() {
        print::introduction(&simulator, &arguments)?;
    }
    if let Some((url, outcome)) = handshake {
        print::handshake(url, outcome.map_err(anyhow::Error::from))?;
    }
    faults.map_err(|error| Failure::Usage(format!("--faults: {error}")))?;
    loop {
        tokio::select! {
            next = told.recv() => match next {
                Some(Told { event: "entry", data }) if is_complete(&data) => print::entry(&data)?,
                Some(_) => {}
                // So much happened at once that lines were lost.
                None => told = simulator.watch(),
            },
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    drop(simulator);
    crate::print("stopped")
}

async fn start(arguments: &SimulateArguments) -> anyhow::Result<Simulator> {
    if let Some(callback) = &arguments.callback {
        Connection::to(callback).map_err(|error| Failure::Usage(format!("--callback: {error}")))?;
    }
    let account = Account {
        phone_number_id: arguments.phone_number_id.clone(),
        business_account_id: arguments.business_account_id.clone(),
        display_phone_number: arguments.phone.clone(),
        app_secret: arguments.app_secret.clone(),
    };
    let options = SimulatorOptions {
        listen: arguments.listen,
        public_url: arguments.public_url.clone(),
        account,
        access_token: arguments.access_token.clone(),
        // With a token the callback must show first that it knows it.
        callback: arguments.callback.clone().filter(|_| arguments.verify_token.is_none()),
        seed: arguments.seed,
        now_seconds: Arc::new(|| SystemClock.now().as_seconds()),
    };
    let simulator =
        Simulator::start(options).await.with_context(|| format!("cannot listen on {}", arguments.listen))?;
    if let Some(ending) = &arguments.trouble
        && !simulator.ask_for_trouble(ending)
    {
        let told = format!(
            "--trouble: no number asks for trouble by the ending {ending}; `GET /simulator` lists those that do"
        );
        return Err(Failure::Usage(told).into());
    }
    if let Some(behaviours) = &arguments.behaviours {
        let told = simulator.tell_behaviours(behaviours);
        told.map_err(|error| Failure::Usage(format!("--behaviours: {error}")))?;
    }
    Ok(simulator)
}

/// A call is told of when it comes and when it is answered; only the second makes a line.
fn is_complete(entry: &Value) -> bool {
    !entry["answer"].is_null() || !entry["error"].is_null()
}

/// A phone number as it is typed.
fn digits(typed: &str) -> Result<String, String> {
    let digits = typed.strip_prefix('+').unwrap_or(typed);
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(digits.to_owned()) } else { Err("only digits, such as 15550783881".to_owned()) }
}
