//! `tidings trigger`: sample events for those who write a receiver, before anything has happened.
//!
//! A sample is rendered, signed and posted as the gateway would do it, once, straight to a program: no server is needed.
//! A registered endpoint gets the one sample that a server sends on request, `webhook.test`.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context as _, ensure};
use clap::{Args, builder::PossibleValuesParser};
use tidings_domain::{
    EventId,
    endpoint::WebhookFormat,
    event::{Event, EventKind, EventPayload},
    id::{IdSource as _, OrderedIds},
    pattern::EventPattern,
};
use tidings_gateway::clock::{Clock as _, Random as _, SystemClock, SystemRandom};
use tidings_webhooks::{
    render, rendered_kind, renders,
    sample::{SampleLinks, Samples, names},
};

use crate::{
    client::{Failure, ServerArguments},
    endpoints,
    listen::{Format, Forwarder, Heard, Reporter, signing_secret},
    output::note,
    verb::Desk,
};

/// The one event that a server sends on request.
const TEST: &str = EventKind::WebhookTest.name();

/// Options of `trigger`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings trigger --list                                                      what there is
  tidings trigger message.received                                            the body alone, to look at
  tidings trigger message.received --to http://localhost:3000/webhooks        signed, and posted
  tidings trigger message.received --to http://localhost:3000/webhooks --text 'Is it open?' --secret whsec_…
  tidings trigger 'message.*' --to http://localhost:3000/webhooks --format object
  tidings trigger webhook.test --endpoint ep_…                                through the server")]
pub(crate) struct TriggerArguments {
    /// What is sent: events by name, as --list has them, or by pattern, such as 'message.*'
    #[arg(value_name = "EVENT", hide_possible_values = true, value_parser = PossibleValuesParser::new(known()))]
    #[arg(required_unless_present_any = ["list", "endpoint"])]
    events: Vec<String>,
    /// Lists the events that there are samples of in the format
    #[arg(long, conflicts_with_all = ["events", "to", "endpoint"])]
    list: bool,
    /// The program that gets them; without it the bodies are only printed
    #[arg(long, value_name = "URL", conflicts_with = "endpoint")]
    to: Option<String>,
    /// The registered endpoint that gets a `webhook.test`, from the server
    #[arg(long, value_name = "ep_…")]
    endpoint: Option<String>,
    /// The shape of the bodies
    #[arg(long, value_enum, default_value_t = Format::Lifecycle)]
    format: Format,
    /// What the messages say
    #[arg(long)]
    text: Option<String>,
    /// What the webhooks are signed with [default: a random secret, which is shown]
    #[arg(long, env = "TIDINGS_LISTEN_SECRET", value_name = "whsec_…", hide_env_values = true)]
    secret: Option<String>,
    /// Prints each event's body as well
    #[arg(long, requires = "to")]
    print_json: bool,
    #[command(flatten)]
    server: ServerArguments,
}

/// Does it.
pub(crate) async fn run(arguments: TriggerArguments) -> anyhow::Result<()> {
    let format = arguments.format.webhook();
    if arguments.list {
        return crate::print(&names(format).join("\n"));
    }
    if let Some(id) = &arguments.endpoint {
        let other = arguments.events.iter().find(|event| *event != TEST);
        return match other {
            None => endpoints::test(&Desk::new(&arguments.server)?, id).await,
            Some(event) => Err(Failure::Usage(format!(
                "--endpoint: a server sends a registered endpoint no {event} that did not happen, only {TEST}; \
                 name the endpoint's address with --to instead"
            ))
            .into()),
        };
    }
    let bodies = bodies(chosen(&arguments.events, format)?, arguments.text.as_deref(), format)?;
    match &arguments.to {
        Some(url) => post(url, &bodies, &arguments).await,
        None => bodies.iter().try_for_each(|heard| crate::print(&heard.body)),
    }
}

/// Posts each of them once. What is not taken is a failure, so that scripts notice it.
async fn post(url: &str, bodies: &[Heard], arguments: &TriggerArguments) -> anyhow::Result<()> {
    let secret = signing_secret(arguments.secret.as_deref())?;
    if arguments.secret.is_none() {
        note(&format!("Signed with {}", secret.to_text()));
    }
    let reporter = Reporter::new(arguments.server.json, arguments.print_json);
    let forwarder = Forwarder::new("--to", url, arguments.format.webhook(), secret, 0)?;
    let mut refused = 0;
    for heard in bodies {
        let attempt = forwarder.attempt(heard, 1, &reporter).await?;
        refused += usize::from(!attempt.verdict.is_delivered());
        if !reporter.heard(heard, Some(&attempt))? {
            break;
        }
    }
    ensure!(refused == 0, "{refused} of {} not taken", bodies.len());
    Ok(())
}

/// The events that are meant, in the order of the list.
fn chosen(typed: &[String], format: WebhookFormat) -> Result<Vec<Event>, Failure> {
    let at = SystemClock.now();
    let mut ids = OrderedIds::new(|bytes: &mut [u8]| SystemRandom.fill(bytes));
    let all = Samples::new(ids.next(at), at).all();
    let mut chosen = Vec::new();
    for (name, event) in all {
        let is_kind = name == event.kind.name();
        let is_meant = |typed: &String| match typed.parse() {
            Ok(EventPattern::One(_)) | Err(_) => *typed == name,
            // As the event is called, so that each comes once and none by the name of another.
            Ok(pattern) => is_kind && pattern.matches(event.kind, event.kind),
        };
        if typed.iter().any(is_meant) {
            chosen.push(Event { id: EventId::next(&mut ids, at), ..event });
        }
    }
    match chosen.iter().find(|event| !renders(event, format)) {
        Some(_) => Err(Failure::Usage(format!(
            "the {} format does not tell that a failed message arrived after all: it has told by message.updated already",
            format.name()
        ))),
        None => Ok(chosen),
    }
}

/// What a receiver gets of these events.
fn bodies(events: Vec<Event>, text: Option<&str>, format: WebhookFormat) -> anyhow::Result<Vec<Heard>> {
    let mut heard = Vec::with_capacity(events.len());
    for mut event in events {
        if let Some(text) = text {
            say(&mut event, text)?;
        }
        let body = render(&event, format, &SampleLinks).context("the format does not tell of it")?;
        heard.push(Heard {
            id: event.id.to_string(),
            event: rendered_kind(event.kind, format).name().to_owned(),
            body: String::from_utf8(body.into()).context("a body is text")?,
        });
    }
    Ok(heard)
}

/// Puts other words into the message.
fn say(event: &mut Event, text: &str) -> Result<(), Failure> {
    let EventPayload::Message(told) = &mut event.payload else {
        return Err(Failure::Usage(format!("--text: {} is not about a message", event.kind.name())));
    };
    Arc::make_mut(&mut told.message).content.text = Some(text.to_owned());
    Ok(())
}

/// What can be typed.
fn known() -> Vec<String> {
    // The lifecycle format tells of everything.
    let mut known = names(WebhookFormat::Lifecycle);
    let families: BTreeSet<String> =
        known.iter().filter_map(|name| Some(format!("{}.*", name.split_once('.')?.0))).collect();
    known.extend(families);
    known.push("*".to_owned());
    known
}
