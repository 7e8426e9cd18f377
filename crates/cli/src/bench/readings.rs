//! How long lists and searches take on a database of some size: each asked for often, one after another, with what differs
//! between the times taken from the database itself.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use serde::Serialize;
use serde_json::Value;
use tidings_domain::Timestamp;
use tidings_simulator::Connection;
use tokio::time::Instant;

use super::{
    child::{ADMIN_KEY, Server},
    figures::{Percentiles, percentiles},
    scenario::unix_millis,
};

/// How often each is asked for.
const TIMES: usize = 200;
/// How many of each kind of record they are about.
const RECORDS: usize = 50;

/// What one question took.
#[derive(Debug, Serialize)]
pub(super) struct Reading {
    pub(super) question: &'static str,
    pub(super) ms: Percentiles,
}

/// What is asked; `{conversation}`, `{contact}` and the like stand for something else each time.
const QUESTIONS: &[&str] = &[
    "messages",
    "messages?conversation_id={conversation}",
    "messages?contact_id={contact}",
    "messages?status=read",
    "messages?status=failed",
    "messages?status=pending",
    "messages?until={long_ago}",
    "messages?since={just_now}",
    "messages?channel_id={channel}",
    "conversations?until={long_ago}",
    "conversations",
    "conversations?unread=true",
    "conversations?contact_id={contact}",
    "conversations?status=closed",
    "contacts",
    "contacts?phone={phone}",
    "contacts?search={phone}",
    "contacts?search=nobody",
    "contacts?since={just_now}",
    "events",
    "events?after={event}",
    "events?types=message.read",
    "events?types=contact.merged",
    "events?last=50",
    "endpoints/{endpoint}/attempts",
    "endpoints/{endpoint}/attempts?outcome=failed",
    "media",
];

/// Asks all of it.
pub(super) async fn measure(server: &Server) -> Result<Vec<Reading>> {
    let mut asker = Asker {
        connection: Connection::to(&format!("http://{}", server.address))?,
        base: format!("http://{}/v1", server.address),
    };
    let known = Known {
        conversations: asker.all("conversations", "id").await?,
        contacts: asker.all("contacts", "id").await?,
        phones: asker.all("contacts", "phone").await?,
        events: asker.all("events?types=message.*", "event_id").await?,
        times: asker.all("events", "timestamp").await?,
        channels: asker.all("channels", "id").await?,
        endpoints: asker.all("endpoints", "id").await?,
        just_now: Timestamp::from_millis(i64::try_from(unix_millis()?)?).rfc3339_millis(),
    };
    let mut readings = Vec::new();
    for question in QUESTIONS {
        let mut took = Vec::with_capacity(TIMES);
        for time in 0..TIMES {
            let begun = Instant::now();
            asker.ask(&known.fill(question, time)).await?;
            took.push(nanoseconds(begun.elapsed()));
        }
        readings.push(Reading { question, ms: percentiles(took).context("it was asked")? });
    }
    Ok(readings)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What can be asked about.
struct Known {
    conversations: Vec<String>,
    contacts: Vec<String>,
    phones: Vec<String>,
    events: Vec<String>,
    times: Vec<String>,
    channels: Vec<String>,
    endpoints: Vec<String>,
    just_now: String,
}

impl Known {
    /// A question with everything that is to be put in.
    fn fill(&self, question: &str, time: usize) -> String {
        let one = |all: &[String]| all[time % all.len()].clone();
        question
            .replace("{conversation}", &one(&self.conversations))
            .replace("{contact}", &one(&self.contacts))
            .replace("{phone}", one(&self.phones).trim_start_matches('+'))
            .replace("{event}", &one(&self.events))
            .replace("{long_ago}", &one(&self.times))
            .replace("{channel}", &one(&self.channels))
            .replace("{endpoint}", &one(&self.endpoints))
            .replace("{just_now}", &self.just_now)
    }
}

struct Asker {
    connection: Connection,
    base: String,
}

impl Asker {
    async fn ask(&mut self, question: &str) -> Result<Value> {
        let request = Request::get(format!("{}/{question}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
            .body(Full::new(Bytes::new()))?;
        let answer = self.connection.send(request).await?;
        let body = String::from_utf8_lossy(answer.body());
        anyhow::ensure!(answer.status().is_success(), "GET /v1/{question} answered {}: {body}", answer.status());
        Ok(serde_json::from_str(&body)?)
    }

    /// A field of some records.
    async fn all(&mut self, list: &str, field: &str) -> Result<Vec<String>> {
        let sign = if list.contains('?') { '&' } else { '?' };
        let page = self.ask(&format!("{list}{sign}limit={RECORDS}")).await?;
        let records = page["data"].as_array().into_iter().flatten();
        let found: Vec<String> = records.filter_map(|record| record[field].as_str().map(str::to_owned)).collect();
        anyhow::ensure!(!found.is_empty(), "{list} has no {field}");
        Ok(found)
    }
}
