//! What an answer means. Never decides what to do about it: that is the endpoint's state.

use std::time::Duration;

use tidings_domain::Timestamp;

use crate::schedule;

/// What came of sending a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempted<'a> {
    /// The receiver answered, within the deadline.
    Answered {
        /// The status of the answer.
        status: u16,
        /// The answer's `Retry-After`, as it stands there.
        retry_after: Option<&'a str>,
        /// What its header [`CONTROL`] asks for, as it stands there.
        control: Option<&'a str>,
    },
    /// It did not: refused, reset, too late, not allowed, or not HTTP.
    Unanswered,
}

/// The header of an answer by which a receiver controls what it is sent (Svix, "Delivery Control"): `disable`, and
/// nothing more is sent; `abort-message`, and this event is not tried again.
pub const CONTROL: &str = "webhook-delivery";

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it: any 2xx, nothing else.
    Delivered,
    /// The receiver has it, and wants nothing any more: the endpoint is disabled.
    DeliveredLast,
    /// The receiver does not want it, and never will: it is given up.
    Aborted,
    /// The receiver wants nothing any more (410): the endpoint is disabled, and the event stays first in line.
    Gone,
    /// It is to be tried again.
    Failed {
        /// The shortest wait that the receiver asked for, on 429 and 503.
        retry_after: Option<Duration>,
    },
}

/// Judges an attempt. A redirection is a failure: it is not followed, since it could lead anywhere.
pub fn judge(attempted: &Attempted<'_>, now: Timestamp) -> Verdict {
    match *attempted {
        Attempted::Answered { status: 200..=299, control, .. } if asks(control, "disable") => Verdict::DeliveredLast,
        Attempted::Answered { status: 200..=299, .. } => Verdict::Delivered,
        Attempted::Answered { status: 410, .. } => Verdict::Gone,
        Attempted::Answered { control, .. } if asks(control, "disable") => Verdict::Gone,
        Attempted::Answered { control, .. } if asks(control, "abort-message") => Verdict::Aborted,
        Attempted::Answered { status: 429 | 503, retry_after, .. } => {
            Verdict::Failed { retry_after: retry_after.and_then(|text| schedule::retry_after(text, now)) }
        }
        Attempted::Answered { .. } | Attempted::Unanswered => Verdict::Failed { retry_after: None },
    }
}

fn asks(control: Option<&str>, word: &str) -> bool {
    control.is_some_and(|control| control.trim().eq_ignore_ascii_case(word))
}

impl Verdict {
    /// Whether the receiver has the event.
    pub fn is_delivered(self) -> bool {
        matches!(self, Self::Delivered | Self::DeliveredLast)
    }
}

/// What an answer that is no success says, in words.
pub fn words(status: u16) -> String {
    match status {
        300..=399 => format!("it answered {status}: redirects are not followed, save the address that it leads to"),
        401 | 403 | 407 => format!("it answered {status}: it wants other credentials"),
        404 | 405 => format!("it answered {status}: nothing takes webhooks at this address"),
        410 => "it answered 410: it wants nothing any more".to_owned(),
        413 => "it answered 413: the webhook is too large for it".to_owned(),
        429 => "it answered 429: it wants fewer requests".to_owned(),
        500..=599 => format!("it answered {status}: it failed"),
        _ => format!("it answered {status}: only 2xx counts as delivered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, retry_after: Option<&str>) -> Verdict {
        controlled(status, retry_after, None)
    }

    fn controlled(status: u16, retry_after: Option<&str>, control: Option<&str>) -> Verdict {
        judge(&Attempted::Answered { status, retry_after, control }, Timestamp::from_seconds(1_776_609_000))
    }

    #[test]
    fn only_2xx_is_success() {
        for status in 100..=599 {
            assert_eq!(verdict(status, None) == Verdict::Delivered, (200..300).contains(&status), "{status}");
            assert_eq!(verdict(status, None) == Verdict::Gone, status == 410, "{status}");
        }
    }

    #[test]
    fn a_receiver_controls_what_it_is_sent() {
        for status in [200, 204] {
            assert_eq!(controlled(status, None, Some("disable")), Verdict::DeliveredLast);
            assert_eq!(controlled(status, None, Some("abort-message")), Verdict::Delivered);
        }
        for status in [302, 404, 429, 500] {
            assert_eq!(controlled(status, Some("7"), Some(" Disable ")), Verdict::Gone);
            assert_eq!(controlled(status, Some("7"), Some("abort-message")), Verdict::Aborted);
            assert!(matches!(controlled(status, None, Some("no idea")), Verdict::Failed { .. }));
        }
    }

    #[test]
    fn retry_after_counts_on_429_and_503_alone() {
        let wait = Verdict::Failed { retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(verdict(429, Some("7")), wait);
        assert_eq!(verdict(503, Some("7")), wait);
        for (status, text) in [(500, "7"), (302, "7"), (429, "later")] {
            assert_eq!(verdict(status, Some(text)), Verdict::Failed { retry_after: None }, "{status} {text}");
        }
        assert_eq!(judge(&Attempted::Unanswered, Timestamp::from_seconds(0)), Verdict::Failed { retry_after: None });
    }
}
