//! One customer: who it is, and how it treats what it is sent.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Value, json};

use super::{Bubble, MOST_BUBBLES, rules::Rule};
use crate::whatsapp::{
    Customer,
    graph::{Sent, number_at},
};

/// Between two statuses, unless told otherwise.
const USUAL_DELAY: u64 = 300;
/// Keeps the ids of people apart from others of the same seed.
const PEOPLE: u64 = 0x7065_6f70_6c65;

/// What can be said of a customer when it is added or changed. What is left out stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    name: Option<String>,
    /// Digits alone, however they were typed.
    #[serde(default, deserialize_with = "phone")]
    phone: Option<String>,
    /// The number is not shown to the business: then the customer is known by its user id alone.
    hide_phone: Option<bool>,
    user_id: Option<String>,
    username: Option<String>,
    online: Option<bool>,
    reads: Option<bool>,
    blocked: Option<bool>,
    delay_ms: Option<u64>,
    answers: Option<Vec<Rule>>,
    /// When it wrote last, in seconds since 1970: within a day of it the business may send anything.
    wrote_at: Option<i64>,
}

impl Change {
    /// Somebody of whom nothing is known but the number or the id that was dialled, and perhaps that it wrote.
    pub(super) fn stranger(customer: &Customer, wrote_at: Option<i64>) -> Change {
        let name = match (&customer.phone, &customer.user_id) {
            (Some(phone), _) => format!("+{phone}"),
            (None, id) => id.clone().unwrap_or_default(),
        };
        Change {
            name: Some(name),
            phone: customer.phone.clone(),
            hide_phone: customer.phone.is_none().then_some(true),
            user_id: customer.user_id.clone(),
            wrote_at,
            ..Change::default()
        }
    }
}

/// A customer with its chat.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// As the vendor knows it, and shows it to the business.
    pub(crate) customer: Customer,
    pub(super) online: bool,
    pub(super) reads: bool,
    pub(super) blocked: bool,
    pub(super) delay_ms: u64,
    pub(super) answers: Vec<Rule>,
    pub(super) wrote_at: Option<i64>,
    pub(super) chat: Vec<Bubble>,
    /// What was sent while it was offline.
    pub(super) waiting: Vec<Sent>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    phone: Option<&'a String>,
    user_id: Option<&'a String>,
    username: Option<&'a String>,
    online: bool,
    reads: bool,
    blocked: bool,
    delay_ms: u64,
    answers: &'a [Rule],
    wrote_at: Option<i64>,
    messages: usize,
    waiting: usize,
}

impl Person {
    /// The customer of this number. What is not said is made up from the seed.
    pub(super) fn new(number: usize, seed: u64, change: &Change) -> Person {
        let place = u64::try_from(number).unwrap_or(u64::MAX);
        let user_id = format!("US.{:016}", number_at(seed ^ PEOPLE, place) % 10_000_000_000_000_000);
        let mut person = Person {
            id: format!("cust_{number}"),
            customer: Customer {
                name: format!("Customer {number}"),
                phone: Some(format!("1555010{number:04}")),
                user_id: Some(user_id),
                username: None,
            },
            online: true,
            reads: true,
            blocked: false,
            delay_ms: USUAL_DELAY,
            answers: Vec::new(),
            wrote_at: None,
            chat: Vec::new(),
            waiting: Vec::new(),
        };
        person.change(change);
        person
    }

    pub(super) fn change(&mut self, change: &Change) {
        let customer = &mut self.customer;
        if let Some(name) = &change.name {
            customer.name.clone_from(name);
        }
        if let Some(phone) = &change.phone {
            customer.phone = Some(phone.clone());
        }
        if change.hide_phone == Some(true) {
            customer.phone = None;
        }
        if let Some(user_id) = &change.user_id {
            customer.user_id = Some(user_id.clone()).filter(|id| !id.is_empty());
        }
        if let Some(username) = &change.username {
            customer.username = Some(username.clone()).filter(|name| !name.is_empty());
        }
        for (field, wish) in
            [(&mut self.online, change.online), (&mut self.reads, change.reads), (&mut self.blocked, change.blocked)]
        {
            *field = wish.unwrap_or(*field);
        }
        self.delay_ms = change.delay_ms.unwrap_or(self.delay_ms);
        self.wrote_at = change.wrote_at.or(self.wrote_at);
        if let Some(answers) = &change.answers {
            self.answers.clone_from(answers);
        }
    }

    /// Whether this is its id, its number in any spelling, or its user id.
    pub(super) fn is(&self, key: &str) -> bool {
        let number = digits(key);
        self.id == key
            || self.customer.user_id.as_deref() == Some(key)
            || number.is_some() && self.customer.phone == number
    }

    pub(super) fn bubble(&self, id: &str) -> Option<&Bubble> {
        self.chat.iter().rev().find(|bubble| bubble.id == id)
    }

    pub(super) fn bubble_mut(&mut self, id: &str) -> Option<&mut Bubble> {
        self.chat.iter_mut().rev().find(|bubble| bubble.id == id)
    }

    /// The oldest goes when there are too many.
    pub(super) fn say(&mut self, bubble: Bubble) {
        self.chat.push(bubble);
        if self.chat.len() > MOST_BUBBLES {
            self.chat.remove(0);
        }
    }

    /// The business has read this message and what came before it. Answers what was not read before.
    pub(super) fn read_until(&mut self, id: &str) -> Vec<String> {
        let Some(last) = self.chat.iter().position(|bubble| bubble.id == id) else { return Vec::new() };
        let rise = |bubble: &mut Bubble| bubble.rise("customer", "read").then(|| bubble.id.clone());
        self.chat[..=last].iter_mut().filter_map(rise).collect()
    }

    pub(super) fn to_json(&self) -> Value {
        json!(Shown {
            id: &self.id,
            name: &self.customer.name,
            phone: self.customer.phone.as_ref(),
            user_id: self.customer.user_id.as_ref(),
            username: self.customer.username.as_ref(),
            online: self.online,
            reads: self.reads,
            blocked: self.blocked,
            delay_ms: self.delay_ms,
            answers: &self.answers,
            wrote_at: self.wrote_at,
            messages: self.chat.len(),
            waiting: self.waiting.len(),
        })
    }
}

/// The digits of a text that is a phone number in any spelling.
fn digits(text: &str) -> Option<String> {
    let is_number = text.chars().all(|one| one.is_ascii_digit() || "+-() ".contains(one));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Some(digits).filter(|digits| is_number && !digits.is_empty())
}

fn phone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wrong =
        || format!("`{text}` is no phone number; digits with the country code are expected, such as +15550100001");
    digits(&text).map(Some).ok_or_else(|| D::Error::custom(wrong()))
}
