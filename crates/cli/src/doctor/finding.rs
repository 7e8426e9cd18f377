//! What a check found, and how it is told.

use serde::Serialize;

use crate::output::{Paint, Tone, clean};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, but not as well or not for long.
    Warn,
    /// It does not work.
    Fail,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: &'static str,
    /// How it is.
    pub(super) state: State,
    /// In words.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, state: State::Ok, detail: detail.into(), advice: None }
    }

    pub(super) fn warn(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Warn, detail: detail.into(), advice: Some(advice.into()) }
    }

    pub(super) fn fail(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Fail, ..Self::warn(check, detail, advice) }
    }
}

/// A line for each, and what to do below it.
pub(super) fn told(findings: &[Finding], paint: Paint) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let lines = findings.iter().map(|finding| {
        let (tone, word) = match finding.state {
            State::Ok => (Tone::Good, "ok  "),
            State::Warn => (Tone::Warn, "warn"),
            State::Fail => (Tone::Bad, "fail"),
        };
        let line = format!("{}  {:width$}  {}", paint.on(tone, word), finding.check, clean(&finding.detail));
        match &finding.advice {
            Some(advice) => format!("{line}\n      {:width$}  → {}", "", clean(advice)),
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_line_and_what_to_do_below_it() {
        let findings = [Finding::ok("key", "fits"), Finding::fail("server", "away\nfar", "start it")];
        assert_eq!(
            told(&findings, Paint::NONE),
            "ok    key     fits\n\
             fail  server  away far\n              → start it"
        );
    }
}
