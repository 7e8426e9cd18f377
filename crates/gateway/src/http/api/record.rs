//! What changes of contacts and conversations have in common: who wants them, and tags.

use serde::Deserialize;
use tidings_domain::{conversation::ActorType, event::Actor};
use utoipa::ToSchema;

use crate::http::{auth::Caller, wrong::Wrong};

/// How many characters an id of the caller's making may have.
pub(super) const LONGEST_ID: usize = 128;

/// The kinds of actor that a caller can speak for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ActorKind {
    Attendant,
    Agent,
    Automation,
}

/// Who does it, if not the key: what events call `…_by` and `…_by_type`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorInput {
    /// `attendant` (a person), `agent` (an AI agent) or `automation`.
    #[schema(value_type = String)]
    r#type: ActorKind,
    /// Who: an id of your making, at most 128 characters.
    id: String,
}

impl ActorInput {
    /// The key itself.
    pub(super) fn of(caller: &Caller) -> Actor {
        Actor { actor_type: ActorType::Api, id: Some(caller.name()) }
    }

    /// Who does what this asks for: the key, unless it names somebody else.
    pub(super) fn read(input: Option<&Self>, caller: &Caller, wrong: &mut Wrong) -> Actor {
        let Some(input) = input else { return Self::of(caller) };
        wrong.text("/by/id", Some(&input.id), LONGEST_ID);
        let actor_type = match input.r#type {
            ActorKind::Attendant => ActorType::Attendant,
            ActorKind::Agent => ActorType::Agent,
            ActorKind::Automation => ActorType::Automation,
        };
        Actor { actor_type, id: Some(input.id.clone()) }
    }
}

/// How many tags a record may have.
const MOST_TAGS: usize = 50;
/// How many characters a tag may have.
const LONGEST_TAG: usize = 64;

/// The tags that a record is to have, each of them once.
pub(super) fn tags(asked: &[String], wrong: &mut Wrong) -> Vec<String> {
    let mut tags: Vec<String> = Vec::with_capacity(asked.len());
    for (index, tag) in asked.iter().enumerate() {
        wrong.text(&format!("/tags/{index}"), Some(tag), LONGEST_TAG);
        let tag = tag.trim();
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    if tags.len() > MOST_TAGS {
        wrong.tell("/tags", format!("takes {MOST_TAGS} tags"));
    }
    tags
}
