//! What the demo prints: a story for people on a terminal, one line a webhook on a pipe.
//!
//! On a pipe nothing but these lines goes to standard output; where to look is told on standard error.

use std::io::{IsTerminal as _, Write as _, stdout};

use serde_json::{Value, json};
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_simulator::Arrival;
use unicode_width::UnicodeWidthStr as _;

use super::{
    gist::gist,
    stage::Stage,
    story::{ANA, Scene},
};
use crate::output::{Paint, Tone, clean, cut, note, width};

/// How wide the words of a webhook may become.
const GIST: usize = 26;
/// How wide a terminal must be to have the ids, too.
const WIDE: usize = 121;
/// The pause between two things that a customer does, for people who read along.
const PACE_MS: u64 = 250;

pub(super) struct Printer {
    for_people: bool,
    with_ids: bool,
    paint: Paint,
}

impl Printer {
    /// For standard output as it is.
    pub(super) fn new() -> Self {
        let for_people = stdout().is_terminal();
        let with_ids = width().is_none_or(|width| width >= WIDE);
        Self { for_people, with_ids, paint: Paint::for_stdout() }
    }

    /// How long customers take, in milliseconds: programs do not read along.
    pub(super) fn pace(&self) -> u64 {
        if self.for_people { PACE_MS } else { 0 }
    }

    /// Where to look.
    pub(super) fn introduction(&self, stage: &Stage) -> anyhow::Result<()> {
        if !self.for_people {
            return Ok(());
        }
        let row = |name: &str, address: &str| format!("  {name:<24}{}", self.paint.on(Tone::Address, address));
        crate::print(&format!(
            "\n{}\nA simulated WhatsApp number, and two subscribers: one for each format of webhooks.\n\n{}\n{}\n{}",
            self.paint.on(Tone::Bold, "Tidings"),
            row("The customers' phones", &format!("{}/", stage.simulator.base())),
            row("The API, to try", &format!("{}/docs", stage.base)),
            row("The operator's key", &stage.key),
        ))
    }

    /// Who says what.
    pub(super) fn scene(&self, scene: &Scene) -> anyhow::Result<()> {
        if !self.for_people {
            return Ok(());
        }
        crate::print(&format!("\n{}  {}", self.paint.on(Tone::Bold, &format!("{:<5}", scene.speaker)), scene.line))
    }

    /// `<time> <format> <event> <event id> verified|UNVERIFIED <status>`
    pub(super) fn arrival(&self, arrival: &Arrival) -> anyhow::Result<()> {
        let time = SystemClock.now().rfc3339_millis();
        let [format, event, id] = [arrival.format(), arrival.event(), arrival.id()].map(|word| word.unwrap_or("-"));
        let verified = if arrival.verified { "verified" } else { "UNVERIFIED" };
        let status = arrival.answered.map_or("-".to_owned(), |status| status.as_u16().to_string());
        if !self.for_people {
            return crate::print(&format!("{time} {format} {event} {id} {verified} {status}"));
        }
        let body: Value = serde_json::from_slice(&arrival.body).unwrap_or_default();
        let tone = if arrival.verified { Tone::Good } else { Tone::Bad };
        let mut columns = vec![
            self.paint.on(Tone::Dim, time.get(11..23).unwrap_or_default()),
            format!("{format:<9}"),
            format!("{event:<20}"),
            format!("{} {status}", self.paint.on(tone, verified)),
        ];
        let words = cut(&clean(&gist(event, &body)), GIST);
        let padding = " ".repeat(GIST.saturating_sub(words.width()));
        let failed = body["data"].pointer("/errors/0").is_some() || event == "message.failed";
        let words = self.paint.on(if failed { Tone::Bad } else { Tone::Plain }, &words);
        if self.with_ids {
            columns.push(format!("{words}{padding}"));
            columns.push(self.paint.on(Tone::Dim, id));
        } else {
            columns.push(words);
        }
        crate::print(format!("  {}", columns.join("  ")).trim_end())?;
        Ok(stdout().flush()?)
    }

    /// That it was as it should be.
    pub(super) fn conclusion(&self) -> anyhow::Result<()> {
        if !self.for_people {
            return Ok(());
        }
        crate::print(&format!("\n{}\n", self.paint.on(Tone::Good, "Everything arrived, in order, and verified.")))
    }

    /// What can be tried next.
    pub(super) fn invitation(&self, stage: &Stage) -> anyhow::Result<()> {
        let Stage { base, key, channel, simulator, .. } = stage;
        let message = json!({ "channel_id": channel, "to": ANA.phone, "text": "Hello from a shell" });
        let name = ANA.name;
        let program = std::env::args().next().unwrap_or_else(|| "tidings".to_owned());
        let heading = |text: &str| self.paint.on(Tone::Bold, text);
        let told = format!(
            "{write}\n  {phones}\n\n\
             {answer}\n  curl {base}/v1/messages -H 'authorization: Bearer {key}' \
             -H 'content-type: application/json' -d '{message}'\n\n\
             {listen}\n  {program} listen --server {base} --key {key} --last 10\n\n\
             What comes of it appears here. Ctrl-C ends it.\n",
            write = heading(&format!("Write as {name}, on the phone at the left")),
            phones = self.paint.on(Tone::Address, &format!("{}/", simulator.base())),
            answer = heading(&format!("Write to {name}")),
            listen = heading("Follow the log, or hand it on to a program of yours with --forward-to"),
        );
        if self.for_people {
            return crate::print(&told);
        }
        note(&told);
        Ok(())
    }
}
