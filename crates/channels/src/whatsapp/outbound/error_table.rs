//! What Meta's error codes mean for a message and its channel, one row for each code or range of codes that mean the
//! same (Cloud API, "Error codes"; Graph API, "Handling errors"). Where Meta names no wait, it is our reading;
//! `Retry-After` wins over all of them.

use std::{ops::RangeInclusive, time::Duration};

use tidings_domain::{
    contact::{OptOut, RecipientNews},
    sending::{DisconnectionReason, Scope, TroubleCategory},
};

use Growth::{Fourfold, Threefold, Twofold};
use Verdict::Final;

/// What a code means.
#[derive(Debug)]
pub(super) struct Meaning {
    /// In short words.
    pub(super) what: &'static str,
    /// What becomes of the message.
    pub(super) verdict: Verdict,
    /// What is wrong with the channel.
    pub(super) trouble: Alarm,
}

/// The trouble of a channel and why it is disconnected by it, if there is any.
type Alarm = Option<(TroubleCategory, Option<DisconnectionReason>)>;

/// What becomes of a message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It fails.
    Final,
    /// It waits.
    Later(Wait),
}

/// How a message waits.
#[derive(Debug)]
pub(super) struct Wait {
    /// The first time.
    pub(super) first: Duration,
    /// How the times grow.
    pub(super) growth: Growth,
    /// The longest time.
    pub(super) cap: Duration,
    /// Who waits.
    pub(super) scope: Scope,
    /// After so many times it fails; `None`: it waits for as long as messages are tried.
    pub(super) at_most: Option<u32>,
}

/// How waiting times grow from one try to the next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Growth {
    /// Each is twice the one before.
    Twofold = 2,
    /// Each is three times the one before.
    Threefold = 3,
    /// Each is four times the one before.
    Fourfold = 4,
}

impl Wait {
    /// How long to wait after this many tries.
    pub(super) fn after(&self, tries: u32) -> Duration {
        (self.growth as u32)
            .checked_pow(tries)
            .and_then(|times| self.first.checked_mul(times))
            .map_or(self.cap, |wait| wait.min(self.cap))
    }
}

const fn channel(first: Duration, growth: Growth, cap: Duration) -> Verdict {
    Verdict::Later(Wait { first, growth, cap, scope: Scope::Channel, at_most: None })
}

const fn line(first: Duration, growth: Growth, cap: Duration, at_most: Option<u32>) -> Verdict {
    Verdict::Later(Wait { first, growth, cap, scope: Scope::Line, at_most })
}

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

const fn minutes(number: u64) -> Duration {
    Duration::from_mins(number)
}

/// Messages are held until an operator has done something: it is only looked after now and then.
const HELD: Verdict = channel(minutes(1), Twofold, minutes(60));
/// The number sends too fast.
const THROUGHPUT: Verdict = channel(seconds(1), Twofold, seconds(60));
/// App or account call too often in an hour.
const CALLS: Verdict = channel(minutes(1), Twofold, minutes(30));
/// Too much of what the number sends is unwanted.
const SPAM: Verdict = channel(minutes(60), Twofold, minutes(360));
/// Meta has a problem of its own, which a single answer does not tell from one with this message.
const SERVICE: Verdict = line(seconds(5), Twofold, minutes(5), None);
/// Meta moves the number.
const MAINTENANCE: Verdict = channel(minutes(1), Twofold, minutes(5));
/// Something went wrong, perhaps with this message only.
const GENERIC: Verdict = line(seconds(5), Threefold, minutes(60), None);
/// One message every six seconds; Meta asks for four times as long each time.
const PAIR: Verdict = Verdict::Later(Wait {
    first: seconds(6),
    growth: Fourfold,
    cap: seconds(6 * 256),
    scope: Scope::Recipient,
    at_most: None,
});
/// Meta takes no more answers of this flow for a while.
const FLOW: Verdict = line(minutes(1), Fourfold, minutes(60), None);
/// Once more, and no more than that.
const ONCE: Verdict = line(seconds(10), Twofold, seconds(10), Some(1));

const NONE: Alarm = None;
const RATE: Alarm = Some((TroubleCategory::RateLimit, None));
const PROVIDER: Alarm = Some((TroubleCategory::Provider, None));
/// The operator has to do something, and other messages may still pass.
const AUTH: Alarm = Some((TroubleCategory::Auth, None));
const TOKEN: Alarm = Some((TroubleCategory::Auth, Some(DisconnectionReason::TokenExpired)));
const RIGHTS: Alarm = Some((TroubleCategory::Auth, Some(DisconnectionReason::Revoked)));
const LOCKED: Alarm = Some((TroubleCategory::Auth, Some(DisconnectionReason::Unknown)));

/// A row: the codes and what they mean.
type Row = (RangeInclusive<u32>, Meaning);

const fn row(codes: RangeInclusive<u32>, what: &'static str, verdict: Verdict, trouble: Alarm) -> Row {
    (codes, Meaning { what, verdict, trouble })
}

const fn one(code: u32, what: &'static str, verdict: Verdict, trouble: Alarm) -> Row {
    row(code..=code, what, verdict, trouble)
}

/// In the order of the codes.
pub(super) static TABLE: &[Row] = &[
    one(0, "the access token is not valid", HELD, TOKEN),
    one(1, "unknown error of the service", SERVICE, PROVIDER),
    one(2, "the service is down", SERVICE, PROVIDER),
    one(3, "the app may not do this", HELD, RIGHTS),
    one(4, "the app calls too often", CALLS, RATE),
    one(10, "the permission is missing or was taken away", HELD, RIGHTS),
    one(33, "the object is not known", Final, NONE),
    one(100, "a parameter is not valid", Final, NONE),
    one(190, "the access token is not valid", HELD, TOKEN),
    row(200..=299, "the permission is missing or was taken away", HELD, RIGHTS),
    one(368, "the account is blocked for a violation of policy", HELD, LOCKED),
    one(80_007, "the business account calls too often", CALLS, RATE),
    one(130_429, "the number sends too fast", THROUGHPUT, RATE),
    one(130_472, "the recipient is part of an experiment", Final, NONE),
    one(130_497, "the account may not write to this country", Final, AUTH),
    one(131_000, "something went wrong", GENERIC, PROVIDER),
    one(131_005, "the permission is missing or was taken away", HELD, RIGHTS),
    one(131_008, "a parameter is missing", Final, NONE),
    one(131_009, "a parameter is not valid", Final, NONE),
    one(131_016, "the service is overloaded", SERVICE, PROVIDER),
    one(131_021, "recipient and sender are the same", Final, NONE),
    one(131_026, "the message cannot be delivered to this recipient", Final, NONE),
    one(131_030, "the test number may not write to this recipient", Final, NONE),
    one(131_031, "the account is locked", HELD, LOCKED),
    one(131_037, "the number's display name is not approved", Final, AUTH),
    one(131_042, "there is a problem with the payment method", Final, AUTH),
    one(131_044, "there is a problem with the payment method", Final, AUTH),
    one(131_045, "the number is not registered", Final, AUTH),
    one(131_047, "the recipient has not written within 24 hours; send a template", Final, NONE),
    one(131_048, "too much of what the number sent was reported as spam", SPAM, RATE),
    one(131_049, "Meta keeps the recipient from more marketing for now; not before 24 hours", Final, NONE),
    one(131_050, "the recipient does not want marketing", Final, NONE),
    one(131_051, "the type of message is not supported", Final, NONE),
    one(131_052, "the file could not be fetched from Meta", Final, NONE),
    one(131_053, "the file could not be fetched by Meta", ONCE, NONE),
    one(131_056, "too many messages to this recipient", PAIR, NONE),
    one(131_057, "the number is in maintenance", MAINTENANCE, PROVIDER),
    one(131_062, "this template needs the recipient's phone number", Final, NONE),
    one(131_063, "marketing templates cannot be sent this way", Final, NONE),
    one(131_064, "the limit after a template's misclassification is reached", Final, NONE),
    one(132_000, "the number of the template's parameters is wrong", Final, NONE),
    one(132_001, "the template does not exist in this language or is not approved", Final, NONE),
    one(132_005, "the filled template is too long", Final, NONE),
    one(132_007, "the template's text violates a policy", Final, NONE),
    one(132_008, "a parameter of the template violates a policy", Final, NONE),
    one(132_012, "a parameter of the template has the wrong format", Final, NONE),
    one(132_015, "the template is paused", Final, NONE),
    one(132_016, "the template is disabled", Final, NONE),
    one(132_068, "the flow is blocked", Final, NONE),
    one(132_069, "the flow is throttled", FLOW, NONE),
    one(133_004, "the server is not available for now", ONCE, NONE),
    row(133_005..=133_009, "the number is not registered properly", Final, NONE),
    one(133_010, "the number is not registered", Final, AUTH),
    row(133_011..=133_015, "the number is not registered properly", Final, NONE),
    one(133_016, "the number was registered too often", Final, NONE),
    one(135_000, "something went wrong", ONCE, NONE),
    one(136_025, "the code could not be checked", Final, NONE),
    one(137_000, "the recipient's identity has changed", Final, NONE),
];

/// What codes say of the recipient: who cannot be reached has blocked the company, or is no longer there, or has an app too
/// old for it (131026, of which Meta tells no more); who has stopped marketing is not to be sent more (131050).
pub(super) static OF_RECIPIENT: [(&str, RecipientNews); 2] =
    [("131026", RecipientNews::Blocked), ("131050", RecipientNews::OptedOut(OptOut::Marketing))];

/// The codes by which Meta refuses a message whose uploaded file it does not have any more. The first is that of any
/// parameter with a value that cannot be.
pub(super) static LACKS_FILE: [&str; 3] = ["131009", "131052", "131053"];

/// HTTP 401.
static UNAUTHORIZED: Meaning = Meaning { what: "the access token is not valid", verdict: HELD, trouble: TOKEN };
/// HTTP 429.
static TOO_MANY: Meaning = Meaning { what: "too many requests", verdict: THROUGHPUT, trouble: RATE };
/// A code that is not in the table, of which Meta says that it passes: with `is_transient`, or by a status of 500 or
/// more.
pub(super) static TRANSIENT: Meaning =
    Meaning { what: "a passing error of the service", verdict: SERVICE, trouble: PROVIDER };
/// Any other code that is not in the table.
pub(super) static UNLISTED: Meaning = Meaning { what: "Meta refused it", verdict: Final, trouble: NONE };

/// What a code means.
pub(super) fn of_code(code: &str) -> Option<&'static Meaning> {
    let code: u32 = code.parse().ok()?;
    TABLE.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, meaning)| meaning)
}

/// What an HTTP status means whose code says nothing.
pub(super) fn of_status(status: u16) -> Option<&'static Meaning> {
    match status {
        401 => Some(&UNAUTHORIZED),
        429 => Some(&TOO_MANY),
        500..=599 => Some(&TRANSIENT),
        _ => None,
    }
}
