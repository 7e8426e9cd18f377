//! `tidings listen`: what happens, told as it happens and handed on to a program on this machine.
//!
//! It follows the server's event stream. Each event is posted as a webhook endpoint would get it, one after the other in
//! the order of the log, and only when it is settled (taken, or skipped after its tries) does the place in the log move on.
//! When the stream breaks, because the server was started again for instance, it is opened anew from that place: nothing
//! is left out, and nothing that was taken comes twice.

mod forward;
mod report;
mod secret;

use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use http::StatusCode;
use serde_json::Value;
use tidings_domain::endpoint::WebhookFormat;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};

pub(crate) use self::{forward::Forwarder, report::Reporter, secret::signing_secret};
use crate::client::{Client, EventStream, Failure, ServerArguments, Streamed, query};

/// How long it waits before it opens the stream anew: at first, and at most.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Options of `listen`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings listen                                              print what happens
  tidings listen --forward-to http://localhost:3000/webhooks  and hand it on, signed
  tidings listen --last 10 --events 'message.*' --forward-to http://localhost:3000/webhooks")]
pub(crate) struct ListenArguments {
    /// The program that gets the events as webhooks; without it they are only printed
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Only these events, by name or pattern, with commas between them: message.*,contact.created
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    events: Vec<String>,
    /// The shape of the bodies
    #[arg(long, value_enum, default_value_t = Format::Lifecycle)]
    format: Format,
    /// Begins with the last so many events
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    last: u16,
    /// Only events of this channel
    #[arg(long, value_name = "chan_…")]
    channel: Option<String>,
    /// What the webhooks are signed with [default: a random secret, which is shown]
    #[arg(long, env = "TIDINGS_LISTEN_SECRET", value_name = "whsec_…", hide_env_values = true)]
    secret: Option<String>,
    /// How many more times an event is tried that the program does not take
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    retries: u32,
    /// Prints each event's body as well
    #[arg(long)]
    print_json: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// The two shapes of a webhook's body.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// One event for each step of a message's life.
    Lifecycle,
    /// One message that is created and then updated.
    Object,
}

impl Format {
    pub(crate) const fn webhook(self) -> WebhookFormat {
        match self {
            Self::Lifecycle => WebhookFormat::Lifecycle,
            Self::Object => WebhookFormat::Object,
        }
    }
}

/// An event as the stream has it.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) body: String,
}

impl Heard {
    /// Whether what it said was erased with the contact that it spoke of: no endpoint is sent that.
    fn is_erased(&self) -> bool {
        serde_json::from_str::<Value>(&self.body).is_ok_and(|body| body["erased"] == true)
    }
}

/// Listens until it is told to stop.
pub(crate) async fn run(arguments: ListenArguments) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for the end")?;
    let client = Client::new(&arguments.server)?;
    let secret = signing_secret(arguments.secret.as_deref())?;
    let reporter = Reporter::new(arguments.server.json, arguments.print_json);
    let forwarder = match &arguments.forward_to {
        Some(url) => {
            Some(Forwarder::new("--forward-to", url, arguments.format.webhook(), secret.clone(), arguments.retries)?)
        }
        None => None,
    };
    let mut listener = Listener { client, path: path(&arguments), place: Place::Last(arguments.last) };
    let listening = async {
        // A server that is not there at the start is more likely a slip than one that goes away later.
        let stream = listener.open().await?;
        reporter.introduce(listener.client.server(), arguments.forward_to.as_deref(), &secret.to_text());
        listener.run(stream, forwarder.as_ref(), &reporter).await
    };
    tokio::select! {
        ended = listening => ended,
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

/// What is asked of the stream, wherever it begins.
fn path(arguments: &ListenArguments) -> String {
    let events = arguments.events.join(",");
    query(
        "/v1/events/stream",
        &[
            ("types", Some(events).filter(|events| !events.is_empty())),
            ("channel_id", arguments.channel.clone()),
            ("format", Some(arguments.format.webhook().name().to_owned())),
        ],
    )
}

/// Where the stream goes on.
#[derive(Debug)]
enum Place {
    /// With the last so many events.
    Last(u16),
    /// After this event, which is settled.
    After(String),
    /// With the oldest event that there is.
    Oldest,
}

#[derive(Debug)]
struct Listener {
    client: Client,
    path: String,
    place: Place,
}

impl Listener {
    /// Ends when there is nobody who reads what is printed, or when the server does not want to.
    async fn run(
        &mut self,
        stream: EventStream,
        forwarder: Option<&Forwarder>,
        reporter: &Reporter,
    ) -> anyhow::Result<()> {
        let mut stream = Some(stream);
        let mut pause = RECONNECT.0;
        loop {
            let ended = match stream.take() {
                Some(mut open) => {
                    pause = RECONNECT.0;
                    match self.follow(&mut open, forwarder, reporter).await? {
                        Some(ended) => ended,
                        None => return Ok(()),
                    }
                }
                None => match self.open().await {
                    Ok(open) => {
                        reporter.note("the stream is open again");
                        stream = Some(open);
                        continue;
                    }
                    Err(failure) => self.judge(failure, reporter)?,
                },
            };
            reporter.note(&format!("{ended}; trying again in {} ms", pause.as_millis()));
            sleep(pause).await;
            pause = (pause * 2).min(RECONNECT.1);
        }
    }

    async fn open(&self) -> Result<EventStream, Failure> {
        match &self.place {
            Place::Last(number) => {
                let joint = if self.path.contains('?') { '&' } else { '?' };
                self.client.stream(&format!("{}{joint}last={number}", self.path), None).await
            }
            Place::After(id) => self.client.stream(&self.path, Some(id)).await,
            Place::Oldest => self.client.stream(&self.path, None).await,
        }
    }

    /// Takes what the stream says until it ends, and answers how it ended; `None` if nobody reads any more.
    async fn follow(
        &mut self,
        stream: &mut EventStream,
        forwarder: Option<&Forwarder>,
        reporter: &Reporter,
    ) -> anyhow::Result<Option<String>> {
        loop {
            let heard = match stream.next().await {
                Ok(Streamed::Place(id)) => {
                    self.place = if id.is_empty() { Place::Oldest } else { Place::After(id) };
                    continue;
                }
                Ok(Streamed::Event { id, event, body }) => Heard { id, event, body },
                Err(ended) => return Ok(Some(ended)),
            };
            let is_read = match forwarder {
                _ if heard.is_erased() => true,
                Some(forwarder) => forwarder.settle(&heard, reporter).await?,
                None => reporter.heard(&heard, None)?,
            };
            if !is_read {
                return Ok(None);
            }
            self.place = Place::After(heard.id);
        }
    }

    /// Whether it may be otherwise later: then what to say of it, and else the failure.
    fn judge(&mut self, failure: Failure, reporter: &Reporter) -> Result<String, Failure> {
        match failure.refusal() {
            Some(refusal) if refusal.code.as_deref() == Some("cursor_expired") => {
                reporter.note("the place in the log is not kept any more; going on with the oldest event that is");
                self.place = Place::Oldest;
                Ok("the place was lost".to_owned())
            }
            Some(refusal) if refusal.status.is_server_error() || refusal.status == StatusCode::TOO_MANY_REQUESTS => {
                Ok(refusal.to_string())
            }
            Some(_) => Err(failure),
            None => match failure {
                Failure::Unreachable { reason, .. } => Ok(reason),
                other => Err(other),
            },
        }
    }
}
