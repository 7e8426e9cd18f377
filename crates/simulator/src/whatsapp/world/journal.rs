//! What happened, for people who look on: every call of the API with its answer, every webhook with the callback's answer
//! and how long it took. The last few thousand entries are kept, and whoever watches is told of each change.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::whatsapp::graph::{Posted, locked};

const MOST_ENTRIES: usize = 5000;
/// Who is so far behind is no longer told, and must ask anew.
const MOST_UNREAD: usize = 4096;

/// What became of a call or a webhook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// The body: of a call's answer. Of webhooks it is not kept.
    pub body: Value,
}

/// One call of the API, or one attempt at posting a webhook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Grows with every entry.
    pub id: u64,
    /// `call` or `webhook`.
    pub kind: &'static str,
    /// `POST /v26.0/1/messages`, or where the webhook went.
    pub title: String,
    /// In a few words.
    pub summary: String,
    /// What was sent.
    pub body: Value,
    /// What was answered, as soon as something was.
    pub answer: Option<Outcome>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: Option<u64>,
    /// Which attempt at a webhook it was.
    pub attempt: u32,
}

/// Something that whoever watches is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// `entry`, `message`, `customer`, `typing` or `callback`.
    pub event: &'static str,
    /// What about it.
    pub data: Value,
}

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    entries: VecDeque<Entry>,
    watchers: Vec<mpsc::Sender<Told>>,
}

/// All entries.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Kept>);

impl Journal {
    /// A call has been read. Answers the entry's id.
    pub(crate) fn called(&self, title: String, body: Value) -> u64 {
        self.add(|id| Entry { summary: summary(&body), ..entry(id, "call", title, body) })
    }

    /// A call was answered, or will not be.
    pub(crate) fn answered(&self, id: u64, answer: Result<Outcome, String>, duration: Duration) {
        let mut kept = locked(&self.0);
        let Some(entry) = kept.entries.iter_mut().rev().find(|entry| entry.id == id) else { return };
        match answer {
            Ok(outcome) => entry.answer = Some(outcome),
            Err(error) => entry.error = Some(error),
        }
        entry.duration_ms = Some(millis(duration));
        let told = json!(entry);
        kept.tell("entry", &told);
    }

    pub(super) fn posted(&self, posted: &Posted<'_>) {
        self.add(|id| {
            let body = posted.webhook.clone();
            let mut entry = Entry { summary: summary(&body), ..entry(id, "webhook", posted.url.to_owned(), body) };
            match &posted.answer {
                Ok(status) => entry.answer = Some(Outcome { status: status.as_u16(), body: Value::Null }),
                Err(error) => entry.error = Some(error.to_string()),
            }
            entry.duration_ms = Some(millis(posted.duration));
            entry.attempt = posted.attempt;
            entry
        });
    }

    fn add(&self, make: impl FnOnce(u64) -> Entry) -> u64 {
        let mut kept = locked(&self.0);
        kept.last += 1;
        let entry = make(kept.last);
        kept.tell("entry", &json!(entry));
        kept.entries.push_back(entry);
        if kept.entries.len() > MOST_ENTRIES {
            kept.entries.pop_front();
        }
        kept.last
    }

    /// The entries after this id, at most so many, the oldest first.
    pub(crate) fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        locked(&self.0).entries.iter().filter(|entry| entry.id > after).take(limit).cloned().collect()
    }

    /// The last webhooks that the callback has taken, the oldest first.
    pub(crate) fn webhooks(&self, number: usize) -> Vec<Value> {
        let kept = locked(&self.0);
        let taken = kept.entries.iter().rev().filter(|entry| {
            entry.kind == "webhook" && entry.answer.as_ref().is_some_and(|answer| answer.status == 200)
        });
        let mut webhooks: Vec<Value> = taken.take(number).map(|entry| entry.body.clone()).collect();
        webhooks.reverse();
        webhooks
    }

    /// How many calls and webhooks are kept.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let kept = locked(&self.0);
        let calls = kept.entries.iter().filter(|entry| entry.kind == "call").count();
        (calls, kept.entries.len() - calls)
    }

    /// Everything that is told from now on.
    pub(crate) fn watch(&self) -> mpsc::Receiver<Told> {
        let (sender, receiver) = mpsc::channel(MOST_UNREAD);
        locked(&self.0).watchers.push(sender);
        receiver
    }

    pub(crate) fn tell(&self, event: &'static str, data: &Value) {
        locked(&self.0).tell(event, data);
    }
}

impl Kept {
    fn tell(&mut self, event: &'static str, data: &Value) {
        self.watchers.retain(|watcher| watcher.try_send(Told { event, data: data.clone() }).is_ok());
    }
}

fn entry(id: u64, kind: &'static str, title: String, body: Value) -> Entry {
    let summary = String::new();
    Entry { id, kind, title, summary, body, answer: None, error: None, duration_ms: None, attempt: 1 }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a call or a webhook is about, in a few words.
fn summary(body: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if body["messaging_product"] == "whatsapp" {
        let (kind, to) =
            (text(&body["type"]), text(if body["to"].is_string() { &body["to"] } else { &body["recipient"] }));
        return match body["status"].as_str() {
            Some(status) => {
                format!("{status} {}", if body["typing_indicator"].is_object() { "and typing" } else { "" })
            }
            None => format!("{kind} to {to}"),
        };
    }
    let entries = body["entry"].as_array().map_or(&[][..], Vec::as_slice);
    let change = &entries.first().unwrap_or(&Value::Null)["changes"][0];
    let value = &change["value"];
    if change["field"] == "message_template_status_update" {
        return format!("template {} is {}", text(&value["message_template_name"]), text(&value["event"]));
    }
    let more = if entries.len() > 1 { format!(" and {} more", entries.len() - 1) } else { String::new() };
    if let Some(status) = value["statuses"].get(0) {
        let code = status["errors"][0]["code"].as_u64().map(|code| format!(" {code}")).unwrap_or_default();
        let to = status.get("recipient_id").or(status.get("recipient_user_id")).unwrap_or(&Value::Null);
        return format!("{}{code} of a message to {}{more}", text(&status["status"]), text(to));
    }
    match value["messages"].get(0) {
        Some(message) => {
            let from = message.get("from").or(message.get("from_user_id")).unwrap_or(&Value::Null);
            format!("{} from {}{more}", text(&message["type"]), text(from))
        }
        None => String::new(),
    }
}
