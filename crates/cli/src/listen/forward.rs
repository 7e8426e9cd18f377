//! Hands an event on to a program of this machine, as the gateway's dispatcher would to an endpoint: the same body, the
//! same headers, the same meaning of answers. Only the patience is shorter, because somebody is looking.

use std::{pin::pin, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header::RETRY_AFTER};
use ipnet::IpNet;
use tidings_domain::{Timestamp, endpoint::WebhookFormat};
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_net::{AddressPolicy, Client, OutboundRequest, Pool, PoolLimits, Roots};
use tidings_webhooks::{Attempted, CONTROL, SigningSecret, Verdict, judge, own_headers, sign, words};
use tokio::time::{Instant, sleep, timeout};

use super::{Heard, report::Reporter};
use crate::client::Failure;

/// What an endpoint has unless it says otherwise.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The part of it that may pass before there is a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After so long somebody who looks on wants to know what is waited for.
const SILENCE: Duration = Duration::from_secs(3);
/// Nothing of an answer but its first words is told.
const BODY_CAP: usize = 16 * 1024;
/// The wait before the second try; each later one is twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Where the events go.
#[derive(Debug)]
pub(crate) struct Forwarder {
    pool: Pool,
    format: WebhookFormat,
    secret: SigningSecret,
    retries: u32,
}

/// One try at handing an event on.
#[derive(Debug)]
pub(crate) struct Try {
    pub(super) number: u32,
    /// What was answered, if there was an answer.
    pub(super) status: Option<u16>,
    pub(super) duration: Duration,
    /// What is wrong, unless the program took it.
    pub(super) error: Option<String>,
    /// What it means.
    pub(crate) verdict: Verdict,
}

impl Forwarder {
    /// To a program at this address, wherever it is: the operator of this command may call what he can call. The option
    /// is the one that names it.
    pub(crate) fn new(
        option: &str,
        url: &str,
        format: WebhookFormat,
        secret: SigningSecret,
        retries: u32,
    ) -> Result<Self, anyhow::Error> {
        let everywhere = ["0.0.0.0/0", "::/0"].map(str::parse::<IpNet>).into_iter().collect::<Result<_, _>>();
        let client = Client::new(AddressPolicy::new(everywhere.context("these are networks")?), Roots::System);
        let pool = client
            .pool(url, PoolLimits::default())
            .map_err(|refused| Failure::Usage(format!("{option}: `{url}`: {refused}")))?;
        Ok(Self { pool, format, secret, retries })
    }

    /// Tries until the program has taken the event or is not to be asked again. Answers whether somebody still reads
    /// what is told of it.
    pub(super) async fn settle(&self, heard: &Heard, reporter: &Reporter) -> anyhow::Result<bool> {
        let mut wait = FIRST_WAIT;
        for number in 1.. {
            let attempt = self.attempt(heard, number, reporter).await?;
            if !reporter.heard(heard, Some(&attempt))? {
                return Ok(false);
            }
            let retry_after = match attempt.verdict {
                Verdict::Delivered => return Ok(true),
                Verdict::DeliveredLast => {
                    reporter.note("an endpoint would be disabled by this answer");
                    return Ok(true);
                }
                Verdict::Gone => {
                    reporter.skipped(heard, "by an answer that would disable an endpoint");
                    return Ok(true);
                }
                Verdict::Aborted => {
                    reporter.skipped(heard, "as the answer asks for");
                    return Ok(true);
                }
                Verdict::Failed { retry_after } => retry_after,
            };
            if number > self.retries {
                let tries = if number == 1 { "try" } else { "tries" };
                reporter.skipped(heard, &format!("after {number} {tries}"));
                return Ok(true);
            }
            sleep(retry_after.unwrap_or(wait).min(LONGEST_WAIT)).await;
            wait *= 2;
        }
        Ok(true)
    }

    /// One try. If the program takes its time, that is said.
    pub(crate) async fn attempt(&self, heard: &Heard, number: u32, reporter: &Reporter) -> anyhow::Result<Try> {
        let at = SystemClock.now();
        let request = OutboundRequest {
            method: Method::POST,
            path: None,
            headers: self.headers(heard, number, at)?,
            body: Bytes::from(heard.body.clone()),
            timeout: TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            body_cap: BODY_CAP,
            pieces: None,
            repeatable: true,
        };
        let started = Instant::now();
        let mut answering = pin!(self.pool.send(&request));
        let answered = if let Ok(answered) = timeout(SILENCE, &mut answering).await {
            answered
        } else {
            reporter.note(&format!(
                "no answer to {} for {} seconds; still waiting for it, {} seconds at most",
                heard.id,
                SILENCE.as_secs(),
                TIMEOUT.as_secs()
            ));
            answering.await
        };
        let duration = started.elapsed();
        let (status, verdict, error) = match answered {
            Ok(answer) => {
                let status = answer.status.as_u16();
                let text = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
                let attempted =
                    Attempted::Answered { status, retry_after: text(RETRY_AFTER.as_str()), control: text(CONTROL) };
                let verdict = judge(&attempted, SystemClock.now());
                (Some(status), verdict, (!verdict.is_delivered()).then(|| told(status, &answer.body)))
            }
            Err(error) => (None, judge(&Attempted::Unanswered, at), Some(error.to_string())),
        };
        Ok(Try { number, status, duration, error, verdict })
    }

    fn headers(&self, heard: &Heard, number: u32, at: Timestamp) -> anyhow::Result<Vec<(HeaderName, HeaderValue)>> {
        let signature = sign(&heard.id, at.as_seconds(), heard.body.as_bytes(), [&self.secret], []);
        own_headers(heard.id.clone(), &heard.event, self.format, number, at, signature)
            .into_iter()
            .map(|(name, value)| {
                let header = HeaderName::try_from(&*name).map_err(anyhow::Error::from);
                header.and_then(|name| Ok((name, HeaderValue::try_from(value)?)))
            })
            .collect::<Result<_, _>>()
            .with_context(|| format!("{} cannot be sent", heard.id))
    }
}

/// What an answer that is no success says, in one line.
fn told(status: u16, body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let first = body.trim().lines().next().unwrap_or_default().chars().take(120).collect::<String>();
    if first.is_empty() { words(status) } else { format!("{}: {first}", words(status)) }
}
