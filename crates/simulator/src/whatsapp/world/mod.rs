//! The customers on the other side of the vendor, each with a phone of its own: they are online or not, read or not, block
//! the business, react, and answer by rules.
//!
//! What the business sends lands in a customer's chat. Who is online gets it at once: the vendor then says delivered, and
//! read where the customer reads. Who is offline gets nothing until it comes online again, and the statuses stop at `sent`
//! for so long. Who blocks the business never gets it, which the vendor tells as 131026. What the customer does then
//! follows from its rules: an answer, a reaction, or a pressed button, as a webhook to the business.
//!
//! The business may send anything within a day of what the customer wrote last. Later only templates reach it, and all
//! else fails with 131047. Source: "Send messages › Customer service windows".
//!
//! ```text
//! taken ─▶ window? ─▶ sent ─▶ online? ─▶ delivered ─▶ reads? ─▶ read ─▶ rule? ─▶ the customer's webhook
//! ```
//!
//! Everything that happens is also told to whoever watches the [`journal`].

mod acts;
mod chat;
mod journal;
mod person;
mod picture;
mod receive;
mod rules;
mod speech;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use serde_json::{Value, json};

pub(crate) use acts::ActError;
pub(crate) use chat::Bubble;
pub use journal::{Entry, Told};
pub(crate) use journal::{Journal, Outcome};
pub(crate) use person::{Change, Person};
pub(crate) use speech::{Said, Speech};

use super::{
    Customer,
    graph::{Audience, Behaviour, Ladder, Posted, Shared, Step, Taken, locked},
};

/// How many customers there are at most. Further recipients are nobody in particular.
const MOST_PEOPLE: usize = 1000;
/// How many messages of a chat are kept.
const MOST_BUBBLES: usize = 500;
/// Of a number that nobody can be reached by.
const UNDELIVERABLE: u32 = 131_026;
/// Of a customer who has not written for so long that only templates may be sent.
const WINDOW_CLOSED: u32 = 131_047;
/// How long the window stays open.
const WINDOW_SECONDS: i64 = 24 * 60 * 60;

/// All customers, their chats and the journal.
#[derive(Debug)]
pub(crate) struct World {
    people: Mutex<Vec<Person>>,
    /// When the members of a crowd wrote, by number: they are nobody until they are written to.
    crowd: Mutex<HashMap<String, i64>>,
    pub(crate) journal: Journal,
    /// Itself, for what goes on after a call.
    this: Weak<World>,
    seed: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Arc<World> {
        Arc::new_cyclic(|this| World {
            people: Mutex::default(),
            crowd: Mutex::default(),
            journal: Journal::default(),
            this: this.clone(),
            seed,
        })
    }

    /// Adds a customer. Answers its id.
    pub(crate) fn add(&self, shared: &Shared, change: &Change) -> Result<Value, ActError> {
        let mut people = locked(&self.people);
        if people.len() >= MOST_PEOPLE {
            return Err(ActError::Crowded(MOST_PEOPLE));
        }
        let person = Person::new(people.len() + 1, self.seed, change);
        settle(shared, &people, &person, None)?;
        let told = person.to_json();
        people.push(person);
        drop(people);
        self.journal.tell("customer", &told);
        Ok(told)
    }

    /// Changes a customer. One that comes online gets what waited for it.
    pub(crate) fn change(&self, shared: &Arc<Shared>, key: &str, change: &Change) -> Result<Value, ActError> {
        let mut people = locked(&self.people);
        let place = place(&people, key).ok_or_else(|| ActError::Unknown(key.to_owned()))?;
        let mut changed = people[place].clone();
        changed.change(change);
        settle(shared, &people, &changed, Some(place))?;
        let before = std::mem::replace(&mut people[place], changed);
        shared.forget_customer(&before.customer);
        shared.introduce(&people[place].customer);
        let arrived = if people[place].online { std::mem::take(&mut people[place].waiting) } else { Vec::new() };
        let told = people[place].to_json();
        drop(people);
        self.journal.tell("customer", &told);
        self.deliver_late(shared, key, arrived);
        Ok(told)
    }

    /// Everybody, without their chats.
    pub(crate) fn people(&self) -> Vec<Value> {
        locked(&self.people).iter().map(Person::to_json).collect()
    }

    /// A customer with the chat.
    pub(crate) fn person(&self, key: &str) -> Option<Value> {
        let people = locked(&self.people);
        let person = &people[place(&people, key)?];
        let mut told = person.to_json();
        told["chat"] = json!(person.chat);
        Some(told)
    }

    /// Somebody who is no customer here has written.
    pub(crate) fn crowd_writes(&self, phone: &str, seconds: i64) {
        locked(&self.crowd).insert(phone.to_owned(), seconds);
    }

    fn crowd_wrote_at(&self, customer: &Customer) -> Option<i64> {
        locked(&self.crowd).get(customer.phone.as_ref()?).copied()
    }

    /// Looks at a customer, or changes it, and tells about the bubbles that it names.
    fn with<T>(&self, key: &str, act: impl FnOnce(&mut Person) -> (T, Vec<String>)) -> Option<T> {
        let mut people = locked(&self.people);
        let place = place(&people, key)?;
        let (result, changed) = act(&mut people[place]);
        let person = &people[place];
        let told: Vec<Value> = changed
            .iter()
            .filter_map(|id| person.bubble(id))
            .map(|bubble| json!({ "customer": person.id, "message": bubble }))
            .collect();
        drop(people);
        for told in &told {
            self.journal.tell("message", told);
        }
        Some(result)
    }
}

/// Nobody else has the number or the id; the vendor knows the person under both.
fn settle(shared: &Shared, people: &[Person], person: &Person, place: Option<usize>) -> Result<(), ActError> {
    let customer = &person.customer;
    let others = people.iter().enumerate().filter(|(other, _)| Some(*other) != place);
    for (_, other) in others {
        let same = |mine: &Option<String>, theirs: &Option<String>| mine.is_some() && mine == theirs;
        if same(&customer.phone, &other.customer.phone) || same(&customer.user_id, &other.customer.user_id) {
            return Err(ActError::Taken(other.id.clone()));
        }
    }
    shared.introduce(customer);
    Ok(())
}

/// By id, phone number or user id.
fn place(people: &[Person], key: &str) -> Option<usize> {
    people.iter().position(|person| person.is(key))
}

fn key_of(customer: &Customer) -> Option<&str> {
    customer.phone.as_deref().or(customer.user_id.as_deref())
}

impl Audience for World {
    fn usual(&self, customer: &Customer, call: &Value, seconds: i64) -> Behaviour {
        let people = locked(&self.people);
        let person = key_of(customer).and_then(|key| place(&people, key)).map(|place| &people[place]);
        let wrote_at = person.map_or_else(|| self.crowd_wrote_at(customer), |person| person.wrote_at);
        let is_open = wrote_at.is_some_and(|at| seconds < at + WINDOW_SECONDS);
        let is = |kind: &str| call["type"] == kind;
        let (online, reads) = person.map_or((true, true), |person| (person.online, person.reads));
        let steps = if person.is_some_and(|person| person.blocked) {
            vec![Step::Failed(UNDELIVERABLE)]
        } else if !is_open && !is("template") {
            vec![Step::Failed(WINDOW_CLOSED)]
        } else if !online || is("reaction") {
            // Of a reaction nothing more is ever told. Source: "Send messages › Reaction messages".
            vec![Step::Sent]
        } else if reads {
            vec![Step::Sent, Step::Delivered, Step::Read]
        } else {
            vec![Step::Sent, Step::Delivered]
        };
        let pause_millis = person.map_or(0, |person| person.delay_ms);
        let spacing_seconds = i64::try_from(pause_millis / 1000).unwrap_or(0);
        Behaviour::Accept { ladder: Ladder { pause_millis, spacing_seconds, ..Ladder::of(steps) } }
    }

    fn taken(&self, shared: &Arc<Shared>, taken: Taken) {
        self.receive(shared, taken);
    }

    fn receipt(&self, body: &Value) {
        let Some(id) = body["message_id"].as_str() else { return };
        let typing = body.get("typing_indicator").is_some();
        let mut people = locked(&self.people);
        let Some(person) = people.iter_mut().find(|person| person.bubble(id).is_some()) else { return };
        let read = person.read_until(id);
        let key = person.id.clone();
        drop(people);
        self.with(&key, |_| ((), read));
        if typing {
            self.journal.tell("typing", &json!({ "customer": key }));
        }
    }

    fn posted(&self, posted: &Posted<'_>) {
        self.journal.posted(posted);
        if posted.answer.as_ref().is_ok_and(|status| status.as_u16() == 200) {
            self.mark(posted.webhook);
        }
    }
}
