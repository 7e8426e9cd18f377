//! What keeps a call from being done, told so that one knows what to do, and the exit code that it leads to.

use std::{fmt, process::ExitCode};

use http::StatusCode;
use serde_json::Value;

use super::Answer;

/// Why a verb ends without having done what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was typed cannot be meant. Exit code 2.
    Usage(String),
    /// The server does not want to. Exit code 3, or 4 if it could not.
    Refused(Refusal),
    /// There is no answer from the server. Exit code 4.
    Unreachable {
        /// The server's address.
        server: String,
        /// What happened.
        reason: String,
    },
}

/// What the server says of a request that it did not fulfil.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// The stable word for it, where the answer is the API's own.
    pub(crate) code: Option<String>,
    title: String,
    detail: String,
    fields: Vec<(String, String)>,
}

impl Failure {
    pub(super) fn refused(answer: &Answer) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let problem = &answer.json;
        let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = errors.iter().filter_map(|error| Some((text(&error["pointer"])?, text(&error["detail"])?)));
        let foreign =
            || format!("the answer is no answer of Tidings: is --server right? ({})", beginning(&answer.body));
        Self::Refused(Refusal {
            status: answer.status,
            code: text(&problem["code"]),
            title: text(&problem["title"]).unwrap_or_else(|| answer.status.to_string()),
            detail: text(&problem["detail"]).unwrap_or_else(foreign),
            fields: fields.collect(),
        })
    }

    /// The server's refusal, if it is one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }

    /// What it says in one line.
    pub(crate) fn first_line(&self) -> String {
        self.to_string().lines().next().unwrap_or_default().to_owned()
    }

    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Refused(refusal) if !refusal.status.is_server_error() => 3,
            Self::Refused(_) | Self::Unreachable { .. } => 4,
        })
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => formatter.write_str(what),
            Self::Refused(refusal) => refusal.fmt(formatter),
            Self::Unreachable { server, reason } => write!(
                formatter,
                "cannot reach the server at {server}: {reason}\n  \
                 Is it running (`tidings serve`)? If it is elsewhere, name it with --server or TIDINGS_SERVER."
            ),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.status.as_u16();
        match &self.code {
            Some(code) => write!(formatter, "{}: {} ({number} {code})", self.title, self.detail)?,
            None => write!(formatter, "{}: {} ({number})", self.title, self.detail)?,
        }
        for (pointer, detail) in &self.fields {
            write!(formatter, "\n  {pointer}: {detail}")?;
        }
        if self.status == StatusCode::UNAUTHORIZED {
            write!(formatter, "\n  Give an API key with --key, TIDINGS_KEY or TIDINGS_ADMIN_KEY.")?;
        }
        Ok(())
    }
}

/// The first words of an answer, without anything that a terminal would obey.
fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let shown: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(80).collect();
    if shown.trim().is_empty() { "it is empty".to_owned() } else { format!("“{}”", shown.trim()) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn refused(status: u16, body: &str) -> Failure {
        let status = StatusCode::from_u16(status).unwrap();
        Failure::refused(&Answer::new(status, HeaderMap::new(), Bytes::from(body.to_owned())))
    }

    #[test]
    fn a_problem_is_told_with_each_field() {
        let failure = refused(
            422,
            r#"{"title": "The request is not valid", "detail": "some fields are not valid", "code": "validation_failed",
                "errors": [{"pointer": "/to", "detail": "is required"}, {"pointer": "/text", "detail": "is empty"}]}"#,
        );
        assert_eq!(
            failure.to_string(),
            "The request is not valid: some fields are not valid (422 validation_failed)\n  \
             /to: is required\n  /text: is empty"
        );
        assert_eq!(failure.exit_code(), ExitCode::from(3));
    }

    #[test]
    fn a_stranger_is_told_as_one() {
        let failure = refused(502, "<html>\u{1b}[31mBad gateway</html>");
        let told = failure.to_string();
        assert!(told.starts_with("502 Bad Gateway: the answer is no answer of Tidings"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told}");
        assert_eq!(failure.exit_code(), ExitCode::from(4));
    }

    #[test]
    fn who_is_not_known_is_told_how_to_say_who_he_is() {
        let failure = refused(401, r#"{"title": "T", "detail": "d", "code": "unauthenticated"}"#);
        assert!(failure.to_string().contains("TIDINGS_KEY"), "{failure}");
    }
}
