//! What an answer of the Graph API says when it is not what was asked for (Graph API, "Handling errors"). What it
//! means is decided by the error's code, never by its words, which Meta changes.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::{
    contact::RecipientNews,
    message::MessageError,
    sending::{DisconnectionReason, Scope, SendOutcome, Trouble, TroubleCategory},
};

use crate::{
    lenient::{self, Text},
    outbound::CallAnswer,
};

use super::{
    super::errors,
    error_table::{self, Meaning, Verdict},
};

/// The waits that a vendor may ask of us: less than the first is a busy loop; in more than the second the message has
/// failed anyway; and a whole channel does not stand still for longer than the last because of one answer.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_hours(24);
const LONGEST_WAIT_OF_CHANNEL: Duration = Duration::from_hours(1);

/// Meta said no.
pub(super) struct Refusal {
    error: MessageError,
    meaning: &'static Meaning,
    trouble: Option<Trouble>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault<'a> {
    #[serde(borrow)]
    error_subcode: Text<'a>,
    #[serde(borrow)]
    is_transient: Text<'a>,
}

/// The object in the body of an answer that says that what was asked for was done; `None` if it does not say so.
pub(in super::super) fn taken<'a, T: Deserialize<'a>>(answer: CallAnswer<'a>) -> Option<T> {
    (200..=299).contains(&answer.status).then(|| object(answer.body)).flatten()
}

fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let body: &RawValue = serde_json::from_slice(body).ok()?;
    lenient::object(body)
}

/// What Meta refused, and why; `None` if it is not known whether it did.
pub(super) fn read(answer: CallAnswer<'_>) -> Option<Refusal> {
    let body: Option<Body<'_>> = object(answer.body);
    let raw = body.and_then(|body| body.error);
    match raw.and_then(|raw| Some((raw, lenient::object::<Fault<'_>>(raw)?))) {
        Some((raw, fault)) => {
            let mut error = errors::read(Some(raw)).pop()?;
            let is_transient = fault.is_transient.get() == Some("true");
            let meaning = error_table::of_code(&error.key)
                .or_else(|| error_table::of_status(answer.status))
                .unwrap_or(if is_transient { &error_table::TRANSIENT } else { &error_table::UNLISTED });
            if error.message == error.key {
                meaning.what.clone_into(&mut error.message);
            }
            let trouble = trouble_of(meaning, &error, &fault.error_subcode);
            Some(Refusal { error, meaning, trouble })
        }
        None => without_object(answer.status),
    }
}

/// Only a status that says that nothing was done is a refusal.
fn without_object(status: u16) -> Option<Refusal> {
    let meaning = match status {
        // The request may have been read, at least in part.
        408 | 425 => return None,
        300..=499 => error_table::of_status(status).unwrap_or(&error_table::UNLISTED),
        _ => return None,
    };
    let message = format!("Meta answered with HTTP status {status}");
    let error = MessageError { key: http_key(status), message, vendor: None };
    let trouble = trouble_of(meaning, &error, &Text::default());
    Some(Refusal { error, meaning, trouble })
}

fn http_key(status: u16) -> String {
    format!("http_{status}")
}

/// What is wrong with the channel, if a message that was reported as failed with this error says that anything is.
pub(in super::super) fn reported(error: &MessageError) -> Option<Trouble> {
    trouble_of(error_table::of_code(&error.key)?, error, &Text::default())
}

/// Whether a message failed with this error for want of its uploaded file.
pub(in super::super) fn lacks_file(error: &MessageError) -> bool {
    error_table::LACKS_FILE.contains(&error.key.as_str())
}

/// What the vendor says of the recipient by failing a message with this error.
pub(in super::super) fn of_recipient(error: &MessageError) -> Option<RecipientNews> {
    error_table::OF_RECIPIENT.iter().find(|(code, _)| *code == error.key).map(|(_, news)| *news)
}

/// What is wrong with the channel, if the meaning says that anything is.
fn trouble_of(meaning: &Meaning, error: &MessageError, subcode: &Text<'_>) -> Option<Trouble> {
    let (category, disconnects) = meaning.trouble?;
    Some(Trouble {
        category,
        disconnects: disconnects.map(|reason| disconnection(&error.key, subcode, reason)),
        code: error.key.clone(),
        message: format!("{}: {}", meaning.what, error.message),
    })
}

/// A dead token's subcode says whether it ran out or was taken away: the app was removed (458), the password was
/// changed (460), the token was made invalid (467) (Graph API, "Handling errors").
fn disconnection(code: &str, subcode: &Text<'_>, otherwise: DisconnectionReason) -> DisconnectionReason {
    match (code, subcode.get()) {
        ("190", Some("458" | "460" | "467")) => DisconnectionReason::Revoked,
        _ => otherwise,
    }
}

impl Refusal {
    /// What the send comes to. `tries` is how often the message was refused for the time being before.
    pub(super) fn outcome(self, answer: CallAnswer<'_>, tries: u32) -> SendOutcome {
        let Self { error, meaning, trouble } = self;
        match &meaning.verdict {
            Verdict::Later(wait) if wait.at_most.is_none_or(|most| tries < most) => {
                let longest = if wait.scope == Scope::Channel { LONGEST_WAIT_OF_CHANNEL } else { LONGEST_WAIT };
                let asked =
                    answer.retry_after.map(|seconds| Duration::from_secs(seconds).clamp(SHORTEST_WAIT, longest));
                let after = asked.unwrap_or_else(|| wait.after(tries));
                SendOutcome::Later { error, after, scope: wait.scope, trouble }
            }
            Verdict::Later(_) | Verdict::Final => {
                let recipient = of_recipient(&error);
                SendOutcome::Refused { error, trouble, recipient }
            }
        }
    }
}

/// What is wrong with a channel whose request was answered like this, and not with what was asked for.
pub(in super::super) fn trouble(answer: CallAnswer<'_>) -> Trouble {
    match read(answer) {
        Some(Refusal { trouble: Some(trouble), .. }) => trouble,
        Some(Refusal { error, .. }) => {
            let category = TroubleCategory::Unknown;
            Trouble { category, disconnects: None, code: error.key, message: error.message }
        }
        None => Trouble {
            category: TroubleCategory::Provider,
            disconnects: None,
            code: http_key(answer.status),
            message: unreadable(answer.status),
        },
    }
}

/// An answer that says nothing, for people.
pub(super) fn unreadable(status: u16) -> String {
    format!("Meta answered with HTTP status {status} and nothing that could be read")
}
