//! What the demo prints: for people on a terminal, one line a webhook on a pipe.

use std::io::{IsTerminal as _, Write as _, stdout};

use serde_json::Value;
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_simulator::receiver::Arrival;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const CYAN: &str = "\x1b[36m";
const PLAIN: &str = "\x1b[0m";

pub(super) struct Printer {
    for_people: bool,
}

impl Printer {
    pub(super) fn new() -> Self {
        Self { for_people: stdout().is_terminal() }
    }

    pub(super) fn introduction(&self, base: &str, callback: &str, key: &str, once: bool) -> anyhow::Result<()> {
        if !self.for_people {
            return Ok(());
        }
        let stay = if once { "" } else { "\n  It stays up until you press Ctrl-C." };
        crate::print(&format!(
            "\n{BOLD}Tidings{PLAIN}, with a simulated WhatsApp number and two subscribers.{stay}\n\n  \
             The API, to read and to try   {CYAN}{base}/docs{PLAIN}\n  \
             The operator's key            {CYAN}{key}{PLAIN}\n  \
             The log of events             {DIM}curl -H 'Authorization: Bearer {key}' {base}/v1/events{PLAIN}\n  \
             Where WhatsApp posts to       {CYAN}{callback}{PLAIN}\n\n\
             Ana writes, sends a picture and reacts; two answers go out. What the subscribers get:\n"
        ))
    }

    /// `<time> <format> <event> <event id> verified|UNVERIFIED <status>`
    pub(super) fn arrival(&self, arrival: &Arrival) -> anyhow::Result<()> {
        let time = SystemClock.now();
        let format = arrival.format().unwrap_or("-");
        let event = arrival.event().unwrap_or("-");
        let id = arrival.id().unwrap_or("-");
        let verified = if arrival.verified { "verified" } else { "UNVERIFIED" };
        let status = arrival.answered.map_or("-".to_owned(), |status| status.as_u16().to_string());
        if !self.for_people {
            return crate::print(&format!("{time} {format} {event} {id} {verified} {status}"));
        }
        let colour = if arrival.verified { GREEN } else { RED };
        let clock = &time.rfc3339_millis()[11..23];
        crate::print(&format!(
            "{DIM}{clock}{PLAIN}  {format:<9}  {BOLD}{event:<20}{PLAIN}  {colour}{verified}{PLAIN} {status}  \
             {DIM}{id}{PLAIN}  {}",
            summary(&arrival.body)
        ))?;
        Ok(stdout().flush()?)
    }

    pub(super) fn conclusion(&self, complete: bool) -> anyhow::Result<()> {
        match (self.for_people, complete) {
            (true, true) => crate::print(&format!("\n{GREEN}Everything arrived, in order, and verified.{PLAIN}\n")),
            (true, false) => {
                crate::print(&format!("\n{RED}Something is missing, out of order, or does not verify.{PLAIN}\n"))
            }
            (false, _) => Ok(()),
        }
    }
}

/// What a webhook says, in a few words.
fn summary(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let data = &body["data"];
    let texts = [&data["content"], &data["content"]["body"], &data["name"]];
    let text = texts.into_iter().find_map(Value::as_str).unwrap_or_default();
    let reactions = data["reactions"].as_array().and_then(|all| all.first()).and_then(|first| first["emoji"].as_str());
    match reactions {
        Some(emoji) => format!("“{text}” {emoji}"),
        None if text.is_empty() => String::new(),
        None => format!("“{text}”"),
    }
}
