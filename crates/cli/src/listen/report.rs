//! What `listen` tells: a line for each event that it heard and for each try at handing it on.
//!
//! On a terminal a line is for people; on a pipe it is `<time> <event> <id> <status> <milliseconds>` and, where the try
//! failed, the reason. With `--json` it is an object. Everything else goes to standard error.

use std::io::{self, IsTerminal as _, Write as _, stdout};

use serde::Serialize;
use serde_json::value::RawValue;
use tidings_domain::Timestamp;
use tidings_gateway::clock::{Clock as _, SystemClock};

use super::{Heard, forward::Try};
use crate::{
    client::ServerAddress,
    events::words,
    output::{Paint, Tone, clean, note},
};

/// Tells.
#[derive(Debug)]
pub(crate) struct Reporter {
    style: Style,
    /// On standard output.
    paint: Paint,
    /// On standard error.
    beside: Paint,
    print_json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    People,
    Plain,
    Json,
}

impl Reporter {
    pub(crate) fn new(json: bool, print_json: bool) -> Self {
        let style = match (json, stdout().is_terminal()) {
            (true, _) => Style::Json,
            (false, true) => Style::People,
            (false, false) => Style::Plain,
        };
        Self { style, paint: Paint::for_stdout(), beside: Paint::for_stderr(), print_json }
    }

    /// What is done from now on, and what it is signed with.
    pub(super) fn introduce(&self, server: &ServerAddress, forward_to: Option<&str>, secret: &str) {
        let Some(url) = forward_to else {
            return note(&format!("Listening to {server}; Ctrl-C ends it."));
        };
        let secret = self.beside.on(Tone::Bold, secret);
        note(&format!("Listening to {server}, and handing on to {url}; Ctrl-C ends it.\nSigned with {secret}"));
    }

    /// Something beside the events.
    pub(super) fn note(&self, text: &str) {
        note(&self.beside.on(Tone::Warn, &format!("tidings: {}", clean(text))));
    }

    /// An event that is not tried again, and how to have it all the same.
    pub(super) fn skipped(&self, heard: &Heard, why: &str) {
        let Heard { id, event, .. } = heard;
        self.note(&format!(
            "{event} {id} is skipped {why}; `tidings events get {id}` shows it, and another `tidings listen` with a --last \
             that reaches back to it hands it on again"
        ));
    }

    /// An event and, if it is handed on, what came of the try. Answers whether anybody reads it.
    pub(crate) fn heard(&self, heard: &Heard, attempt: Option<&Try>) -> anyhow::Result<bool> {
        let mut line = self.line(SystemClock.now(), heard, attempt)?;
        if self.print_json && self.style != Style::Json && attempt.is_none_or(|attempt| attempt.number == 1) {
            line = format!("{line}\n{}", heard.body);
        }
        let mut stdout = stdout().lock();
        match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn line(&self, now: Timestamp, heard: &Heard, attempt: Option<&Try>) -> serde_json::Result<String> {
        let (event, id) = (clean(&heard.event), clean(&heard.id));
        let status = attempt.map(|attempt| attempt.status.map_or_else(|| "-".to_owned(), |status| status.to_string()));
        let reason = attempt.and_then(|attempt| attempt.error.as_deref()).map(clean);
        let millis = attempt.map(|attempt| attempt.duration.as_millis());
        Ok(match self.style {
            Style::Json => return serde_json::to_string(&JsonLine::new(now, heard, attempt, self.print_json)),
            Style::Plain => {
                let words =
                    [Some(now.rfc3339_millis()), Some(event), Some(id), status, millis.map(|ms| ms.to_string())];
                words.into_iter().chain([reason]).flatten().collect::<Vec<_>>().join(" ")
            }
            Style::People => {
                let tone = if reason.is_some() { Tone::Bad } else { Tone::Good };
                let time = now.rfc3339_millis().get(11..23).unwrap_or_default().to_owned();
                let mut line = format!(
                    "{}  {}  {}",
                    self.paint.on(Tone::Dim, &time),
                    self.paint.on(Tone::Bold, &format!("{event:<22}")),
                    self.paint.on(Tone::Dim, &id)
                );
                if let (Some(status), Some(ms)) = (status, millis) {
                    line = format!("{line}  {}  {ms:>4} ms", self.paint.on(tone, &format!("{status:>3}")));
                }
                match reason {
                    Some(reason) => format!("{line}  {}", self.paint.on(Tone::Bad, &reason)),
                    None => format!("{line}  {}", about(&heard.body)),
                }
            }
        })
    }
}

/// What an event is about.
fn about(body: &str) -> String {
    serde_json::from_str(body).map(|event| clean(&words(&event))).unwrap_or_default()
}

/// The same for programs.
#[derive(Debug, Serialize)]
struct JsonLine<'a> {
    time: String,
    event: &'a str,
    event_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<JsonTry<'a>>,
    /// As it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
}

#[derive(Debug, Serialize)]
struct JsonTry<'a> {
    number: u32,
    status_code: Option<u16>,
    duration_ms: u128,
    error: Option<&'a str>,
}

impl<'a> JsonLine<'a> {
    fn new(now: Timestamp, heard: &'a Heard, attempt: Option<&'a Try>, with_body: bool) -> Self {
        Self {
            time: now.rfc3339_millis(),
            event: &heard.event,
            event_id: &heard.id,
            attempt: attempt.map(|attempt| JsonTry {
                number: attempt.number,
                status_code: attempt.status,
                duration_ms: attempt.duration.as_millis(),
                error: attempt.error.as_deref(),
            }),
            body: with_body.then(|| serde_json::from_str(&heard.body).ok()).flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidings_webhooks::Verdict;

    use super::*;

    const BODY: &str = r#"{"event":"message.received","data":{"content":"Hello"}}"#;

    fn told(style: Style, attempt: Option<&Try>) -> String {
        let heard = Heard { id: "evt_1".to_owned(), event: "message.received".to_owned(), body: BODY.to_owned() };
        let reporter = Reporter { style, paint: Paint::NONE, beside: Paint::NONE, print_json: style == Style::Json };
        reporter.line(Timestamp::from_millis(1_776_609_000_123), &heard, attempt).unwrap()
    }

    fn attempt(status: Option<u16>, error: Option<&str>) -> Try {
        let error = error.map(str::to_owned);
        let verdict = Verdict::Failed { retry_after: None };
        Try { number: 1, status, duration: Duration::from_millis(12), error, verdict }
    }

    #[test]
    fn a_line_on_a_pipe_is_words() {
        let start = "2026-04-19T14:30:00.123Z message.received evt_1";
        assert_eq!(told(Style::Plain, None), start);
        assert_eq!(told(Style::Plain, Some(&attempt(Some(200), None))), format!("{start} 200 12"));
        let refused = attempt(None, Some("no connection\nat all"));
        assert_eq!(told(Style::Plain, Some(&refused)), format!("{start} - 12 no connection at all"));
    }

    #[test]
    fn a_line_for_people_says_what_it_is_about_or_what_is_wrong() {
        let start = "14:30:00.123  message.received        evt_1";
        assert_eq!(told(Style::People, Some(&attempt(Some(200), None))), format!("{start}  200    12 ms  “Hello”"));
        assert_eq!(told(Style::People, Some(&attempt(Some(500), Some("no")))), format!("{start}  500    12 ms  no"));
    }

    #[test]
    fn a_line_for_programs_has_the_body_as_it_came() {
        assert_eq!(
            told(Style::Json, Some(&attempt(Some(200), None))),
            format!(
                r#"{{"time":"2026-04-19T14:30:00.123Z","event":"message.received","event_id":"evt_1","attempt":{{"number":1,"status_code":200,"duration_ms":12,"error":null}},"body":{BODY}}}"#
            )
        );
    }
}
