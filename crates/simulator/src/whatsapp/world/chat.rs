//! What stands in a customer's chat: one bubble for each message, with its ticks, its buttons and its reactions.

use serde::Serialize;
use serde_json::Value;

/// Something to press.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Choice {
    /// `button`, `row`, or `quick_reply` of a template.
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

/// One message.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bubble {
    pub(crate) id: String,
    /// `customer` or `business`.
    pub(crate) from: &'static str,
    /// Seconds since 1970.
    pub(crate) at: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What is to be read.
    pub(crate) text: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) media_id: Option<String>,
    pub(crate) reply_to: Option<String>,
    /// `posting`, `delivered`, `read` of what the customer wrote; `accepted`, `sent`, `delivered`, `read`, `failed`, as
    /// the callback was told, of what the business sent.
    pub(crate) status: String,
    pub(crate) error_code: Option<u64>,
    /// The customer's reaction to it.
    pub(crate) customer_reaction: Option<String>,
    /// The business's reaction to it.
    pub(crate) business_reaction: Option<String>,
}

impl Bubble {
    pub(crate) fn new(id: &str, from: &'static str, at: i64, kind: &str, text: String) -> Bubble {
        Bubble {
            id: id.to_owned(),
            from,
            at,
            kind: kind.to_owned(),
            text,
            choices: Vec::new(),
            media_id: None,
            reply_to: None,
            status: if from == "customer" { "posting" } else { "accepted" }.to_owned(),
            error_code: None,
            customer_reaction: None,
            business_reaction: None,
        }
    }

    /// Moves the status up, and never down. Answers whether it moved, of a message from this side.
    pub(crate) fn rise(&mut self, from: &str, status: &str) -> bool {
        let rises = self.from == from && rank(status) > rank(&self.status);
        if rises {
            status.clone_into(&mut self.status);
        }
        rises
    }
}

fn rank(status: &str) -> u8 {
    match status {
        "posting" | "accepted" => 0,
        "sent" => 1,
        "delivered" => 2,
        "read" => 3,
        "played" => 4,
        _ => 5,
    }
}

/// What a message of the business looks like in the chat.
pub(super) fn from_business(id: &str, at: i64, body: &Value, templates: &[Value]) -> Bubble {
    let kind = body["type"].as_str().unwrap_or("text");
    let content = &body[kind];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (shown, choices) = match kind {
        "text" => (text(&content["body"]), Vec::new()),
        "interactive" => (text(&content["body"]["text"]), choices(&content["action"])),
        "template" => template(content, templates),
        "location" => (format!("{}, {}", content["latitude"], content["longitude"]), Vec::new()),
        "contacts" => (text(&content[0]["name"]["formatted_name"]), Vec::new()),
        _ => (text(&content["caption"]), Vec::new()),
    };
    let mut bubble = Bubble::new(id, "business", at, kind, shown);
    bubble.choices = choices;
    bubble.media_id = content["id"].as_str().map(str::to_owned);
    bubble.reply_to = body["context"]["message_id"].as_str().map(str::to_owned);
    bubble
}

fn choices(action: &Value) -> Vec<Choice> {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let choice = |kind, value: &Value| {
        Some(Choice {
            kind,
            id: value["id"].as_str()?.to_owned(),
            title: value["title"].as_str()?.to_owned(),
            description: value["description"].as_str().map(str::to_owned),
        })
    };
    let buttons = items(&action["buttons"]);
    let rows: Vec<Value> = items(&action["sections"]).iter().flat_map(|section| items(&section["rows"])).collect();
    buttons
        .iter()
        .filter_map(|button| choice("button", &button["reply"]))
        .chain(rows.iter().filter_map(|row| choice("row", row)))
        .collect()
}

/// The template's text with its parameters in place, and its quick replies.
fn template(content: &Value, templates: &[Value]) -> (String, Vec<Choice>) {
    let name = content["name"].as_str().unwrap_or_default();
    let known = templates
        .iter()
        .find(|one| one["name"] == content["name"] && one["language"] == content["language"]["code"])
        .unwrap_or(&Value::Null);
    let component = |of: &Value, kind: &str| {
        let all = of["components"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|one| one["type"].as_str().is_some_and(|given| given.eq_ignore_ascii_case(kind)))
    };
    let mut text = component(known, "body")
        .and_then(|body| body["text"].as_str().map(str::to_owned))
        .unwrap_or_else(|| format!("[{name}]"));
    let given = component(content, "body").unwrap_or_default();
    for (place, parameter) in given["parameters"].as_array().into_iter().flatten().enumerate() {
        let value = parameter["text"].as_str().unwrap_or("…");
        let marker = parameter["parameter_name"].as_str().map_or_else(|| (place + 1).to_string(), str::to_owned);
        text = text.replace(&format!("{{{{{marker}}}}}"), value);
    }
    let buttons = component(known, "buttons").unwrap_or_default();
    let quick = buttons["buttons"].as_array().into_iter().flatten().enumerate().filter_map(|(index, button)| {
        let title = button["text"].as_str().filter(|_| button["type"] == "QUICK_REPLY")?.to_owned();
        Some(Choice {
            kind: "quick_reply",
            id: payload(content, index).unwrap_or_else(|| title.clone()),
            title,
            description: None,
        })
    });
    (text, quick.collect())
}

/// What the business wants to hear when the button of this place is pressed.
fn payload(content: &Value, index: usize) -> Option<String> {
    let button = content["components"].as_array()?.iter().find(|one| {
        let place = one["index"].as_u64().or_else(|| one["index"].as_str()?.parse().ok());
        one["sub_type"] == "quick_reply" && place == u64::try_from(index).ok()
    })?;
    button["parameters"][0]["payload"].as_str().map(str::to_owned)
}
